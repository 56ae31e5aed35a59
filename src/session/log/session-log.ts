// The contract of the two logs: what holds a session's entries, a file or nothing but memory. Called by session only.
// Invariant: an index belongs to one table; after `append`, or when IndexChanged is thrown, only ids may be kept.

import { PiError } from "../../contracts/error.ts";
import type { AnyEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import { type EntryTable, noParent } from "../index/entry-table.ts";

/** The entries from root to leaf, decoded only where asked. Positions count from the root. */
export interface PathView {
  readonly length: number;
  typeAt(position: number): string;
  idAt(position: number): string;
  /** Where its line begins; -1: it is in no file. */
  startAt(position: number): number;
  /** Position of the last one of a type before a position; -1: none. */
  lastOfType(type: string, before: number): number;
  /** From one position to before another; `undefined` for a damaged entry. */
  entries(from: number, to: number): readonly (AnyEntry | undefined)[];
}

/** The last part of a path, or all of it. */
export interface PathEnd {
  /** Positions count from where it begins. */
  view: PathView;
  /** How many entries come before it: none, or about so many. */
  before: number;
}

export interface SessionLog {
  readonly header: SessionHeader;
  /** Asking for it may mean reading the whole file. */
  readonly table: EntryTable;
  /** Whether asking for the table costs nothing. */
  readonly isIndexed: boolean;
  /** The file's name, also before the file is there; `undefined` for a session that lives in memory only. */
  readonly filePath: string | undefined;
  /** Whether the file holds everything appended so far. */
  readonly isPersisted: boolean;
  /** Set while something appended is kept in memory only although it should be in the file. */
  readonly storageLost: PiError | undefined;
  /** Grows whenever another file comes to bear the session's name; 0: there is none yet. A lease is on one file only. */
  readonly fileNumber: number;
  /**
   * In the order asked for; `undefined` where a line turned out to be beyond repair. `remember`: they will be needed again, and the
   * list of indexes stays as it is.
   */
  entriesAt(indexes: ArrayLike<number>, remember?: boolean): readonly (AnyEntry | undefined)[];
  /** `null` when the log is empty. */
  lastId(): string | null;
  /** Reads the entry that `lastId` names. Throws IndexChanged when its line is damaged. */
  verifyLast(): void;
  /** Root to `leafId`. `remember` holds for what is decoded of it. Errors: `session.entry_not_found`. */
  path(leafId: string | null, remember: boolean): PathView;
  /**
   * The same for a context: it may begin where what the last compaction kept begins, and have of everything before no more than the entries
   * that settings come from.
   */
  contextPath(leafId: string | null, remember: boolean): PathView;
  /** Its last so many entries at least, without reading what comes before them. Errors: `session.entry_not_found`. */
  pathEnd(leafId: string | null, count: number): PathEnd;
  /** Nothing where there is none, or its line is damaged. */
  entryWith(id: string): AnyEntry | undefined;
  /** The last entry of a type, in file order. */
  lastOfType(type: string): AnyEntry | undefined;
  /** Where an ASCII text stands in the file from a position on, ascending. */
  offsetsOf(text: string, from: number): number[];
  /** The stored line, without its LF: what a copy must carry over byte for byte. */
  lineAt(index: number): string;
  /**
   * Adds entries at the end, as one write. `lines`: their text where they are copied from another file, without LF.
   * Never throws for want of storage, see `storageLost`; `session.unencodable` for what is no JSON.
   */
  append(entries: readonly AnyEntry[], lines?: readonly string[]): void;
  /** What was asked to be remembered before the last call, and not since, may go where it can be read again. */
  forgetOthers(): void;
  /** Tries once more to store what is not stored, and sees that the file still holds what was. */
  flush(): void;
  close(): void;
}

/** Index of an entry that is there and sound. Errors: `session.entry_not_found`. */
export function indexOf(table: EntryTable, id: string): number {
  const index = table.find(id);
  if (index === undefined || table.isDamaged(index)) throw new PiError("session.entry_not_found", `Entry not found: ${id}`);
  return index;
}

/** The readings of a log that has its whole table at hand. */
export function lastIdOf({ table }: SessionLog): string | null {
  const last = table.lastIndex();
  return last === noParent ? null : table.idOf(last);
}

export function pathOf(log: SessionLog, leafId: string | null, remember: boolean): PathView {
  const { table } = log;
  const path = leafId === null ? new Int32Array(0) : table.pathTo(indexOf(table, leafId));
  return {
    length: path.length,
    typeAt: (position) => table.typeOf(path[position] ?? noParent),
    idAt: (position) => table.idOf(path[position] ?? noParent),
    startAt: (position) => table.startOf(path[position] ?? noParent),
    lastOfType: (type, before) => table.lastOfType(type, path, before),
    entries: (from, to) => log.entriesAt(path.subarray(from, to), remember),
  };
}

/** The same path and what hangs behind it. */
export function longerPath(view: PathView, behind: readonly AnyEntry[]): PathView {
  const typeAt = (position: number): string => behind[position - view.length]?.type ?? view.typeAt(position);
  return {
    length: view.length + behind.length,
    typeAt,
    idAt: (position) => behind[position - view.length]?.id ?? view.idAt(position),
    startAt: (position) => (position < view.length ? view.startAt(position) : -1),
    lastOfType: (type, before) => {
      for (let at = before - 1; at >= view.length; at--) if (typeAt(at) === type) return at;
      return view.lastOfType(type, Math.min(before, view.length));
    },
    entries: (from, to) => [
      ...(from < view.length ? view.entries(from, Math.min(to, view.length)) : []),
      ...behind.slice(Math.max(0, from - view.length), Math.max(0, to - view.length)),
    ],
  };
}

export function entryOf(log: SessionLog, id: string): AnyEntry | undefined {
  const index = log.table.find(id);
  return index === undefined ? undefined : log.entriesAt([index])[0];
}

export function lastEntryOfType(log: SessionLog, type: string): AnyEntry | undefined {
  const { table } = log;
  for (let index = table.count - 1; index >= 0; index--) if (table.typeOf(index) === type) return log.entriesAt([index])[0];
  return undefined;
}

/** A damage was found while reading: the table was made anew, and indexes taken from the old one are void. */
export class IndexChanged extends Error {
  constructor() {
    super("the session's index was made anew");
    this.name = "IndexChanged";
  }
}

/** Whether an entry is something a user would miss: from the first such one on, a session is kept in its file. */
export function isWorthKeeping(entry: AnyEntry): boolean {
  if (isA(entry, "message")) return entry.message?.role !== "system";
  switch (entry.type) {
    case "compaction":
    case "branch_summary":
    case "custom_message":
      return true;
    default:
      return false;
  }
}
