// Paths as models write them, and what to say when there is nothing there. Used by all tools that take a path, and by `@file`.
// Invariant: what is there under exactly the name given is what is meant; only else it is looked for as it may have been meant.

import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nearestName } from "../../contracts/nearest.ts";
import type { FileOperations, ToolContext } from "../../contracts/tool.ts";
import { absolutePath } from "../../platform/paths.ts";

type Place = Pick<ToolContext, "cwd" | "homeDir"> & { files: Pick<FileOperations, "stat" | "list"> };

/** Where the file meant is, or where it would be. Absolute: relative to the session's cwd, `~` expanded. */
export async function resolvePath(given: string, place: Place): Promise<string> {
  const candidates = [...new Set(spellings(given).map((spelling) => absolutePath(spelling, place.cwd, place.homeDir)))];
  for (const candidate of candidates) if (await isThere(candidate, place)) return candidate;
  for (const candidate of candidates.toReversed()) {
    const found = await lookAlike(candidate, place);
    if (found !== undefined) return found;
  }
  return candidates.at(-1) ?? place.cwd;
}

/** As given, then without what models and terminals put around a path: blanks, quotes, `file://`, the `@` of a mention. */
function spellings(given: string): string[] {
  const trimmed = given.trim();
  const bare = /^(["'`])(.+)\1$/s.exec(trimmed)?.[2] ?? trimmed;
  const local = bare.startsWith("file://") ? pathOfUrl(bare) : bare;
  const named = local.startsWith("@") ? local.slice(1) : local;
  return [given, trimmed, local, named].map((spelling) => (spelling === "" ? "." : spelling));
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

async function isThere(path: string, { files }: Place): Promise<boolean> {
  try {
    await files.stat(path);
    return true;
  } catch (error) {
    return !["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(errorCode(error) ?? "");
  }
}

/** What is there under names that look the same: a no-break blank, typographic quotes and dashes, another Unicode form. */
async function lookAlike(path: string, place: Place): Promise<string | undefined> {
  const parent = dirname(path);
  if (parent === path) return undefined;
  const directory = (await isThere(parent, place)) ? parent : await lookAlike(parent, place);
  if (directory === undefined) return undefined;
  const name = basename(path);
  const same = join(directory, name);
  if (await isThere(same, place)) return same;
  const wanted = levelled(name);
  const entries = await place.files.list(directory).catch(() => []);
  const found = entries.filter((entry) => levelled(entry.name) === wanted);
  return found.length === 1 ? join(directory, found[0]?.name as string) : undefined;
}

function levelled(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name;
  return name
    .normalize("NFC")
    .replace(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, " ")
    .replace(/[\u2018\u2019\u201a\u201b\u02bc]/g, "'")
    .replace(/[\u201c\u201d\u201e\u201f]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/[\u200b-\u200f\u2060\ufeff]/g, "");
}

export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** A line naming the most similar entry of the directory, or nothing. */
export async function nearestEntryHint(path: string, { files }: Pick<ToolContext, "files">): Promise<string> {
  try {
    const names = (await files.list(dirname(path))).slice(0, 2000).map((entry) => entry.name);
    const nearest = nearestName(basename(path), names);
    return nearest === undefined ? "" : `\nThe nearest name in that directory is ${JSON.stringify(nearest)}.`;
  } catch {
    return "";
  }
}
