// One pass of compaction: cut, summaries, entry, the context anew. Called by coding-session (by hand) and auto-compact.
// Invariant: nothing is appended unless the whole pass succeeded; every `compaction_start` has its `compaction_end`.

import type { CompactionReason, CompactionResult } from "../contracts/agent-event.ts";
import { messageOf, PiError } from "../contracts/error.ts";
import type { Message, SystemMessage } from "../contracts/message.ts";
import type { FileLists } from "../contracts/session-entry.ts";
import { addUsage, type Usage } from "../contracts/usage.ts";
import { isA } from "../session/build-context.ts";
import { type CompactionPlan, planCompaction } from "./compaction-plan.ts";
import { contextTokens, estimateContext } from "./context-tokens.ts";
import type { Conversation } from "./conversation.ts";
import { collectFileLists, fileListsIn, withFileLists, withoutFileLists } from "./file-lists.ts";
import { cancelled, type Summary, summarize } from "./summarizer.ts";
import { historyInstructions, turnPrefixHeading, turnPrefixInstructions, updateInstructions } from "./summary-prompts.ts";
import { systemStateOf } from "./system-prompt.ts";

export interface CompactionRequest {
  reason: CompactionReason;
  keepRecentTokens: number;
  customInstructions?: string;
  /** What the end event tells when it succeeds. */
  willRetry?: boolean;
  /** Above so many tokens a pass that frees nothing counts as failed: it would be made again and again. */
  thresholdTokens?: number;
  signal?: AbortSignal;
}

export class Compactor {
  readonly #conversation: Conversation;
  #running: { abort: AbortController; done: Promise<unknown> } | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  abort(): void {
    this.#running?.abort.abort();
  }

  async settled(): Promise<void> {
    await this.#running?.done.catch(() => undefined);
  }

  /** Work of a summary's kind: one at a time, ended by `abort`. @throws PiError `session.busy_compaction`. */
  async exclusively<T>(work: (signal: AbortSignal) => Promise<T>, outer?: AbortSignal): Promise<T> {
    if (this.#running)
      throw new PiError("session.busy_compaction", "A compaction is already running", { hint: "Wait for it, or abort it" });
    const abort = new AbortController();
    const signal = outer ? AbortSignal.any([outer, abort.signal]) : abort.signal;
    // Begun a moment later, so that whoever the work tells of itself finds it running.
    const done = Promise.resolve()
      .then(() => work(signal))
      .finally(() => {
        this.#running = undefined;
      });
    this.#running = { abort, done };
    return done;
  }

  /** What a pass would do; nothing when there is nothing to be done. */
  plan(keepRecentTokens: number): CompactionPlan | undefined {
    return planCompaction(this.#conversation.session.context(), keepRecentTokens);
  }

  /**
   * @throws PiError `session.nothing_to_compact`, `session.compaction_cancelled`, `session.summarization_failed`,
   * `session.compaction_freed_nothing`, `session.busy_compaction`.
   */
  compact(request: CompactionRequest): Promise<CompactionResult> {
    return this.exclusively((signal) => this.#announced(request, signal), request.signal);
  }

  async #announced(request: CompactionRequest, signal: AbortSignal): Promise<CompactionResult> {
    const { emit, reason, willRetry = false } = { emit: this.#conversation.emit.bind(this.#conversation), ...request };
    await emit({ type: "compaction_start", reason });
    let result: CompactionResult;
    try {
      result = await this.#pass(request, signal);
    } catch (error) {
      const aborted = error instanceof PiError && error.code === "session.compaction_cancelled";
      const errorMessage = aborted ? {} : { errorMessage: `Compaction failed: ${messageOf(error)}` };
      await emit({ type: "compaction_end", reason, aborted, willRetry: false, ...errorMessage });
      throw error;
    }
    await emit({ type: "compaction_end", reason, result, aborted: false, willRetry });
    return result;
  }

  async #pass(request: CompactionRequest, signal: AbortSignal): Promise<CompactionResult> {
    const { session } = this.#conversation;
    const context = session.context();
    const plan = this.plan(request.keepRecentTokens);
    if (plan === undefined) throw nothingToCompact(this.#isCompacted());
    const tokensBefore = contextTokens(context.messages).tokens;
    const { summary, usage, details } = await this.#summarise(plan, request.customInstructions, signal);
    const checkpoint = systemCheckpoint(context.messages, this.#conversation.deps.clock.now());
    const after: Message[] = [
      ...(checkpoint ? [checkpoint] : []),
      { role: "compactionSummary", summary, tokensBefore, timestamp: 0 },
      ...plan.kept,
    ];
    const estimatedTokensAfter = estimateContext(after);
    const isVain = estimatedTokensAfter > (request.thresholdTokens ?? Number.POSITIVE_INFINITY);
    if (isVain && estimatedTokensAfter >= estimateContext(context.messages)) {
      this.#recordUsage(usage);
      throw new PiError(
        "session.compaction_freed_nothing",
        `The summary is as long as what it replaces (${estimatedTokensAfter} tokens afterwards)`,
        { hint: "Start a new session, or lower compaction.keep_recent_tokens" },
      );
    }
    const { firstKeptEntryId } = plan;
    session.append({
      type: "compaction",
      summary,
      firstKeptEntryId,
      tokensBefore,
      details,
      ...(usage ? { usage: usage.usage } : {}),
      ...(checkpoint ? { systemMessage: checkpoint } : {}),
    });
    this.#conversation.reload();
    return { summary, firstKeptEntryId, tokensBefore, estimatedTokensAfter, ...(usage ? { usage: usage.usage } : {}), details };
  }

  async #summarise(plan: CompactionPlan, focus: string | undefined, signal: AbortSignal) {
    const focused = focus === undefined ? {} : { focus };
    const previous = plan.previousSummary === undefined ? undefined : withoutFileLists(plan.previousSummary);
    const parts: string[] = [];
    const summaries: Summary[] = [];
    const add = async (job: Parameters<typeof summarize>[0]): Promise<string> => {
      try {
        const made = await summarize(job, signal, this.#conversation);
        summaries.push(made);
        return made.text;
      } catch (error) {
        // The first of two summaries is paid for, though nothing comes of it.
        this.#recordUsage(summed(summaries));
        throw error;
      }
    };
    if (plan.history.length > 0) {
      const instructions = previous === undefined ? historyInstructions : updateInstructions;
      parts.push(
        await add({ messages: plan.history, instructions, ...(previous === undefined ? {} : { previousSummary: previous }), ...focused }),
      );
    } else if (previous !== undefined) parts.push(previous);
    if (plan.turnPrefix.length > 0) {
      const prefix = await add({ messages: plan.turnPrefix, instructions: turnPrefixInstructions, ...focused });
      parts.push(parts.length > 0 ? `${turnPrefixHeading}\n\n${prefix}` : prefix);
    }
    if (signal.aborted) {
      this.#recordUsage(summed(summaries));
      throw cancelled();
    }
    const details = collectFileLists([...plan.history, ...plan.turnPrefix], this.#earlierLists(plan));
    return { summary: withFileLists(parts.join("\n\n"), details), usage: summed(summaries), details };
  }

  /** An extension's summary has details of its own form. */
  #earlierLists(plan: CompactionPlan): FileLists[] {
    return plan.summaryEntryIds.flatMap((id) => {
      const entry = this.#conversation.session.entry(id);
      return (isA(entry, "compaction") || isA(entry, "branch_summary")) && !entry.fromHook ? fileListsIn(entry.details) : [];
    });
  }

  #recordUsage(spent: Spent | undefined): void {
    if (spent === undefined) return;
    const { model, usage } = spent;
    this.#conversation.session.append({ type: "usage", kind: "compaction", provider: model.provider, model: model.id, usage });
  }

  #isCompacted(): boolean {
    return this.#conversation.messages.findLast((message) => message.role !== "system")?.role === "compactionSummary";
  }
}

type Spent = Pick<Summary, "usage" | "model">;

function summed(summaries: readonly Summary[]): Spent | undefined {
  const [first, ...others] = summaries;
  if (first === undefined) return undefined;
  return { model: first.model, usage: others.reduce<Usage>((sum, one) => addUsage(sum, one.usage), first.usage) };
}

function nothingToCompact(isCompacted: boolean): PiError {
  return new PiError("session.nothing_to_compact", isCompacted ? "Already compacted" : "Nothing to compact (session too small)");
}

/** All that system messages say up to here, as one; nothing where they say nothing. */
function systemCheckpoint(messages: readonly Message[], timestamp: number): SystemMessage | undefined {
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
