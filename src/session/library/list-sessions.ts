// Finds sessions: lists them, the most recent one, the one a reference means. Called by cli, modes and harness.
// Invariant: a list reads the head and the tail of each file, one file at a time, newest first.

import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readSync, type Stats, statSync } from "node:fs";
import { isAbsolute, join, sep } from "node:path";
import { PiError } from "../../contracts/error.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { plainLine } from "../../contracts/text/terminal-text.ts";
import { requireRegularFile } from "../lines/file-errors.ts";
import { idInFileName } from "../lines/locate.ts";
import type { SessionSummary, SummaryHeader } from "./session-summary.ts";
import { idShortener } from "./short-ids.ts";
import { type ReadableFile, readHeader, type SummaryBuffers, type SummaryRequest, summarizeFile, summaryBuffers } from "./summarize.ts";

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
  /** Names that stand in the middle of long files are looked for too: what a list by name is wrong without. */
  names?: boolean;
  /** Files that are named as sessions and are none to be read are listed as damaged; else they are passed over. */
  damaged?: boolean;
  /** What was found there already. */
  files?: readonly FoundFile[];
}

export interface FoundFile {
  path: string;
  modifiedMs: number;
  sizeBytes: number;
}

/** Newest change first. What is no session is passed over. */
export function* listSessions(request: ListRequest): Generator<SessionSummary> {
  const buffers = summaryBuffers();
  let wholeBytes = request.whole ? Number.POSITIVE_INFINITY : (request.wholeBytes ?? 0);
  for (const found of request.files ?? filesOf(request)) {
    const isWhole = found.sizeBytes <= wholeBytes;
    if (isWhole) wholeBytes -= found.sizeBytes;
    const summary =
      summarize(found, buffers, { isWhole, needsName: request.names === true }) ??
      (request.damaged ? damagedSummary(found, request) : undefined);
    if (summary !== undefined && (request.cwd === undefined || summary.cwd === request.cwd)) yield summary;
  }
}

/** Of an empty one nothing is lost; a file of another name is somebody else's. */
function damagedSummary({ path, modifiedMs, sizeBytes }: FoundFile, { cwd = "" }: ListRequest): SessionSummary | undefined {
  const id = idInFileName(path);
  if (id === undefined || sizeBytes === 0) return undefined;
  const isReadable = readFile(path, undefined, () => true) ?? false;
  const damage = isReadable ? "it does not begin as a session does" : "it cannot be read";
  return { path, id, cwd, timestamp: isoTime(modifiedMs), modifiedMs, sizeBytes, damage };
}

/** Of one file; `undefined` when it is no session or cannot be read. */
export function sessionSummary(path: string): SessionSummary | undefined {
  const info = fileInfo(path);
  return info === undefined
    ? undefined
    : summarize({ path, modifiedMs: info.mtimeMs, sizeBytes: info.size }, summaryBuffers(), { needsName: true });
}

export interface SessionFile extends FoundFile {
  /** `undefined`: its first line is no header. */
  header: SummaryHeader | undefined;
}

/** Every file that lies where sessions do, newest change first, also those that are damaged at the start; only their first lines are read. */
export function* sessionFiles(request: ListRequest): Generator<SessionFile> {
  const buffers = summaryBuffers();
  for (const found of request.files ?? filesOf(request)) {
    const header = headerOf(found.path, buffers);
    if (request.cwd === undefined || header === undefined || header.cwd === request.cwd) yield { ...found, header };
  }
}

/** Ids as the file names tell them, in no order, of all working directories. */
export function sessionIds(request: ListRequest): string[] {
  return directoriesOf(request)
    .flatMap((directory) => sessionNamesIn(directory))
    .map(idInFileName)
    .filter((id) => id !== undefined);
}

export function idsOf(files: readonly FoundFile[]): string[] {
  return files.map(({ path }) => idInFileName(path)).filter((id) => id !== undefined);
}

/** Path of the session of this working directory that was changed last (`-c`). */
export async function mostRecentSession(where: { directory: string; cwd: string }): Promise<string | undefined> {
  const buffers = summaryBuffers();
  for (const { path } of filesOf(where)) if (headerOf(path, buffers)?.cwd === where.cwd) return path;
  return undefined;
}

/** Path of the session with this very id; the newest where several have it. */
export function findSession(id: string, request: ListRequest): string | undefined {
  const buffers = summaryBuffers();
  for (const found of filesOf(request)) if (idOf(found, buffers) === id) return found.path;
  return undefined;
}

/** All files that have this very id, newest change first. */
export function sessionFilesWithId(id: string, request: ListRequest): SessionFile[] {
  const buffers = summaryBuffers();
  return filesOf(request).flatMap((found) => {
    const inName = idInFileName(found.path);
    if (inName !== undefined && inName !== id) return [];
    const header = headerOf(found.path, buffers);
    return (inName ?? header?.id) === id ? [{ ...found, header }] : [];
  });
}

/** Which of them is meant only their paths tell. */
export function ambiguousId(id: string, files: readonly FoundFile[]): PiError {
  const shown = files.slice(0, mostCandidates).map(({ path }) => path);
  return new PiError("usage.ambiguous_session", `Session '${id}' is ambiguous: ${files.length} files have this id`, {
    hint: `Name one by its path: ${shown.join(", ")}`,
  });
}

export interface RefPlaces {
  /** Directory of the project's sessions. */
  directory: string;
  /** The default root, to look in when the directory has no match; absent when the user gave a directory. */
  root?: string;
  cwd: string;
  /** Hears, in one line, which of several of the same name was taken. */
  warn?(line: string): void;
}

/**
 * Path of the session that is meant by a path, a full id, a prefix of an id, a name, without one its first prompt, or `last`. An id is more than a
 * name, one of this project more than one of another; of several that bear one title the newest of this folder is meant, else what could be two is neither.
 * Errors: `session.not_found`, `session.invalid` for a path of what is no file, `usage.ambiguous_session` with the candidates in its hint.
 */
export async function resolveSessionRef(ref: string, where: RefPlaces): Promise<string> {
  if (looksLikePath(ref)) {
    const path = isAbsolute(ref) ? ref : join(where.cwd, ref);
    if (fileInfo(path) !== undefined) return path;
    if (existsAtAll(path)) requireRegularFile(path);
  }
  if (ref === "last") {
    const path = await mostRecentSession(where);
    if (path !== undefined) return path;
    // Never that of another project, whatever its name: `rm last` must not reach so far.
    throw notFound(`There is no session of ${where.cwd} yet`);
  }
  const places: ListRequest[] = [{ directory: where.directory }];
  if (where.root !== undefined) places.push({ directory: where.root, isRoot: true });
  for (const place of ref === "" ? [] : places) {
    const path = await resolveIn(filesOf(place), ref, where);
    if (path !== undefined) return path;
  }
  throw notFound(`No session found matching '${ref}'`);
}

function notFound(text: string): PiError {
  return new PiError("session.not_found", text, { hint: "`pi sessions list --all` shows what there is.", exitStatus: 2 });
}

async function resolveIn(files: readonly FoundFile[], ref: string, where: RefPlaces): Promise<string | undefined> {
  const buffers = summaryBuffers();
  const exact: FoundFile[] = [];
  const matches: FoundFile[] = [];
  for (const found of files) {
    const id = idOf(found, buffers);
    if (id === ref) exact.push(found);
    else if (id?.startsWith(ref)) matches.push(found);
  }
  if (exact.length > 1) throw ambiguousId(ref, exact);
  if (exact[0] !== undefined) return exact[0].path;
  const [first] = matches;
  // The beginning of a UUID is nobody's idea of a name, and names are what takes time.
  if (first === undefined || !/^[0-9a-f]{8}/.test(ref)) {
    const named = await byTitle(files, ref);
    if (first === undefined && named.length > 1) return newestOf(named, ref, where, buffers);
    for (const found of named) if (!matches.includes(found)) matches.push(found);
  }
  if (matches.length > 1) throw ambiguous(ref, matches, files);
  return matches[0]?.path;
}

/** Of those that bear one name; the files come newest first. */
function newestOf(named: readonly FoundFile[], ref: string, where: RefPlaces, buffers: SummaryBuffers): string | undefined {
  const taken = named.find(({ path }) => headerOf(path, buffers)?.cwd === where.cwd) ?? named[0];
  const id = taken === undefined ? undefined : idOf(taken, buffers);
  where.warn?.(`${named.length} sessions are called '${plainLine(ref)}': this is the newest, ${id}. pi sessions list shows them.`);
  return taken?.path;
}

function idOf(found: FoundFile, buffers: SummaryBuffers): string | undefined {
  return idInFileName(found.path) ?? headerOf(found.path, buffers)?.id;
}

/**
 * Those that a list shows under these words: of exactly this name, else of it in another case, else without a name and begun with this prompt, which
 * a list may have cut (`Mend the log…`).
 */
async function byTitle(files: readonly FoundFile[], ref: string): Promise<FoundFile[]> {
  const wanted = ref.toLowerCase();
  const beginning = ref.endsWith("…") && ref.length > leastCutTitle ? wanted.slice(0, -1) : undefined;
  const ranks: FoundFile[][] = [[], [], [], [], []];
  const buffers = summaryBuffers();
  for (const found of files) {
    const { name, firstPrompt } = summarize(found, buffers, { needsName: true }) ?? {};
    const [title, offset] = name === undefined ? [firstPrompt ?? "", 2] : [name, 0];
    const lower = plainLine(title).toLowerCase();
    if (title === ref || plainLine(title) === ref) ranks[offset]?.push(found);
    else if (lower === wanted) ranks[offset + 1]?.push(found);
    else if (beginning !== undefined && lower.startsWith(beginning)) ranks[4]?.push(found);
  }
  return ranks.find((rank) => rank.length > 0) ?? [];
}

/** With the sign that it was cut. */
const leastCutTitle = 4;
const mostCandidates = 10;
const titleLength = 40;

function ambiguous(ref: string, matches: readonly FoundFile[], files: readonly FoundFile[]): PiError {
  const buffers = summaryBuffers();
  const shorten = idShortener(files.map((found) => idOf(found, buffers)).filter((id) => id !== undefined));
  const shown = matches.slice(0, mostCandidates).map((found) => {
    const summary = summarize(found, buffers, { needsName: true });
    const title = summary?.name ?? summary?.firstPrompt ?? "";
    const cut = title.length > titleLength ? `${title.slice(0, titleLength - 1)}…` : title;
    return `${shorten(summary?.id ?? idOf(found, buffers) ?? "")}${cut === "" ? "" : ` (${cut})`}`;
  });
  const more = matches.length > shown.length ? ` and ${matches.length - shown.length} more` : "";
  return new PiError("usage.ambiguous_session", `Session '${ref}' is ambiguous: ${matches.length} sessions match`, {
    hint: `Candidates: ${shown.join(", ")}${more}`,
  });
}

/** The working directory that a session was begun in; nothing where the file has no header, or none is told. */
export function storedDirectory(path: string): string | undefined {
  return headerOf(path, summaryBuffers())?.cwd || undefined;
}

/** Whether a reference names a file, be it there or not. */
export function looksLikePath(ref: string): boolean {
  return ref.includes("/") || ref.includes("\\") || ref.endsWith(".jsonl");
}

/** `undefined` for what is no file, also behind links that lead nowhere or in a circle. */
function fileInfo(path: string): Stats | undefined {
  try {
    const info = statSync(path);
    return info.isFile() ? info : undefined;
  } catch {
    return undefined;
  }
}

function existsAtAll(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** What lies where sessions do, newest change first. */
export function filesOf(request: ListRequest): FoundFile[] {
  const files: FoundFile[] = [];
  for (const directory of directoriesOf(request)) {
    for (const name of sessionNamesIn(directory)) {
      const path = `${directory}${sep}${name}`;
      const info = fileInfo(path);
      if (info !== undefined) files.push({ path, modifiedMs: info.mtimeMs, sizeBytes: info.size });
    }
  }
  // Equal times: names begin with the time of creation.
  return files.sort((a, b) => b.modifiedMs - a.modifiedMs || (a.path < b.path ? 1 : -1));
}

function directoriesOf(request: ListRequest): string[] {
  return request.isRoot ? namesIn(request.directory).map((name) => join(request.directory, name)) : [request.directory];
}

function sessionNamesIn(directory: string): string[] {
  return namesIn(directory).filter((name) => name.endsWith(".jsonl") && !name.startsWith("."));
}

/** Of anything: to ask what each is takes longer than to find nothing in what is no directory. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function summarize(found: FoundFile, buffers: SummaryBuffers, request: SummaryRequest): SessionSummary | undefined {
  return readFile(found.path, found.sizeBytes, (file) => summarizeFile(file, found, buffers, request));
}

function headerOf(path: string, buffers: SummaryBuffers): SummaryHeader | undefined {
  return readFile(path, undefined, (file) => readHeader(file, buffers));
}

/** `undefined` also when the file cannot be read. */
function readFile<T>(path: string, sizeBytes: number | undefined, reader: (file: ReadableFile) => T): T | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const open = descriptor;
    const size = sizeBytes ?? fstatSync(open).size;
    return reader({ size, read: (target, position) => readSync(open, target, 0, target.length, position) });
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
