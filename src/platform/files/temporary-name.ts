// What a file is called before it stands in the place of another. Used by whoever replaces files. Invariant: where a file's name is as long as a name
// can be, this one is not longer.

import { basename, dirname, join } from "node:path";

/** A name has 255 bytes at most, where a letter may have four. */
const keptBytes = 200;

/** A new name in the directory of `target`. */
export function temporaryBeside(target: string): string {
  return join(dirname(target), `${temporaryPrefix(target)}${crypto.randomUUID().slice(0, 8)}.tmp`);
}

export function isTemporaryOf(target: string, name: string): boolean {
  const prefix = temporaryPrefix(target);
  return name.startsWith(prefix) && /^[\da-f]{8}\.tmp$/.test(name.slice(prefix.length));
}

function temporaryPrefix(target: string): string {
  return `.${Buffer.from(basename(target)).toString("utf8", 0, keptBytes)}.`;
}
