// What a setting's value must look like: checks values of files, and reads values from the text of variables and of `pi config set`.
// Invariant: a problem says what is expected, never more of the value than a short excerpt.

import { join, resolve } from "node:path";
import { defined } from "../contracts/defined.ts";
import { parseDuration } from "../contracts/duration.ts";
import { isTable } from "../contracts/provider-settings.ts";
import { expandHome } from "../platform/paths.ts";
import { camelCase, snakeCase } from "./key-spelling.ts";
import type { RowField, SettingType } from "./setting-type.ts";
import type { PackageEntry } from "./settings.ts";

function checkRows(fields: readonly RowField[], raw: unknown, { source }: PathBase): CheckedValue {
  if (!Array.isArray(raw) || !raw.every(isTable)) return bad("a list of tables");
  const rows: Record<string, unknown>[] = [];
  for (const [index, row] of raw.entries()) {
    const place = `row ${index + 1}`;
    const problem = rowProblem(fields, row, place);
    if (problem !== undefined) return bad(problem);
    rows.push({ ...withPropertyNames(row), source: `${source ?? "configuration"}, ${place}` });
  }
  return good(rows);
}

const variablesForm = 'a table of texts by names of variables, such as { EDITOR = "nano" }';

function checkTables(fields: readonly RowField[], raw: unknown): CheckedValue {
  if (!isTable(raw)) return bad("tables by name");
  const tables: Record<string, unknown> = Object.create(null);
  for (const [name, row] of Object.entries(raw)) {
    if (!isTable(row)) return bad(`tables by name; ${JSON.stringify(name.slice(0, 40))} is none`);
    const problem = rowProblem(fields, row, name.slice(0, 40));
    if (problem !== undefined) return bad(problem);
    tables[name] = withPropertyNames(row);
  }
  return good(tables);
}

/** What is expected where a table of a list, or by a name, is not as it must be. */
function rowProblem(fields: readonly RowField[], row: Record<string, unknown>, place: string): string | undefined {
  for (const [key, value] of Object.entries(row)) {
    const field = fields.find((one) => one.key === key);
    // A misspelt key would make the row wider than it was meant.
    if (field === undefined) return `made of ${fields.map((one) => one.key).join(", ")}; ${place} has ${JSON.stringify(key.slice(0, 40))}`;
    const { isGood, expected } = fieldTypes[field.type ?? (field.isNumber ? "number" : "text")];
    if (!isGood(value)) return `tables in which ${key} is ${expected}; ${place} has another`;
    if (field.of?.includes(value as string) === false)
      return `tables in which ${key} is one of ${field.of.join(", ")}; ${place} has another`;
  }
  const missing = fields.find((field) => field.isRequired && row[field.key] === undefined);
  return missing === undefined ? undefined : `tables with ${missing.key}; ${place} has none`;
}

const fieldTypes: Record<NonNullable<RowField["type"]> | "number" | "text", { isGood(value: unknown): boolean; expected: string }> = {
  text: { isGood: (value) => typeof value === "string" && value.trim() !== "", expected: "a string" },
  number: { isGood: (value) => typeof value === "number" && value > 0, expected: "a positive number" },
  boolean: { isGood: (value) => typeof value === "boolean", expected: "true or false" },
  count: { isGood: (value) => Number.isSafeInteger(value) && (value as number) >= 0, expected: "a whole number from 0" },
  strings: { isGood: isStrings, expected: "a list of strings" },
  variables: { isGood: isVariables, expected: "a table of texts by names of variables" },
};

/** Tables by name that were written with the names of properties, as a file has them. */
export function tablesAsWritten(value: unknown): unknown {
  if (!isTable(value)) return value;
  const written = ([name, row]: [string, unknown]): [string, unknown] => [
    name,
    isTable(row) ? Object.fromEntries(Object.entries(row).map(([key, inner]) => [snakeCase(key), inner])) : row,
  ];
  return Object.fromEntries(Object.entries(value).map(written));
}

function withPropertyNames(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [camelCase(key), value]));
}

export interface PathBase {
  cwd: string;
  homeDir: string;
  /** Directory that `path` (from file) and `paths` start from. */
  fileDir: string;
  /** The file, for people. */
  source?: string;
}

export type CheckedValue = { ok: true; value: unknown } | { ok: false; expected: string };

/** Turns a value as a file holds it into the one in `Settings`. */
export function checkValue(type: SettingType, raw: unknown, base: PathBase): CheckedValue {
  switch (type.kind) {
    case "string":
      return typeof raw === "string" ? good(raw) : bad("a string");
    case "boolean":
      return typeof raw === "boolean" ? good(raw) : bad("true or false");
    case "count":
      return Number.isSafeInteger(raw) && (raw as number) >= 0 ? good(raw) : bad("a whole number from 0");
    case "amount":
      return typeof raw === "number" && Number.isFinite(raw) && raw >= 0 && raw <= (type.most ?? raw)
        ? good(raw)
        : bad(`a number from 0${type.most === undefined ? "" : ` to ${type.most}`}`);
    case "duration": {
      const ms = typeof raw === "string" ? parseDuration(raw) : undefined;
      return ms === undefined ? bad('a duration such as "90s" or "1h30m"') : good(ms);
    }
    case "choice":
      return typeof raw === "string" && type.of.includes(raw) ? good(raw) : bad(`one of ${type.of.join(", ")}`);
    case "strings":
    case "selection":
      return isStrings(raw) ? good([...raw]) : bad("a list of strings");
    case "choice or strings":
      if (isStrings(raw)) return good([...raw]);
      return typeof raw === "string" && type.of.includes(raw) ? good(raw) : bad(`${type.of.join(", ")} or a list of strings`);
    case "path":
      return typeof raw === "string" ? good(resolvePath(raw, type, base)) : bad("a path");
    case "packages": {
      const entries = Array.isArray(raw) ? raw.map(packageEntry) : [undefined];
      return entries.includes(undefined) ? bad("a list of sources, or of tables with a source") : good(entries);
    }
    case "rows":
      return checkRows(type.fields, raw, base);
    case "tables":
      return checkTables(type.fields, raw);
    case "paths":
      return isStrings(raw) ? good(raw.map((path) => resolveResource(path, base))) : bad("a list of paths");
    case "keys": {
      const keys = isTable(raw) ? keysIn(raw) : undefined;
      return keys === undefined ? bad('keys by the names of actions, such as { "app.tools.expand" = "ctrl+e" }') : good(keys);
    }
    case "variables":
      if (!isVariables(raw)) return bad(type.of === undefined ? variablesForm : `a table of ${type.of.join(", ")} by names`);
      return Object.values(raw).every((text) => type.of?.includes(text) !== false)
        ? good({ ...raw })
        : bad(`a table in which each is one of ${type.of?.join(", ")}`);
  }
}

/** Reads a value from plain text; lists are separated by commas. The result is what a file would hold. */
export function parseValue(type: SettingType, text: string): unknown {
  switch (type.kind) {
    case "boolean":
      if (/^(1|true|yes|on)$/i.test(text)) return true;
      return /^(0|false|no|off|)$/i.test(text) ? false : text;
    case "count":
    case "amount":
      return /^\d[\d_]*(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text.replaceAll("_", "")) : text;
    case "strings":
    case "selection":
    case "paths":
      return splitList(text);
    case "choice or strings":
      return type.of.includes(text) ? text : splitList(text);
    case "keys":
    case "variables": {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      return name === undefined ? text : { [name]: value };
    }
    default:
      return text;
  }
}

/** Applies `+name` and `-name` entries to the list in force; a list with any plain name starts afresh from the plain names. */
export function applySelection(inForce: readonly string[], entries: readonly string[]): string[] {
  const plain = entries.filter((entry) => !entry.startsWith("+") && !entry.startsWith("-"));
  const changesOnly = plain.length === 0 && entries.length > 0;
  const selected = new Set(changesOnly ? inForce : plain);
  for (const entry of entries) {
    if (entry.startsWith("+")) selected.add(entry.slice(1));
    else if (entry.startsWith("-")) selected.delete(entry.slice(1));
  }
  return [...selected];
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function resolvePath(path: string, type: { from: "cwd" | "file"; program?: boolean }, base: PathBase): string {
  if (path === "") return path;
  const expanded = expandHome(path, base.homeDir);
  if (type.program && !/[\\/]/.test(expanded)) return expanded;
  return resolve(type.from === "cwd" ? base.cwd : base.fileDir, expanded);
}

function resolveResource(path: string, base: PathBase): string {
  if (/^[!+-]/.test(path)) return path;
  const expanded = expandHome(path, base.homeDir);
  return expanded === path ? resolve(base.fileDir, path) : join(expanded);
}

function isStrings(raw: unknown): raw is string[] {
  return Array.isArray(raw) && raw.every((item) => typeof item === "string");
}

/** The tables that a name with dots makes where it stands without quotes are one name again. */
function keysIn(table: Record<string, unknown>, above = ""): Record<string, string[]> | undefined {
  const keys: Record<string, string[]> = {};
  for (const [name, raw] of Object.entries(table)) {
    const id = `${above}${name}`;
    if (typeof raw === "string") keys[id] = raw === "" ? [] : [raw];
    else if (isStrings(raw)) keys[id] = [...raw];
    else {
      const inner = isTable(raw) ? keysIn(raw, `${id}.`) : undefined;
      if (inner === undefined) return undefined;
      Object.assign(keys, inner);
    }
  }
  return keys;
}

function isVariables(raw: unknown): raw is Record<string, string> {
  if (!isTable(raw)) return false;
  return Object.entries(raw).every(([name, text]) => /^[^=\0]+$/.test(name) && typeof text === "string" && !text.includes("\0"));
}

function good(value: unknown): CheckedValue {
  return { ok: true, value };
}

function bad(expected: string): CheckedValue {
  return { ok: false, expected };
}

function packageEntry(raw: unknown): PackageEntry | undefined {
  if (typeof raw === "string") return { source: raw };
  if (typeof raw !== "object" || raw === null) return undefined;
  const { source, extensions, skills, prompts, themes, autoload } = raw as Record<string, unknown>;
  if (autoload !== undefined && typeof autoload !== "boolean") return undefined;
  const lists: Record<string, unknown> = defined({ extensions, skills, prompts, themes });
  if (typeof source !== "string" || !Object.values(lists).every(isStrings)) return undefined;
  return { source, ...lists, ...defined({ autoload }) };
}
