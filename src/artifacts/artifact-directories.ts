// Where artifacts lie: numbered files in the directory beside a session's file, and what a session leaves to its forks. Called by session-artifacts,
// by the commands that remove, copy and count sessions. Invariant: what is read is a regular file directly in a real directory of that name.

import { closeSync, constants, existsSync, lstatSync, openSync, readdirSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { FoundArtifact } from "../contracts/artifact.ts";
import { readBoundedText } from "../platform/files/bounded-file.ts";
import { makeDirectory } from "../platform/files/make-directory.ts";

/** Names the parent of a session whose own file is gone, so that its forks still find what lies further up. */
const parentFile = ".parent";

export function artifactDirectoryOf(sessionFile: string): string {
  return `${sessionFile.replace(/\.jsonl$/, "")}.artifacts`;
}

export interface ArtifactEntry extends FoundArtifact {
  id: number;
  name: string;
}

/** In rising order of numbers; empty for what is no directory of ours. */
export function artifactsIn(directory: string): ArtifactEntry[] {
  try {
    if (!lstatSync(directory).isDirectory()) return [];
    return readdirSync(directory)
      .flatMap((name) => {
        const id = /^(\d{1,9})\.[A-Za-z0-9_-]{1,64}\.log$/.exec(name)?.[1];
        const path = join(directory, name);
        const info = id === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
        return id === undefined || info?.isFile() !== true ? [] : [{ id: Number(id), name, path, size: info.size }];
      })
      .sort((one, other) => one.id - other.id);
  } catch {
    return [];
  }
}

/** Of all that lies in a directory, also of files that older versions named otherwise. */
export function sizeOf(directory: string): { files: number; bytes: number } {
  const size = { files: 0, bytes: 0 };
  try {
    if (!lstatSync(directory).isDirectory()) return size;
    for (const name of readdirSync(directory)) {
      const info = lstatSync(join(directory, name), { throwIfNoEntry: false });
      // A note of ours is no output.
      if (info?.isFile() !== true || name.startsWith(".")) continue;
      size.files++;
      size.bytes += info.size;
    }
  } catch {
    // Gone meanwhile.
  }
  return size;
}

/** Unix ms of the last change in a directory, or of it. */
export function youngestIn(directory: string): number {
  const paths = [directory, ...readdirSync(directory).map((name) => join(directory, name))];
  return Math.max(...paths.map((path) => lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

/** The session that one was forked from, whether its file is there or only what it left. */
export function parentOf(sessionFile: string): string | undefined {
  const told = parentInHeader(sessionFile) ?? parentLeft(sessionFile);
  return told === undefined ? undefined : placeOf(told, sessionFile);
}

/** Where a parent lies that a session file tells of: there, or, where both were moved or imported, beside that file. */
export function placeOf(parentSession: string, sessionFile: string): string {
  const directory = dirname(sessionFile);
  const told = resolve(directory, parentSession);
  const beside = join(directory, basename(told));
  const isThere = (path: string): boolean => existsSync(path) || existsSync(artifactDirectoryOf(path));
  return !isThere(told) && isThere(beside) && beside !== sessionFile ? beside : told;
}

/** The directories of a session's ancestors, the nearest first. */
export function* ancestorDirectories(parentSession: string | undefined): Generator<string> {
  const seen = new Set<string>();
  for (let at = parentSession; at !== undefined && !seen.has(at); at = parentOf(at)) {
    seen.add(at);
    yield artifactDirectoryOf(at);
  }
}

/**
 * Of a session that is being removed: its artifacts stay where a fork can still read them. Gives whether they stay. `forks`: whether another
 * session names it as its parent.
 */
export function leaveArtifacts(sessionFile: string, hasForks: boolean): boolean {
  if (!hasForks) return false;
  const directory = artifactDirectoryOf(sessionFile);
  const parent = parentOf(sessionFile);
  if (parent === undefined) return existsSync(directory);
  const temporary = join(directory, `${parentFile}.new`);
  try {
    makeDirectory(directory, 0o700);
    writeFileSync(temporary, `${parent}\n`, { mode: 0o600 });
    renameSync(temporary, join(directory, parentFile));
  } catch {
    rmSync(temporary, { force: true });
  }
  return true;
}

const headBytes = 64 * 1024;

function parentInHeader(sessionFile: string): string | undefined {
  try {
    const { parentSession } = JSON.parse(firstLine(sessionFile)) as { parentSession?: unknown };
    return typeof parentSession === "string" && parentSession !== "" ? parentSession : undefined;
  } catch {
    return undefined;
  }
}

/** As far as it goes into `headBytes`. */
function firstLine(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const head = Buffer.alloc(headBytes);
    return head.toString("utf8", 0, readSync(descriptor, head, 0, head.length, 0)).split("\n", 1)[0] ?? "";
  } finally {
    closeSync(descriptor);
  }
}

function parentLeft(sessionFile: string): string | undefined {
  const left = readBoundedText(join(artifactDirectoryOf(sessionFile), parentFile));
  return left === undefined || "leftOut" in left || left.text.trim() === "" ? undefined : left.text.trim();
}
