// What lies at a path that was named for a session: nothing, so that one may begin there, or a file. Called by whoever opens a session by its path.
// Invariant: nothing is written or waited for.

import { closeSync, lstatSync, openSync, readlinkSync, readSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { unreadable } from "./file-errors.ts";

/** As many links in a row as Linux follows. */
const maxLinks = 40;
/** More blanks than an editor leaves in a file that was to be empty. */
const maxBlankBytes = 4096;

/** Where a new session begins when nothing is at `path`, or where a link at it leads to nothing; nothing where something is. Errors: `session.unreadable`. */
export function freePlace(path: string): string | undefined {
  let at = path;
  for (let count = 0; count < maxLinks; count++) {
    const info = namedAt(at, path);
    if (info === undefined) return at;
    if (!info.isSymbolicLink()) return undefined;
    at = resolve(dirname(at), readlinkSync(at));
  }
  return undefined;
}

function namedAt(at: string, named: string): Stats | undefined {
  try {
    return lstatSync(at, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(named, error);
  }
}

/** A file in which nothing was ever said: empty, or nothing but blanks, line ends and a byte order mark, as editors leave them. */
export function isBlankFile(path: string): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined || !info.isFile() || info.size > maxBlankBytes) return false;
  if (info.size === 0) return true;
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(info.size);
    return bytes.toString("utf8", 0, readSync(descriptor, bytes)).trim() === "";
  } finally {
    closeSync(descriptor);
  }
}
