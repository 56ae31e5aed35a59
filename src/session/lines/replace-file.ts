// Replaces a session file by a new one, keeping the old one beside it. Called by migration, repair and import.
// Invariant: at any moment the name holds either the old or the new file, whole.

import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isPiError } from "../../contracts/error.ts";
import { unwritable } from "./file-errors.ts";
import { newEntryId } from "./new-id.ts";

const writeCharacters = 1 << 20;

/**
 * Writes lines (each with its LF) to a temporary file beside `path`, 0600 and synced, and has `publish` give it its name.
 * Errors: `session.unwritable`; nothing is left behind then.
 */
export function writeBeside<T>(path: string, lines: Iterable<string>, publish: (temporary: string) => T): T {
  const temporary = join(dirname(path), `.${basename(path)}.${newEntryId()}`);
  try {
    writeAll(temporary, lines);
    return publish(temporary);
  } catch (error) {
    throw isPiError(error) ? error : unwritable(path, error);
  } finally {
    removeIfThere(temporary);
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where nothing can be removed nothing was made.
  }
}

function writeAll(path: string, lines: Iterable<string>): void {
  const descriptor = openSync(path, "wx", 0o600);
  try {
    let text = "";
    for (const line of lines) {
      text += line;
      if (text.length < writeCharacters) continue;
      writeFileSync(descriptor, text);
      text = "";
    }
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Returns the path of the old file: `<path>.bak`, or the first of `<path>.1.bak`, … that is free. Errors: `session.unwritable`. */
export function replaceKeepingOld(path: string, lines: Iterable<string>): string {
  return writeBeside(path, lines, (temporary) => {
    const backup = linkBackup(path);
    renameSync(temporary, path);
    return backup;
  });
}

function linkBackup(path: string): string {
  for (let number = 0; ; number++) {
    const backup = number === 0 ? `${path}.bak` : `${path}.${number}.bak`;
    try {
      linkSync(path, backup);
      return backup;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
