// The help pages, made from the tables of options, commands and variables. Called by cli/main for --help and for a bare `pi` on a terminal.
// Invariant: no line is wider than the terminal; in a pipe what belongs together is one line.

import type { ExtensionFlagOptions } from "../contracts/extension.ts";
import { version } from "../contracts/version.ts";
import type { CommandRecord } from "./command-record.ts";
import { environmentTable, toolEnvironmentTable } from "./environment.ts";
import type { OptionRecord } from "./options.ts";
import { optionTable } from "./options.ts";

export const examples: readonly (readonly [string, string])[] = [
  ['pi -p "fix the failing test"', "one run; the answer on stdout"],
  ['git diff | pi -p "review this"', "what is piped in comes first"],
  ['pi -p @notes.md @plan.png "what is missing?"', "files and pictures"],
  ['pi -c -p "and now the docs"', "go on with this folder's last session"],
  ['pi -t read,grep,find,ls -p "how is this built?"', "look, and change nothing"],
  ['pi -m sonnet:high -p "why is it slow?"', "a model by part of its name, thinking hard"],
  ['pi --mode json -p "list the exports"', "every event as a line of JSON"],
];

/** Usages are this wide at most; longer ones stand on a line of their own. */
const usageWidth = 38;
/** Narrower than this, every usage does. */
const narrow = 72;
const indent = "  ";

type Flag = { name: string } & ExtensionFlagOptions;

/** `flags`: those that extensions have. `width`: columns of the terminal; absent: as wide as it gets. */
export function helpText(commands: readonly CommandRecord[], width = Number.POSITIVE_INFINITY, flags: readonly Flag[] = []): string {
  const page = new Page(width);
  page.text(`pi ${version}: a coding agent`);
  page.text("pi [options] [--] [@file…] [message…]");
  const groups = new Map<string, OptionRecord[]>();
  for (const record of optionTable as readonly OptionRecord[]) groups.set(record.group, [...(groups.get(record.group) ?? []), record]);
  for (const [group, records] of groups)
    page.list(
      group,
      records.map((record) => [usage(record), described(record)]),
    );
  if (flags.length > 0)
    page.list(
      "Of extensions",
      flags.map(({ name, type, description = "" }) => [`    --${name}${type === "string" ? " VALUE" : ""}`, description]),
    );
  page.list(
    "Commands",
    commands.map((command) => [command.usage, command.help]),
  );
  page.list("Examples", examples);
  page.list(
    "Environment",
    environmentTable.map(({ names, help }) => [names.join(", "), help]),
  );
  page.list(
    "Commands of the model see",
    toolEnvironmentTable.map(({ names, help }) => [names.join(", "), help]),
  );
  page.text("Input: @path puts a text file or an image before the first message; piped stdin too; - waits for stdin.");
  page.text("Exit status: 0 done, 1 the model or the run failed, 2 usage or configuration, 3 a limit was reached, 130 and 143 signals.");
  return page.end();
}

class Page {
  readonly #width: number;
  readonly #lines: string[] = [];

  constructor(width: number) {
    this.#width = Math.max(20, width);
  }

  text(text: string): void {
    this.#lines.push(...wrapped(text, this.#width), "");
  }

  list(title: string, rows: readonly (readonly [string, string])[]): void {
    this.#lines.push(...wrapped(`${title}:`, this.#width));
    for (const [name, help] of rows) this.#row(name, help);
    this.#lines.push("");
  }

  #row(name: string, help: string): void {
    const behind = indent.length + usageWidth + 1;
    const isBeside = this.#width >= narrow && name.length <= usageWidth;
    if (this.#width === Number.POSITIVE_INFINITY) this.#lines.push(`${indent}${name.padEnd(usageWidth)} ${help}`);
    else if (isBeside) {
      const [first = "", ...more] = wrapped(help, this.#width - behind);
      this.#lines.push(`${indent}${name.padEnd(usageWidth)} ${first}`, ...more.map((line) => " ".repeat(behind) + line));
    } else {
      const names = wrapped(name, this.#width - indent.length).map((line) => indent + line);
      this.#lines.push(...names, ...wrapped(help, this.#width - 3 * indent.length).map((line) => indent.repeat(3) + line));
    }
  }

  end(): string {
    return `${this.#lines.join("\n").trimEnd()}\n`;
  }
}

/** At blanks; a word that is longer than a line is cut. */
function wrapped(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(" ")) {
    while (word.length > width) {
      if (line !== "") lines.push(line);
      line = "";
      lines.push(word.slice(0, width));
      word = word.slice(width);
    }
    if (line === "") line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line === "" ? lines : [...lines, line];
}

function described({ help, choices = [] }: OptionRecord): string {
  return choices.every((choice) => help.includes(choice)) ? help : `${help}: ${choices.join(", ")}`;
}

function usage(record: OptionRecord): string {
  const names = record.short ? `${record.short}, ${record.name}` : `    ${record.name}`;
  if (record.kind === "flag") return names;
  return record.kind === "optional" ? `${names} [${record.value}]` : `${names} ${record.value}`;
}
