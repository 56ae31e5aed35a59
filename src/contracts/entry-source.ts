// A stored conversation as it is read, whoever keeps it: a session, or entries handed over. Asked by the transcript and its exports.
// Invariant: rows of a survey stay good for `entryAt` while entries are appended.

import type { AnyEntry, SessionHeader } from "./session-entry.ts";

/** One row of a survey. */
export interface Surveyed<T> {
  /** Where the log keeps the entry. */
  readonly index: number;
  /** Position in the survey; -1 for a root. */
  parent: number;
  readonly taken: T;
}

export interface EntrySource {
  readonly id: string;
  readonly header: SessionHeader;
  /** `undefined`: kept in memory. */
  readonly filePath: string | undefined;
  /** Where the conversation stands; `null`: before its first entry. */
  readonly leafId: string | null;
  /** What `take` makes of every entry, in file order; `begin` is called again when a damage found midway makes the survey begin anew. */
  survey<T>(begin: () => (entry: AnyEntry) => T): Surveyed<T>[];
  entryAt(row: Surveyed<unknown>): AnyEntry | undefined;
  /** Stored lines without LF: of `"all"`, or of the way to an entry (default: the leaf). */
  lines(of?: "all" | { leafId?: string | null }): Iterable<string>;
}
