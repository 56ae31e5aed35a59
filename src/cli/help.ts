// The help pages, made from the option and command tables. Called by cli/main for --help and for a bare `pi` on a terminal.

import type { ExtensionFlagOptions } from "../contracts/extension.ts";
import { version } from "../contracts/version.ts";
import { commandTable } from "./commands.ts";
import type { OptionRecord } from "./options.ts";
import { optionTable } from "./options.ts";

/** `flags`: those that extensions have. */
export function helpText(flags: readonly ({ name: string } & ExtensionFlagOptions)[] = []): string {
  const lines = [`pi ${version}: a coding agent`, "", "pi [options] [--] [@file…] [message…]", ""];
  const groups = new Map<string, OptionRecord[]>();
  for (const record of optionTable as readonly OptionRecord[]) groups.set(record.group, [...(groups.get(record.group) ?? []), record]);
  for (const [group, records] of groups) {
    lines.push(`${group}:`);
    for (const record of records) lines.push(`  ${usage(record).padEnd(38)} ${record.help}`);
    lines.push("");
  }
  if (flags.length > 0) {
    const named = (one: (typeof flags)[number]): string => `    --${one.name}${one.type === "string" ? " VALUE" : ""}`;
    lines.push("Of extensions:", ...flags.map((flag) => `  ${named(flag).padEnd(38)} ${flag.description ?? ""}`.trimEnd()), "");
  }
  lines.push("Commands:");
  for (const command of commandTable) lines.push(`  ${command.usage.padEnd(38)} ${command.help}`);
  lines.push("", "Input: @path puts a text file or an image before the first message; piped stdin too; - waits for stdin.");
  lines.push("Exit status: 0 done, 1 the model or the run failed, 2 usage or configuration, 3 a limit was reached, 130 and 143 signals.");
  return `${lines.join("\n")}\n`;
}

/** What a bare `pi` on a terminal shows. */
export function shortHelpText(): string {
  return `pi ${version}: a coding agent

  pi --model demo -p "What is in this folder?"     try it: no key, no network
  export ANTHROPIC_API_KEY=…                       or OPENAI_API_KEY, GEMINI_API_KEY, …
  pi -p "fix the failing test"                     then work with it
  git diff | pi -p "review this"
  pi -c -p "and now the docs"                      go on with the last session

pi --help lists everything.
`;
}

function usage(record: OptionRecord): string {
  const names = record.short ? `${record.short}, ${record.name}` : `    ${record.name}`;
  if (record.kind === "flag") return names;
  return record.kind === "optional" ? `${names} [${record.value}]` : `${names} ${record.value}`;
}
