// The directory of a group among those of all groups: a name from outside that becomes a path. Called wherever one is used.
// Invariant: it is a real directory of its parent, never a link, never anything above.

import { lstatSync, type Stats } from "node:fs";
import { join } from "node:path";
import { messageOf, PiError } from "../../contracts/error.ts";
import { isGroupName } from "./group-name.ts";

/** @throws PiError `usage.group` */
export function requireGroupName(name: string): string {
  const shown = JSON.stringify(name.slice(0, 80));
  if (isGroupName(name)) return name;
  throw new PiError("usage.group", `${shown} is no name of a group`, {
    hint: "Give up to 64 letters, digits, dots, dashes and underscores that begin with a letter or a digit, and not errors.",
  });
}

/** There, or to be made. @throws PiError `usage.group` */
export function groupDirectory(parent: string, name: string): string {
  const path = join(parent, requireGroupName(name));
  requireRealDirectory(path, name);
  return path;
}

/** Nothing is well, too. @throws PiError `usage.group` */
export function requireRealDirectory(path: string, group: string): void {
  let info: Stats | undefined;
  try {
    info = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new PiError("usage.group", `The directory of group ${group} cannot be had: ${messageOf(error)}`, {
      hint: "Name a data directory that can be used.",
      cause: error,
    });
  }
  if (info === undefined || info.isDirectory()) return;
  throw new PiError("usage.group", `The directory of group ${group} is ${info.isSymbolicLink() ? "a link" : "no directory"}: ${path}`, {
    hint: "Make it a directory of its own.",
  });
}
