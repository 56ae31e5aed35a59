// A session that is never written: --no-session, and version 1 and 2 files that are only looked at or cannot be brought up to date.
// Called by session.

import type { PiError } from "../../contracts/error.ts";
import type { AnyEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { EntryTable } from "../index/entry-table.ts";
import { storageLoss } from "../lines/file-errors.ts";
import { encodeLine } from "../lines/line-codec.ts";
import { soundEntry } from "../lines/sound-entry.ts";
import type { PathEnd, PathView } from "./session-log.ts";
import { entryOf, lastEntryOfType, lastIdOf, pathOf, type SessionLog } from "./session-log.ts";

/** The file that the entries come from and that takes no more of them. */
export interface FileBehind {
  path: string;
  /** Of the entries, each with its LF. */
  lines: readonly string[];
  /** Why it takes no more. */
  cause: unknown;
  onStorageLost?: ((error: PiError) => void) | undefined;
}

export class MemoryLog implements SessionLog {
  readonly header: SessionHeader;
  readonly table = new EntryTable();
  readonly isIndexed = true;
  readonly fileNumber = 0;
  readonly #entries: AnyEntry[] = [];
  readonly #file: FileBehind | undefined;
  #storageLost: PiError | undefined;

  constructor(header: SessionHeader, entries: readonly AnyEntry[] = [], file?: FileBehind) {
    this.header = header;
    this.#file = file;
    this.#add(entries.map(soundEntry));
    this.table.resolveOrphans((index) => this.table.before(index));
  }

  get filePath(): string | undefined {
    return this.#file?.path;
  }

  get isPersisted(): boolean {
    return this.#file !== undefined && this.#storageLost === undefined;
  }

  get storageLost(): PiError | undefined {
    return this.#storageLost;
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

  pathEnd(leafId: string | null): PathEnd {
    return { view: pathOf(this, leafId, false), before: 0 };
  }

  contextPath(leafId: string | null, remember: boolean): PathView {
    return pathOf(this, leafId, remember);
  }

  entryWith(id: string): AnyEntry | undefined {
    return entryOf(this, id);
  }

  lastOfType(type: string): AnyEntry | undefined {
    return lastEntryOfType(this, type);
  }

  offsetsOf(): number[] {
    return [];
  }

  lineAt(index: number): string {
    const entry = this.#entries[index];
    return entry === undefined ? "" : (this.#file?.lines[index] ?? encodeLine(entry)).slice(0, -1);
  }

  append(entries: readonly AnyEntry[]): void {
    // What cannot be written as JSON is refused here as in a file.
    for (const entry of entries) encodeLine(entry);
    this.#add(entries);
    if (this.#file === undefined || this.#storageLost !== undefined) return;
    this.#storageLost = storageLoss(this.#file.path, this.#file.cause, false);
    this.#file.onStorageLost?.(this.#storageLost);
  }

  forgetOthers(): void {}

  flush(): void {}

  close(): void {}

  #add(entries: readonly AnyEntry[]): void {
    for (const entry of entries) {
      this.table.add(entry.id, entry.parentId ?? null, entry.type);
      this.#entries.push(entry);
    }
  }
}
