// One pass of compaction: cut, summaries, entry, the context anew. Called by compact.
// Invariant: nothing but what was spent is recorded unless the whole pass succeeded.

import type { CompactionReason, CompactionResult } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { CompactionPreparation, ExtensionCompaction } from "../../contracts/extension-event.ts";
import type { Message, SystemMessage } from "../../contracts/message.ts";
import type { FileLists } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import { addUsage, emptyUsage } from "../../contracts/usage.ts";
import { contextTokens, estimateContext } from "../conversation/context-tokens.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { systemStateOf } from "../conversation/system-prompt.ts";
import { type CompactionPlan, planCompaction } from "./compaction-plan.ts";
import { collectFileLists, fileListsIn, fileOperations, withFileLists, withoutFileLists } from "./file-lists.ts";
import { cancelled, type Spent, type SummaryJob, summarize } from "./summarizer.ts";
import { historyInstructions, turnPrefixHeading, turnPrefixInstructions, updateInstructions } from "./summary-prompts.ts";

export interface CompactionRequest {
  reason: CompactionReason;
  keepRecentTokens: number;
  /** What extensions are told of. */
  settings: CompactionPreparation["settings"];
  customInstructions?: string;
  /** What the end event tells when it succeeds. */
  willRetry?: boolean;
  /** Above so many tokens a pass that frees nothing counts as failed: it would be made again and again. */
  thresholdTokens?: number;
}

/**
 * @throws PiError `session.nothing_to_compact`, `session.compaction_cancelled`, `session.summarization_failed`,
 * `session.compaction_freed_nothing`.
 */
export async function compactOnce(request: CompactionRequest, signal: AbortSignal, conversation: Conversation): Promise<CompactionResult> {
  const { session } = conversation;
  const context = session.context();
  const plan = planCompaction(context, request.keepRecentTokens);
  if (plan === undefined) throw nothingToCompact(context.messages);
  const spent: Spent[] = [];
  try {
    const tokensBefore = contextTokens(context.messages, context.edited).tokens;
    const given = await askedOf(conversation, plan, request, tokensBefore, signal);
    const { summary, details } = given ?? (await summarizePlan(plan, request, signal, conversation, spent));
    const checkpoint = systemCheckpoint(context.messages, conversation.deps.clock.now());
    const after: Message[] = [{ role: "compactionSummary", summary, tokensBefore, timestamp: 0 }, ...plan.kept];
    if (checkpoint) after.unshift(checkpoint);
    const estimatedTokensAfter = estimateContext(after);
    if (
      estimatedTokensAfter > (request.thresholdTokens ?? Number.POSITIVE_INFINITY) &&
      estimatedTokensAfter >= estimateContext(context.messages)
    ) {
      throw freedNothing(estimatedTokensAfter);
    }
    const { firstKeptEntryId = plan.firstKeptEntryId } = given ?? {};
    const usage = given === undefined ? spent.map((one) => one.usage).reduce(addUsage) : (given.usage ?? emptyUsage());
    session.append({
      type: "compaction",
      summary,
      firstKeptEntryId,
      tokensBefore,
      details,
      usage,
      ...(given === undefined ? {} : { fromHook: true }),
      ...(checkpoint ? { systemMessage: checkpoint } : {}),
    });
    conversation.reload();
    return { summary, firstKeptEntryId, tokensBefore, estimatedTokensAfter, usage, details };
  } catch (error) {
    // Paid for, though nothing came of it.
    for (const { model, usage } of spent) {
      if (usage.totalTokens > 0) session.append({ type: "usage", kind: "compaction", provider: model.provider, model: model.id, usage });
    }
    throw error;
  }
}

/** A summary of an extension's, where one has it. @throws PiError `session.compaction_cancelled` where one will have none. */
async function askedOf(
  { deps, session }: Conversation,
  plan: CompactionPlan,
  { reason, customInstructions, settings, willRetry = false }: CompactionRequest,
  tokensBefore: number,
  signal: AbortSignal,
): Promise<ExtensionCompaction | undefined> {
  if (deps.interceptor?.beforeCompact === undefined) return undefined;
  const { cancel, compaction } = await deps.interceptor.beforeCompact({
    preparation: {
      firstKeptEntryId: plan.firstKeptEntryId,
      messagesToSummarize: plan.history,
      turnPrefixMessages: plan.turnPrefix,
      isSplitTurn: plan.turnPrefix.length > 0,
      fileOps: fileOperations([...plan.history, ...plan.turnPrefix]),
      settings,
      tokensBefore,
      ...defined({ previousSummary: plan.previousSummary }),
    },
    branchEntries: session.branch(),
    ...defined({ customInstructions }),
    reason,
    willRetry,
    signal,
  });
  if (cancel === true || signal.aborted) throw cancelled();
  if (compaction !== undefined && typeof compaction.summary !== "string") {
    throw new PiError("extension.bad_compaction", "An extension's compaction has no text as its summary");
  }
  if (compaction !== undefined && !session.branchIds().includes(compaction.firstKeptEntryId)) {
    throw new PiError(
      "extension.bad_compaction",
      `An extension keeps the entry ${compaction.firstKeptEntryId}, which is not on this branch`,
    );
  }
  return compaction;
}

async function summarizePlan(
  plan: CompactionPlan,
  { reason, customInstructions: focus }: CompactionRequest,
  signal: AbortSignal,
  conversation: Conversation,
  spent: Spent[],
): Promise<{ summary: string; details: FileLists }> {
  const previousSummary = plan.previousSummary === undefined ? undefined : withoutFileLists(plan.previousSummary);
  const purpose = { source: "compaction" as const, reason };
  const write = (job: Omit<SummaryJob, "purpose">): Promise<string> =>
    summarize({ ...job, purpose, ...defined({ focus }) }, signal, conversation, spent);
  const parts: string[] = [];
  if (plan.history.length === 0) parts.push(...(previousSummary === undefined ? [] : [previousSummary]));
  else if (previousSummary === undefined) parts.push(await write({ messages: plan.history, instructions: historyInstructions }));
  else parts.push(await write({ messages: plan.history, instructions: updateInstructions, previousSummary }));
  if (plan.turnPrefix.length > 0) {
    const prefix = await write({ messages: plan.turnPrefix, instructions: turnPrefixInstructions });
    parts.push(parts.length > 0 ? `${turnPrefixHeading}\n\n${prefix}` : prefix);
  }
  if (signal.aborted) throw cancelled();
  const details = collectFileLists([...plan.history, ...plan.turnPrefix], earlierLists(plan, conversation));
  return { summary: withFileLists(parts.join("\n\n"), details), details };
}

/** An extension's summary has details of its own form. */
function earlierLists(plan: CompactionPlan, { session }: Conversation): FileLists[] {
  return plan.summaryEntryIds.flatMap((id) => {
    const entry = session.entry(id);
    return (isA(entry, "compaction") || isA(entry, "branch_summary")) && !entry.fromHook ? fileListsIn(entry.details) : [];
  });
}

function nothingToCompact(messages: readonly Message[]): PiError {
  const isCompacted = messages.at(-1)?.role === "compactionSummary";
  return new PiError("session.nothing_to_compact", isCompacted ? "Already compacted" : "Nothing to compact (session too small)");
}

function freedNothing(tokens: number): PiError {
  return new PiError("session.compaction_freed_nothing", `The summary is as long as what it replaces (${tokens} tokens afterwards)`, {
    hint: "Start a new session, or lower compaction.keep_recent_tokens",
  });
}

/** All that system messages say up to here, as one; nothing where they say nothing. */
export function systemCheckpoint(messages: readonly Message[], timestamp: number): SystemMessage | undefined {
  const state = systemStateOf(messages);
  const content = state.texts.join("\n\n");
  const toolsAdded = [...state.tools.values()];
  if (content === "" && state.sections.size === 0 && toolsAdded.length === 0) return undefined;
  return {
    role: "system",
    content,
    ...(state.sections.size > 0 ? { sections: Object.fromEntries(state.sections) } : {}),
    ...(toolsAdded.length > 0 ? { toolsAdded } : {}),
    timestamp,
  };
}
