// How a run ended, computed once from what the loop returned. Called when a run settles; text, last event, result record and exit status follow.

import type { LoopResult } from "../../agent/loop.ts";
import { defined } from "../../contracts/defined.ts";
import type { PiError } from "../../contracts/error.ts";
import type { AssistantMessage } from "../../contracts/message.ts";
import { textOf, toolCallsOf } from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";
import type { Outcome } from "../../contracts/outcome.ts";
import type { Denial } from "../../contracts/policy.ts";
import type { BudgetStop } from "../conversation/budget.ts";

/** Of the model that answered, and how often it was asked in vain. */
export interface AskedModel {
  model: Pick<Model, "provider" | "maxTokens">;
  tries: number;
}

export async function runOutcome(result: LoopResult, stop: BudgetStop | undefined, { model, tries }: AskedModel): Promise<Outcome> {
  const text = result.answer ? answerText(result.answer) : "";
  if (stop && (result.isStopped || result.failure?.code === "aborted")) return { kind: "budget", text, ...stop };
  if (result.failure) {
    const { failureOutcome } = await import("./failure-outcome.ts");
    return failureOutcome(result.failure, { provider: model.provider, tries }, result.answer);
  }
  const answer = result.answer;
  if (answer?.stopReason === "length") {
    const isSilent = text.trim() === "" && toolCallsOf(answer).length === 0;
    // One that used up its tokens in silence met that limit and not the end of the window.
    if (isSilent && answer.usage.output < model.maxTokens) {
      return {
        kind: "overflow",
        text,
        code: "model.overflow",
        message: "The model stopped at a limit before it said anything: the conversation leaves it no room",
        hint: "Start a new session, or use a model with a longer context",
      };
    }
    return {
      kind: "length",
      text,
      code: "model.length",
      message: "Response was truncated: the model reached its output token limit.",
      ...(isSilent ? { hint: "It said nothing before: lower --thinking" } : {}),
    };
  }
  if (text.trim() === "" && !result.isTerminated)
    return { kind: "error", text: "", code: "model.empty", message: "The model gave an empty answer", hint: "Try again, or another model" };
  return { kind: "done", text };
}

/** Not being able to store anything from the start is the user's known situation (another code); losing the rest of a stored session is not. */
export const storageLostCode = "session.storage_lost";

/** An answer that is not in the session as it should be is no success, though it is an answer. */
export function withStorage(outcome: Outcome, lost: PiError | undefined): Outcome {
  if (outcome.kind !== "done" || lost?.code !== storageLostCode) return outcome;
  return { ...outcome, kind: "error", code: lost.code, message: lost.message, ...defined({ hint: lost.hint }) };
}

/** A run whose calls were all refused has done nothing of what it was to do, whatever the model says about that. */
export function withDenials(outcome: Outcome, denied: readonly Denial[], ranCalls: number): Outcome {
  const [first] = denied;
  if (outcome.kind !== "done" || first === undefined || ranCalls > 0) return outcome;
  const count = denied.length === 1 ? `${first.tool} was` : `${denied.length} tool calls were`;
  return {
    ...outcome,
    kind: "error",
    code: "tool.denied",
    message: `${count} refused: ${first.row}`,
    hint: "pi inspect --tool NAME says which row decides; --allow 'TOOL(PATTERN)' allows for one run",
  };
}

/** Each text block ends in LF, as print mode shows it; the last LF is the printer's. */
export function answerText(answer: AssistantMessage): string {
  return textOf(answer.content);
}
