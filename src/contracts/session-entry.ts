// The types of the lines of a session file (version 3); those of entries are as the table of entries has them.
// Invariant: field order `type, id, parentId, timestamp` first, so that a line head can be indexed unparsed.

import type { entries, entryBase } from "./entries.ts";
import type { ObjectOf } from "./schema.ts";

export const sessionVersion = 3;

/** As much of a file as tells what it is. */
export const tellingBytes = 4096;

/** What was recorded in a file that begins like this; nothing where it is neither. */
export function recordedIn(start: string): "session" | "trace" | undefined {
  const line = start.split("\n", 1)[0] ?? "";
  return line.startsWith("{") ? (/"type"\s*:\s*"(session|trace)"/.exec(line)?.[1] as "session" | "trace" | undefined) : undefined;
}

export interface SessionHeader {
  type: "session";
  version: number;
  id: string;
  /** ISO 8601. */
  timestamp: string;
  /** Absolute. */
  cwd: string;
  /** Absolute path of the file this one was forked from. */
  parentSession?: string;
}

type EntryBase = ObjectOf<typeof entryBase>;

export interface FileLists {
  readFiles: string[];
  modifiedFiles: string[];
}

type Table = typeof entries;

export type EntryType = keyof Table;
/** Own fields of each known entry type; `SessionEntry` adds the base. */
export type EntryBodies = { [T in EntryType]: ObjectOf<Table[T]["fields"]> };
export type EntryOf<T extends EntryType> = { type: T } & EntryBase & EntryBodies[T];
export type SessionEntry = { [T in EntryType]: EntryOf<T> }[EntryType];
/** An entry of another writer's making: kept byte for byte, never in context. */
export type UnknownEntry = EntryBase & { type: string; [field: string]: unknown };
export type AnyEntry = SessionEntry | UnknownEntry;

/** What a caller hands in to append; id, parent and timestamp are the session's business. */
export type NewEntry =
  | { [T in Exclude<EntryType, "compaction">]: { type: T } & EntryBodies[T] }[Exclude<EntryType, "compaction">]
  /** `null`: itself, so that nothing before it is kept. */
  | ({ type: "compaction"; firstKeptEntryId: string | null } & Omit<EntryBodies["compaction"], "firstKeptEntryId">);

/** Narrows an entry by its type; a foreign entry of the same type that lacks its fields is not looked for: this is our own format. */
export function isA<T extends EntryType>(entry: AnyEntry | undefined, type: T): entry is AnyEntry & EntryOf<T> {
  return entry?.type === type;
}

/** Of the `custom` entry before the first prompt of a session that holds more than its user has said: `data.text` is that. */
export const ownWordsType = "pi.own_words";
