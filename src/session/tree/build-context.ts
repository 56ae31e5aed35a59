// From the path of entries between root and leaf to what a model is told. Pure. Called by session.
// Invariant: only entries that count are asked for; what stands before a compaction's kept range stays undecoded.

import type { AssistantMessage, Message, ToolResultMessage, UserContent } from "../../contracts/message.ts";
import { toolCallsOf } from "../../contracts/message.ts";
import type { ThinkingLevel } from "../../contracts/model.ts";
import { isThinkingLevel } from "../../contracts/model.ts";
import type { AnyEntry, EntryOf } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import type { PathView } from "../log/session-log.ts";

/** What a path says of how its conversation goes on. */
export interface RecordedSettings {
  model?: { provider: string; modelId: string };
  /** Absent when the path records none. */
  thinkingLevel?: ThinkingLevel;
}

export interface SessionContext extends RecordedSettings {
  /** System messages in place as recorded, summaries and custom messages as such. */
  messages: Message[];
  /** Parallel to `messages`; `undefined` for a message that no entry holds (the result of a tool call that never got one). */
  entryIds: (string | undefined)[];
  /** Positions in `messages` (`to` is behind the last) of answers whose usage is that of another context: an edit has changed it since. */
  edited?: { from: number; to: number } | undefined;
  /** A message among them has a picture, whole or as a reference. */
  hasPictures?: true;
}

/** The two parallel lists of a context in the making. */
type Messages = Pick<SessionContext, "messages" | "entryIds">;

export function buildContext(path: PathView): SessionContext {
  const compactionAt = path.lastOfType("compaction", path.length);
  const compaction = entryAt(path, compactionAt);
  const kept = isA(compaction, "compaction") ? path.entries(keptFrom(path, compactionAt, compaction), compactionAt) : [];
  const later = path.entries(compactionAt + 1, path.length);
  const edits = path.lastOfType("context_edit", path.length) < 0 ? new Map<string, never>() : latestEdits(kept, later);

  // Of their full length from the start: growing lists of 100,000 would have memory collected once more.
  const most = kept.length + later.length + 2;
  const found: Messages = { messages: new Array(most), entryIds: new Array(most) };
  let count = 0;
  const kinds: BlockKinds = { hasCalls: false, hasPictures: false };
  const add = (message: Message | undefined, entryId: string): void => {
    if (message === undefined) return;
    noteKinds(message, kinds);
    found.messages[count] = message;
    found.entryIds[count++] = entryId;
  };
  if (isA(compaction, "compaction") && edits.get(compaction.id)?.replacement !== null) {
    add(compaction.systemMessage, compaction.id);
    add(compactionSummary(compaction), compaction.id);
  }
  // The checkpoint says all that earlier system messages said; replayed behind it they would undo later changes.
  // Earlier compactions among the kept entries have no message either: their summary went into this one.
  for (const entry of kept) {
    if (entry !== undefined && !(isA(entry, "message") && entry.message?.role === "system")) add(editedMessage(entry, edits), entry.id);
  }
  for (const entry of later) if (entry !== undefined) add(editedMessage(entry, edits), entry.id);
  found.messages.length = found.entryIds.length = count;

  const { model, thinkingLevel } = settingsOf(path);
  const answered = kinds.hasCalls ? answerDanglingCalls(found) : found;
  const edited = edits.size === 0 ? undefined : editedRange(answered, [compaction, ...kept, ...later]);
  return {
    ...answered,
    ...(kinds.hasPictures && { hasPictures: true as const }),
    ...(edited !== undefined && { edited }),
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
  };
}

/** What stands in the content of some messages. */
interface BlockKinds {
  hasCalls: boolean;
  hasPictures: boolean;
}

/** A plain loop, and the only one over all blocks: it runs for every message of a long session, and hardly any has a call or a picture. */
function noteKinds(message: Message, kinds: BlockKinds): void {
  const { content } = message as { content?: unknown };
  if (!Array.isArray(content)) return;
  for (let at = 0; at < content.length; at++) {
    const { type } = content[at] as { type?: unknown };
    if (type === "toolCall") kinds.hasCalls = true;
    else if (type === "image") kinds.hasPictures = true;
  }
}

/** Position of the entry the compaction names; that of the compaction itself, so that nothing is kept, when it is not before it on the path. */
function keptFrom(path: PathView, compactionAt: number, compaction: EntryOf<"compaction">): number {
  let at = 0;
  while (at < compactionAt && path.idAt(at) !== compaction.firstKeptEntryId) at++;
  return at;
}

export function entryAt(path: PathView, at: number): AnyEntry | undefined {
  return at < 0 ? undefined : path.entries(at, at + 1)[0];
}

/** Target to edit; a later one replaces an earlier one. */
export function latestEdits(...runs: (readonly (AnyEntry | undefined)[])[]): Map<string, EntryOf<"context_edit">> {
  const edits = new Map<string, EntryOf<"context_edit">>();
  for (const entries of runs) for (const entry of entries) if (isA(entry, "context_edit")) edits.set(entry.targetId, entry);
  return edits;
}

/** From the first entry that an edit has changed since it was sent to the last such edit. */
function editedRange({ entryIds }: Messages, entries: readonly (AnyEntry | undefined)[]): SessionContext["edited"] {
  const placeOf = new Map<string, number>();
  let from = entries.length;
  let to = -1;
  for (const [at, entry] of entries.entries()) {
    if (entry === undefined) continue;
    if (isA(entry, "context_edit")) {
      const target = placeOf.get(entry.targetId);
      if (target === undefined) continue;
      from = Math.min(from, target);
      to = at;
    } else if (!isNeverSent(entry)) placeOf.set(entry.id, at);
  }
  const isInside = (id: string | undefined): boolean => {
    const place = id === undefined ? undefined : placeOf.get(id);
    return place !== undefined && place >= from && place < to;
  };
  const first = entryIds.findIndex(isInside);
  return first < 0 ? undefined : { from: first, to: entryIds.findLastIndex(isInside) + 1 };
}

function isNeverSent(entry: AnyEntry): boolean {
  if (!isA(entry, "message") || entry.message?.role !== "assistant") return false;
  return entry.message.stopReason === "error" || entry.message.stopReason === "aborted";
}

export function editedMessage(entry: AnyEntry, edits: ReadonlyMap<string, EntryOf<"context_edit">>): Message | undefined {
  const edit = edits.size === 0 ? undefined : edits.get(entry.id);
  if (edit?.replacement === null) return undefined;
  const message = recordedMessage(entry);
  return edit === undefined || message === undefined ? message : withContent(message, newContent(edit.replacement));
}

function recordedMessage(entry: AnyEntry): Message | undefined {
  if (isA(entry, "message")) return isOurs(entry.message) ? entry.message : undefined;
  const timestamp = timeOf(entry);
  if (isA(entry, "branch_summary")) return { role: "branchSummary", summary: entry.summary, fromId: entry.fromId, timestamp };
  if (isA(entry, "custom_message")) {
    const { customType, content, display, details } = entry;
    return { role: "custom", customType, content, display, ...(details !== undefined && { details }), timestamp };
  }
  return undefined;
}

/** Unix milliseconds; 0 where another writer has told none. */
function timeOf(entry: AnyEntry): number {
  return Date.parse(entry.timestamp) || 0;
}

/** Another writer's message may be of a role that nobody here knows: one such must not cost the session. */
function isOurs(message: Message | undefined): boolean {
  switch (message?.role) {
    case "assistant":
    case "toolResult":
    case "system":
    case "user":
    case "custom":
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
    timestamp: timeOf(entry),
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
function answerDanglingCalls({ messages, entryIds }: Messages): Messages {
  const dangling = danglingCalls(messages);
  if (dangling.size === 0) return { messages, entryIds };
  const answered: Messages = { messages: [], entryIds: [] };
  let waiting: ToolResultMessage[] = [];
  const place = (): void => {
    answered.messages.push(...waiting);
    answered.entryIds.push(...waiting.map(() => undefined));
    waiting = [];
  };
  for (const [at, message] of messages.entries()) {
    if (message.role !== "toolResult") place();
    answered.messages.push(message);
    answered.entryIds.push(entryIds[at]);
    waiting = dangling.get(at) ?? waiting;
  }
  place();
  return answered;
}

/** Position of an assistant message to results for those of its calls that have none. */
function danglingCalls(messages: readonly Message[]): Map<number, ToolResultMessage[]> {
  const dangling = new Map<number, ToolResultMessage[]>();
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at];
    if (message?.role !== "assistant" || message.stopReason === "error" || message.stopReason === "aborted") continue;
    if (!hasToolCall(message)) continue;
    const results = new Set<string>();
    for (let next = at + 1; next < messages.length; next++) {
      const later = messages[next];
      if (later?.role === "assistant") break;
      if (later?.role === "toolResult") results.add(later.toolCallId);
    }
    const missing = toolCallsOf(message).filter(({ id }) => !results.has(id));
    if (missing.length > 0)
      dangling.set(
        at,
        missing.map(({ id, name }) => noResult(id, name, message.timestamp)),
      );
  }
  return dangling;
}

/** A plain loop: it runs for every answer of a long session. */
function hasToolCall({ content }: AssistantMessage): boolean {
  for (let at = 0; at < content.length; at++) if (content[at]?.type === "toolCall") return true;
  return false;
}

function noResult(toolCallId: string, toolName: string, timestamp: number): ToolResultMessage {
  const content: UserContent[] = [{ type: "text", text: "No result provided" }];
  return { role: "toolResult", toolCallId, toolName, content, details: {}, isError: true, timestamp };
}

/**
 * On the whole path: the model of the last change or answer, whichever is later (a change that was made while the answer came in stands before it, and holds
 * from then on); the level of the last change, else that of the last answer.
 */
export function settingsOf(path: PathView): RecordedSettings {
  const settings: RecordedSettings = {};
  const level = entryAt(path, path.lastOfType("thinking_level_change", path.length));
  if (isA(level, "thinking_level_change") && isThinkingLevel(level.thinkingLevel)) settings.thinkingLevel = level.thinkingLevel;
  for (let at = path.length - 1; at >= 0; at--) {
    const type = path.typeAt(at);
    if (type !== "message" && (type !== "model_change" || settings.model !== undefined)) continue;
    const entry = entryAt(path, at);
    if (isA(entry, "model_change")) settings.model = { provider: entry.provider, modelId: entry.modelId };
    if (isA(entry, "message") && entry.message?.role === "assistant") {
      const { provider, model, thinkingLevel } = entry.message;
      // Another writer's answer may not say whose it is.
      if (provider !== "" && model !== "") settings.model ??= changedMeanwhile(path, at, entry.message) ?? { provider, modelId: model };
      if (settings.thinkingLevel === undefined && thinkingLevel !== undefined) settings.thinkingLevel = thinkingLevel;
      break;
    }
    if (settings.model !== undefined && settings.thinkingLevel !== undefined) break;
  }
  return settings;
}

/** Only what stands right before the answer: else it was told the model that was chosen. */
function changedMeanwhile(path: PathView, answerAt: number, { timestamp }: AssistantMessage): RecordedSettings["model"] {
  for (let at = answerAt - 1; at >= 0 && path.typeAt(at) !== "message"; at--) {
    if (path.typeAt(at) !== "model_change") continue;
    const entry = entryAt(path, at);
    if (!isA(entry, "model_change")) continue;
    return Date.parse(entry.timestamp) > timestamp ? { provider: entry.provider, modelId: entry.modelId } : undefined;
  }
  return undefined;
}
