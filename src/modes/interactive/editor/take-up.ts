// What was there before the screen: the history, a draft that nobody gave up; and for whoever has nothing to ask a model with, the ways to it. Called by
// the interaction behind the first paint.

import { timeText } from "../../../contracts/text/terminal-text.ts";
import type { SessionHost } from "../../../harness/host/session-host.ts";
import type { Surface } from "../surface.ts";

export function takeUp(at: Surface): void {
  const kept = at.composer.takeUp();
  if (kept === undefined) return;
  const pictures = kept.hasLostPictures ? "; its pictures are gone" : "";
  at.say(`The text in the editor is from ${timeText(kept.writtenMs)}${pictures}`, "info", `${at.keys.keyOf("app.clear")} clears it`);
}

/** To whoever has nothing to ask. */
export function offerWays(at: Surface): void {
  if (hasNothingToAsk(at.sessions))
    import("../commands/first-start.ts").then(({ offerFirstStart }) => offerFirstStart(at)).catch((error: unknown) => at.fail(error));
}

/** There is no model, or no credential for the one that there is. */
export function hasNothingToAsk({ models: { inForce, registry } }: SessionHost): boolean {
  const { provider = "" } = inForce ?? {};
  return provider === "" || (registry.hasProvider(provider) && !registry.isAvailable(provider, true));
}
