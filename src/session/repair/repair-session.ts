// Mends a session file in place, and brings files from elsewhere in among the sessions. Called by `pi sessions repair` and `import`.
// Invariant: the old file is never changed; it stays beside the new one, or where it was.

import { linkSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../../platform/files/make-directory.ts";
import { unwritable } from "../lines/file-errors.ts";
import { encodeLine } from "../lines/line-codec.ts";
import { sessionFileName } from "../lines/locate.ts";
import { replaceKeepingOld, writeBeside } from "../lines/replace-file.ts";
import { type SoundCopy, soundCopy } from "./sound-copy.ts";

export interface Repair {
  changes: string[];
  /** Where the old file is; absent when it was sound and nothing was written. */
  backup?: string;
}

/** The caller holds the lease. Errors: those of `soundCopy`, `session.unwritable`. */
export function repairSession(path: string, cwd: string): Repair {
  const copy = soundCopy(path, cwd);
  if (copy.changes.length === 0) return { changes: [] };
  const { atime, mtime } = statSync(path);
  const backup = replaceKeepingOld(path, allLines(copy));
  // Mending is no work on the session: it must not become the one to go on with.
  utimesSync(path, atime, mtime);
  return { changes: copy.changes, backup };
}

export interface Imported {
  id: string;
  path: string;
  entryCount: number;
  changes: string[];
}

export interface ImportRequest {
  /** Where a session with this working directory is kept. */
  directoryFor(cwd: string): string;
  /** Of a file that does not tell its own. */
  cwd: string;
  /** The session keeps its working directory and date instead of becoming one of `cwd`, changed now. */
  keepsProject: boolean;
  /** Brings along what belongs to it, before it is there. `lines`: of the copy. */
  bring?(to: { path: string; lines: readonly string[] }): void;
}

/** `undefined` when a session with its id is already there. Errors: those of `soundCopy`, `session.unwritable`. */
export function importSession(
  source: string,
  request: ImportRequest,
  exists: (id: string, directory: string) => boolean,
): Imported | undefined {
  const copy = soundCopy(source, request.cwd);
  const header = request.keepsProject ? copy.header : { ...copy.header, cwd: request.cwd };
  const directory = request.directoryFor(header.cwd);
  if (exists(header.id, directory)) return undefined;
  const path = join(directory, sessionFileName(header));
  try {
    makeDirectory(directory, 0o700);
    request.bring?.({ path, lines: copy.lines });
  } catch (error) {
    throw unwritable(path, error);
  }
  writeBeside(path, allLines({ ...copy, header }), (temporary) => linkSync(temporary, path));
  if (request.keepsProject) {
    const { atime, mtime } = statSync(source);
    utimesSync(path, atime, mtime);
  }
  return { id: header.id, path, entryCount: copy.lines.length, changes: copy.changes };
}

function* allLines({ header, lines }: Pick<SoundCopy, "header" | "lines">): Generator<string> {
  yield encodeLine(header);
  yield* lines;
}
