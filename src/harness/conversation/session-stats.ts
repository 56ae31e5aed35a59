// Counts and sums over a whole session file, and how full the window is. Called by coding-session (RPC `get_session_stats`).
// Invariant: everything that was paid for counts, also on branches left behind and in what a compaction replaced.

import { defined } from "../../contracts/defined.ts";
import { toolCallsOf } from "../../contracts/message.ts";
import type { AnyEntry } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import type { Usage } from "../../contracts/usage.ts";
import type { Conversation } from "./conversation.ts";

export interface ContextUsage {
  /** `null` after a compaction, until an answer has measured what is left. */
  tokens: number | null;
  contextWindow: number;
  /** Of 100. */
  percent: number | null;
}

export interface SessionStats {
  sessionFile?: string;
  sessionId: string;
  userMessages: number;
  assistantMessages: number;
  toolCalls: number;
  toolResults: number;
  /** Of every role. */
  totalMessages: number;
  tokens: { input: number; output: number; cacheRead: number; cacheWrite: number; total: number };
  /** USD. */
  cost: number;
  /** Absent when the model's window is not known. */
  contextUsage?: ContextUsage;
}

export function sessionStats(conversation: Conversation): SessionStats {
  const { session } = conversation;
  const contextUsage = usageOfWindow(conversation);
  return {
    ...defined({ sessionFile: session.filePath }),
    sessionId: session.id,
    ...countEntries(session.entries()),
    ...defined({ contextUsage }),
  };
}

/** `session.entries()` of any session. */
export function countEntries(entries: readonly AnyEntry[]): Omit<SessionStats, "sessionFile" | "sessionId" | "contextUsage"> {
  const counts = { userMessages: 0, assistantMessages: 0, toolCalls: 0, toolResults: 0, totalMessages: 0 };
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
  let cost = 0;
  for (const entry of entries) {
    if (isA(entry, "message")) {
      const { message } = entry;
      counts.totalMessages++;
      if (message.role === "user") counts.userMessages++;
      else if (message.role === "toolResult") counts.toolResults++;
      else if (message.role === "assistant") {
        counts.assistantMessages++;
        counts.toolCalls += toolCallsOf(message).length;
      }
    }
    const usage = usageIn(entry);
    if (usage === undefined) continue;
    for (const kind of ["input", "output", "cacheRead", "cacheWrite"] as const) {
      tokens[kind] += usage[kind] ?? 0;
      tokens.total += usage[kind] ?? 0;
    }
    cost += usage.cost?.total ?? 0;
  }
  return { ...counts, tokens, cost };
}

function usageIn(entry: AnyEntry): Usage | undefined {
  if (isA(entry, "message")) return "usage" in entry.message ? entry.message.usage : undefined;
  if (isA(entry, "compaction") || isA(entry, "branch_summary") || isA(entry, "usage")) return entry.usage;
  return undefined;
}

/** Nothing where the model's window is not known. */
export function usageOfWindow(conversation: Conversation): ContextUsage | undefined {
  const {
    messages,
    model: { contextWindow },
  } = conversation;
  if (!(contextWindow > 0)) return undefined;
  const { tokens, isMeasured } = conversation.contextTokens();
  if (!isMeasured && messages.some((message) => message.role === "compactionSummary")) {
    return { tokens: null, contextWindow, percent: null };
  }
  return { tokens, contextWindow, percent: (tokens / contextWindow) * 100 };
}
