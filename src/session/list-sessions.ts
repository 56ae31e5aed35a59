// Finds sessions: lists them, the most recent one, the one a reference means. Called by cli, modes and harness.
// Invariant: a list reads the head and the tail of each file, one file at a time, newest first.

import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { PiError } from "../contracts/error.ts";
import { idInFileName } from "./locate.ts";
import type { SessionSummary } from "./session-summary.ts";
import { type ReadableFile, readHeader, summarizeFile, summaryBytes } from "./summarize.ts";

export type { SessionSummary } from "./session-summary.ts";

export interface ListRequest {
  /** Absolute. */
  directory: string;
  /** The directory holds project folders and these the files (the default root), not the files themselves. */
  isRoot?: boolean;
  /** Only sessions of this working directory. */
  cwd?: string;
  /** Read every file whole, so that counts and cost are known for long ones too. */
  whole?: boolean;
  /** Read files whole only as long as they come to so many bytes: the newest are those that are looked at. */
  wholeBytes?: number;
}

export interface FoundFile {
  path: string;
  modifiedMs: number;
  sizeBytes: number;
}

/** Newest change first. What is no session is passed over. */
export async function* listSessions(request: ListRequest): AsyncGenerator<SessionSummary> {
  const buffer = Buffer.allocUnsafe(summaryBytes);
  let wholeBytes = request.whole ? Number.POSITIVE_INFINITY : (request.wholeBytes ?? 0);
  for (const found of filesOf(request)) {
    const isWhole = found.sizeBytes <= wholeBytes;
    if (isWhole) wholeBytes -= found.sizeBytes;
    const summary = summarize(found, buffer, isWhole);
    if (summary !== undefined && (request.cwd === undefined || summary.cwd === request.cwd)) yield summary;
  }
}

/** Of one file; `undefined` when it is no session or cannot be read. */
export function sessionSummary(path: string): SessionSummary | undefined {
  const info = statSync(path, { throwIfNoEntry: false });
  return info === undefined
    ? undefined
    : summarize({ path, modifiedMs: info.mtimeMs, sizeBytes: info.size }, Buffer.allocUnsafe(2 * summaryBytes), false);
}

export interface SessionFile extends FoundFile {
  /** `undefined`: its first line is no header. */
  header: ReturnType<typeof readHeader>;
}

/** Every file that lies where sessions do, newest change first, also those that are damaged at the start; only their first lines are read. */
export function* sessionFiles(request: ListRequest): Generator<SessionFile> {
  const buffer = Buffer.allocUnsafe(2 * summaryBytes);
  for (const found of filesOf(request)) {
    const header = headerOf(found.path, buffer);
    if (request.cwd === undefined || header === undefined || header.cwd === request.cwd) yield { ...found, header };
  }
}

/** Ids as the file names tell them, in no order, of all working directories. */
export function sessionIds(request: ListRequest): string[] {
  return directoriesOf(request)
    .flatMap((directory) => namesIn(directory, "file"))
    .map((name) => (name.startsWith(".") ? undefined : idInFileName(name)))
    .filter((id) => id !== undefined);
}

/** Path of the session of this working directory that was changed last (`-c`). */
export async function mostRecentSession(where: { directory: string; cwd: string }): Promise<string | undefined> {
  const buffer = Buffer.allocUnsafe(summaryBytes);
  for (const { path } of filesOf(where)) if (headerOf(path, buffer)?.cwd === where.cwd) return path;
  return undefined;
}

/** Path of the session with this very id; the newest where several have it. */
export function findSession(id: string, request: ListRequest): string | undefined {
  const buffer = Buffer.allocUnsafe(summaryBytes);
  for (const { path } of filesOf(request)) if ((idInFileName(path) ?? headerOf(path, buffer)?.id) === id) return path;
  return undefined;
}

export interface RefPlaces {
  /** Directory of the project's sessions. */
  directory: string;
  /** The default root, to look in when the directory has no match; absent when the user gave a directory. */
  root?: string;
  cwd: string;
}

/**
 * Path of the session that is meant by a path, a full id, a prefix of an id, a name or `last`.
 * Errors: `session.not_found`, `usage.ambiguous_session` with the candidates in its hint.
 */
export async function resolveSessionRef(ref: string, where: RefPlaces): Promise<string> {
  if (looksLikePath(ref)) {
    const path = isAbsolute(ref) ? ref : join(where.cwd, ref);
    if (isFile(path)) return path;
  }
  if (ref === "last") {
    const path = await mostRecentSession(where);
    if (path !== undefined) return path;
  }
  const places: ListRequest[] = [{ directory: where.directory }];
  if (where.root !== undefined) places.push({ directory: where.root, isRoot: true });
  for (const place of ref === "" ? [] : places) {
    const path = byId(ref, place) ?? (await byName(ref, place));
    if (path !== undefined) return path;
  }
  throw new PiError("session.not_found", `No session found matching '${ref}'`, {
    hint: "`pi sessions list --all` shows what there is.",
    exitStatus: 2,
  });
}

function byId(ref: string, place: ListRequest): string | undefined {
  const buffer = Buffer.allocUnsafe(summaryBytes);
  const matches: { path: string; id: string }[] = [];
  for (const found of filesOf(place)) {
    const id = idInFileName(found.path) ?? summarize(found, buffer, false)?.id;
    if (id === ref) return found.path;
    if (id?.startsWith(ref)) matches.push({ path: found.path, id });
  }
  if (matches.length > 1)
    throw ambiguous(
      ref,
      matches.map(({ id }) => id),
    );
  return matches[0]?.path;
}

async function byName(ref: string, place: ListRequest): Promise<string | undefined> {
  const wanted = ref.toLowerCase();
  const matches: SessionSummary[] = [];
  for await (const summary of listSessions(place)) if (summary.name?.toLowerCase() === wanted) matches.push(summary);
  const exact = matches.filter(({ name }) => name === ref);
  const [first, ...others] = exact.length > 0 ? exact : matches;
  if (first !== undefined && others.length > 0)
    throw ambiguous(
      ref,
      [first, ...others].map(({ id, name }) => `${id} (${name})`),
    );
  return first?.path;
}

function ambiguous(ref: string, candidates: readonly string[]): PiError {
  const shown = candidates.slice(0, 10).join(", ");
  const more = candidates.length > 10 ? ` and ${candidates.length - 10} more` : "";
  return new PiError("usage.ambiguous_session", `Session '${ref}' is ambiguous: ${candidates.length} sessions match`, {
    hint: `Candidates: ${shown}${more}`,
  });
}

function looksLikePath(ref: string): boolean {
  return ref.includes("/") || ref.includes("\\") || ref.endsWith(".jsonl");
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function filesOf(request: ListRequest): FoundFile[] {
  const files: FoundFile[] = [];
  for (const directory of directoriesOf(request)) {
    for (const name of namesIn(directory, "file")) {
      if (!name.endsWith(".jsonl") || name.startsWith(".")) continue;
      const path = join(directory, name);
      const info = statSync(path, { throwIfNoEntry: false });
      if (info?.isFile()) files.push({ path, modifiedMs: info.mtimeMs, sizeBytes: info.size });
    }
  }
  // Equal times: names begin with the time of creation.
  return files.sort((a, b) => b.modifiedMs - a.modifiedMs || (a.path < b.path ? 1 : -1));
}

function directoriesOf(request: ListRequest): string[] {
  return request.isRoot ? namesIn(request.directory, "directory").map((name) => join(request.directory, name)) : [request.directory];
}

function namesIn(directory: string, kind: "file" | "directory"): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink() || (kind === "file" ? entry.isFile() : entry.isDirectory()))
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function summarize(found: FoundFile, buffer: Buffer, whole: boolean): SessionSummary | undefined {
  return readFile(found.path, (file) => summarizeFile(file, found, buffer, whole));
}

function headerOf(path: string, buffer: Buffer): ReturnType<typeof readHeader> {
  return readFile(path, (file) => readHeader(file, buffer));
}

/** `undefined` also when the file cannot be read. */
function readFile<T>(path: string, reader: (file: ReadableFile) => T): T | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const open = descriptor;
    return reader({ size: fstatSync(open).size, read: (target, position) => readSync(open, target, 0, target.length, position) });
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
