// `pi sessions repair`: a damaged file made sound, the old one kept beside it. Called through cli/commands/sessions.

import type { Command } from "commander";
import type { SubcommandContext } from "../subcommands.ts";
import { withLease } from "./lease.ts";
import { addPlaceOptions, type PlaceFlags, sessionPlaces } from "./session-places.ts";

export function define(command: Command, { host }: SubcommandContext): void {
  addPlaceOptions(command.argument("<ref>", "the session"))
    .addHelpText(
      "after",
      "\nLines that nothing can be read from are left out, entries whose parent is lost hang on the nearest " +
        "known ancestor, calls without a result get one that says so. The old file stays beside the new one as .bak.",
    )
    .action(async (ref: string, flags: PlaceFlags) => {
      const places = await sessionPlaces(host, flags);
      const path = await places.find(ref);
      const { repairSession } = await import("../../../session/repair/repair-session.ts");
      const { changes, backup } = await withLease(path, () => repairSession(path, places.cwd));
      for (const change of changes) await host.stdout.write(`${change}\n`);
      await host.stderr.write(
        backup === undefined ? `${path} is sound; nothing was changed.\n` : `${path} is sound now. The old file is ${backup}.\n`,
      );
    });
}
