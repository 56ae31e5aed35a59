// What was appended to a long file of which only the ends are known: entries behind its last one, in order. Held by file-log until the index of the
// whole is made. Invariant: few, for their ids are long ones, which readers of files take longer over.

import type { AnyEntry } from "../../contracts/session-entry.ts";

const maxCount = 8;

export interface LateEntry {
  entry: AnyEntry;
  /** With its LF. */
  line: string;
}

export class LateEntries {
  #all: LateEntry[] = [];

  hasRoomFor(count: number): boolean {
    return this.#all.length + count <= maxCount;
  }

  add(entries: readonly LateEntry[]): void {
    this.#all.push(...entries);
  }

  get lastId(): string | undefined {
    return this.#all.at(-1)?.entry.id;
  }

  find(id: string): AnyEntry | undefined {
    return this.#all.find(({ entry }) => entry.id === id)?.entry;
  }

  lastOfType(type: string): AnyEntry | undefined {
    return this.#all.findLast(({ entry }) => entry.type === type)?.entry;
  }

  /** Those on the way to a leaf, and the id of what they hang on: the leaf's own where there are none. */
  wayTo(leafId: string): { behind: AnyEntry[]; from: string | null } {
    const behind: AnyEntry[] = [];
    let from: string | null = leafId;
    for (let at = this.#all.length - 1; at >= 0; at--) {
      const entry = this.#all[at]?.entry;
      if (entry === undefined || entry.id !== from) continue;
      behind.unshift(entry);
      from = entry.parentId;
    }
    return { behind, from };
  }

  /** They are in a table from now on. */
  takeAll(): LateEntry[] {
    return this.#all.splice(0);
  }

  [Symbol.iterator](): Iterator<LateEntry> {
    return this.#all[Symbol.iterator]();
  }
}
