// Who this process runs as, and who else may see a file, where the system has such things. Called by those who must not trust, write or
// show what is another user's.

import { statSync } from "node:fs";

/** `undefined` on Windows, where owners and modes of files mean nothing. */
export function ownUserId(): number | undefined {
  return process.getuid?.();
}

/** Whether others may read or write it; `undefined` where there is none. */
export function isLoose(path: string): boolean | undefined {
  let mode: number | undefined;
  try {
    mode = statSync(path, { throwIfNoEntry: false })?.mode;
  } catch {
    // Below a file, or below a directory that is closed to us: the same as not there.
  }
  return mode === undefined ? undefined : ownUserId() !== undefined && (mode & 0o077) !== 0;
}

/** One line, where a file that holds credentials is not its owner's alone. */
export function looseWarning(path: string): string | undefined {
  return isLoose(path) === true ? `${path} holds credentials and can be read by others; chmod 600 it` : undefined;
}
