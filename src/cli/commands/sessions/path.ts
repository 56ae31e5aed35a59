// `pi sessions path`: where a session's file is, for other programs. Called through cli/commands/sessions.

import type { Command } from "commander";
import type { SubcommandContext } from "../subcommands.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";

export function define(command: Command, { host }: SubcommandContext): void {
  addPlaceOptions(command.argument("[ref]", "the session; without one: the directory of this project's sessions")).action(
    async (ref: string | undefined, flags: PlaceFlags) => {
      const places = await sessionPlaces(host, flags);
      await host.stdout.write(`${ref === undefined ? places.directoryFor(places.cwd) : await places.find(ref)}\n`);
    },
  );
}
