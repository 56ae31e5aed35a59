// From the path of entries between root and leaf to what a model is told. Pure. Called by session.
// Invariant: only entries that count are asked for; what stands before a compaction's kept range stays undecoded.

import type { AssistantMessage, Message, ToolResultMessage, UserContent } from "../contracts/message.ts";
import { toolCallsOf } from "../contracts/message.ts";
import type { ThinkingLevel } from "../contracts/model.ts";
import { isThinkingLevel } from "../contracts/model.ts";
import type { AnyEntry, EntryOf, EntryType } from "../contracts/session-entry.ts";

export interface SessionContext {
  /** System messages in place as recorded, summaries and custom messages as such. */
  messages: Message[];
  /** Parallel to `messages`; `undefined` for a message that no entry holds (the result of a tool call that never got one). */
  entryIds: (string | undefined)[];
  model?: { provider: string; modelId: string };
  /** Absent when the path records none. */
  thinkingLevel?: ThinkingLevel;
}

/** The entries from root to leaf, decoded only where asked. Positions count from the root. */
export interface PathView {
  readonly length: number;
  typeAt(position: number): string;
  idAt(position: number): string;
  /** In the order asked for; `undefined` for a damaged one. */
  entriesAt(positions: readonly number[]): (AnyEntry | undefined)[];
}

interface Slot {
  message: Message;
  entryId: string | undefined;
}

export function buildContext(path: PathView): SessionContext {
  const compactionAt = lastOfType(path, "compaction", path.length);
  const compaction = compactionAt < 0 ? undefined : path.entriesAt([compactionAt])[0];
  const kept = isA(compaction, "compaction") ? keptPositions(path, compactionAt, compaction) : [];
  const later = range(compactionAt + 1, path.length);
  const decoded = path.entriesAt([...kept, ...later]);
  const keptEntries = decoded.slice(0, kept.length).filter((entry) => entry !== undefined);
  const laterEntries = decoded.slice(kept.length).filter((entry) => entry !== undefined);
  const edits = latestEdits([...keptEntries, ...laterEntries]);

  const slots: Slot[] = [];
  const add = (entry: AnyEntry): void => {
    const message = messageOf(entry, edits);
    if (message !== undefined) slots.push({ message, entryId: entry.id });
  };
  if (isA(compaction, "compaction") && edits.get(compaction.id)?.replacement !== null) {
    if (compaction.systemMessage !== undefined) slots.push({ message: compaction.systemMessage, entryId: compaction.id });
    slots.push({ message: compactionSummary(compaction), entryId: compaction.id });
  }
  // The checkpoint says all that earlier system messages said; replayed behind it they would undo later changes.
  // Earlier compactions among the kept entries have no message either: their summary went into this one.
  for (const entry of keptEntries) if (!(isA(entry, "message") && entry.message?.role === "system")) add(entry);
  for (const entry of laterEntries) add(entry);

  const answered = answerDanglingCalls(slots);
  const { model, thinkingLevel } = settingsOf(path);
  return {
    messages: answered.map((slot) => slot.message),
    entryIds: answered.map((slot) => slot.entryId),
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
  };
}

/** Narrows an entry by its type; a foreign entry of the same type that lacks its fields is not looked for: this is our own format. */
export function isA<T extends EntryType>(entry: AnyEntry | undefined, type: T): entry is AnyEntry & EntryOf<T> {
  return entry?.type === type;
}

/** From the entry the compaction names to the compaction itself; nothing when that entry is not before it on the path. */
function keptPositions(path: PathView, compactionAt: number, compaction: EntryOf<"compaction">): number[] {
  for (let at = 0; at < compactionAt; at++) if (path.idAt(at) === compaction.firstKeptEntryId) return range(at, compactionAt);
  return [];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset);
}

function lastOfType(path: PathView, type: string, before: number): number {
  let at = before - 1;
  while (at >= 0 && path.typeAt(at) !== type) at--;
  return at;
}

/** Target to edit; a later one replaces an earlier one. */
function latestEdits(entries: readonly AnyEntry[]): Map<string, EntryOf<"context_edit">> {
  const edits = new Map<string, EntryOf<"context_edit">>();
  for (const entry of entries) if (isA(entry, "context_edit")) edits.set(entry.targetId, entry);
  return edits;
}

function messageOf(entry: AnyEntry, edits: ReadonlyMap<string, EntryOf<"context_edit">>): Message | undefined {
  const edit = edits.get(entry.id);
  if (edit?.replacement === null) return undefined;
  const message = recordedMessage(entry);
  return edit === undefined || message === undefined ? message : withContent(message, newContent(edit.replacement));
}

function recordedMessage(entry: AnyEntry): Message | undefined {
  if (isA(entry, "message")) return isSound(entry.message) ? entry.message : undefined;
  const timestamp = Date.parse(entry.timestamp);
  if (isA(entry, "branch_summary")) return { role: "branchSummary", summary: entry.summary, fromId: entry.fromId, timestamp };
  if (isA(entry, "custom_message")) {
    const { customType, content, display, details } = entry;
    return { role: "custom", customType, content, display, ...(details !== undefined && { details }), timestamp };
  }
  return undefined;
}

/** Another writer's message may be of a role or a shape that nobody here knows: one such must not cost the session. */
function isSound(message: Message | undefined): boolean {
  switch (message?.role) {
    case "assistant":
    case "toolResult":
      return Array.isArray(message.content);
    case "system":
    case "user":
    case "custom":
      return typeof message.content === "string" || Array.isArray(message.content);
    case "bashExecution":
    case "branchSummary":
    case "compactionSummary":
      return true;
    default:
      return false;
  }
}

function compactionSummary(entry: EntryOf<"compaction">): Message {
  return {
    role: "compactionSummary",
    summary: entry.summary,
    tokensBefore: entry.tokensBefore,
    timestamp: Date.parse(entry.timestamp),
  };
}

/** The format's description has the bare content here, the npm agent's files an object with it; both are understood. */
function newContent(replacement: { content: string | UserContent[] } | string | UserContent[]): string | UserContent[] {
  return typeof replacement === "string" || Array.isArray(replacement) ? replacement : replacement.content;
}

/** Only these roles have a content to replace. Assistant and tool result messages hold blocks, never a bare string. */
function withContent(message: Message, replacement: string | UserContent[]): Message {
  switch (message.role) {
    case "user":
    case "custom":
      return { ...message, content: replacement };
    case "assistant":
      return { ...message, content: blocksOf(replacement) as AssistantMessage["content"] };
    case "toolResult":
      return { ...message, content: blocksOf(replacement) };
    default:
      return message;
  }
}

function blocksOf(replacement: string | UserContent[]): UserContent[] {
  return typeof replacement === "string" ? [{ type: "text", text: replacement }] : replacement;
}

/**
 * Puts an error result behind the results an assistant message got, for each of its calls that got none before the next answer.
 * Failed and aborted answers are left alone: no provider is ever sent their calls.
 */
function answerDanglingCalls(slots: readonly Slot[]): Slot[] {
  const answered: Slot[] = [];
  for (let at = 0; at < slots.length; ) {
    const slot = slots[at++];
    if (slot === undefined) break;
    answered.push(slot);
    const { message } = slot;
    if (message.role !== "assistant" || message.stopReason === "error" || message.stopReason === "aborted") continue;
    const calls = toolCallsOf(message);
    if (calls.length === 0) continue;
    const results = new Set<string>();
    for (let next = at; next < slots.length; next++) {
      const later = slots[next]?.message;
      if (later === undefined || later.role === "assistant") break;
      if (later.role === "toolResult") results.add(later.toolCallId);
    }
    while (at < slots.length && slots[at]?.message.role === "toolResult") answered.push(...slots.slice(at, ++at));
    for (const call of calls) {
      if (!results.has(call.id)) answered.push({ message: noResult(call.id, call.name, message.timestamp), entryId: undefined });
    }
  }
  return answered;
}

function noResult(toolCallId: string, toolName: string, timestamp: number): ToolResultMessage {
  const content: UserContent[] = [{ type: "text", text: "No result provided" }];
  return { role: "toolResult", toolCallId, toolName, content, details: {}, isError: true, timestamp };
}

/** On the whole path: the model of the last change or answer, whichever is later; the level of the last change, else of the last answer. */
function settingsOf(path: PathView): Pick<SessionContext, "model" | "thinkingLevel"> {
  const settings: Pick<SessionContext, "model" | "thinkingLevel"> = {};
  const levelAt = lastOfType(path, "thinking_level_change", path.length);
  const level = levelAt < 0 ? undefined : path.entriesAt([levelAt])[0];
  if (isA(level, "thinking_level_change") && isThinkingLevel(level.thinkingLevel)) settings.thinkingLevel = level.thinkingLevel;
  for (let at = path.length - 1; at >= 0 && (settings.model === undefined || settings.thinkingLevel === undefined); at--) {
    const type = path.typeAt(at);
    if (type !== "message" && (type !== "model_change" || settings.model !== undefined)) continue;
    const entry = path.entriesAt([at])[0];
    if (isA(entry, "model_change")) settings.model = { provider: entry.provider, modelId: entry.modelId };
    if (!isA(entry, "message") || entry.message?.role !== "assistant") continue;
    const { provider, model, thinkingLevel } = entry.message;
    settings.model ??= { provider, modelId: model };
    if (settings.thinkingLevel === undefined && thinkingLevel !== undefined) settings.thinkingLevel = thinkingLevel;
  }
  return settings;
}
