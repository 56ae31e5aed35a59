// `pi sessions migrate FILE`: a host's map of sessions from one runtime to two.

import type { Command } from "commander";
import { absolutePath } from "../../../platform/paths.ts";
import type { SubcommandContext } from "../subcommands.ts";

export function define(command: Command, { host }: SubcommandContext): void {
  command
    .description("bring a host's map of sessions up to date: from one id a group to one for each runtime; FILE.bak is the map as it was")
    .argument("<file>", "the map, such as data/sessions.json")
    .option("--json", "what was done, as JSON")
    .action(async (file: string, flags: { json?: boolean }) => {
      const { migrateMap } = await import("../../../runtime/sessions/migrate-map.ts");
      const done = await migrateMap(absolutePath(file, host.cwd, host.homeDir));
      if (flags.json) return void (await host.stdout.write(`${JSON.stringify(done)}\n`));
      const count = done.migrated.length;
      const kept = done.backup === undefined ? "" : `; the map as it was is ${done.backup}`;
      await host.stdout.write(count === 0 ? "Nothing to migrate.\n" : `${count} of ${done.groups} groups migrated${kept}.\n`);
    });
}
