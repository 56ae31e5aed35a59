// What lies at a path that is to be written over: how it begins, and whether it is what another name leads to. Called by whoever writes files that
// somebody has named. Invariant: nothing is waited for (a pipe is not opened), and nothing there is an answer, no error.

import { closeSync, openSync, readSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { statOf } from "./path-kind.ts";

/** Its first bytes, each a character; nothing where no regular file can be read. */
export function startOfFile(path: string, maxBytes: number): string {
  if (!statOf(path)?.isFile()) return "";
  const start = Buffer.alloc(maxBytes);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    return start.toString("latin1", 0, readSync(descriptor, start, 0, start.length, 0));
  } catch {
    return "";
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Whether two names are, or would become, one regular file. What is written to a device or a pipe takes nothing's place. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map(statOf);
  if (a !== undefined && b !== undefined) return a.isFile() && a.ino === b.ino && a.dev === b.dev;
  if (a !== undefined || b !== undefined || basename(one) !== basename(other)) return false;
  const [home, otherHome] = [one, other].map((path) => statOf(dirname(path)));
  if (home === undefined || otherHome === undefined) return resolve(one) === resolve(other);
  return home.ino === otherHome.ino && home.dev === otherHome.dev;
}
