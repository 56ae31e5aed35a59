// A session as extensions see it, under the names of the npm agent. Made by the harness; the library's session manager is both.

import type { Message, UserContent } from "./message.ts";
import type { AnyEntry, SessionHeader } from "./session-entry.ts";
import type { Usage } from "./usage.ts";

/** A session as extensions may look at it. */
export interface ReadonlySessionManager {
  getCwd(): string;
  getSessionDir(): string;
  getSessionId(): string;
  getSessionFile(): string | undefined;
  getSessionName(): string | undefined;
  getHeader(): SessionHeader;
  getEntries(): AnyEntry[];
  getEntry(id: string): AnyEntry | undefined;
  getBranch(fromId?: string): AnyEntry[];
  getChildren(parentId: string): AnyEntry[];
  getTree(): object[];
  /** What a model is shown: the entries that count, and what they come to. */
  buildContextEntries(): AnyEntry[];
  buildSessionContext(): { messages: Message[] };
  getLeafId(): string | null;
  getLeafEntry(): AnyEntry | undefined;
  getLabel(id: string): string | undefined;
}

/** What entries are put into a session by. Each `append…` hangs one on the leaf, which it then is. */
export interface SessionAppends {
  appendMessage(message: Message): string;
  appendThinkingLevelChange(thinkingLevel: string): string;
  appendModelChange(provider: string, modelId: string): string;
  /** Something paid for beside the conversation. Answers with the entry. */
  appendUsage(kind: string, provider: string, model: string, usage: Usage, note?: string): AnyEntry;
  appendCompaction(
    summary: string,
    firstKeptEntryId: string,
    tokensBefore: number,
    details?: unknown,
    fromHook?: boolean,
    usage?: Usage,
  ): string;
  appendCustomEntry(customType: string, data?: unknown): string;
  appendCustomMessageEntry(customType: string, content: string | UserContent[], display: boolean, details?: unknown): string;
  /** `null` takes the target out of what the model is shown. */
  appendContextEdit(targetId: string, replacement: { content: string | UserContent[] } | null): string;
  appendSessionInfo(name: string): string;
  /** Without a label: takes it away. */
  appendLabelChange(targetId: string, label: string | undefined): string;
  /** The next entry hangs on this one. */
  branch(branchFromId: string): void;
  /** The next entry is a root. */
  resetLeaf(): void;
  branchWithSummary(branchFromId: string | null, summary: string, details?: unknown, fromHook?: boolean, usage?: Usage): string;
}

export type WritableSessionManager = ReadonlySessionManager & SessionAppends;
