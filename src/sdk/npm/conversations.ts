// What a model is shown of a conversation, its size, and summaries of it, under the npm agent's names. Imported by extensions.

import type { CompactionResult } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import type { CompactionPreparation, FileOperations } from "../../contracts/extension-event.ts";
import type { AssistantMessage, Message } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { AnyEntry, EntryOf, FileLists } from "../../contracts/session-entry.ts";
import type { Usage } from "../../contracts/usage.ts";
import { conversationText } from "../../harness/compaction/conversation-text.ts";
import { collectFileLists, fileOperations, withFileLists } from "../../harness/compaction/file-lists.ts";
import {
  branchInstructions,
  historyInstructions,
  turnPrefixHeading,
  turnPrefixInstructions,
  updateInstructions,
} from "../../harness/compaction/summary-prompts.ts";
import { estimateTokens } from "../../harness/conversation/context-tokens.ts";
import { modelMessages } from "../../harness/conversation/model-messages.ts";
import { completeSimple } from "./model-calls.ts";

export { estimateTokens, modelMessages as convertToLlm };

/** As one text, which a model can be given as material. */
export function serializeConversation(messages: readonly Message[]): string {
  return conversationText(messages);
}

export const DEFAULT_COMPACTION_SETTINGS = { enabled: true, reserveTokens: 16384, keepRecentTokens: 20000 };

export function shouldCompact(
  contextTokens: number,
  contextWindow: number,
  { enabled, reserveTokens }: { enabled: boolean; reserveTokens: number },
): boolean {
  return enabled && contextTokens > contextWindow - reserveTokens;
}

export function calculateContextTokens({ totalTokens, input, output, cacheRead, cacheWrite }: Usage): number {
  return totalTokens || input + output + cacheRead + cacheWrite;
}

/** Of the last answer that ended well. */
export function getLastAssistantUsage(entries: readonly AnyEntry[]): Usage | undefined {
  for (const entry of entries.toReversed()) {
    const message = messageIn(entry);
    if (message?.role !== "assistant" || message.stopReason === "error" || message.stopReason === "aborted") continue;
    return message.usage;
  }
  return undefined;
}

/** The messages that an entry stands for, as a branch with nothing but it shows them. */
export function sessionEntryToContextMessages(entry: AnyEntry): Message[] {
  const message = messageIn(entry);
  if (message !== undefined) return [message];
  const timestamp = new Date(entry.timestamp).getTime();
  if (entry.type === "custom_message") {
    const { customType, content, display, details } = entry as EntryOf<"custom_message">;
    return [{ role: "custom", customType, content, display, ...defined({ details }), timestamp }];
  }
  if (entry.type === "branch_summary") {
    const { summary, fromId } = entry as EntryOf<"branch_summary">;
    return summary === "" ? [] : [{ role: "branchSummary", summary, fromId, timestamp }];
  }
  if (entry.type === "compaction") {
    const { summary, tokensBefore } = entry as EntryOf<"compaction">;
    return [{ role: "compactionSummary", summary, tokensBefore, timestamp }];
  }
  return [];
}

/** The user's entry that begins the turn of another; -1 where none does. */
export function findTurnStartIndex(entries: readonly AnyEntry[], entryIndex: number, startIndex: number): number {
  for (let at = entryIndex; at >= startIndex; at--) {
    const entry = entries[at];
    if (entry !== undefined && (messageIn(entry)?.role === "user" || entry.type === "custom_message" || entry.type === "branch_summary"))
      return at;
  }
  return -1;
}

/** Where to cut so that about so many tokens are kept: at a message, never at a tool's result. */
export function findCutPoint(
  entries: readonly AnyEntry[],
  startIndex: number,
  endIndex: number,
  keepRecentTokens: number,
): { firstKeptEntryIndex: number; turnStartIndex: number; isSplitTurn: boolean } {
  let cut = startIndex;
  for (let at = endIndex - 1, kept = 0; at >= startIndex; at--) {
    const entry = entries[at];
    const messages = entry === undefined ? [] : sessionEntryToContextMessages(entry);
    kept += messages.reduce((sum, message) => sum + estimateTokens(message), 0);
    if (messages.some(({ role }) => role !== "toolResult")) cut = at;
    if (kept >= keepRecentTokens && cut <= at) break;
  }
  const entry = entries[cut];
  const turnStartIndex = entry === undefined || messageIn(entry)?.role === "user" ? -1 : findTurnStartIndex(entries, cut, startIndex);
  return { firstKeptEntryIndex: cut, turnStartIndex, isSplitTurn: turnStartIndex >= 0 };
}

/** What is behind the last point that two places of the tree have in common. */
export function collectEntriesForBranchSummary(
  session: { getBranch(fromId?: string): AnyEntry[] },
  oldLeafId: string | null,
  targetId: string,
): { entries: AnyEntry[]; commonAncestorId: string | null } {
  if (oldLeafId === null) return { entries: [], commonAncestorId: null };
  const there = new Set(session.getBranch(targetId).map(({ id }) => id));
  const branch = session.getBranch(oldLeafId);
  const at = branch.findLastIndex(({ id }) => there.has(id));
  return { entries: branch.slice(at + 1), commonAncestorId: branch[at]?.id ?? null };
}

/** The newest that fit. `tokenBudget` 0: all. */
export function prepareBranchEntries(
  entries: readonly AnyEntry[],
  tokenBudget = 0,
): { messages: Message[]; fileOps: FileOperations; totalTokens: number } {
  const messages: Message[] = [];
  let totalTokens = 0;
  for (const entry of entries.toReversed()) {
    const found = sessionEntryToContextMessages(entry).filter(({ role }) => role !== "toolResult" && role !== "system");
    const tokens = found.reduce((sum, message) => sum + estimateTokens(message), 0);
    if (tokenBudget > 0 && totalTokens + tokens > tokenBudget) break;
    messages.unshift(...found);
    totalTokens += tokens;
  }
  return { messages, fileOps: fileOperations(messages), totalTokens };
}

interface Asked {
  model: Model;
  apiKey: string | undefined;
  headers: Record<string, string> | undefined;
  signal: AbortSignal | undefined;
  thinkingLevel: ThinkingLevel | undefined;
}

async function summarize(
  messages: readonly Message[],
  instructions: string,
  asked: Asked,
  previousSummary?: string,
): Promise<{ text: string; usage: Usage }> {
  const { model, apiKey, headers, signal, thinkingLevel } = asked;
  const earlier = previousSummary === undefined ? "" : `\n\n<previous-summary>\n${previousSummary}\n</previous-summary>`;
  const prompt = `<conversation>\n${conversationText(messages)}\n</conversation>${earlier}\n\n${instructions}`;
  const answer: AssistantMessage = await completeSimple(
    model,
    { messages: [{ role: "user", content: prompt, timestamp: Date.now() }] },
    {
      ...defined({ apiKey, headers, signal, reasoning: thinkingLevel }),
    },
  );
  if (answer.stopReason === "error" || answer.stopReason === "aborted" || answer.stopReason === "length") {
    throw new Error(`Summarization failed: ${answer.errorMessage ?? answer.stopReason}`);
  }
  return { text: textOf(answer.content), usage: answer.usage };
}

const withFocus = (instructions: string, focus: string | undefined): string =>
  focus === undefined || focus === "" ? instructions : `${instructions}\n\nAdditional focus: ${focus}`;

export function generateSummaryWithUsage(
  messages: readonly Message[],
  model: Model,
  _reserveTokens: number | undefined,
  apiKey: string | undefined,
  headers?: Record<string, string>,
  signal?: AbortSignal,
  customInstructions?: string,
  previousSummary?: string,
  thinkingLevel?: ThinkingLevel,
): Promise<{ text: string; usage: Usage }> {
  const instructions = previousSummary === undefined ? historyInstructions : updateInstructions;
  return summarize(
    messages,
    withFocus(instructions, customInstructions),
    { model, apiKey, headers, signal, thinkingLevel },
    previousSummary,
  );
}

export async function generateSummary(...args: Parameters<typeof generateSummaryWithUsage>): Promise<string> {
  return (await generateSummaryWithUsage(...args)).text;
}

/** The summary that a prepared compaction needs; the caller records it. */
export async function compact(
  preparation: CompactionPreparation,
  model: Model,
  apiKey: string | undefined,
  headers?: Record<string, string>,
  customInstructions?: string,
  signal?: AbortSignal,
  thinkingLevel?: ThinkingLevel,
): Promise<Pick<CompactionResult, "summary" | "firstKeptEntryId" | "tokensBefore"> & { details: FileLists }> {
  const { messagesToSummarize, turnPrefixMessages, isSplitTurn, previousSummary, firstKeptEntryId, tokensBefore } = preparation;
  const asked = { model, apiKey, headers, signal, thinkingLevel };
  const instructions = withFocus(previousSummary === undefined ? historyInstructions : updateInstructions, customInstructions);
  const parts: string[] = [];
  if (messagesToSummarize.length > 0) parts.push((await summarize(messagesToSummarize, instructions, asked, previousSummary)).text);
  else if (previousSummary !== undefined) parts.push(previousSummary);
  if (isSplitTurn && turnPrefixMessages.length > 0) {
    parts.push(turnPrefixHeading, (await summarize(turnPrefixMessages, turnPrefixInstructions, asked)).text);
  }
  const details = collectFileLists([...messagesToSummarize, ...turnPrefixMessages], []);
  return { summary: withFileLists(parts.join("\n\n"), details), firstKeptEntryId, tokensBefore, details };
}

export interface BranchSummaryOptions {
  model: Model;
  apiKey?: string;
  headers?: Record<string, string>;
  signal: AbortSignal;
  thinkingLevel?: ThinkingLevel;
  customInstructions?: string;
  /** The instructions stand alone. */
  replaceInstructions?: boolean;
  reserveTokens?: number;
}

export async function generateBranchSummary(
  entries: readonly AnyEntry[],
  options: BranchSummaryOptions,
): Promise<{ summary?: string; aborted?: boolean; error?: string } & Partial<FileLists>> {
  const { model, apiKey, headers, signal, thinkingLevel, customInstructions, replaceInstructions = false, reserveTokens = 16384 } = options;
  const { messages } = prepareBranchEntries(entries, Math.max(0, model.contextWindow - reserveTokens));
  if (messages.length === 0) return { summary: "No content to summarize" };
  const instructions =
    replaceInstructions && customInstructions !== undefined ? customInstructions : withFocus(branchInstructions, customInstructions);
  try {
    const { text } = await summarize(messages, instructions, { model, apiKey, headers, signal, thinkingLevel });
    const lists = collectFileLists(messages, []);
    return { summary: withFileLists(text, lists), ...lists };
  } catch (error) {
    return signal.aborted ? { aborted: true } : { error: error instanceof Error ? error.message : String(error) };
  }
}

function messageIn(entry: AnyEntry): Message | undefined {
  return entry.type === "message" ? (entry as EntryOf<"message">).message : undefined;
}
