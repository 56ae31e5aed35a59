// Reads what a context is made of a little at a time, for who has other things to do in between: what was read stays in memory, and the context is then
// made without the file. Called by session. Invariant: a step reads no more than a key may wait for, but for a line that is longer.

import type { PathView, SessionLog } from "../log/session-log.ts";

const stepBytes = 64 << 10;
const stepEntries = 256;

/** Ends when all has been read. `read` runs a reader again where the log was indexed anew. */
export function* readAhead(log: SessionLog, leafId: string | null, read: <T>(reader: () => T) => T): Generator<undefined> {
  let known: { path: PathView; isIndexed: boolean } | undefined;
  for (let at = 0, length = 1; at < length; ) {
    at = read(() => {
      const one = known?.isIndexed === log.isIndexed ? known : { path: log.contextPath(leafId, true), isIndexed: log.isIndexed };
      // Stays so when a damage is found: the path is taken anew, and may be shorter by what is damaged.
      known = undefined;
      const to = stepEnd(one.path, at);
      one.path.entries(Math.min(at, to), to);
      known = one;
      length = one.path.length;
      return to;
    });
    yield;
  }
}

function stepEnd(path: PathView, from: number): number {
  const most = Math.min(from + stepEntries, path.length);
  const start = path.startAt(from);
  let to = from + 1;
  while (to < most && path.startAt(to) - start < stepBytes) to++;
  return Math.min(to, path.length);
}
