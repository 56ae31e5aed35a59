// The help pages, made from the tables of options, commands and variables. Called by cli/main for --help and for a bare `pi` on a terminal.
// Invariant: no line is wider than the terminal; in a pipe what belongs together is one line.

import type { ExtensionFlagOptions } from "../contracts/extension.ts";
import { version } from "../contracts/version.ts";
import type { CommandRecord } from "./command-record.ts";
import { environmentTable, toolEnvironmentTable } from "./environment.ts";
import type { OptionRecord } from "./options.ts";
import { optionTable } from "./options.ts";
import { fitPage } from "./page.ts";

export const examples: readonly (readonly [string, string])[] = [
  ['pi -p "fix the failing test"', "one run; the answer on stdout"],
  ['git diff | pi -p "review this"', "what is piped in comes first"],
  ['pi -p @notes.md @plan.png "what is missing?"', "files and pictures"],
  ['pi -c -p "and now the docs"', "go on with this folder's last session"],
  ['pi -t read,grep,find,ls -p "how is this built?"', "look, and change nothing"],
  ['pi -m sonnet:high -p "why is it slow?"', "a model by part of its name, thinking hard"],
  ['pi --mode json -p "list the exports"', "every event as a line of JSON"],
];

/** Usages are this wide; longer ones stand on a line of their own. */
const usageWidth = 38;

type Flag = { name: string } & ExtensionFlagOptions;

/** `flags`: those that extensions have. `width`: columns of the terminal; absent: as wide as it gets. */
export function helpText(commands: readonly CommandRecord[], width = Number.POSITIVE_INFINITY, flags: readonly Flag[] = []): string {
  const lines: string[] = [];
  const text = (line: string): number => lines.push(line, "");
  const list = (title: string, rows: readonly (readonly [string, string])[]): number =>
    lines.push(`${title}:`, ...rows.map(([name, help]) => `  ${name.padEnd(usageWidth - 1)}  ${help}`), "");
  text(`pi ${version}: a coding agent`);
  text("pi [options] [@file…] [--] [message…]");
  const groups = new Map<string, OptionRecord[]>();
  for (const record of optionTable as readonly OptionRecord[]) groups.set(record.group, [...(groups.get(record.group) ?? []), record]);
  for (const [group, records] of groups)
    list(
      group,
      records.map((record) => [usage(record), described(record)]),
    );
  if (flags.length > 0)
    list(
      "Of extensions",
      flags.map(({ name, type, description = "" }) => [`    --${name}${type === "string" ? " VALUE" : ""}`, description]),
    );
  list(
    "Commands",
    commands.map((command) => [command.usage, command.help]),
  );
  list("Examples", examples);
  list(
    "Environment",
    environmentTable.map(({ names, help }) => [names.join(", "), help]),
  );
  list(
    "Commands of the model see",
    toolEnvironmentTable.map(({ names, help }) => [names.join(", "), help]),
  );
  text("Input: @path puts a text file or an image before the first message; piped stdin too; - waits for stdin.");
  text("Exit status: 0 done, 1 the model or the run failed, 2 usage or configuration, 3 a limit was reached, 130 and 143 signals.");
  return fitPage(lines.join("\n"), width);
}

function described({ help, choices = [] }: OptionRecord): string {
  return choices.every((choice) => help.includes(choice)) ? help : `${help}: ${choices.join(", ")}`;
}

function usage(record: OptionRecord): string {
  const names = record.short ? `${record.short}, ${record.name}` : `    ${record.name}`;
  if (record.kind === "flag") return names;
  return record.kind === "optional" ? `${names} [${record.value}]` : `${names} ${record.value}`;
}
