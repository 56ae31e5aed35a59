// `pi sessions`: conversations as things one can work with from the shell. Called by cli/main; completions iterate the table.
// Only the subcommand that is named is loaded.

import type { Command } from "commander";
import { PiError } from "../../contracts/error.ts";
import { nearestName } from "../../contracts/nearest.ts";
import type { Host } from "../../platform/host.ts";
import { runSubcommands } from "./subcommands.ts";

export interface SubcommandContext {
  host: Host;
  /** Sets the exit status; 0 when never called. */
  exit(status: number): void;
}

/** What each file in sessions/ exports. */
export interface SubcommandModule {
  /** Adds arguments, options and the action. */
  define(command: Command, context: SubcommandContext): void;
}

export interface SubcommandRecord {
  name: string;
  help: string;
  load(): Promise<SubcommandModule>;
}

export const sessionsTable: readonly SubcommandRecord[] = [
  { name: "export", help: "a session as a page, as Markdown or as a session file", load: () => import("./sessions/export.ts") },
];

export async function run(args: readonly string[], host: Host): Promise<number> {
  const word = args[0] === "help" ? args[1] : args[0];
  const named = sessionsTable.find((record) => record.name === word);
  if (named === undefined && word !== undefined && !word.startsWith("-")) {
    const names = sessionsTable.map((record) => record.name);
    const near = nearestName(word, names);
    throw new PiError("usage.command", `There is no pi sessions ${word}.`, {
      hint: near === undefined ? `There are ${names.join(", ")}.` : `Did you mean ${near}?`,
    });
  }
  const module = await named?.load();
  return runSubcommands("sessions", args, host, (program, exit) => {
    program.description("Look at conversations and work with their files.");
    for (const record of sessionsTable) {
      const command = program.command(record.name).description(record.help);
      if (record === named) module?.define(command, { host, exit });
    }
  });
}
