// The folder that a run works in, as a host has named it. Asked by the runner, and by the runtimes where a run is prepared.
// Invariant: no run begins in a folder that is not there: its tools would work somewhere else, or nowhere.

import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { PiError } from "../contracts/error.ts";

/** @throws PiError `usage.bad_cwd` */
export function requireWorkspace(path: string): void {
  const why = problemOf(path);
  if (why !== undefined)
    throw new PiError("usage.bad_cwd", `The workspace ${JSON.stringify(path.slice(0, 500))} ${why}`, {
      hint: "Name a directory that exists, by its whole path",
    });
}

function problemOf(path: string): string | undefined {
  if (!isAbsolute(path)) return "is no absolute path";
  try {
    return statSync(path).isDirectory() ? undefined : "is no directory";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "is not there" : "is no directory";
  }
}
