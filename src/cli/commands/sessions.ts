// `pi sessions`: conversations as things one can list, read, search, copy and mend. Called by cli/main; completions iterate the table.
// Only the subcommand that is named is loaded.

import { PiError } from "../../contracts/error.ts";
import { nearestName } from "../../contracts/nearest.ts";
import type { Host } from "../../platform/host.ts";
import { isMeantAlone, runSubcommands, type SubcommandModule, type SubcommandRecord } from "./subcommands.ts";

export const sessionsTable: readonly SubcommandRecord[] = [
  { name: "list", aliases: ["ls"], help: "the sessions there are, newest first", isPaged: true, load: () => import("./sessions/list.ts") },
  {
    name: "show",
    aliases: ["log", "cat", "view"],
    help: "a conversation as text, its entries, or its tree",
    isPaged: true,
    load: () => import("./sessions/show.ts"),
  },
  {
    name: "search",
    aliases: ["grep", "find"],
    help: "find text in conversations, as grep does",
    isPaged: true,
    load: () => import("./sessions/search.ts"),
  },
  {
    name: "fork",
    aliases: ["clone", "copy", "cp"],
    help: "a new session that begins as a copy of another",
    load: () => import("./sessions/fork.ts"),
  },
  { name: "export", help: "a session as a page, as Markdown or as a session file", load: () => import("./sessions/export.ts") },
  {
    name: "diff",
    aliases: ["changes"],
    help: "what a session has changed in files",
    isPaged: true,
    load: () => import("./sessions/diff.ts"),
  },
  { name: "stats", aliases: ["cost", "usage"], help: "tokens and cost", isPaged: true, load: () => import("./sessions/stats.ts") },
  { name: "rename", aliases: ["mv", "name"], help: "give a session a name", load: () => import("./sessions/rename.ts") },
  { name: "label", aliases: ["tag"], help: "mark an entry, or take its mark away", load: () => import("./sessions/label.ts") },
  { name: "rm", aliases: ["delete", "remove"], help: "remove sessions and what belongs to them", load: () => import("./sessions/rm.ts") },
  { name: "path", help: "where a file is, or where this project's sessions are", load: () => import("./sessions/path.ts") },
  {
    name: "check",
    aliases: ["fsck", "verify"],
    help: "what is wrong with session files, line by line",
    isPaged: true,
    load: () => import("./sessions/check.ts"),
  },
  { name: "repair", help: "make a damaged file sound, keeping the old one", load: () => import("./sessions/repair.ts") },
  {
    name: "inline",
    help: "put stored pictures back into session files",
    load: () => import("./sessions/inline.ts"),
  },
  { name: "migrate", help: "bring a host's map of sessions up to date", load: () => import("./sessions/migrate.ts") },
  { name: "gc", help: "remove stored pictures and artifacts that no session needs", load: () => import("./sessions/gc.ts") },
  { name: "import", help: "copy session files from anywhere into this project", load: () => import("./sessions/import.ts") },
];

const references =
  "A session is named by its id, any unambiguous prefix of it, its name or, without one, its first prompt, " +
  "`last`, or the path of its file; " +
  "an entry by its id, a prefix of it, or its label.";

/** What somebody who knows git would try, and what does that here. */
const elsewhere: Readonly<Record<string, string>> = {
  tree: "pi sessions show --tree",
  branch: "pi sessions show --tree",
  branches: "pi sessions show --tree",
  open: "pi --session REF -p …",
  resume: "pi --session REF -p …",
  continue: "pi -c -p …",
  new: "pi --name NAME -p …",
};

export async function run(args: readonly string[], host: Host): Promise<number> {
  const word = args[0] === "help" ? args[1] : args[0];
  const isCommand = word !== undefined && !word.startsWith("-");
  const named = isCommand ? sessionsTable.find((record) => record.name === word || record.aliases?.includes(word)) : sessionsTable[0];
  if (named === undefined) throw await unknownCommand(word ?? "", host);
  const { define } = await named.load();
  const said = named === sessionsTable[0] ? await withLimits(args, define, host) : args;
  const runOn = (at: Host): Promise<number> => runNamed({ ...named, define }, said, at);
  return named.isPaged || args.includes("--help") ? (await import("../paged.ts")).paged(host, runOn) : runOn(host);
}

/** As in git log -5; but not where it is the value of the option before it. */
async function withLimits(args: readonly string[], define: SubcommandModule["define"], host: Host): Promise<readonly string[]> {
  if (!args.some((arg) => /^-\d+$/.test(arg))) return args;
  const { Command } = await import("commander");
  const command = new Command();
  define(command, { host, exit: () => undefined });
  const valued = command.options.filter(({ required }) => required).flatMap(({ short, long }) => [short, long]);
  const takesValue = (arg: string | undefined): boolean => arg !== undefined && valued.includes(arg);
  return args.map((arg, index) => (/^-\d+$/.test(arg) && !takesValue(args[index - 1]) ? `--limit=${arg.slice(1)}` : arg));
}

function runNamed(named: Pick<SubcommandRecord, "name"> & SubcommandModule, said: readonly string[], host: Host): Promise<number> {
  return runSubcommands("sessions", said, host, (program, exit) => {
    program.description(`Look at conversations and work with their files.\n\n${references}`);
    for (const record of sessionsTable) {
      const isDefault = record === sessionsTable[0];
      const command = program
        .command(record.name, { isDefault })
        .aliases(record.aliases ?? [])
        .description(record.help);
      if (isDefault) isMeantAlone(command);
      if (record.name === named.name) named.define(command, { host, exit });
    }
  });
}

async function unknownCommand(word: string, host: Host): Promise<PiError> {
  const names = sessionsTable.map((record) => record.name);
  return new PiError("usage.command", `There is no pi sessions ${word}.`, { hint: await whatIsMeant(word, names, host) });
}

async function whatIsMeant(word: string, names: readonly string[], host: Host): Promise<string> {
  const other = Object.hasOwn(elsewhere, word) ? elsewhere[word] : undefined;
  if (other !== undefined) return `That is ${other}`;
  const { sessionPlaces } = await import("./sessions/session-places.ts");
  const isSession = await sessionPlaces(host, {})
    .then((places) => places.find(word))
    .then(
      () => true,
      () => false,
    );
  if (isSession) return `To see that session: pi sessions show ${word}`;
  const near = nearestName(word, names);
  return near === undefined ? `There are ${names.join(", ")}.` : `Did you mean ${near}?`;
}
