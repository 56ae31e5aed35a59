// A session that is never written: --no-session, and version 1 and 2 files that are only looked at. Called by session.

import type { AnyEntry, SessionHeader } from "../contracts/session-entry.ts";
import type { PathView } from "./build-context.ts";
import { EntryTable } from "./entry-table.ts";
import { encodeLine } from "./line-codec.ts";
import { lastEntryOfType, lastIdOf, pathOf, type SessionLog } from "./session-log.ts";

export class MemoryLog implements SessionLog {
  readonly header: SessionHeader;
  readonly table = new EntryTable();
  readonly filePath = undefined;
  readonly isPersisted = false;
  readonly storageLost = undefined;
  readonly #entries: AnyEntry[] = [];

  constructor(header: SessionHeader, entries: readonly AnyEntry[] = []) {
    this.header = header;
    this.#add(entries);
    this.table.resolveOrphans();
  }

  entriesAt(indexes: ArrayLike<number>): (AnyEntry | undefined)[] {
    return Array.from(indexes, (index) => this.#entries[index]);
  }

  lastId(): string | null {
    return lastIdOf(this);
  }

  verifyLast(): void {}

  path(leafId: string | null, remember: boolean): PathView {
    return pathOf(this, leafId, remember);
  }

  lastOfType(type: string): AnyEntry | undefined {
    return lastEntryOfType(this, type);
  }

  lineAt(index: number): string {
    const entry = this.#entries[index];
    return entry === undefined ? "" : encodeLine(entry).slice(0, -1);
  }

  append(entries: readonly AnyEntry[]): void {
    // What cannot be written as JSON is refused here as in a file.
    for (const entry of entries) encodeLine(entry);
    this.#add(entries);
  }

  forgetOthers(): void {}

  close(): void {}

  #add(entries: readonly AnyEntry[]): void {
    for (const entry of entries) {
      this.table.add(entry.id, entry.parentId ?? null, entry.type);
      this.#entries.push(entry);
    }
  }
}
