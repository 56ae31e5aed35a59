// Runs the loop until it ends for good: an answer, a failure nobody can do anything about, an abort, a budget. Called by coding-session.
// The recoveries are a list, asked in order; each is an owner of its own (auto-retry, auto-compact).
// Invariant: `agent_end` comes before anything a recovery does; an abort ends every recovery.

import type { Agent } from "../../agent/agent.ts";
import type { LoopResult } from "../../agent/loop.ts";
import type { AgentEvent } from "../../contracts/agent-event.ts";
import type { Message } from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";
import type { Outcome } from "../../contracts/outcome.ts";
import type { Budget } from "../conversation/budget.ts";
import { runOutcome } from "./run-outcome.ts";

/** `again`: run on from the transcript as it stands now. `in_vain`: the next recovery may try. `stop`: the user wants no more of it. */
export type Verdict = "again" | "in_vain" | "stop";

export interface RecoveryPlan {
  /** What `agent_end` tells. */
  willRetry: boolean;
  carryOut(signal: AbortSignal): Promise<Verdict>;
}

/** One way to go on after a run that ended badly. */
export interface Recovery {
  /** What it would do about this result; nothing when that is not its business. Without effect. */
  plan(result: LoopResult): RecoveryPlan | undefined;
  /** The run is over for good: what was announced is brought to its end. */
  close?(result: LoopResult): Promise<void> | undefined;
}

export interface SettleDeps {
  agent: Agent;
  budget: Budget;
  recoveries: readonly Recovery[];
  /** In force. */
  model(): Model;
  emit(event: AgentEvent): Promise<void> | undefined;
  /** After an answer that is final, before the run counts as settled. */
  afterAnswer(signal: AbortSignal): Promise<void>;
  /** When nothing is left to do; true: one more answer is wanted. */
  beforeSettle(outcome: "completed" | "error"): Promise<boolean> | undefined;
}

export async function settleRun(prompts: readonly Message[], signal: AbortSignal, deps: SettleDeps): Promise<Outcome> {
  const { agent, budget, recoveries } = deps;
  let failed = { model: deps.model(), tries: 0 };
  for (let pending = prompts; ; ) {
    const result = await agent.run(pending, signal);
    const model = deps.model();
    const hasAnswered = result.messages.some((message) => message.role === "assistant" && message.stopReason !== "error");
    failed = { model, tries: hasAnswered || model !== failed.model ? 1 : failed.tries + 1 };
    const isAborted = signal.aborted;
    const planned = isAborted ? [] : recoveries.flatMap((recovery) => recovery.plan(result) ?? []);
    // Another try is another call: not beyond what may be spent.
    const isSpent = planned.length > 0 && budget.isReached();
    const plans = isSpent ? [] : planned;
    await deps.emit({ type: "agent_end", messages: result.messages, willRetry: plans[0]?.willRetry ?? false });
    const verdict = await firstHelp(plans, signal);
    if (verdict === "again" && !signal.aborted) {
      pending = [];
      continue;
    }
    for (const recovery of recoveries) await recovery.close?.(result);
    const ended = signal.aborted && !isAborted ? interrupted(result) : isSpent ? { ...result, isStopped: true } : result;
    const outcome = await runOutcome(ended, budget.stop, failed);
    const isAnswered = outcome.kind === "done" || outcome.kind === "length";
    if (isAnswered) await deps.afterAnswer(signal);
    if (signal.aborted || outcome.kind === "budget") return outcome;
    // What was queued after the loop had asked for the last time is still part of this run.
    const hasQueued = (): boolean => outcome.kind === "done" && agent.queuedCount > 0;
    const isWanted = !hasQueued() && (await deps.beforeSettle(isAnswered ? "completed" : "error")) === true;
    if (signal.aborted || (!isWanted && !hasQueued())) return outcome;
    if (budget.isReached()) return runOutcome({ ...result, isStopped: true }, budget.stop, failed);
    pending = hasQueued() ? agent.takeQueued() : [];
  }
}

async function firstHelp(plans: readonly RecoveryPlan[], signal: AbortSignal): Promise<Verdict> {
  for (const plan of plans) {
    const verdict = await plan.carryOut(signal);
    if (verdict !== "in_vain" || signal.aborted) return verdict;
  }
  return "in_vain";
}

/** An abort while something was being done about a failure is what ended the run, not that failure. */
function interrupted(result: LoopResult): LoopResult {
  return result.failure ? { ...result, failure: { code: "aborted", message: "Request was aborted" } } : result;
}
