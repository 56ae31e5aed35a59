// Compaction that happens by itself: at the threshold (before a prompt, between turns, after a run) and as the recovery from an overflow.
// Called by coding-session. Invariant: it never loops: a pass that brought nothing is not made again, an overflow is answered once.

import type { LoopResult } from "../../agent/loop.ts";
import { isPiError } from "../../contracts/error.ts";
import { type AssistantMessage, textOf, toolCallsOf } from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";
import { estimateContext } from "../conversation/context-tokens.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { isWhole } from "../conversation/conversation.ts";
import type { CompactionSettings } from "../conversation/conversation-deps.ts";
import type { Recovery, RecoveryPlan, Verdict } from "../recovery/settle-run.ts";
import type { Compactor } from "./compact.ts";

interface Limits {
  thresholdTokens: number;
  keepRecentTokens: number;
  settings: TokenSettings & { enabled: boolean };
}

type TokenSettings = Pick<CompactionSettings, "reserveTokens" | "keepRecentTokens">;

export class AutoCompaction implements Recovery {
  isEnabled: boolean;
  readonly #conversation: Conversation;
  readonly #compactor: Compactor;
  readonly #settings: CompactionSettings;
  /** The last pass failed or was cancelled: not again before the next prompt. */
  #isPaused = false;
  /** Where the cut of a pass that freed nothing was. */
  #vainCut: string | undefined;
  #hasAnsweredOverflow = false;

  constructor(conversation: Conversation, compactor: Compactor) {
    this.#conversation = conversation;
    this.#compactor = compactor;
    this.#settings = conversation.deps.compaction;
    this.isEnabled = this.#settings.enabled;
  }

  /** A new prompt: what failed may be tried again. */
  begin(): void {
    this.#isPaused = false;
    this.#hasAnsweredOverflow = false;
  }

  /** A whole answer has come: a later overflow is another one. */
  answered(answer: AssistantMessage): void {
    if (!saysNothing(answer)) this.#hasAnsweredOverflow = false;
  }

  /** As they hold for the model in force. */
  get limits(): Limits {
    const { model } = this.#conversation;
    const settings = { ...settingsFor(this.#settings, model), enabled: this.isEnabled };
    return { ...compactionLimits(settings, model.contextWindow), settings };
  }

  /** Compacts if the window is nearly full. Never rejects: a failure is told by the events, and the run goes on. */
  async ifFull(signal: AbortSignal): Promise<void> {
    if (!this.isEnabled || this.#isPaused || signal.aborted || this.#conversation.budget.isReached()) return;
    const { limits } = this;
    if (this.#conversation.contextTokens().tokens <= limits.thresholdTokens) return;
    const plan = this.#compactor.isRunning ? undefined : await this.#compactor.plan(limits.keepRecentTokens);
    if (plan === undefined || plan.firstKeptEntryId === this.#vainCut) return;
    try {
      await this.#compactor.compact({ reason: "threshold", ...limits, signal });
    } catch (error) {
      this.#isPaused = true;
      if (isPiError(error) && error.code === "session.compaction_freed_nothing") this.#vainCut = plan.firstKeptEntryId;
    }
  }

  plan(result: LoopResult): RecoveryPlan | undefined {
    if (!this.isEnabled || this.#hasAnsweredOverflow || !isOverflow(result, this.#conversation.model.maxTokens)) return undefined;
    return { willRetry: false, carryOut: (signal) => this.#recover(signal) };
  }

  /** The answer that is none goes out of the context, then the rest is made shorter. */
  async #recover(signal: AbortSignal): Promise<Verdict> {
    this.#hasAnsweredOverflow = true;
    const { session, lastAnswerEntryId } = this.#conversation;
    if (lastAnswerEntryId !== undefined) {
      const entry = session.append({ type: "context_edit", targetId: lastAnswerEntryId, replacement: null });
      this.#conversation.reload();
      await this.#conversation.emit({ type: "entry_appended", entry });
    }
    // The window is smaller than it was thought to be: half of what is there is the most that can be kept.
    const half = Math.floor(estimateContext(this.#conversation.messages.filter((message) => message.role !== "system")) / 2);
    const { settings, ...limits } = this.limits;
    const keepRecentTokens = Math.min(limits.keepRecentTokens, half);
    if (signal.aborted || this.#compactor.isRunning || (await this.#compactor.plan(keepRecentTokens)) === undefined) return "in_vain";
    try {
      await this.#compactor.compact({ reason: "overflow", keepRecentTokens, settings, willRetry: true, signal });
      return "again";
    } catch {
      this.#isPaused = true;
      return "in_vain";
    }
  }
}

/** Said by the service, or shown by an answer that stopped for want of room before it said anything. */
function isOverflow({ failure, answer }: LoopResult, maxOutputTokens: number): boolean {
  if (failure) return failure.code === "overflow";
  return (
    answer !== undefined &&
    isWhole(answer) &&
    answer.stopReason === "length" &&
    saysNothing(answer) &&
    answer.usage.output < maxOutputTokens
  );
}

function saysNothing(answer: AssistantMessage): boolean {
  return textOf(answer.content).trim() === "" && toolCallsOf(answer).length === 0;
}

/** Each number by itself: the model's own, else that of all models. */
export function settingsFor(
  { reserveTokens, keepRecentTokens, modelOverrides }: Omit<CompactionSettings, "model">,
  { provider, id }: Pick<Model, "provider" | "id">,
): TokenSettings {
  return { reserveTokens, keepRecentTokens, ...modelOverrides?.[`${provider}/${id}`] };
}

/** A reserve larger than the window would make every prompt a compaction; what is kept must leave room for a summary. */
export function compactionLimits(
  { reserveTokens, keepRecentTokens }: TokenSettings,
  contextWindow: number,
): { thresholdTokens: number; keepRecentTokens: number } {
  if (!(contextWindow > 0)) return { thresholdTokens: Number.POSITIVE_INFINITY, keepRecentTokens };
  const thresholdTokens = reserveTokens < contextWindow ? contextWindow - reserveTokens : Math.floor(contextWindow / 2);
  return { thresholdTokens, keepRecentTokens: Math.min(keepRecentTokens, Math.floor(thresholdTokens / 2)) };
}
