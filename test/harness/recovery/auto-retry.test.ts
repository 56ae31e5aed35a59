import { expect, onTestFinished, test, vi } from "vitest";
import type { FailureCode } from "../../../src/contracts/stream-event.ts";
import { retryDelayMs, waitFor } from "../../../src/harness/conversation/retry-delay.ts";
import { codingBench, nextEvent } from "../../support/coding-bench.ts";
import { callsTools, failed, fails, says } from "../../support/model-script.ts";

const settings = { enabled: true, maxRetries: 3, baseDelayMs: 2000, maxDelayMs: 60_000 };
const clock = { now: () => 1_000_000, random: () => 0 };
const delay = (code: FailureCode, attempt = 1, retryAt?: number, changes = {}) =>
  retryDelayMs({ code, message: "", ...(retryAt === undefined ? {} : { retryAt }) }, attempt, { ...settings, ...changes }, clock);

test("delays double up to the cap; the number of retries is limited", () => {
  expect([1, 2, 3, 4].map((attempt) => delay("overloaded", attempt))).toEqual([2000, 4000, 8000, undefined]);
  expect(delay("network", 3, undefined, { maxDelayMs: 5000 })).toBe(5000);
  expect(delay("network", 1, undefined, { enabled: false })).toBe(undefined);
  expect(retryDelayMs({ code: "network", message: "" }, 1, settings, { ...clock, random: () => 0.999 })).toBe(2200);
});

test("only what can pass by itself is tried again", () => {
  const codes: FailureCode[] = [
    "overloaded",
    "rate_limited",
    "network",
    "stalled",
    "quota",
    "auth",
    "not_found",
    "bad_request",
    "overflow",
    "refusal",
    "aborted",
  ];
  expect(codes.filter((code) => delay(code) !== undefined)).toEqual(["overloaded", "rate_limited", "network", "stalled"]);
});

test("the service's own word wins, below and above the step; beyond the cap the failure is final", () => {
  expect(delay("rate_limited", 1, 1_000_500)).toBe(500);
  expect(delay("rate_limited", 1, 1_030_000)).toBe(30_000);
  expect(delay("rate_limited", 1, 999_000)).toBe(0);
  expect(delay("rate_limited", 1, 1_060_001)).toBe(undefined);
});

test("waiting ends with the time or with the signal, and leaves nothing behind", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const abort = new AbortController();
  const passed = waitFor(1000, abort.signal);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await passed).toBe(true);
  const cut = waitFor(1000, abort.signal);
  abort.abort();
  expect(await cut).toBe(false);
  expect(await waitFor(1000, abort.signal)).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test("order of events; the failed answer stays in the file and is not sent again", async () => {
  const { coding, script, told, events, session } = codingBench();
  const waiting: boolean[] = [];
  coding.subscribe(({ type }) => {
    if (type === "auto_retry_start" || type === "auto_retry_end") waiting.push(coding.retry.isWaiting);
  });
  script.next(fails("overloaded", "529 busy"), fails("rate_limited", "429"), says("fine"));
  expect(await coding.prompt("go")).toMatchObject({ kind: "done", text: "fine" });
  expect(told()).toEqual([
    ...["agent_start", "turn_start", "system", "user", "assistant", "turn_end", "agent_end", "auto_retry_start"],
    ...["agent_start", "turn_start", "assistant", "turn_end", "agent_end", "auto_retry_start"],
    ...["agent_start", "turn_start", "assistant", "auto_retry_end", "turn_end", "agent_end", "agent_settled"],
  ]);
  expect(events.filter(({ type }) => type === "agent_end").map((event) => "willRetry" in event && event.willRetry)).toEqual([
    true,
    true,
    false,
  ]);
  expect(events.find(({ type }) => type === "auto_retry_start")).toEqual({
    type: "auto_retry_start",
    attempt: 1,
    maxAttempts: 3,
    delayMs: 0,
    errorMessage: "529 busy",
  });
  expect(events.find(({ type }) => type === "auto_retry_end")).toEqual({ type: "auto_retry_end", success: true, attempt: 2 });
  expect(coding.retry.count).toBe(2);
  expect(waiting).toEqual([true, true, false]);
  expect(session.entries().filter((entry) => JSON.stringify(entry).includes('"stopReason":"error"'))).toHaveLength(2);
  expect(script.calls.at(-1)?.request.messages).toHaveLength(1);
});

test("given up: after the last retry, or when another failure is final", async () => {
  for (const last of [fails("overloaded", "still"), fails("auth", "401")]) {
    const { coding, script, events } = codingBench({ retry: { maxRetries: 1 } });
    script.next(fails("overloaded"), last);
    expect((await coding.prompt("go")).kind).toBe("error");
    expect(events.at(-2)).toMatchObject({
      type: "auto_retry_end",
      success: false,
      attempt: 1,
      finalError: expect.stringMatching(/still|401/),
    });
    expect(events.filter(({ type }) => type === "auto_retry_start")).toHaveLength(1);
  }
});

test("the count begins anew after an answer in the same run", async () => {
  const { coding, script, events } = codingBench({ retry: { maxRetries: 1 } });
  script.next(fails("network"), callsTools([["1", "read", {}]]), fails("network"), says("end"));
  expect((await coding.prompt("go")).text).toBe("end");
  expect(events.filter(({ type }) => type === "auto_retry_start")).toMatchObject([{ attempt: 1 }, { attempt: 1 }]);
});

test("turned off, and a stalled answer of which something is out: final", async () => {
  const off = codingBench({ retry: { enabled: false } });
  off.script.next(fails("overloaded"));
  expect((await off.coding.prompt("go")).kind).toBe("error");
  off.coding.retry.isEnabled = true;
  off.script.next(fails("overloaded"), says("ok"));
  expect((await off.coding.prompt("go")).kind).toBe("done");
  const stalled = codingBench();
  stalled.script.next(() => [
    { type: "text_start", contentIndex: 0 },
    { type: "text_delta", contentIndex: 0, delta: "half" },
    failed("stalled", "silent"),
  ]);
  expect(await stalled.coding.prompt("go")).toMatchObject({ kind: "stalled", text: "half" });
  const silent = codingBench();
  silent.script.next(fails("stalled"), says("ok"));
  expect((await silent.coding.prompt("go")).kind).toBe("done");
});

test("abort_retry ends the delay with the failure; abort ends the run as aborted", async () => {
  for (const how of ["retry", "run"] as const) {
    const { coding, script, events } = codingBench({ retry: { baseDelayMs: 50_000 } });
    script.next(fails("overloaded", "529 busy"));
    const running = coding.prompt("go");
    await nextEvent(coding, "auto_retry_start");
    void (how === "run" ? coding.abort() : coding.retry.abort());
    expect(await running).toMatchObject(
      how === "run" ? { kind: "aborted" } : { kind: "error", code: "model.overloaded", message: expect.stringMatching(/\(529\): busy$/) },
    );
    expect(events.at(-2)).toEqual({ type: "auto_retry_end", success: false, attempt: 1, finalError: "Retry cancelled" });
    expect(events.at(-1)).toEqual({ type: "agent_settled", aborted: how === "run", outcome: how === "run" ? "aborted" : "error" });
    expect(script.calls).toHaveLength(1);
  }
});

test("a listener that ends the retry the moment it hears of it", async () => {
  const { coding, script } = codingBench({ retry: { baseDelayMs: 50_000 } });
  script.next(fails("overloaded"));
  coding.subscribe((event) => {
    if (event.type === "auto_retry_start") coding.retry.abort();
  });
  expect((await coding.prompt("go")).kind).toBe("error");
});
