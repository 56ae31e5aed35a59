// `pi sessions rename`: give a session a name. Called through cli/commands/sessions.

import type { Command } from "commander";
import { sessionNameOf } from "../../../contracts/text/session-name.ts";
import type { SubcommandContext } from "../subcommands.ts";
import { changeSession } from "./open-session.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";

export function define(command: Command, { host }: SubcommandContext): void {
  addPlaceOptions(command.argument("<ref>", "the session").argument("<name>", "its new name")).action(
    async (ref: string, text: string, flags: PlaceFlags) => {
      const name = sessionNameOf(text, "Give it one");
      const path = await (await sessionPlaces(host, flags)).find(ref);
      await changeSession(path, host, (session) => {
        if (session.name !== name) session.append({ type: "session_info", name });
      });
    },
  );
}
