// The decoded entries of a file log that are kept in memory. Called by file-log.
// Invariant: an entry appended here stays as long as it can be needed to mend the file, within a limit; a read one as long as it is in use.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import type { EntryTable } from "./entry-table.ts";

/** Own entries that are not in use are dropped beyond this many bytes. */
const ownBytesKept = 16 << 20;

/** Entries that were asked for together, beside their indexes, which ascend. Kept as it was given: a copy of 100,000 costs more than a search. */
interface Run {
  indexes: ArrayLike<number>;
  entries: readonly (AnyEntry | undefined)[];
  /** Where the next search begins: most are for neighbours. */
  next: number;
}

/** One that what is read a little at a time is put into, so that there are few runs to search. */
interface GrowingRun extends Run {
  indexes: number[];
  entries: (AnyEntry | undefined)[];
}

/** As many are copied rather than kept as a run of their own. */
const copiedCount = 4096;

interface OwnEntry {
  entry: AnyEntry;
  bytes: number;
  isInUse: boolean;
}

export class EntryMemory {
  /** Remembered since the last `forgetOthers`. */
  #inUse: Run[] = [];
  /** The last of them, where it grows. */
  #growing: GrowingRun | undefined;
  /** Remembered before. */
  #earlier: Run[] = [];
  /** Appended by this process, by index. */
  readonly #own = new Map<number, OwnEntry>();
  #ownBytes = 0;

  get(index: number): AnyEntry | undefined {
    return this.#own.get(index)?.entry ?? findIn(this.#inUse, index) ?? findIn(this.#earlier, index);
  }

  /** One that was appended here. */
  own(index: number): AnyEntry | undefined {
    return this.#own.get(index)?.entry;
  }

  addOwn(index: number, entry: AnyEntry, bytes: number): void {
    this.#own.set(index, { entry, bytes, isInUse: true });
    this.#ownBytes += bytes;
  }

  /** Keeps what was read, `entries` being those of `indexes`, and what of it was appended here. Neither list may change afterwards. */
  remember(indexes: ArrayLike<number>, entries: readonly (AnyEntry | undefined)[]): void {
    this.#addRun(ascending(indexes, entries));
    if (this.#own.size === 0) return;
    for (let at = 0; at < indexes.length; at++) {
      const own = this.#own.get(indexes[at] ?? -1);
      if (own !== undefined) own.isInUse = true;
    }
  }

  /** Drops what was not asked for since the last call, where it can be read again. */
  forgetOthers(canBeRead: (index: number) => boolean): void {
    this.#earlier = this.#inUse;
    this.#inUse = [];
    this.#growing = undefined;
    for (const [index, own] of this.#own) {
      if (!own.isInUse && this.#ownBytes > ownBytesKept && canBeRead(index)) {
        this.#own.delete(index);
        this.#ownBytes -= own.bytes;
      }
      own.isInUse = false;
    }
  }

  #addRun(run: Run): void {
    const { length } = run.indexes;
    if (length === 0) return;
    if (length > copiedCount) {
      this.#growing = undefined;
      this.#inUse.push(run);
      return;
    }
    const growing = this.#growing;
    if (growing === undefined || (growing.indexes.at(-1) ?? -1) >= (run.indexes[0] ?? -1)) {
      this.#growing = { indexes: Array.from(run.indexes), entries: [...run.entries], next: 0 };
      this.#inUse.push(this.#growing);
      return;
    }
    for (let at = 0; at < length; at++) {
      growing.indexes.push(run.indexes[at] ?? -1);
      growing.entries.push(run.entries[at]);
    }
  }

  /** The same entries under the indexes of a new table. */
  movedTo(table: EntryTable): EntryMemory {
    const moved = new EntryMemory();
    for (const { entry, bytes } of this.#own.values()) {
      const index = table.find(entry.id);
      if (index !== undefined) moved.addOwn(index, entry, bytes);
    }
    for (const { entries } of [...this.#earlier, ...this.#inUse]) {
      const found = entries.flatMap((entry) => {
        const index = entry === undefined ? undefined : table.find(entry.id);
        return index === undefined ? [] : { index, entry };
      });
      moved.remember(
        found.map(({ index }) => index),
        found.map(({ entry }) => entry),
      );
    }
    return moved;
  }
}

function findIn(runs: readonly Run[], index: number): AnyEntry | undefined {
  for (const run of runs) {
    if (run.indexes[run.next] !== index) run.next = positionOf(run.indexes, index);
    if (run.indexes[run.next] === index) return run.entries[run.next++];
  }
  return undefined;
}

/** Of the first one that is not below `index`. */
function positionOf(indexes: ArrayLike<number>, index: number): number {
  let low = 0;
  let high = indexes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((indexes[middle] ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A parent may stand behind its child in the file: then the path does not ascend. */
function ascending(indexes: ArrayLike<number>, entries: readonly (AnyEntry | undefined)[]): Run {
  let isSorted = true;
  for (let at = 1; isSorted && at < indexes.length; at++) isSorted = (indexes[at] ?? 0) > (indexes[at - 1] ?? 0);
  if (isSorted) return { indexes, entries, next: 0 };
  const order = Array.from(indexes, (index, at) => ({ index, at })).sort((a, b) => a.index - b.index);
  return { indexes: order.map(({ index }) => index), entries: order.map(({ at }) => entries[at]), next: 0 };
}
