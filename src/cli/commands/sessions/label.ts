// `pi sessions label`: mark an entry, as `git tag` marks a commit. Called through cli/commands/sessions.

import type { Command } from "commander";
import { defined } from "../../../contracts/defined.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { changeSession, findEntry } from "./open-session.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";

export function define(command: Command, { host }: SubcommandContext): void {
  addPlaceOptions(
    command
      .argument("<ref>", "the session")
      .argument("<entry>", "the entry")
      .argument("[text]", "its label; without one it loses the one it has"),
  ).action(async (ref: string, entryRef: string, text: string | undefined, flags: PlaceFlags) => {
    const label = text?.trim() || undefined;
    const path = await (await sessionPlaces(host, flags)).find(ref);
    await changeSession(path, host, (session) => {
      const targetId = findEntry(session, entryRef);
      if (session.label(targetId) === label) return;
      session.append({ type: "label", targetId, ...defined({ label }) });
    });
  });
}
