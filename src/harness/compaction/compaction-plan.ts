// Where a conversation is cut in two: what a summary replaces, and what is kept word for word. Pure. Called by compact.
// Invariant: a tool call and its result are never on different sides of the cut.

import type { Message } from "../../contracts/message.ts";
import { toolCallsOf } from "../../contracts/message.ts";
import { estimateTokens } from "../conversation/context-tokens.ts";

export interface CompactionPlan {
  /** Summarised: whole turns. */
  history: Message[];
  /** Summarised by itself: the beginning of the turn the cut goes through. Empty when the cut lies between two turns. */
  turnPrefix: Message[];
  kept: Message[];
  firstKeptEntryId: string;
  /** Of the compaction before this one. */
  previousSummary?: string;
  /** Entries whose summaries are summarised again: the compaction before, branches left behind. */
  summaryEntryIds: string[];
}

/** `entryIds` is parallel to `messages`, as a session's context gives them. */
export interface CompactableContext {
  messages: readonly Message[];
  entryIds: readonly (string | undefined)[];
}

/** Nothing when there is nothing before the cut. */
export function planCompaction({ messages, entryIds }: CompactableContext, keepRecentTokens: number): CompactionPlan | undefined {
  const start = messages.findLastIndex((message) => message.role === "compactionSummary") + 1;
  const cut = cutIndex(messages, entryIds, start, keepRecentTokens);
  const firstKeptEntryId = cut === undefined ? undefined : entryIds[cut];
  if (cut === undefined || firstKeptEntryId === undefined) return undefined;
  const turnStart = startsTurn(messages[cut]) ? cut : messages.slice(start, cut).findLastIndex(startsTurn) + start;
  // A conversation that does not begin with a user's message (a cut before this one) has no turn to split.
  const historyEnd = turnStart < start ? cut : turnStart;
  const said = (from: number, to: number): Message[] => messages.slice(from, to).filter(isWorthSummarising);
  const history = said(start, historyEnd);
  const turnPrefix = said(historyEnd, cut);
  if (history.length === 0 && turnPrefix.length === 0) return undefined;
  const previous = messages[start - 1];
  const summaryEntryIds = entryIds.slice(0, cut).flatMap((id, at) => (id !== undefined && isSummary(messages[at]) ? id : []));
  return {
    history,
    turnPrefix,
    kept: messages.slice(cut).filter((message) => message.role !== "system"),
    firstKeptEntryId,
    ...(previous?.role === "compactionSummary" ? { previousSummary: previous.summary } : {}),
    summaryEntryIds,
  };
}

function isSummary(message: Message | undefined): boolean {
  return message?.role === "compactionSummary" || message?.role === "branchSummary";
}

function isWorthSummarising(message: Message): boolean {
  return message.role !== "system" && estimateTokens(message) > 0;
}

/** The later end of the kept range is the end; its beginning is the first sound place at which enough is kept. */
function cutIndex(
  messages: readonly Message[],
  entryIds: readonly (string | undefined)[],
  start: number,
  keepRecentTokens: number,
): number | undefined {
  const isInside = insideOfCalls(messages);
  const isSound = (at: number): boolean =>
    at >= start &&
    !isInside.has(at) &&
    entryIds[at] !== undefined &&
    messages[at]?.role !== "system" &&
    messages[at]?.role !== "toolResult";
  let at = messages.length;
  // At least the last thing said is kept, whatever its length.
  for (let keptTokens = 0; keptTokens < Math.max(1, keepRecentTokens); ) {
    if (--at < start) return undefined;
    const message = messages[at];
    if (message !== undefined && message.role !== "system") keptTokens += estimateTokens(message);
  }
  // Behind the last thing said there is nothing worth keeping.
  const end = messages.findLastIndex(isWorthSummarising);
  for (let later = at; later <= end; later++) if (isSound(later)) return later;
  for (let earlier = at; earlier >= start; earlier--) if (isSound(earlier)) return earlier;
  return undefined;
}

/** Positions at which a cut would leave a call without its result. */
function insideOfCalls(messages: readonly Message[]): Set<number> {
  const inside = new Set<number>();
  const calledAt = new Map<string, number>();
  for (const [at, message] of messages.entries()) {
    if (message.role === "assistant") for (const call of toolCallsOf(message)) calledAt.set(call.id, at);
    if (message.role !== "toolResult") continue;
    const from = calledAt.get(message.toolCallId);
    for (let between = (from ?? at) + 1; between <= at; between++) inside.add(between);
  }
  return inside;
}

function startsTurn(message: Message | undefined): boolean {
  return message?.role === "user" || message?.role === "custom" || message?.role === "bashExecution" || message?.role === "branchSummary";
}
