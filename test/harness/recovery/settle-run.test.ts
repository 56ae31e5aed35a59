// A run from its prompt to its settling, by a scripted model: what is told, in which order, and what it ends as.

import { expect, onTestFinished, test, vi } from "vitest";
import type { Interceptor } from "../../../src/contracts/interceptor.ts";
import type { Model } from "../../../src/contracts/model.ts";
import type { StreamEvent } from "../../../src/contracts/stream-event.ts";
import type { FallbackSettings } from "../../../src/harness/conversation/recovery-settings.ts";
import { QuotaMemory } from "../../../src/harness/models/quota-memory.ts";
import { RunTally } from "../../../src/harness/run/run-tally.ts";
import { codingBench, nextEvent } from "../../support/coding-bench.ts";
import {
  callsTools,
  failed,
  fails,
  hangs,
  ModelScript,
  says,
  stopsShort,
  testModel,
  textEvents,
  usageOf,
} from "../../support/model-script.ts";

const read = callsTools([["1", "read", {}]]);

function scripted(...answers: Parameters<ModelScript["next"]>): ModelScript {
  return new ModelScript().next(...answers);
}

const fallingBackOn = (model: Model): FallbackSettings => ({
  models: async () => [{ model }],
  count: 1,
  quotas: new QuotaMemory("/nonexistent", () => 0),
  warn: () => undefined,
  now: () => 0,
});

test("a retry: the failed run ends before anything is done about it; one settling at the very end", async () => {
  const { coding, told } = codingBench({ script: scripted(fails("overloaded"), says("Fine")) });
  expect(await coding.prompt("hi")).toEqual({ kind: "done", text: "Fine" });
  expect(told()).toEqual([
    "agent_start",
    "turn_start",
    "system",
    "user",
    "assistant",
    "turn_end",
    "agent_end",
    "auto_retry_start",
    "agent_start",
    "turn_start",
    "assistant",
    "auto_retry_end",
    "turn_end",
    "agent_end",
    "agent_settled",
  ]);
});

test("the last event names the outcome", async () => {
  const { coding, events, script } = codingBench();
  const last = (): unknown => events.at(-1);
  script.next(says("Fine"), fails("quota"), stopsShort("Half"), fails("aborted"));
  await coding.prompt("1");
  expect(last()).toEqual({ type: "agent_settled", aborted: false, outcome: "done" });
  await coding.prompt("2");
  expect(last()).toEqual({ type: "agent_settled", aborted: false, outcome: "quota" });
  expect(coding.lastOutcome).toMatchObject({ kind: "quota", code: "model.quota" });
  await coding.prompt("3");
  expect(last()).toEqual({ type: "agent_settled", aborted: false, outcome: "length" });
  await coding.prompt("4");
  expect(last()).toEqual({ type: "agent_settled", aborted: true, outcome: "aborted" });
});

test("an abort in the delay before a retry is an abort and not the failure", async () => {
  const { coding, events } = codingBench({ script: scripted(fails("overloaded")), retry: { baseDelayMs: 60_000 } });
  const waiting = nextEvent(coding, "auto_retry_start");
  const running = coding.prompt("hi");
  await waiting;
  await coding.abort();
  expect(await running).toMatchObject({ kind: "aborted" });
  expect(events.findLast((event) => event.type === "auto_retry_end")).toMatchObject({ success: false, finalError: "Retry cancelled" });
  expect(events.at(-1)).toMatchObject({ type: "agent_settled", aborted: true });
});

test("a failure that an abort came before is not tried again, nor is another try told of", async () => {
  const { coding, script, told, events } = codingBench();
  script.next(() => {
    void coding.abort();
    return [failed("network", "the connection is gone")];
  });
  await coding.prompt("hi");
  expect(told().slice(-2)).toEqual(["agent_end", "agent_settled"]);
  expect(events.at(-2)).toMatchObject({ willRetry: false });
});

test("a failed call that has cost what the run may cost is the last one", async () => {
  const { coding, script, told } = codingBench({ limits: { maxTurns: 0, maxCostUsd: 0.5, timeoutMs: 0 } });
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0.5 };
  script.next(() => [{ type: "usage", usage: { ...usageOf({}), cost } }, failed("overloaded", "529 busy")], says("never asked"));
  expect(await coding.prompt("hi")).toMatchObject({ kind: "budget", code: "budget.cost" });
  expect(script.calls).toHaveLength(1);
  expect(told().slice(-2)).toEqual(["agent_end", "agent_settled"]);
});

test("a run that was aborted, or may spend no more, is over: nobody is asked whether it should go on", async () => {
  const asked: unknown[] = [];
  const interceptor: Interceptor = {
    name: "extensions",
    boundary: async (boundary, proposal) => {
      if (boundary.type === "agent_before_settle") asked.push(boundary.outcome);
      return proposal;
    },
  };
  const { coding, script } = codingBench({ interceptor, limits: { maxTurns: 1, maxCostUsd: 0, timeoutMs: 0 } });
  script.next(fails("aborted"), says("Fine"), read);
  await coding.prompt("1");
  await coding.prompt("2");
  expect(asked).toEqual(["error", "completed"]);
  expect(await coding.prompt("3")).toMatchObject({ kind: "budget" });
  script.next(() => {
    void coding.abort();
    return [failed("aborted", "Request was aborted")];
  });
  expect(await coding.prompt("4")).toMatchObject({ kind: "aborted" });
  expect(asked).toEqual(["error", "completed"]);
});

test("whoever wants one more answer gets it, but not beyond the limits of the run, nor behind an abort", async () => {
  let isAborting = false;
  const interceptor: Interceptor = {
    name: "extensions",
    boundary: async (boundary, proposal) => {
      const isLast = boundary.type === "agent_before_settle";
      if (isLast && isAborting) void coding.abort();
      return { ...proposal, continue: isLast };
    },
  };
  const { coding, script } = codingBench({ interceptor, limits: { maxTurns: 2, maxCostUsd: 0, timeoutMs: 0 } });
  script.next(says("one"), says("two"), says("three"), says("four"));
  expect(await coding.prompt("hi")).toMatchObject({ kind: "budget", code: "budget.turns", text: "two" });
  expect(script.calls).toHaveLength(2);
  isAborting = true;
  expect(await coding.prompt("hi")).toEqual({ kind: "done", text: "three" });
  expect(script.calls).toHaveLength(3);
});

test("what does not fit behind a failure is made shorter with the next prompt and not before", async () => {
  const { coding, script, told } = codingBench({ compaction: { keepRecentTokens: 1 } });
  script.next(says("Fine"), fails("auth"));
  await coding.prompt("1");
  await coding.prompt("long ".repeat(100_000));
  expect(told().slice(-2)).toEqual(["agent_end", "agent_settled"]);
});

test("abort_retry ends the run with the failure itself", async () => {
  const { coding } = codingBench({ script: scripted(fails("overloaded", "529 busy")), retry: { baseDelayMs: 60_000 } });
  const waiting = nextEvent(coding, "auto_retry_start");
  const running = coding.prompt("hi");
  await waiting;
  coding.retry.abort();
  expect(await running).toMatchObject({ kind: "error", message: expect.stringMatching(/\(529\): busy$/) });
});

test("how often a model was asked in vain: since its last answer, and of this model alone", async () => {
  const { coding, script } = codingBench({ script: scripted(fails("overloaded"), read, fails("overloaded"), fails("overloaded")) });
  script.next(fails("overloaded", "529 busy"), fails("overloaded", "529 busy"));
  expect((await coding.prompt("hi")).message).toMatch(/busy; tried 4 times$/);
  script.next(fails("auth", "401 no"));
  expect((await coding.prompt("hi")).message).toMatch(/no$/);
});

test("where nobody listens on this machine one try is enough", async () => {
  const { coding, script, events } = codingBench();
  const failure = { code: "network", message: "refused", unreachable: { lacks: "listener", address: "127.0.0.1:1" } } as const;
  script.next(() => [{ type: "failure", failure }], says("never asked"));
  expect(await coding.prompt("hi")).toMatchObject({ code: "model.network", message: expect.stringContaining("127.0.0.1:1") });
  expect(events.map((event) => event.type)).not.toContain("auto_retry_start");
});

test("a name that there is not is tried once more and no further", async () => {
  const { coding, script, events } = codingBench();
  const failure = { code: "network", message: "ENOTFOUND a.b", unreachable: { lacks: "name", address: "a.b" } } as const;
  script.next(
    () => [{ type: "failure", failure }],
    () => [{ type: "failure", failure }],
    says("never asked"),
  );
  expect(await coding.prompt("hi")).toMatchObject({ code: "model.network", message: expect.stringMatching(/ a\.b .*tried 2 times/) });
  expect(events.filter((event) => event.type === "auto_retry_start")).toHaveLength(1);
});

test("limits are those of a run; prompts that continue it share them", async () => {
  const { coding, script } = codingBench({ limits: { maxTurns: 2, maxCostUsd: 0, timeoutMs: 0 } });
  script.next(says("one"), says("two"), says("three"));
  expect(await coding.prompt("1")).toMatchObject({ kind: "done" });
  expect(await coding.prompt("2", { continuesRun: true })).toMatchObject({ kind: "done" });
  expect(await coding.prompt("3", { continuesRun: true })).toMatchObject({ kind: "budget", text: "two", code: "budget.turns" });
  expect(script.calls).toHaveLength(2);
  expect(await coding.prompt("4")).toEqual({ kind: "done", text: "three" });
});

test("a queued message beyond the limit stays queued", async () => {
  const { coding, script } = codingBench({ limits: { maxTurns: 1, maxCostUsd: 0, timeoutMs: 0 } });
  script.next(read);
  const asked = nextEvent(coding, "tool_execution_start");
  const running = coding.prompt("hi");
  await asked;
  coding.queue.followUp("and then");
  expect(await running).toMatchObject({ kind: "budget" });
  expect(coding.queue.count).toBe(1);
});

test("the clock stops what hangs, and starts anew with the next run", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { coding, script } = codingBench({ limits: { maxTurns: 0, maxCostUsd: 0, timeoutMs: 20 } });
  const begun = new Promise<void>((resolve) => script.next(hangs(resolve, textEvents("Half").slice(0, 2)), says("Fine")));
  const running = coding.prompt("hi");
  await begun;
  await vi.advanceTimersByTimeAsync(20);
  expect(await running).toMatchObject({ kind: "budget", text: "Half", code: "budget.timeout" });
  expect(await coding.prompt("again")).toMatchObject({ kind: "done", text: "Fine" });
});

test("an answer that must fit a schema: the repair is part of the run, interim answers are free", async () => {
  const outputSchema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
  const { coding, script, events } = codingBench({ outputSchema });
  script.next(says("Certainly."), says("{}"), says('{"n":1}'));
  expect(await coding.prompt("1", { isInterim: true })).toEqual({ kind: "done", text: "Certainly." });
  expect(await coding.prompt("2")).toEqual({ kind: "done", text: '{"n":1}', value: { n: 1 } });
  expect(events.filter((event) => event.type === "agent_settled")).toHaveLength(2);
  expect(script.calls.map((call) => call.request.outputSchema)).toEqual([outputSchema, outputSchema, outputSchema]);
  expect(script.prompts.at(-1)).toContain("must have required properties n");
});

test("a model that stays unavailable: the switch is in the file before it is told, with the level the new one takes", async () => {
  const other = { ...testModel, id: "other", reasoning: false };
  const script = scripted(fails("overloaded"), says("Fine"));
  const { coding, events, session } = codingBench({
    script,
    thinkingLevel: "high",
    retry: { enabled: false },
    fallback: fallingBackOn(other),
  });
  expect(await coding.prompt("hi")).toEqual({ kind: "done", text: "Fine" });
  const appended = events.flatMap((event) => (event.type === "entry_appended" ? [event.entry] : []));
  expect(appended).toMatchObject([{ type: "model_change", provider: "test", modelId: "other" }]);
  expect(session.entries().map((entry) => entry.id)).toContain(appended[0]?.id);
  expect(coding.conversation).toMatchObject({ thinkingLevel: "off", model: { id: "other" } });
});

test("retries of a model that is given up end before the switch; the next model has all of its own, and counts its own", async () => {
  const { coding, script, told, events } = codingBench({
    retry: { maxRetries: 1 },
    fallback: fallingBackOn({ ...testModel, id: "other" }),
  });
  script.next(fails("overloaded"), fails("overloaded", "529 busy"), fails("overloaded"), says("Fine"));
  expect(await coding.prompt("hi")).toEqual({ kind: "done", text: "Fine" });
  expect(told().filter((event) => /^(auto_retry|entry_appended)/.test(event))).toEqual([
    ...["auto_retry_start", "auto_retry_end", "entry_appended", "auto_retry_start", "auto_retry_end"],
  ]);
  expect(events.filter(({ type }) => type === "auto_retry_end")).toMatchObject([
    { success: false, attempt: 1, finalError: "529 busy" },
    { success: true, attempt: 1 },
  ]);
});

test("how often it was tried is told of the model that was asked last", async () => {
  const { coding, script } = codingBench({ retry: { maxRetries: 1 }, fallback: fallingBackOn({ ...testModel, id: "other" }) });
  script.next(fails("overloaded"), fails("overloaded"), fails("auth", "401 no"));
  expect((await coding.prompt("hi")).message).toMatch(/no$/);
});

test("the tally of a run: whole answers are turns, failed tries are retries, both cost", async () => {
  const spent: StreamEvent = {
    type: "usage",
    usage: {
      input: 10,
      output: 0,
      cacheRead: 0,
      cacheWrite: 0,
      totalTokens: 10,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 1 },
    },
  };
  let now = 100;
  const tally = new RunTally(() => now);
  const { coding, script } = codingBench();
  coding.subscribe((event) => tally.take(event));
  script.next(() => [spent, failed("overloaded", "529")], read, says("Fine", { input: 10, output: 5 }));
  const outcome = await coding.prompt("hi");
  now = 350;
  expect(tally.record({ ...outcome, retryAt: 7 }, coding)).toMatchObject({
    type: "result",
    outcome: "done",
    text: "Fine",
    sessionId: coding.session.id,
    model: "test/test-1",
    turns: 2,
    toolCalls: 1,
    durationMs: 250,
    retries: 1,
    retryAt: 7,
    usage: { input: 30, output: 10 },
    cost: expect.closeTo(1.00004, 6),
  });
  const bare = new RunTally(() => 0).record({ kind: "usage", text: "", code: "usage.bad_value", message: "m", hint: "h" }, undefined);
  expect(bare).toMatchObject({ outcome: "usage", turns: 0, cost: 0, error: { code: "usage.bad_value", message: "m", hint: "h" } });
  expect(Object.keys(bare)).not.toContain("sessionId");
});
