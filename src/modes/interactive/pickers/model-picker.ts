// The choice of a model among those that can be called. Opened by /model and its key.

import { call } from "../commands/call.ts";
import type { CommandHost } from "../surface.ts";

const serverMs = 1000;

/** `filter`: what is typed into it already; where it is the whole id of one model, nothing is left to choose. */
export async function openModelPicker(at: CommandHost, filter = ""): Promise<void> {
  // What servers of one's own have loaded by now; one that does not answer has what it had.
  await at.sessions.launch.registry.refreshServed(AbortSignal.timeout(serverMs), () => {});
  const { models } = await call("get_available_models", {}, at);
  if (models.length === 0) {
    at.say(
      "No model can be called: there is no credential for any",
      "warning",
      "/login, a key in the environment, or pi --model scripted/demo",
    );
    return;
  }
  const named = models.filter(({ id }) => id === filter);
  if (named.length === 1 && named[0] !== undefined) return at.runChosen("model", `${named[0].provider}/${named[0].id}`);
  const inForce = at.sessions.models.inForce;
  at.choose({
    title: "Model",
    filter,
    items: models.map(({ provider, id, name }) => ({
      value: `${provider}/${id}`,
      label: `${provider}/${id}`,
      ...(name === id ? {} : { description: name }),
    })),
    ...(inForce === undefined ? {} : { chosen: `${inForce.provider}/${inForce.id}` }),
    take: (value) => at.runChosen("model", value),
  });
}
