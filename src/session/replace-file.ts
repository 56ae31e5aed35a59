// Replaces a session file by a new one, keeping the old one beside it. Called by migration, repair and import.
// Invariant: at any moment the name holds either the old or the new file, whole.

import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { newEntryId } from "./new-id.ts";

const writeCharacters = 1 << 20;

/** Writes lines (each with its LF) to a temporary file beside `path`, 0600 and synced. Returns its path. */
export function writeBeside(path: string, lines: Iterable<string>): string {
  const temporary = join(dirname(path), `.${basename(path)}.${newEntryId()}`);
  const descriptor = openSync(temporary, "wx", 0o600);
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
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return temporary;
}

/** Returns the path of the old file: `<path>.bak`, or the first of `<path>.1.bak`, … that is free. */
export function replaceKeepingOld(path: string, lines: Iterable<string>): string {
  const temporary = writeBeside(path, lines);
  const backup = linkBackup(path);
  renameSync(temporary, path);
  return backup;
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
