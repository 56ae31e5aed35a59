// How a run ended, computed once from what the loop returned. Called when a run settles; text, last event, result record and exit status follow.

import type { LoopResult } from "../../agent/loop.ts";
import type { PiError } from "../../contracts/error.ts";
import type { AssistantMessage } from "../../contracts/message.ts";
import { textOf, toolCallsOf } from "../../contracts/message.ts";
import type { Outcome, OutcomeKind } from "../../contracts/outcome.ts";
import type { Denial } from "../../contracts/policy.ts";
import type { FailureCode, ModelFailure } from "../../contracts/stream-event.ts";
import type { BudgetStop } from "../conversation/budget.ts";

/** `maxOutputTokens` of the model that answered: an answer that used them up in silence met that limit and not the end of the window. */
export function runOutcome(result: LoopResult, stop: BudgetStop | undefined, maxOutputTokens: number): Outcome {
  const text = result.answer ? answerText(result.answer) : "";
  if (stop && (result.isStopped || result.failure?.code === "aborted")) return { kind: "budget", text, ...stop };
  if (result.failure) return failureOutcome(result.failure, text, result.answer);
  const answer = result.answer;
  if (answer?.stopReason === "length") {
    const isSilent = text.trim() === "" && toolCallsOf(answer).length === 0;
    if (isSilent && answer.usage.output < maxOutputTokens) {
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
  return { ...outcome, kind: "error", code: lost.code, message: lost.message, ...(lost.hint === undefined ? {} : { hint: lost.hint }) };
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

const outcomeOf: Partial<Record<FailureCode, OutcomeKind>> = {
  aborted: "aborted",
  overflow: "overflow",
  quota: "quota",
  stalled: "stalled",
};

const hintOf: Partial<Record<FailureCode, string>> = {
  auth: "Check the key (pi inspect names its source)",
  not_found: "Check the model's id and the base URL",
  image_overflow: "Start a new session, or give fewer or smaller pictures",
  overflow: "Start a new session, or use a model with a longer context",
  quota: "Wait for the reset, or name another model with --fallback-model",
  stalled: "Try again, or allow more with --stall model=DURATION",
};

function failureOutcome(failure: ModelFailure, text: string, answer: AssistantMessage | undefined): Outcome {
  const hint = failure.retryAt === undefined ? hintOf[failure.code] : hintOfReset(failure.retryAt);
  return {
    kind: outcomeOf[failure.code] ?? "error",
    text: answer === undefined ? "" : text,
    code: `model.${failure.code}`,
    message: failure.message,
    ...(hint === undefined ? {} : { hint }),
    ...(failure.retryAt === undefined ? {} : { retryAt: failure.retryAt }),
  };
}

function hintOfReset(retryAt: number): string {
  const moment = new Date(retryAt);
  // A service may tell a moment that no calendar has.
  const when = Number.isNaN(moment.getTime()) ? "later" : `after ${moment.toISOString()}`;
  return `Try again ${when}, or name another model with --fallback-model`;
}

/** Each text block ends in LF, as print mode shows it; the last LF is the printer's. */
export function answerText(answer: AssistantMessage): string {
  return textOf(answer.content);
}
