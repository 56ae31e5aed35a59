import { expect, test } from "vitest";
import type { LoopResult } from "../../src/agent/loop.ts";
import type { AssistantMessage } from "../../src/contracts/message.ts";
import type { OutcomeKind } from "../../src/contracts/outcome.ts";
import { exitStatusOf } from "../../src/contracts/outcome.ts";
import type { FailureCode } from "../../src/contracts/stream-event.ts";
import { type BudgetStop, runOutcome } from "../../src/harness/run-outcome.ts";
import { assistant, testModel } from "../support/model-calls.ts";

const maxOutputTokens = 8000;
const stop: BudgetStop = { code: "budget.turns", message: "Stopped", hint: "Go on with -c" };

function answer(text: string, values: Partial<AssistantMessage> = {}, output = 5): AssistantMessage {
  const message = assistant(testModel(), text === "" ? [] : [{ type: "text", text }], values);
  return { ...message, usage: { ...message.usage, output } };
}

function ended(values: Partial<LoopResult>): LoopResult {
  return { messages: [], hasShownContent: false, isStopped: false, ...values };
}

test.each<[FailureCode, OutcomeKind]>([
  ["overloaded", "error"],
  ["rate_limited", "error"],
  ["quota", "quota"],
  ["auth", "error"],
  ["not_found", "error"],
  ["bad_request", "error"],
  ["overflow", "overflow"],
  ["refusal", "error"],
  ["network", "error"],
  ["stalled", "stalled"],
  ["aborted", "aborted"],
])("failure %s is %s", (code, kind) => {
  const outcome = runOutcome(ended({ answer: answer("Half", { stopReason: "error" }), failure: { code, message: "m" } }), undefined, 8000);
  expect(outcome).toMatchObject({ kind, text: "Half", code: `model.${code}`, message: "m" });
  expect(exitStatusOf[outcome.kind]).not.toBe(0);
});

test("the moment to come back is in the outcome and in its hint, whatever it is", () => {
  const failure = { code: "rate_limited", message: "429", retryAt: Date.UTC(2030, 0, 2) } as const;
  expect(runOutcome(ended({ failure }), undefined, 8000)).toMatchObject({
    retryAt: Date.UTC(2030, 0, 2),
    hint: expect.stringContaining("2030-01-02T00:00:00.000Z"),
  });
  expect(runOutcome(ended({ failure: { ...failure, retryAt: 1e300 } }), undefined, 8000).hint).toMatch(/^Try again later/);
});

test("nothing said is no success, blanks included", () => {
  for (const text of ["", " ", "\n\t"])
    expect(runOutcome(ended({ answer: answer(text) }), undefined, 8000)).toMatchObject({ kind: "error", code: "model.empty", text: "" });
  expect(runOutcome(ended({ answer: answer("0") }), undefined, 8000)).toEqual({ kind: "done", text: "0" });
});

test("length: with text, in silence up to the limit, in silence before it, with half a call", () => {
  const cut = (text: string, output: number, values: Partial<AssistantMessage> = {}): OutcomeKind =>
    runOutcome(ended({ answer: answer(text, { stopReason: "length", ...values }, output) }), undefined, maxOutputTokens).kind;
  expect(cut("Half", 20)).toBe("length");
  expect(cut("", maxOutputTokens)).toBe("length");
  expect(cut("", 20)).toBe("overflow");
  expect(cut("", 20, { content: [{ type: "toolCall", id: "1", name: "read", arguments: {} }] })).toBe("length");
});

test("a budget counts where it ended the run, and only there", () => {
  expect(runOutcome(ended({ answer: answer("Half"), isStopped: true }), stop, 8000)).toMatchObject({ kind: "budget", text: "Half" });
  const aborted = { code: "aborted", message: "Request was aborted" } as const;
  expect(runOutcome(ended({ failure: aborted }), stop, 8000)).toMatchObject({ kind: "budget", code: "budget.turns" });
  expect(runOutcome(ended({ answer: answer("All") }), stop, 8000)).toEqual({ kind: "done", text: "All" });
  expect(runOutcome(ended({ failure: { code: "auth", message: "401" } }), stop, 8000).kind).toBe("error");
});
