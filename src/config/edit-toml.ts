// Changes one value in the text of a TOML file and leaves every other byte as it was. Used by `pi config set` and `pi config import`.
// Invariant: the result is parsed again and holds the value, or nothing is given back.

import { PiError } from "../contracts/error.ts";
import { isTable } from "../contracts/provider-settings.ts";
import { parseToml } from "./load-config.ts";
import { samePath, type TomlEntry, type TomlLayout, tomlLayout } from "./toml-layout.ts";

/** @throws PiError `config.syntax` when the text was no TOML before, `config.cannot_set` when the value has no place in it. */
export async function setTomlValue(text: string, path: readonly string[], value: unknown, file: string): Promise<string> {
  await parseToml(text, file);
  const changed = place(text, tomlLayout(text), path, formatTomlValue(value));
  const result = await parseToml(changed, file);
  const written = path.reduce<unknown>((at, key) => (isTable(at) ? at[key] : undefined), result);
  if (JSON.stringify(written) !== JSON.stringify(value)) {
    throw new PiError("config.cannot_set", `${path.join(".")} cannot be set in ${file}.`, {
      hint: "Edit the file by hand: pi config edit.",
    });
  }
  return changed;
}

export function formatTomlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatTomlValue).join(", ")}]`;
  if (isTable(value)) {
    const fields = Object.entries(value).map(([key, one]) => `${formatTomlKey(key)} = ${formatTomlValue(one)}`);
    return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
  }
  return typeof value === "string" ? JSON.stringify(value).replaceAll("\u007f", "\\u007f") : String(value);
}

export function formatTomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}

function place(text: string, layout: TomlLayout, path: readonly string[], value: string): string {
  const entry = layout.entries.find((one) => samePath(one.path, path));
  if (entry !== undefined) return splice(text, entry.valueStart, entry.valueEnd, value);
  return insideInlineTable(text, layout, path, value) ?? besideDottedKeys(text, layout, path, value) ?? inTable(text, layout, path, value);
}

/** `headers = { a = "b" }`: the new key goes before the closing brace. */
function insideInlineTable(text: string, layout: TomlLayout, path: readonly string[], value: string): string | undefined {
  for (let depth = path.length - 1; depth > 0; depth--) {
    const holder = layout.entries.find((one) => samePath(one.path, path.slice(0, depth)));
    if (holder === undefined || text[holder.valueStart] !== "{") continue;
    const inner = text.slice(holder.valueStart + 1, holder.valueEnd - 1);
    const key = path.slice(depth).map(formatTomlKey).join(".");
    const before = inner.trim() === "" ? " " : `${inner.trimEnd().replace(/,$/, "")}, `;
    return splice(text, holder.valueStart + 1, holder.valueEnd - 1, `${before}${key} = ${value} `);
  }
  return undefined;
}

/** `retry.enabled = true` outside of `[retry]`: such a table takes new keys only in the same way. */
function besideDottedKeys(text: string, layout: TomlLayout, path: readonly string[], value: string): string | undefined {
  const table = path.slice(0, -1);
  const siblings = layout.entries.filter(
    (one) =>
      one.path.length > table.length && samePath(one.path.slice(0, table.length), table) && headerOf(layout, one).length < table.length,
  );
  const last = siblings.at(-1);
  if (last === undefined) return undefined;
  const key = path.slice(headerOf(layout, last).length).map(formatTomlKey).join(".");
  return insertLine(text, lineEnd(text, last.valueEnd), `${key} = ${value}`);
}

function inTable(text: string, layout: TomlLayout, path: readonly string[], value: string): string {
  const table = path.slice(0, -1);
  const line = `${formatTomlKey(path.at(-1) ?? "")} = ${value}`;
  const header = layout.tables.find((one) => samePath(one.path, table));
  const bodyStart = table.length === 0 ? 0 : header?.bodyStart;
  if (bodyStart === undefined) {
    const newline = newlineOf(text);
    const gap = text === "" ? "" : text.endsWith("\n") ? newline : newline + newline;
    return `${text}${gap}[${table.map(formatTomlKey).join(".")}]${newline}${line}${newline}`;
  }
  const last = layout.entries.filter((one) => samePath(headerOf(layout, one), table) && one.keyStart >= bodyStart).at(-1);
  if (last !== undefined) return insertLine(text, lineEnd(text, last.valueEnd), line);
  if (header !== undefined) return insertLine(text, bodyStart, line);
  const first = firstHeader(text, layout);
  return insertLine(text, first, first < text.length ? line + newlineOf(text) : line);
}

/** Path of the header the entry stands under. */
function headerOf(layout: TomlLayout, entry: TomlEntry): (string | number)[] {
  return layout.tables.findLast((table) => table.start < entry.keyStart)?.path ?? [];
}

/** Where the first table begins, the comment lines right above it included. */
function firstHeader(text: string, layout: TomlLayout): number {
  const header = layout.tables[0]?.start;
  if (header === undefined) return text.length;
  let at = text.lastIndexOf("\n", header - 1) + 1;
  while (at > 0) {
    const above: number = at < 2 ? 0 : text.lastIndexOf("\n", at - 2) + 1;
    if (!text.slice(above, at).trimStart().startsWith("#")) break;
    at = above;
  }
  return at;
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

function insertLine(text: string, offset: number, line: string): string {
  const newline = newlineOf(text);
  const lead = offset > 0 && text[offset - 1] !== "\n" ? newline : "";
  return splice(text, offset, offset, `${lead}${line}${newline}`);
}

function newlineOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function splice(text: string, start: number, end: number, insert: string): string {
  return text.slice(0, start) + insert + text.slice(end);
}
