// What stands at a path, links followed. Used wherever a path may be anything at all. Invariant: it never throws; what cannot be asked about (a name
// too long, a part that is no directory, links in a circle) is not there.

import { type Stats, statSync } from "node:fs";

export type PathKind = "file" | "directory" | undefined;

export function kindOfPath(path: string): PathKind {
  const info = statOf(path);
  if (info === undefined) return undefined;
  return info.isFile() ? "file" : info.isDirectory() ? "directory" : undefined;
}

export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
