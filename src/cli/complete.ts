// What may stand at the end of a command line: options, commands, values, sessions, entries. Called by `pi completions`.
// Invariant: iterates the tables that parser and help iterate; a mistake in the line gives fewer words, never an error.

import { readdirSync } from "node:fs";
import type { Command } from "commander";
import type { Host } from "../platform/host.ts";
import type { CommandRecord } from "./command-record.ts";
import type { CompletedWord } from "./commands/sessions/session-words.ts";
import type { CompletedKind } from "./completed-values.ts";
import { type OptionRecord, optionTable } from "./options.ts";

export interface Completion {
  words: CompletedWord[];
  /** What the shell itself should complete. */
  paths: "none" | "files" | "directories";
}

const nothing: Completion = { words: [], paths: "none" };
const files: Completion = { words: [], paths: "files" };
const directories: Completion = { words: [], paths: "directories" };

/** `words`: those behind `pi`, the last one being the one to complete. */
export async function complete(words: readonly string[], commands: readonly CommandRecord[], host: Host): Promise<Completion> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? "";
  const [, option, value] = /^(--[\w-]+)=(.*)$/.exec(current) ?? [];
  if (option === undefined || value === undefined) return beginning(current, await candidates(before, current, commands, host));
  const found = beginning(value, await candidates([...before, option], value, commands, host));
  return { words: found.words.map(({ word, help }) => ({ word: `${option}=${word}`, help })), paths: found.paths };
}

function beginning(current: string, { words, paths }: Completion): Completion {
  return { words: words.filter(({ word }) => word.startsWith(current)), paths };
}

async function candidates(before: readonly string[], current: string, commands: readonly CommandRecord[], host: Host): Promise<Completion> {
  const [first = "", ...rest] = before;
  switch (first) {
    case "sessions":
      return sessionsCompletion(rest, current, host);
    case "inspect":
      return runCompletion(rest, current, [], host);
    case "config":
      if (rest.length === 1 && /^[gs]et$/.test(rest[0] ?? "")) return wordsOf(await valuesOf("setting", current, host));
      return rest.length === 0 ? wordsOf(subcommandsIn(commands.find(({ name }) => name === first)?.usage ?? "")) : nothing;
    default: {
      const record = commands.find(({ name }) => name === first);
      if (record === undefined) return runCompletion(before, current, commands, host);
      return rest.length > 0 ? nothing : wordsOf(subcommandsIn(record.usage));
    }
  }
}

/** The options of a run, and at the very start the commands. */
async function runCompletion(
  before: readonly string[],
  current: string,
  commands: readonly CommandRecord[],
  host: Host,
): Promise<Completion> {
  const records = optionTable as readonly OptionRecord[];
  const last = before.at(-1);
  const option = records.find(({ name, short }) => last !== undefined && (name === last || short === last));
  if (option !== undefined && option.kind !== "flag" && !before.includes("--")) return optionValues(option, before, current, host);
  if (current.startsWith("-")) return wordsOf(records.map(({ name, help }) => ({ word: name, help })));
  if (current.startsWith("@")) return wordsOf(atPaths(current, host));
  return before.length === 0 ? wordsOf(commands.map(({ name, help }) => ({ word: name, help }))) : nothing;
}

async function optionValues(option: OptionRecord, before: readonly string[], current: string, host: Host): Promise<Completion> {
  if (option.choices !== undefined) return wordsOf(option.choices);
  if (option.completes !== undefined) return wordsOf(await valuesOf(option.completes, current, host));
  const kinds = option.value?.split("|") ?? [];
  if (kinds.includes("ID") && kinds.includes("PATH")) {
    const { sessionWords } = await import("./commands/sessions/session-words.ts");
    return wordsOf(
      await sessionWords(host, { cwd: valueBehind(before, "--cwd"), sessionDir: valueBehind(before, "--session-dir") }),
      "files",
    );
  }
  if (kinds.includes("DIR")) return directories;
  return kinds.some((kind) => kind === "FILE" || kind === "PATH") ? files : nothing;
}

async function valuesOf(kind: CompletedKind, current: string, host: Host): Promise<CompletedWord[]> {
  const { valueWords } = await import("./completed-values.ts");
  return valueWords(kind, current, host);
}

async function sessionsCompletion(before: readonly string[], current: string, host: Host): Promise<Completion> {
  const { sessionsTable } = await import("./commands/sessions.ts");
  const [name, ...rest] = before;
  if (name === undefined && !current.startsWith("-"))
    return wordsOf(sessionsTable.map((record) => ({ word: record.name, help: record.help })));
  const record =
    name === undefined || name.startsWith("-")
      ? sessionsTable[0]
      : sessionsTable.find((one) => one.name === name || one.aliases?.includes(name));
  if (record === undefined) return nothing;
  const { Command } = await import("commander");
  const command = new Command(record.name);
  (await record.load()).define(command, { host, exit: () => undefined });
  return subcommandCompletion(command, name?.startsWith("-") === false ? rest : before, current, host);
}

async function subcommandCompletion(command: Command, before: readonly string[], current: string, host: Host): Promise<Completion> {
  const operands: string[] = [];
  let value: string | undefined;
  for (const word of before) {
    if (value !== undefined) value = undefined;
    else if (word.startsWith("-")) value = valueNameOf(command, word);
    else operands.push(word);
  }
  if (value === undefined && current.startsWith("-")) {
    return wordsOf([
      ...command.options.map(({ long, description }) => ({ word: long ?? "", help: description })),
      { word: "--help", help: "" },
    ]);
  }
  const argumentsOf = command.registeredArguments;
  const argument = argumentsOf[operands.length] ?? (argumentsOf.at(-1)?.variadic ? argumentsOf.at(-1) : undefined);
  const wanted = value ?? argument?.name() ?? "";
  const flags = { cwd: valueBehind(before, "--cwd"), sessionDir: valueBehind(before, "--session-dir") };
  const { entryWords, sessionWords } = await import("./commands/sessions/session-words.ts");
  switch (wanted) {
    case "ref":
      return wordsOf(await sessionWords(host, flags), "files");
    case "entry":
      return wordsOf(await entryWords(host, operands[0] ?? "last", flags));
    case "file":
      return files;
    case "dir":
      return directories;
    default:
      return wanted.includes("|") ? wordsOf(wanted.split("|")) : nothing;
  }
}

/** `dir` of `--cwd <dir>`; `undefined` for a flag. */
function valueNameOf(command: Command, word: string): string | undefined {
  const option = command.options.find(({ long, short }) => word === long || word === short);
  return option?.required ? (/<(.+)>/.exec(option.flags)?.[1] ?? "") : undefined;
}

function valueBehind(words: readonly string[], option: string): string | undefined {
  const at = words.lastIndexOf(option);
  return at < 0 ? undefined : words[at + 1];
}

/** `path`, `show` of `config path|show`. */
function subcommandsIn(usage: string): string[] {
  const alternatives = usage.split(" ").find((word) => word.includes("|"));
  return alternatives === undefined ? [] : alternatives.replace(/[[\]]/g, "").split("|");
}

/** Files and directories as `@path`, which no shell completes by itself. */
function atPaths(current: string, host: Host): string[] {
  const typed = current.slice(1);
  const folder = typed.slice(0, typed.lastIndexOf("/") + 1);
  const absolute = folder.startsWith("/") ? folder : `${host.cwd}/${folder}`;
  try {
    return readdirSync(absolute, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith(".") || typed.slice(folder.length).startsWith("."))
      .map((entry) => `@${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`);
  } catch {
    return [];
  }
}

function wordsOf(words: readonly (string | CompletedWord)[], paths: Completion["paths"] = "none"): Completion {
  return { words: words.map((word) => (typeof word === "string" ? { word, help: "" } : word)), paths };
}
