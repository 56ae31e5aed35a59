// Writing configuration: one setting in place, or the npm agent's JSON as TOML. Called by `pi config`. Invariant: comments and order of the
// file stay, a value is checked before it is written, a new file is readable by its owner alone, and the npm agent's files are only read.

import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, PiError } from "../contracts/error.ts";
import { nearestName } from "../contracts/nearest.ts";
import { isTable } from "../contracts/provider-settings.ts";
import { readBoundedText } from "../platform/files/bounded-file.ts";
import { makeDirectory } from "../platform/files/make-directory.ts";
import { setTomlValue } from "./edit-toml.ts";
import { parseToml } from "./load-config.ts";
import { loadNpmAgentFiles } from "./npm-agent.ts";
import { providerFields } from "./provider-settings.ts";
import type { SettingRecord } from "./setting-type.ts";
import { checkValue, parseValue } from "./setting-values.ts";
import { findSetting, findVariable, settings } from "./settings.ts";

export type WriteAtomic = (path: string, data: string) => Promise<void>;

export interface SettingChange {
  path: string[];
  /** As the file holds it. */
  value: unknown;
}

/**
 * What `pi config set KEY TEXT` asks for.
 * @throws PiError `config.unknown_key` with the nearest key, `config.wrong_type`, `config.forbidden` for a project file.
 */
export async function parseChange(key: string, text: string, target: "user" | "project"): Promise<SettingChange> {
  const provider = /^providers\.("?)([^"]+)\1\.([a-z_]+)(?:\.(.+))?$/.exec(key);
  if (provider !== null) return parseProviderChange(key, provider[2] ?? "", provider[3] ?? "", provider[4], text, target);
  const variable = findVariable(key);
  const record = variable?.record ?? findSetting(key);
  if (record === undefined) throw unknownKey(key);
  if (target === "project" && record.scope === "user") {
    throw new PiError("config.forbidden", `${key} cannot be set by a project file.`, { hint: "Leave out --project." });
  }
  const value = variable === undefined ? await writtenValue(record, key, text) : { [variable.name]: text };
  const checked = checkValue(record.type, value, { cwd: "/", homeDir: "/", fileDir: "/" });
  if (!checked.ok) throw new PiError("config.wrong_type", `${key} must be ${checked.expected}, not ${JSON.stringify(text)}.`);
  return variable === undefined ? { path: key.split("."), value } : { path: [...record.key.split("."), variable.name], value: text };
}

async function writtenValue(record: SettingRecord, key: string, text: string): Promise<unknown> {
  return text.startsWith("[") ? (await parseToml(`value = ${text}`, key)).value : parseValue(record.type, text);
}

function parseProviderChange(key: string, id: string, name: string, rest: string | undefined, text: string, target: string): SettingChange {
  const field = providerFields.find((one) => one.key === name);
  const wrong = (expected: string): PiError => new PiError("config.wrong_type", `${key} must be ${expected}.`);
  if (field === undefined) throw unknownKey(key);
  if (field.type === "headers" && rest !== undefined) return { path: ["providers", id, name, rest], value: text };
  if (rest !== undefined || !["text", "secret", "boolean"].includes(field.type)) {
    throw new PiError("config.cannot_set", `${key} is not a single value.`, { hint: "Edit the file: pi config edit." });
  }
  if (target === "project" && field.type === "secret" && text.startsWith("!")) {
    throw new PiError("config.forbidden", `${key} of a project file cannot be a command.`);
  }
  if (field.type !== "boolean") return { path: ["providers", id, name], value: text };
  const value = parseValue({ kind: "boolean" }, text);
  if (typeof value !== "boolean") throw wrong("true or false");
  return { path: ["providers", id, name], value };
}

export function unknownKey(key: string): PiError {
  const near = nearestName(key, [...settings.map((record) => record.key), ...providerKeysNear(key)]);
  return new PiError("config.unknown_key", `Unknown setting "${key}".`, {
    hint: near === undefined ? "See pi config show for all of them." : `Did you mean ${near}?`,
  });
}

function providerKeysNear(key: string): string[] {
  const id = /^providers\.([^.]+)\./.exec(key)?.[1];
  return id === undefined ? [] : providerFields.map((field) => `providers.${id}.${field.key}`);
}

/** @throws PiError `config.syntax`, `io.write`. */
export async function saveChange(file: string, change: SettingChange, writeAtomic: WriteAtomic): Promise<void> {
  await inTurn(file, async () => {
    const text = readIfThere(file) ?? "";
    await saveText(file, await setTomlValue(text, change.path, change.value, file), writeAtomic);
  });
}

/** One change after another, whoever makes them: each begins with what the last one has left. */
export async function inTurn<T>(file: string, change: () => Promise<T>): Promise<T> {
  const { claim } = await import("../platform/locks/claim.ts");
  const turn = await claim(`${file}.lock`);
  try {
    return await change();
  } finally {
    turn?.release();
  }
}

async function saveText(file: string, text: string, writeAtomic: WriteAtomic): Promise<void> {
  try {
    createPrivately(file, "");
    await writeAtomic(file, text);
  } catch (error) {
    throw new PiError("io.write", `${file} cannot be written: ${messageOf(error)}.`, { cause: error });
  }
}

/** Nothing happens to a file that is there. */
export function createPrivately(file: string, text: string): boolean {
  makeDirectory(dirname(file), 0o700);
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

export interface ImportReport {
  /** Dotted keys and `providers.<id>` that were written. */
  imported: string[];
  /** What the TOML file already said. */
  kept: string[];
  /** Files that could not be read as JSON, and why. */
  problems: string[];
}

/** Writes what the npm agent's `settings.json` and `models.json` say and the TOML file does not. */
export async function importNpmAgent(agentDir: string, file: string, writeAtomic: WriteAtomic): Promise<ImportReport> {
  return inTurn(file, () => importInto(agentDir, file, writeAtomic));
}

async function importInto(agentDir: string, file: string, writeAtomic: WriteAtomic): Promise<ImportReport> {
  const report: ImportReport = { imported: [], kept: [], problems: [] };
  const before = readIfThere(file) ?? "";
  let text = before;
  for (const source of loadNpmAgentFiles(agentDir)) {
    if (source.problem !== undefined) report.problems.push(`${source.file}: ${source.problem}`);
    const { providers, ...rest } = source.tree;
    for (const { key, value } of settings.flatMap((record) => valueAt(rest, record.key))) {
      const record = findSetting(key);
      const checked = record === undefined ? undefined : checkValue(record.type, value, { cwd: "/", homeDir: "/", fileDir: "/" });
      if (checked?.ok !== true) report.problems.push(`${source.file}: ${key} must be ${checked?.expected ?? "known"}`);
      else if (await isSet(text, key.split("."), file)) report.kept.push(key);
      else {
        text = await setTomlValue(text, key.split("."), value, file);
        report.imported.push(key);
      }
    }
    for (const [id, provider] of Object.entries(isTable(providers) ? providers : {})) {
      if (await isSet(text, ["providers", id], file)) report.kept.push(`providers.${id}`);
      else {
        text = await appendProvider(text, id, provider);
        report.imported.push(`providers.${id}`);
      }
    }
  }
  await parseToml(text, file);
  if (text !== before) await saveText(file, text, writeAtomic);
  return report;
}

/** Puts tables at the end of the file, where they are not there already. @throws PiError `config.syntax`, `io.write`. */
export async function appendTables(file: string, tables: readonly string[], writeAtomic: WriteAtomic): Promise<number> {
  return inTurn(file, () => appendMissing(file, tables, writeAtomic));
}

async function appendMissing(file: string, tables: readonly string[], writeAtomic: WriteAtomic): Promise<number> {
  const before = readIfThere(file) ?? "";
  const missing = tables.filter((table) => !before.includes(table));
  const text = [before.trimEnd(), ...missing].filter((part) => part !== "").join("\n\n");
  await parseToml(text, file);
  if (missing.length > 0) await saveText(file, `${text.trimEnd()}\n`, writeAtomic);
  return missing.length;
}

function valueAt(tree: Record<string, unknown>, key: string): { key: string; value: unknown }[] {
  const value = key.split(".").reduce<unknown>((at, part) => (isTable(at) ? at[part] : undefined), tree);
  return value === undefined ? [] : [{ key, value }];
}

async function isSet(text: string, path: readonly string[], file: string): Promise<boolean> {
  const tree = await parseToml(text, file);
  return path.reduce<unknown>((at, part) => (isTable(at) ? at[part] : undefined), tree) !== undefined;
}

async function appendProvider(text: string, id: string, provider: unknown): Promise<string> {
  const { stringify } = await import("smol-toml");
  const table = stringify({ providers: { [id]: provider } }).trim();
  // The parent's own header says nothing and may stand in a file only once.
  const body = table.replace(/^\[providers\]\n+/, "");
  return `${text}${text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n"}${body}\n`;
}

function readIfThere(file: string): string | undefined {
  const found = readBoundedText(file);
  if (found === undefined) return undefined;
  if ("leftOut" in found) throw new PiError("io.read", `${file} cannot be read: ${found.why}.`);
  return found.text;
}
