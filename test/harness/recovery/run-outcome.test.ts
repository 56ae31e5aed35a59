import { describe, expect, test } from "vitest";
import type { LoopResult } from "../../../src/agent/loop.ts";
import type { FailureCode, ModelFailure } from "../../../src/contracts/stream-event.ts";
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
const runOutcome = (of: LoopResult, budgetStop: BudgetStop | undefined, maxTokens = 8000, tries = 1) =>
  outcomeOf(of, budgetStop, { model: { provider: "acme", maxTokens }, tries });
const stop = { code: "budget.turns" as const, message: "Stopped after 2 turns", hint: "Go on with -c" };

test("done, cut off, empty", async () => {
  expect(await runOutcome(result({ answer: assistantMessage("hi") }), undefined)).toEqual({ kind: "done", text: "hi" });
  expect(await runOutcome(result({ answer: assistantMessage("half", { stopReason: "length" }) }), undefined)).toMatchObject({
    kind: "length",
    text: "half",
    message: "Response was truncated: the model reached its output token limit.",
  });
  expect((await runOutcome(result({ answer: assistantMessage("", { stopReason: "length" }) }), undefined)).kind).toBe("overflow");
  expect((await runOutcome(result({ answer: assistantMessage("", { stopReason: "length" }) }), undefined, 0)).kind).toBe("length");
  const cutCall = assistantMessage([{ type: "toolCall", id: "1", name: "read", arguments: {} }], { stopReason: "length" });
  expect((await runOutcome(result({ answer: cutCall }), undefined)).kind).toBe("length");
  expect(await runOutcome(result({ answer: assistantMessage("") }), undefined)).toMatchObject({ kind: "error", code: "model.empty" });
  expect((await runOutcome(result({}), undefined)).kind).toBe("error");
});

test("failures: kind, code, hint, when to come back, what there is of the answer", async () => {
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
    const outcome = await runOutcome(
      result({ failure: { code, message: "m" }, answer: assistantMessage("half", { stopReason: "error" }) }),
      undefined,
    );
    expect(outcome).toMatchObject({ kind, code: `model.${code}`, message: expect.stringMatching(/m$/), text: "half" });
  }
  const quota = await runOutcome(result({ failure: { code: "quota", message: "m", retryAt: 5 } }), undefined);
  expect(quota).toMatchObject({ text: "", retryAt: 5, hint: expect.stringContaining("--fallback-model") });
});

test("a budget is the outcome when it is what ended the run", async () => {
  expect(await runOutcome(result({ isStopped: true, answer: assistantMessage("so far") }), stop)).toEqual({
    kind: "budget",
    text: "so far",
    ...stop,
  });
  expect((await runOutcome(result({ failure: { code: "aborted", message: "" } }), stop)).kind).toBe("budget");
  expect((await runOutcome(result({ answer: assistantMessage("done") }), stop)).kind).toBe("done");
  expect((await runOutcome(result({ failure: { code: "auth", message: "" } }), stop)).kind).toBe("error");
});

test("blanks are no answer", async () => {
  for (const text of [" ", "\n\t"]) {
    expect(await runOutcome(result({ answer: assistantMessage(text) }), undefined)).toMatchObject({
      kind: "error",
      code: "model.empty",
      text: "",
    });
  }
  expect(await runOutcome(result({ answer: assistantMessage("0") }), undefined)).toEqual({ kind: "done", text: "0" });
});

test("the moment to come back is in the hint, whatever the service calls one", async () => {
  const hintOf = async (retryAt: number): Promise<string | undefined> =>
    (await runOutcome(result({ failure: { code: "rate_limited", message: "429", retryAt } }), undefined)).hint;
  expect(await hintOf(Date.UTC(2030, 0, 2))).toContain("after 2030-01-02T00:00:00Z,");
  expect(await hintOf(1e300)).toMatch(/^Try again later/);
});

test("an answer without words is one where its tools have ended the run", async () => {
  const answer = assistantMessage("");
  expect(await runOutcome(result({ answer, isTerminated: true }), undefined)).toEqual({ kind: "done", text: "" });
  expect(await runOutcome(result({ answer }), undefined)).toMatchObject({ kind: "error", code: "model.empty" });
});

describe("a failure is told by who, what kind, the service's own sentence, and how often it was tried", () => {
  const told = async (failure: ModelFailure, tries = 1): Promise<string | undefined> =>
    (await runOutcome(result({ failure }), undefined, 8000, tries)).message;

  test.each<[ModelFailure, number, string]>([
    [
      { code: "rate_limited", message: '429 {"error":{"message":"Slow down."}}', status: 429 },
      4,
      "acme takes no more requests for now (429): Slow down; tried 4 times",
    ],
    [{ code: "auth", message: '401 {"detail":"No such key"}', status: 401 }, 1, "acme refused the key (401): No such key"],
    [
      { code: "overloaded", message: "529 status code (no body)", status: 529 },
      2,
      "acme failed, or has too much to do (529); tried 2 times",
    ],
    [{ code: "overloaded", message: '{"error":{"message":"Overloaded"}}' }, 1, "acme failed, or has too much to do: Overloaded"],
    [{ code: "overloaded", message: "502 502 Bad gateway", status: 502 }, 1, "acme failed, or has too much to do (502): 502 Bad gateway"],
    [
      { code: "network", message: "other side closed (UND_ERR)" },
      4,
      "acme gave no whole answer: other side closed (UND_ERR); tried 4 times",
    ],
    [{ code: "stalled", message: "acme/m sent nothing for 1 s" }, 1, "acme/m sent nothing for 1 s"],
    [{ code: "refusal", message: "The model refused to complete the request" }, 1, "The model refused to complete the request"],
    [
      { code: "network", message: "connect ECONNREFUSED 127.0.0.1:1", unreachable: { lacks: "listener", address: "127.0.0.1:1" } },
      1,
      "acme: nobody listens at 127.0.0.1:1",
    ],
    [
      { code: "network", message: "self signed certificate (10.0.0.1:443)", unreachable: { lacks: "trust", address: "10.0.0.1:443" } },
      1,
      "acme: the certificate of 10.0.0.1:443 is not trusted: self signed certificate",
    ],
    [
      { code: "network", message: "EPROTO", unreachable: { lacks: "tls", address: "localhost:1" } },
      1,
      "acme: what listens at localhost:1 speaks no TLS",
    ],
    [
      { code: "network", message: "getaddrinfo ENOTFOUND a.b (a.b:1)", unreachable: { lacks: "name", address: "a.b" } },
      2,
      "acme: there is no a.b in the network; tried 2 times",
    ],
    [
      { code: "bad_request", message: '400 {"error":{"message":"bad \\u001b[31mred\\u001b[0m\\u0007 thing"}}' },
      1,
      "acme refused the request (400): bad red thing",
    ],
  ])("%j", async (failure, tries, message) => {
    expect(await told(failure, tries)).toBe(message);
  });

  test("every kind has something to do about it, but what the user did or the model would not", async () => {
    for (const code of Object.keys(failureCodes) as FailureCode[]) {
      const { hint } = await runOutcome(result({ failure: { code, message: "m" } }), undefined);
      expect([code, hint !== undefined]).toEqual([code, code !== "aborted" && code !== "refusal"]);
    }
  });

  test("what the service answered is kept where it is told in other words; a long sentence is cut", async () => {
    const body = `400 ${JSON.stringify({ error: { message: "x".repeat(2000) } })}`;
    const long = await runOutcome(result({ failure: { code: "bad_request", message: body, status: 400 } }), undefined);
    expect(long.message?.length).toBeLessThan(600);
    expect(long.raw).toBe(body);
    expect(await runOutcome(result({ failure: { code: "network", message: "cut" } }), undefined)).not.toHaveProperty("raw");
  });
});

const failureCodes: Record<FailureCode, true> = {
  overloaded: true,
  rate_limited: true,
  quota: true,
  auth: true,
  not_found: true,
  bad_request: true,
  overflow: true,
  image_overflow: true,
  refusal: true,
  network: true,
  stalled: true,
  aborted: true,
};
