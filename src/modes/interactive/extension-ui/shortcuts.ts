// Keys that extensions have registered; ours that mean the same give way. Asked by the editor before its own. Invariant: what a handler throws is told and
// ends nothing.

import { type KeyId, matchesKey } from "@earendil-works/pi-tui";
import type { SessionHost } from "../../../harness/host/session-host.ts";

/** Whether there was one for it. */
export function runShortcut(
  data: string,
  inForce: SessionHost["extensions"]["inForce"],
  failed: (what: string, error: unknown) => void,
): boolean {
  const found = shortcutFor(data, inForce);
  if (inForce === undefined || found === undefined) return false;
  const { handler } = found.value as { handler?: (ctx: unknown) => unknown };
  const run = async (): Promise<void> => void (await handler?.(inForce.contextOf(found.extensionPath)));
  run().catch((error: unknown) => failed(`the key ${found.name}`, error));
  return true;
}

/** The newest that has been registered for the key. */
export function shortcutFor(data: string, inForce: SessionHost["extensions"]["inForce"]) {
  return inForce?.terminal("shortcut").findLast(({ name }) => matchesKey(data, name as KeyId));
}
