import { expect, onTestFinished, test, vi } from "vitest";
import { Budget } from "../../../src/harness/conversation/budget.ts";
import { codingBench } from "../../support/coding-bench.ts";
import { assistantMessage } from "../../support/messages.ts";
import { callsTools, hangs, says, usageOf } from "../../support/model-script.ts";

const now = (): number => Date.now();
const none = { maxTurns: 0, maxCostUsd: 0, timeoutMs: 0 };
const costing = (usd: number) => assistantMessage("x", { usage: usageOf({ input: usd * 1e6 }) });

test("no limits: never reached", () => {
  const budget = new Budget(none, now);
  for (let turn = 0; turn < 100; turn++) budget.count(costing(10), true);
  expect(budget.isReached()).toBe(false);
  expect(budget.stop).toBe(undefined);
});

test("turns, and what stopped the run is remembered", () => {
  const budget = new Budget({ ...none, maxTurns: 2 }, now);
  budget.count(costing(0), true);
  expect(budget.isReached()).toBe(false);
  budget.count(costing(0), true);
  expect(budget.isReached()).toBe(true);
  expect(budget.stop).toMatchObject({ code: "budget.turns", message: "Stopped after 2 turns (--max-turns 2)" });
});

test("a try that failed, or was aborted, is no turn and costs what it costs", () => {
  const budget = new Budget({ ...none, maxTurns: 1, maxCostUsd: 2 }, now);
  for (const stopReason of ["error", "aborted"] as const) {
    expect(budget.isReached()).toBe(false);
    budget.count({ ...costing(1), stopReason }, true);
  }
  expect(budget.isReached()).toBe(true);
  expect(budget.stop).toMatchObject({ code: "budget.cost" });
});

test("money: what is billed, summaries included; a subscription's is not", () => {
  const budget = new Budget({ ...none, maxCostUsd: 1 }, now);
  budget.count(costing(5), false);
  budget.spend(5, false);
  budget.count(costing(0.6), true);
  expect(budget.isReached()).toBe(false);
  budget.spend(0.4, true);
  expect(budget.isReached()).toBe(true);
  expect(budget.stop).toMatchObject({ code: "budget.cost", message: "Stopped after 1.0000 USD (--max-cost 1)" });
});

test("time: the clock is started once and stopped, and starts anew with a new run", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const budget = new Budget({ ...none, timeoutMs: 1000 }, now);
  const onTimeout = vi.fn();
  budget.startClock(onTimeout);
  budget.startClock(onTimeout);
  vi.advanceTimersByTime(5000);
  expect(onTimeout).toHaveBeenCalledTimes(1);
  expect(budget.stop).toMatchObject({ code: "budget.timeout", message: "Stopped after 1 s (--timeout)" });
  const patient = new Budget({ ...none, timeoutMs: 30 * 86_400_000 }, now);
  patient.startClock(onTimeout);
  vi.advanceTimersByTime(86_400_000);
  expect(patient.stop).toBe(undefined);
  patient.stopClock();
  const stopped = new Budget({ ...none, timeoutMs: 1000 }, now);
  stopped.startClock(onTimeout);
  stopped.stopClock();
  expect(vi.getTimerCount()).toBe(0);
  stopped.startClock(onTimeout);
  vi.advanceTimersByTime(900);
  stopped.begin();
  stopped.startClock(onTimeout);
  vi.advanceTimersByTime(900);
  expect(stopped.stop).toBe(undefined);
});

test("time: a limit that is longer than timers can be is kept to", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const dayMs = 86_400_000;
  const budget = new Budget({ ...none, timeoutMs: 60 * dayMs }, () => Date.now());
  const onTimeout = vi.fn();
  budget.startClock(onTimeout);
  vi.advanceTimersByTime(59 * dayMs);
  expect(onTimeout).not.toHaveBeenCalled();
  vi.advanceTimersByTime(dayMs);
  expect(onTimeout).toHaveBeenCalledTimes(1);
  expect(budget.stop).toMatchObject({ code: "budget.timeout" });
});

test("time that went by before a run is part of its limit, and of no other's", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const budget = new Budget({ ...none, timeoutMs: 1000 }, now);
  const onTimeout = vi.fn();
  budget.spendTime(700);
  // A clock that was set back.
  budget.spendTime(-5000);
  budget.begin();
  budget.startClock(onTimeout);
  vi.advanceTimersByTime(299);
  expect(onTimeout).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onTimeout).toHaveBeenCalledTimes(1);
  budget.begin();
  budget.startClock(onTimeout);
  vi.advanceTimersByTime(999);
  expect(onTimeout).toHaveBeenCalledTimes(1);
});

test("a run that reaches its turns ends in order, with what it has; queued messages stay", async () => {
  const { coding, script, told } = codingBench({ limits: { ...none, maxTurns: 2 } });
  script.next(callsTools([["1", "read", {}]]), callsTools([["2", "read", {}]]), says("never"));
  expect(await coding.prompt("go")).toMatchObject({ kind: "budget", code: "budget.turns" });
  expect(script.calls).toHaveLength(2);
  expect(told().slice(-3)).toEqual(["turn_end", "agent_end", "agent_settled"]);
  const queued = codingBench({ limits: { ...none, maxTurns: 1 } });
  queued.script.next(says("one"));
  queued.coding.queue.followUp("more");
  expect((await queued.coding.prompt("go")).kind).toBe("budget");
  expect(queued.coding.queue.count).toBe(1);
});

test("a run that ends by itself on its last turn is done", async () => {
  const { coding, script } = codingBench({ limits: { ...none, maxTurns: 1 } });
  script.next(says("one"));
  expect((await coding.prompt("go")).kind).toBe("done");
});

test("a run that takes too long is stopped, and says so", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { coding, script, events } = codingBench({ limits: { ...none, timeoutMs: 60_000 } });
  script.next(hangs());
  const running = coding.prompt("go");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await running).toMatchObject({ kind: "budget", code: "budget.timeout" });
  expect(events.at(-1)).toMatchObject({ type: "agent_settled" });
});
