import { expect, test } from "vitest";
import type { LoopResult } from "../../../src/agent/loop.ts";
import type { FailureCode } from "../../../src/contracts/stream-event.ts";
import type { BudgetStop } from "../../../src/harness/conversation/budget.ts";
import { runOutcome as outcomeOf } from "../../../src/harness/recovery/run-outcome.ts";
import { assistantMessage } from "../../support/messages.ts";

const result = (changes: Partial<LoopResult>): LoopResult => ({
  messages: [],
  hasShownContent: false,
  isStopped: false,
  isTerminated: false,
  ...changes,
});
const runOutcome = (of: LoopResult, budgetStop: BudgetStop | undefined, maxOutputTokens = 8000) =>
  outcomeOf(of, budgetStop, maxOutputTokens);
const stop = { code: "budget.turns" as const, message: "Stopped after 2 turns", hint: "Go on with -c" };

test("done, cut off, empty", () => {
  expect(runOutcome(result({ answer: assistantMessage("hi") }), undefined)).toEqual({ kind: "done", text: "hi" });
  expect(runOutcome(result({ answer: assistantMessage("half", { stopReason: "length" }) }), undefined)).toMatchObject({
    kind: "length",
    text: "half",
    message: "Response was truncated: the model reached its output token limit.",
  });
  expect(runOutcome(result({ answer: assistantMessage("", { stopReason: "length" }) }), undefined).kind).toBe("overflow");
  expect(runOutcome(result({ answer: assistantMessage("", { stopReason: "length" }) }), undefined, 0).kind).toBe("length");
  const cutCall = assistantMessage([{ type: "toolCall", id: "1", name: "read", arguments: {} }], { stopReason: "length" });
  expect(runOutcome(result({ answer: cutCall }), undefined).kind).toBe("length");
  expect(runOutcome(result({ answer: assistantMessage("") }), undefined)).toMatchObject({ kind: "error", code: "model.empty" });
  expect(runOutcome(result({}), undefined).kind).toBe("error");
});

test("failures: kind, code, hint, when to come back, what there is of the answer", () => {
  const kinds: [FailureCode, string][] = [
    ["aborted", "aborted"],
    ["overflow", "overflow"],
    ["quota", "quota"],
    ["stalled", "stalled"],
    ["auth", "error"],
    ["network", "error"],
    ["refusal", "error"],
  ];
  for (const [code, kind] of kinds) {
    const outcome = runOutcome(
      result({ failure: { code, message: "m" }, answer: assistantMessage("half", { stopReason: "error" }) }),
      undefined,
    );
    expect(outcome).toMatchObject({ kind, code: `model.${code}`, message: "m", text: "half" });
  }
  const quota = runOutcome(result({ failure: { code: "quota", message: "m", retryAt: 5 } }), undefined);
  expect(quota).toMatchObject({ text: "", retryAt: 5, hint: expect.stringContaining("--fallback-model") });
});

test("a budget is the outcome when it is what ended the run", () => {
  expect(runOutcome(result({ isStopped: true, answer: assistantMessage("so far") }), stop)).toEqual({
    kind: "budget",
    text: "so far",
    ...stop,
  });
  expect(runOutcome(result({ failure: { code: "aborted", message: "" } }), stop).kind).toBe("budget");
  expect(runOutcome(result({ answer: assistantMessage("done") }), stop).kind).toBe("done");
  expect(runOutcome(result({ failure: { code: "auth", message: "" } }), stop).kind).toBe("error");
});

test("blanks are no answer", () => {
  for (const text of [" ", "\n\t"]) {
    expect(runOutcome(result({ answer: assistantMessage(text) }), undefined)).toMatchObject({
      kind: "error",
      code: "model.empty",
      text: "",
    });
  }
  expect(runOutcome(result({ answer: assistantMessage("0") }), undefined)).toEqual({ kind: "done", text: "0" });
});

test("the moment to come back is in the hint, whatever the service calls one", () => {
  const hintOf = (retryAt: number): string | undefined =>
    runOutcome(result({ failure: { code: "rate_limited", message: "429", retryAt } }), undefined).hint;
  expect(hintOf(Date.UTC(2030, 0, 2))).toContain("2030-01-02T00:00:00.000Z");
  expect(hintOf(1e300)).toMatch(/^Try again later/);
});

test("an answer without words is one where its tools have ended the run", () => {
  const answer = assistantMessage("");
  expect(runOutcome(result({ answer, isTerminated: true }), undefined)).toEqual({ kind: "done", text: "" });
  expect(runOutcome(result({ answer }), undefined)).toMatchObject({ kind: "error", code: "model.empty" });
});
