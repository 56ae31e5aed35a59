// All outputs that a session can name, those of the sessions it was forked from too: how much they take, and copies of them for another place.
// Called by the exports and by `pi sessions import`. Invariants: a number is the same file there; nothing is followed out of its directory; a copy
// is whole or not there.

import { closeSync, constants, existsSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../platform/files/make-directory.ts";
import { liveSecrets } from "../platform/secrets.ts";
import { type ArtifactEntry, ancestorDirectories, artifactDirectoryOf, artifactsIn, parentOf } from "./artifact-directories.ts";

const chunkBytes = 1024 * 1024;

/** In rising order of numbers; of two the nearer one. */
export function artifactsOf(sessionFile: string): ArtifactEntry[] {
  const found = new Map<number, ArtifactEntry>();
  for (const directory of [artifactDirectoryOf(sessionFile), ...ancestorDirectories(parentOf(sessionFile))]) {
    for (const entry of artifactsIn(directory)) if (!found.has(entry.id)) found.set(entry.id, entry);
  }
  return [...found.values()].sort((one, other) => one.id - other.id);
}

export interface ArtifactTotal {
  count: number;
  bytes: number;
}

/** `undefined`: a session without a file. */
export function artifactTotal(sessionFile: string | undefined): ArtifactTotal {
  const entries = sessionFile === undefined ? [] : artifactsOf(sessionFile);
  return { count: entries.length, bytes: entries.reduce((sum, { size }) => sum + size, 0) };
}

/** Names of those of them that are there already. */
export function inTheWay(entries: readonly ArtifactEntry[], directory: string): string[] {
  return entries.map(({ name }) => name).filter((name) => existsSync(join(directory, name)));
}

/** Over what is there of the same name. Throws Node's errors. */
export function copyArtifacts(entries: readonly ArtifactEntry[], directory: string): void {
  if (entries.length === 0) return;
  makeDirectory(directory, 0o700);
  for (const { path, name } of entries) copyFile(path, join(directory, name));
}

/** Without secrets, which those who wrote it may not have known. */
function copyFile(from: string, to: string): void {
  const temporary = `${to}.${crypto.randomUUID().slice(0, 8)}.new`;
  const source = openSync(from, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const target = openSync(temporary, "wx", 0o600);
    try {
      const pieces = liveSecrets.pieces();
      const buffer = Buffer.allocUnsafe(chunkBytes);
      for (;;) {
        const read = readSync(source, buffer, 0, buffer.length, null);
        const text = read === 0 ? pieces.end() : pieces.push(buffer.toString("latin1", 0, read));
        writeWhole(target, Buffer.from(text, "latin1"));
        if (read === 0) break;
      }
    } finally {
      closeSync(target);
    }
    renameSync(temporary, to);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(source);
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
}
