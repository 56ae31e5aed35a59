// The lines of a session file (version 3). Invariant: field order `type, id, parentId, timestamp` first, so that a line head can be indexed unparsed.

import type { Message, SystemMessage, UserContent } from "./message.ts";
import type { ThinkingLevel } from "./model.ts";
import type { Usage } from "./usage.ts";

export const sessionVersion = 3;

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

interface EntryBase {
  /** 8 hex characters in what we write; longer ids of other writers are accepted. */
  id: string;
  parentId: string | null;
  /** ISO 8601. */
  timestamp: string;
}

export interface FileLists {
  readFiles: string[];
  modifiedFiles: string[];
}

/** Own fields of each known entry type; `SessionEntry` adds the base. */
export interface EntryBodies {
  message: { message: Message };
  model_change: { provider: string; modelId: string };
  thinking_level_change: { thinkingLevel: ThinkingLevel };
  compaction: {
    summary: string;
    firstKeptEntryId: string;
    tokensBefore: number;
    systemMessage?: SystemMessage;
    usage?: Usage;
    details?: unknown;
    fromHook?: boolean;
  };
  branch_summary: { fromId: string | null; summary: string; usage?: Usage; details?: unknown; fromHook?: boolean };
  /** `null` takes the target out of the context. */
  context_edit: { targetId: string; replacement: { content: string | UserContent[] } | null };
  /** Paid for, and not part of the context. */
  usage: { kind: string; provider: string; model: string; usage: Usage; note?: string };
  custom: { customType: string; data?: unknown };
  custom_message: { customType: string; content: string | UserContent[]; display: boolean; details?: unknown };
  label: { targetId: string; label?: string };
  session_info: { name?: string };
}

export type EntryType = keyof EntryBodies;
export type EntryOf<T extends EntryType> = { type: T } & EntryBase & EntryBodies[T];
export type SessionEntry = { [T in EntryType]: EntryOf<T> }[EntryType];
/** An entry of another writer's making: kept byte for byte, never in context. */
export type UnknownEntry = EntryBase & { type: string; [field: string]: unknown };
export type AnyEntry = SessionEntry | UnknownEntry;

/** What a caller hands in to append; id, parent and timestamp are the session's business. */
export type NewEntry = { [T in EntryType]: { type: T } & EntryBodies[T] }[EntryType];

/** Narrows an entry by its type; a foreign entry of the same type that lacks its fields is not looked for: this is our own format. */
export function isA<T extends EntryType>(entry: AnyEntry | undefined, type: T): entry is AnyEntry & EntryOf<T> {
  return entry?.type === type;
}
