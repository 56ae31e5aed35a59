// A folder as a value that can be compared. Used by tests of undo.

import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Everything below a directory but what git keeps for itself: modes, links and bytes. */
export function picture(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => !/(^|\/)\.git(\/|$)/.test(name))
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const info = lstatSync(path);
      if (info.isFIFO()) return `${name} |`;
      if (info.isSymbolicLink()) return `${name} -> ${readlinkSync(path)}`;
      return info.isDirectory() ? `${name}/` : `${name} ${(info.mode & 0o777).toString(8)} ${readFileSync(path).toString("base64")}`;
    });
}
