// Makes a directory with its parents. Used wherever a file may be the first of its directory.
// Of our own, because Node 20's recursive mkdir never returns where a parent cannot be made (below /proc/nonexistent, for example).

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** Throws Node's error when it cannot be made. `mode` is that of each directory made. */
export function makeDirectory(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    makeDirectory(dirname(path), mode);
    makeIn(path, mode);
  }
}

/** Another process may have been faster. */
function makeIn(path: string, mode: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
