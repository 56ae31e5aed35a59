// Views of session entries, and the npm agent's names for their types. Exported by `pi` and `pi/session`. Pure.

import type { Message } from "../../contracts/message.ts";
import type { AnyEntry, EntryOf, SessionHeader } from "../../contracts/session-entry.ts";
import { decodeLine, isEntry, isHeader } from "../../session/lines/line-codec.ts";
import { contextEntries } from "../../session/tree/context-entries.ts";
import type { SessionContext, TreeNode } from "../../session/tree/session.ts";
import { requireGiven } from "./checked-calls.ts";

export type FileEntry = SessionHeader | AnyEntry;
export type SessionTreeNode = TreeNode;
export type SessionMessageEntry = EntryOf<"message">;
export type ModelChangeEntry = EntryOf<"model_change">;
export type ThinkingLevelChangeEntry = EntryOf<"thinking_level_change">;
export type CompactionEntry = EntryOf<"compaction">;
export type BranchSummaryEntry = EntryOf<"branch_summary">;
export type ContextEditEntry = EntryOf<"context_edit">;
export type UsageEntry = EntryOf<"usage">;
export type CustomEntry = EntryOf<"custom">;
export type CustomMessageEntry = EntryOf<"custom_message">;
export type LabelEntry = EntryOf<"label">;
export type SessionInfoEntry = EntryOf<"session_info">;

export interface ProjectedSessionEntry {
  sourceEntry: AnyEntry;
  /** What a model is shown of it, edits applied; empty where that is nothing. */
  messages: Message[];
}

export interface SessionProjection extends SessionContext {
  entries: ProjectedSessionEntry[];
}

/** The lines of a session file's text; what is no entry is left out, and entries of older versions come as they are. */
export function parseSessionEntries(content: string): FileEntry[] {
  requireGiven("parseSessionEntries", ["content: string"], content);
  return content.split("\n").flatMap((line): FileEntry[] => {
    const record = decodeLine(line);
    return isHeader(record) ? [record] : isEntry(record) ? [record as AnyEntry] : [];
  });
}

export function getLatestCompactionEntry(entries: readonly AnyEntry[]): CompactionEntry | null {
  return (entries.findLast((entry) => entry.type === "compaction") as CompactionEntry | undefined) ?? null;
}

/** `context` is that of `branch`. A message that no entry holds (the stand-in for a result that never came) goes with the one before it. */
export function projection(branch: readonly AnyEntry[], context: SessionContext): SessionProjection {
  const messagesOf = new Map<string, Message[]>();
  let id: string | undefined;
  for (const [at, message] of context.messages.entries()) {
    id = context.entryIds[at] ?? id;
    if (id === undefined) continue;
    const messages = messagesOf.get(id);
    if (messages === undefined) messagesOf.set(id, [message]);
    else messages.push(message);
  }
  return {
    ...context,
    entries: contextEntries(branch).map((sourceEntry) => ({ sourceEntry, messages: messagesOf.get(sourceEntry.id) ?? [] })),
  };
}
