// `pi sessions`: conversations as things one can list, read, search, copy and mend. Called by cli/main; completions iterate the table.
// Only the subcommand that is named is loaded.

import { PiError } from "../../contracts/error.ts";
import { nearestName } from "../../contracts/nearest.ts";
import type { Host } from "../../platform/host.ts";
import { runSubcommands, type SubcommandRecord } from "./subcommands.ts";

export const sessionsTable: readonly SubcommandRecord[] = [
  { name: "list", help: "the sessions there are, newest first", load: () => import("./sessions/list.ts") },
  { name: "show", help: "a conversation as text, its entries, or its tree", load: () => import("./sessions/show.ts") },
  { name: "search", help: "find text in conversations, as grep does", load: () => import("./sessions/search.ts") },
  { name: "fork", help: "a new session that begins as a copy of another", load: () => import("./sessions/fork.ts") },
  { name: "export", help: "a session as a page, as Markdown or as a session file", load: () => import("./sessions/export.ts") },
  { name: "stats", help: "tokens and cost", load: () => import("./sessions/stats.ts") },
  { name: "rename", help: "give a session a name", load: () => import("./sessions/rename.ts") },
  { name: "label", help: "mark an entry, or take its mark away", load: () => import("./sessions/label.ts") },
  { name: "rm", help: "remove sessions and what belongs to them", load: () => import("./sessions/rm.ts") },
  { name: "path", help: "where a file is, or where this project's sessions are", load: () => import("./sessions/path.ts") },
  { name: "check", help: "what is wrong with session files, line by line", load: () => import("./sessions/check.ts") },
  { name: "repair", help: "make a damaged file sound, keeping the old one", load: () => import("./sessions/repair.ts") },
  { name: "import", help: "copy session files from anywhere into this project", load: () => import("./sessions/import.ts") },
];

const references =
  "A session is named by its id, any unambiguous prefix of it, its name, `last`, or the path of its file; " +
  "an entry by its id, a prefix of it, or its label.";

export async function run(args: readonly string[], host: Host): Promise<number> {
  const word = args[0] === "help" ? args[1] : args[0];
  const isCommand = word !== undefined && !word.startsWith("-");
  const named = isCommand ? sessionsTable.find((record) => record.name === word) : sessionsTable[0];
  if (named === undefined) {
    const names = sessionsTable.map((record) => record.name);
    const near = nearestName(word ?? "", names);
    throw new PiError("usage.command", `There is no pi sessions ${word}.`, {
      hint: near === undefined ? `There are ${names.join(", ")}.` : `Did you mean ${near}?`,
    });
  }
  const { define } = await named.load();
  return runSubcommands("sessions", args, host, (program, exit) => {
    program.description(`Look at conversations and work with their files.\n\n${references}`);
    for (const record of sessionsTable) {
      const command = program.command(record.name, { isDefault: record === sessionsTable[0] }).description(record.help);
      if (record === named) define(command, { host, exit });
    }
  });
}
