import { expect, test } from "vitest";
import type { LoopResult } from "../../src/agent/loop.ts";
import type { AgentEvent } from "../../src/contracts/agent-event.ts";
import type { FailureCode, ModelFailure } from "../../src/contracts/stream-event.ts";
import { RetryRecovery, type RetrySettings, retryDelayMs, waitFor } from "../../src/harness/auto-retry.ts";

const settings: RetrySettings = { enabled: true, maxRetries: 3, baseDelayMs: 2000, maxDelayMs: 60_000 };
const clock = { now: () => 100_000, random: () => 0.5 };
const failureOf = (code: FailureCode, values: Partial<ModelFailure> = {}): ModelFailure => ({ code, message: code, ...values });
const result = (failure: ModelFailure | undefined, hasShownContent = false): LoopResult => ({
  messages: [],
  hasShownContent,
  isStopped: false,
  ...(failure === undefined ? {} : { failure }),
});

test.each<[FailureCode, boolean]>([
  ["overloaded", true],
  ["rate_limited", true],
  ["network", true],
  ["stalled", true],
  ["quota", false],
  ["auth", false],
  ["not_found", false],
  ["bad_request", false],
  ["overflow", false],
  ["refusal", false],
  ["aborted", false],
])("%s: tried again %s", (code, isRetried) => {
  expect(retryDelayMs(failureOf(code), 1, settings, clock) !== undefined).toBe(isRetried);
});

test("the steps double up to the cap, with a little more by chance, never less", () => {
  const delays = [1, 2, 3].map((attempt) => retryDelayMs(failureOf("overloaded"), attempt, settings, clock));
  expect(delays).toEqual([2100, 4200, 8400]);
  expect(retryDelayMs(failureOf("overloaded"), 3, { ...settings, maxDelayMs: 5000 }, { ...clock, random: () => 0 })).toBe(5000);
  expect(retryDelayMs(failureOf("overloaded"), 4, settings, clock)).toBeUndefined();
  expect(retryDelayMs(failureOf("overloaded"), 1, { ...settings, enabled: false }, clock)).toBeUndefined();
});

test("the service's own word wins, up to the cap and not beyond", () => {
  const told = (retryAt: number): number | undefined => retryDelayMs(failureOf("rate_limited", { retryAt }), 1, settings, clock);
  expect(told(107_000)).toBe(7000);
  expect(told(99_000)).toBe(0);
  expect(told(160_000)).toBe(60_000);
  expect(told(160_001)).toBeUndefined();
});

test("an answer of which something was shown is not begun again after silence; after a cut it is, announced", () => {
  const retry = new RetryRecovery(settings, clock, () => undefined);
  expect(retry.plan(result(failureOf("stalled"), true))).toBeUndefined();
  expect(retry.plan(result(failureOf("stalled"), false))).toMatchObject({ willRetry: true });
  expect(retry.plan(result(failureOf("network"), true))).toMatchObject({ willRetry: true });
  expect(retry.plan(result(undefined))).toBeUndefined();
});

test("each start has its end: success, cancellation, giving up", async () => {
  const events: AgentEvent[] = [];
  const retry = new RetryRecovery({ ...settings, baseDelayMs: 0 }, clock, async (event) => void events.push(event));
  const never = new AbortController().signal;
  const failed = result(failureOf("overloaded", { retryAt: 100_000 }));
  expect(await retry.plan(failed)?.carryOut(never)).toBe("again");
  expect(await retry.plan(failed)?.carryOut(never)).toBe("again");
  await retry.answered();
  await retry.answered();
  expect(await retry.plan(failed)?.carryOut(AbortSignal.abort())).toBe("stop");
  expect(await retry.plan(failed)?.carryOut(never)).toBe("again");
  await retry.close(result(failureOf("auth")));
  await retry.close(result(failureOf("auth")));
  expect(events.map((event) => ("attempt" in event ? [event.type, event.attempt] : []))).toEqual([
    ["auto_retry_start", 1],
    ["auto_retry_start", 2],
    ["auto_retry_end", 2],
    ["auto_retry_start", 1],
    ["auto_retry_end", 1],
    ["auto_retry_start", 1],
    ["auto_retry_end", 1],
  ]);
  expect(events.filter((event) => event.type === "auto_retry_end")).toMatchObject([
    { success: true },
    { success: false, finalError: "Retry cancelled" },
    { success: false, finalError: "auth" },
  ]);
  expect(events[0]).toMatchObject({ maxAttempts: 3, delayMs: 0, errorMessage: "overloaded", retryAt: 100_000 });
  expect(retry.count).toBe(4);
});

test("the delay ends by the caller's word", async () => {
  const retry = new RetryRecovery({ ...settings, baseDelayMs: 50_000 }, clock, (event) => {
    if (event.type === "auto_retry_start") retry.abort();
    return undefined;
  });
  expect(await retry.plan(result(failureOf("network")))?.carryOut(new AbortController().signal)).toBe("stop");
  expect(await waitFor(0, new AbortController().signal)).toBe(true);
});
