// The decoded entries of a file log that are kept in memory. Called by file-log.
// Invariant: an entry appended here stays as long as it can be needed to mend the file, within a limit; a read one as long as it is in use.

import type { AnyEntry } from "../contracts/session-entry.ts";
import type { EntryTable } from "./entry-table.ts";

/** Own entries that are not in use are dropped beyond this many bytes. */
const ownBytesKept = 16 << 20;

export class EntryMemory {
  #entries: (AnyEntry | undefined)[] = [];
  /** Entries appended by this process: index to bytes. */
  readonly #own = new Map<number, number>();
  #ownBytes = 0;
  /** Asked for since the last `forgetOthers`: lists of indexes. */
  #inUse: ArrayLike<number>[] = [];
  /** How many entries are held. */
  #held = 0;

  get(index: number): AnyEntry | undefined {
    return this.#entries[index];
  }

  addOwn(index: number, entry: AnyEntry, bytes: number): void {
    this.#hold(index, entry);
    this.#inUse.push([index]);
    this.#own.set(index, bytes);
    this.#ownBytes += bytes;
  }

  /** Stays no longer than it is said to be in use. */
  addRead(index: number, entry: AnyEntry): void {
    this.#hold(index, entry);
  }

  #hold(index: number, entry: AnyEntry): void {
    if (this.#entries[index] === undefined) this.#held++;
    this.#entries[index] = entry;
  }

  use(indexes: ArrayLike<number>): void {
    this.#inUse.push(indexes);
  }

  /** Drops what was not used since the last call, where it can be read again. */
  forgetOthers(canBeRead: (index: number) => boolean): void {
    // Nothing to drop where all that is held is one path: the usual case of opening a long session.
    if (this.#inUse.length === 1 && this.#inUse[0]?.length === this.#held) {
      this.#inUse = [];
      return;
    }
    const kept: (AnyEntry | undefined)[] = new Array(this.#entries.length);
    let held = 0;
    for (const indexes of this.#inUse) {
      for (let at = 0; at < indexes.length; at++) {
        const index = indexes[at] ?? -1;
        if (index < 0 || kept[index] !== undefined) continue;
        kept[index] = this.#entries[index];
        if (kept[index] !== undefined) held++;
      }
    }
    for (const [index, bytes] of this.#own) {
      if (kept[index] !== undefined) continue;
      if (this.#ownBytes <= ownBytesKept || !canBeRead(index)) {
        kept[index] = this.#entries[index];
        held++;
      } else {
        this.#own.delete(index);
        this.#ownBytes -= bytes;
      }
    }
    this.#entries = kept;
    this.#held = held;
    this.#inUse = [];
  }

  /** The same entries under the indexes of a new table. */
  movedTo(table: EntryTable): EntryMemory {
    const moved = new EntryMemory();
    for (const [index, entry] of this.#entries.entries()) {
      const found = entry === undefined ? undefined : table.find(entry.id);
      if (entry === undefined || found === undefined) continue;
      const bytes = this.#own.get(index);
      if (bytes !== undefined) moved.addOwn(found, entry, bytes);
      else {
        moved.addRead(found, entry);
        moved.use([found]);
      }
    }
    return moved;
  }
}
