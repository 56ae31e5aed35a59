// What no session needs any more: pictures of the store, directories of artifacts. Called by `pi sessions gc`.
// Invariants: nothing is removed before every session that is known was read to its end; one that cannot be read ends it all. What is younger than
// a day stays, since the line that needs it may still be on its way.

import { lstatSync, readdirSync, rmSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { ancestorDirectories, artifactDirectoryOf, parentOf, sizeOf, youngestIn } from "../../artifacts/artifact-directories.ts";
import type { BlobFiles } from "../../artifacts/blob-files.ts";
import { isPiError, PiError } from "../../contracts/error.ts";
import { picturesReferredTo } from "../../session/library/picture-references.ts";
import { storageReason } from "../../session/lines/file-errors.ts";
import { idInFileName } from "../../session/lines/locate.ts";

const leastAgeMs = 24 * 3_600_000;

export interface CollectRequest {
  blobs: BlobFiles;
  /** Absolute. Files directly in them, or in the folders that lie in them. */
  directories: readonly string[];
  /** Those of them that need not be there. */
  optional: ReadonlySet<string>;
  /** Unix ms. */
  now: number;
}

export interface Leftovers {
  blobs: { hash: string; size: number }[];
  /** Directories of artifacts. */
  artifacts: { path: string; size: number }[];
  kept: { blobs: number; blobBytes: number; sessions: number };
}

/** Errors: `session.unreadable`, `session.invalid`, `session.version`: of the session or directory that cannot be read. */
export function findLeftovers(request: CollectRequest): Leftovers {
  try {
    return leftovers(request);
  } catch (error) {
    return withNothingRemoved(error);
  }
}

function leftovers({ blobs, directories, optional, now }: CollectRequest): Leftovers {
  const before = now - leastAgeMs;
  const places = directories.flatMap((directory) => placesIn(directory, optional.has(directory)));
  const { referred, files } = readAll(places);
  const stored = blobs.list();
  const isLeft = ({ hash, usedAt }: { hash: string; usedAt: number }): boolean => !referred.has(hash) && usedAt <= before;
  const kept = stored.filter((one) => !isLeft(one));
  return {
    blobs: stored.filter(isLeft),
    artifacts: leftArtifacts(places, files, before),
    kept: { blobs: kept.length, blobBytes: kept.reduce((sum, { size }) => sum + size, 0), sessions: files.size },
  };
}

/** Gives those that were removed: of what somebody has come to need meanwhile nothing is. */
export function removeLeftovers(found: Leftovers, { blobs, now }: CollectRequest): Pick<Leftovers, "blobs" | "artifacts"> {
  const before = now - leastAgeMs;
  blobs.removePieces(before);
  return {
    blobs: found.blobs.filter(({ hash }) => blobs.remove(hash, before)),
    artifacts: found.artifacts.filter(({ path }) => {
      if (youngestIn(path) > before || hasSession(path)) return false;
      rmSync(path, { recursive: true, force: true });
      return true;
    }),
  };
}

/** Reads on until a listing brings nothing new: a session that was copied from one that has gone since lies there by then. */
function readAll(places: readonly string[]): { referred: Set<string>; files: Set<string> } {
  const referred = new Set<string>();
  const files = new Set<string>();
  for (;;) {
    const unread = places.flatMap(sessionFilesIn).filter((path) => !files.has(path));
    if (unread.length === 0) return { referred, files };
    for (const path of unread) {
      try {
        for (const hash of picturesReferredTo(path)) referred.add(hash);
        files.add(path);
      } catch (error) {
        if (!isPiError(error) || error.code !== "session.not_found") throw error;
        // A link to nowhere stays unreadable; what was removed meanwhile is in no listing any more.
        if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw unreadablePlace(path, "it is a link to what is not there");
      }
    }
  }
}

/** The old files that were kept beside a session can take its place again. */
const sessionName = /^[^.].*\.jsonl(\.(\d+\.)?bak)?$/;

function sessionFilesIn(directory: string): string[] {
  return namesIn(directory)
    .filter((name) => sessionName.test(name))
    .map((name) => join(directory, name))
    .filter((path) => infoOf(path)?.isFile() !== false || idInFileName(path) !== undefined);
}

function placesIn(directory: string, isOptional: boolean): string[] {
  if (infoOf(directory) === undefined) {
    if (isOptional) return [];
    throw unreadablePlace(directory, "it is not there", "Bring it back, or say that it is gone for good: --gone DIR");
  }
  const inner = namesIn(directory)
    .map((name) => join(directory, name))
    .filter((path) => infoOf(path)?.isDirectory() === true && !path.endsWith(".artifacts"));
  return [directory, ...inner];
}

function leftArtifacts(places: readonly string[], files: ReadonlySet<string>, before: number): Leftovers["artifacts"] {
  const needed = new Set<string>();
  for (const path of files) {
    needed.add(artifactDirectoryOf(path.replace(/\.(\d+\.)?bak$/, "")));
    for (const directory of ancestorDirectories(parentOf(path))) needed.add(directory);
  }
  return [...new Set(places)]
    .flatMap((place) => namesIn(place).map((name) => join(place, name)))
    .filter((path) => path.endsWith(".artifacts") && lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    .filter((path) => !needed.has(path) && !hasSession(path) && youngestIn(path) <= before)
    .map((path) => ({ path, size: sizeOf(path).bytes }));
}

function hasSession(artifacts: string): boolean {
  return lstatSync(artifacts.replace(/\.artifacts$/, ".jsonl"), { throwIfNoEntry: false }) !== undefined;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    // Removed meanwhile.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw unreadablePlace(directory, storageReason(error));
  }
}

function infoOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function unreadablePlace(path: string, reason: string, hint = "Mend it, or move it away."): PiError {
  return new PiError("session.unreadable", `${path} cannot be read: ${reason}`, { hint });
}

function withNothingRemoved(error: unknown): never {
  if (!isPiError(error)) throw error;
  throw new PiError(error.code, `Nothing was removed. ${error.message}`, { hint: error.hint ?? "", exitStatus: 1, cause: error });
}
