// Looks at every entry of a session without holding them all: a batch is decoded at a time and let go again. Called by session and copy-lines.
// Invariant: memory holds only what was taken; damaged entries are left out, and positions count without them.

import type { Surveyed } from "../../contracts/entry-source.ts";
import type { AnyEntry } from "../../contracts/session-entry.ts";
import { noParent } from "../index/entry-table.ts";
import type { SessionLog } from "../log/session-log.ts";

/** Entries decoded at a time when all are looked at. */
const batchSize = 256;

/** In file order. */
export function surveyed<T>(log: SessionLog, take: (entry: AnyEntry) => T): Surveyed<T>[] {
  const { table } = log;
  const places = new Int32Array(table.count).fill(noParent);
  const found: (Surveyed<T> & { index: number })[] = [];
  for (const batch of batchesOf(Int32Array.from({ length: table.count }, (_, index) => index))) {
    for (const [at, entry] of log.entriesAt(batch).entries()) {
      const index = batch[at] ?? noParent;
      if (entry === undefined) continue;
      places[index] = found.length;
      found.push({ index, parent: noParent, taken: take(entry) });
    }
  }
  // Only now: a parent may stand behind its child, and a line may have turned out to be damaged.
  for (const one of found) {
    let parent = table.parentOf(one.index);
    while (parent !== noParent && places[parent] === noParent) parent = table.parentOf(parent);
    one.parent = parent === noParent ? noParent : (places[parent] ?? noParent);
  }
  return found;
}

export function* batchesOf(indexes: Int32Array): Generator<Int32Array> {
  for (let start = 0; start < indexes.length; start += batchSize) yield indexes.subarray(start, start + batchSize);
}
