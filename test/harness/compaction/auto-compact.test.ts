import { expect, test } from "vitest";
import { textResult } from "../../../src/contracts/tool.ts";
import { compactionLimits } from "../../../src/harness/compaction/auto-compact.ts";
import { sessionStats } from "../../../src/harness/conversation/session-stats.ts";
import { codingBench, nextEvent, tool, transcriptOf } from "../../support/coding-bench.ts";
import { callsTools, fails, hangs, says, stopsShort } from "../../support/model-script.ts";

const small = { keepRecentTokens: 1 };
const full = { input: 90_000, output: 5 };

test("after a run that filled the window, before it counts as settled", async () => {
  const { coding, script, told, events } = codingBench({ compaction: small });
  script.next(says("one"), says("two", full), says("Summary"), says("Prefix"), says("three"));
  await coding.prompt("first");
  const before = told().length;
  const outcome = await coding.prompt("second");
  expect(outcome).toMatchObject({ kind: "done", text: "two" });
  expect(told().slice(before)).toEqual([
    ...["agent_start", "turn_start", "user", "assistant", "turn_end", "agent_end"],
    ...["compaction_start threshold", "compaction_end threshold", "agent_settled"],
  ]);
  expect(events.at(-2)).toMatchObject({ result: { tokensBefore: 90_005 }, aborted: false, willRetry: false });
  expect(sessionStats(coding.conversation).contextUsage).toEqual({ tokens: null, contextWindow: 100_000, percent: null });
  await coding.prompt("third");
  expect(sessionStats(coding.conversation).contextUsage).toEqual({ tokens: 15, contextWindow: 100_000, percent: 0.015 });
});

test("the threshold itself is not beyond it", async () => {
  const { coding, script, told } = codingBench({ compaction: small });
  script.next(
    says("one"),
    says("two", { totalTokens: 100_000 - 16_384 }),
    says("three", { totalTokens: 100_000 - 16_384 + 1 }),
    says("S"),
    says("P"),
  );
  await coding.prompt("first");
  await coding.prompt("second");
  expect(told()).not.toContain("compaction_start threshold");
  await coding.prompt("third");
  expect(told()).toContain("compaction_start threshold");
});

test("what an edit took out of the context counts no more", async () => {
  const { coding, session, script } = codingBench({ compaction: small });
  script.next(says("one"), says("two", { totalTokens: 60_000 }));
  await coding.prompt("first");
  await coding.prompt("second");
  const target = session.branchIds().at(-3) ?? "";
  session.append({ type: "context_edit", targetId: target, replacement: { content: "short" } });
  const { coding: reopened, script: next, told: heard } = codingBench({ session, compaction: small, window: { contextWindow: 70_000 } });
  expect(sessionStats(reopened.conversation).contextUsage?.tokens).toBeLessThan(2000);
  next.next(says("three", { totalTokens: 800 }));
  await reopened.prompt("third");
  expect(heard().filter((name) => name.startsWith("compaction"))).toEqual([]);
  expect(sessionStats(reopened.conversation).contextUsage?.tokens).toBe(800);
});

test("before a prompt, where the run before could not (another model, a reopened session)", async () => {
  const { coding, script, told } = codingBench({ compaction: small });
  script.next(says("one"), says("two", { input: 50_000, output: 0 }), says("S"), says("P"), says("three"));
  await coding.prompt("first");
  await coding.prompt("second");
  const before = told().length;
  coding.conversation.choices.setModel({ ...coding.conversation.model, contextWindow: 60_000 });
  await coding.prompt("third");
  expect(told().slice(before, before + 4)).toEqual(["compaction_start threshold", "compaction_end threshold", "agent_start", "turn_start"]);
});

test("between two turns of a run: the work goes on with the shorter context", async () => {
  const tools = [tool("read", async () => textResult("x".repeat(400)))];
  const { coding, script, told } = codingBench({ compaction: { keepRecentTokens: 10 }, tools });
  script.next(callsTools([["c1", "read", { path: "a" }]]), callsTools([["c2", "read", { path: "b" }]], full), says("Prefix"), says("done"));
  expect(await coding.prompt("first")).toMatchObject({ kind: "done", text: "done" });
  expect(told()).toEqual([
    ...["agent_start", "turn_start", "system", "user", "assistant", "tool_execution_start", "tool_execution_end", "toolResult", "turn_end"],
    ...["turn_start", "assistant", "tool_execution_start", "tool_execution_end", "toolResult", "turn_end"],
    ...["compaction_start threshold", "compaction_end threshold"],
    ...["turn_start", "assistant", "turn_end", "agent_end", "agent_settled"],
  ]);
  const sent = script.calls.at(-1)?.request.messages.map(({ role }) => role);
  expect(sent).toEqual(["user", "assistant", "toolResult"]);
  expect(transcriptOf(coding.conversation.messages).slice(2)).toEqual([
    "assistant: call read",
    `toolResult: ${"x".repeat(400)}`,
    "assistant: done",
  ]);
});

test("a steering message that comes during a compaction goes along with the next call; one after the answer is still of this run", async () => {
  const { coding, script } = codingBench({ compaction: { keepRecentTokens: 1 } });
  script.next(callsTools([["c1", "read", { path: "a" }]], full));
  script.next(() => {
    coding.queue.steer("meanwhile");
    return says("Prefix")({} as never);
  });
  script.next(says("one", full), (call) => {
    coding.queue.followUp("afterwards");
    return says("S")(call);
  });
  script.next(says("P"), says("two"));
  const outcome = await coding.prompt("first");
  expect(outcome.text).toBe("two");
  expect(script.prompts.at(-1)).toBe("afterwards");
  expect(coding.queue.count).toBe(0);
  expect(
    coding.session
      .entries()
      .flatMap((entry) => ("message" in entry ? [entry.message as never] : []))
      .filter(({ role }) => role === "user"),
  ).toHaveLength(3);
});

test("turned off: neither at the threshold nor on overflow", async () => {
  const { coding, script, told } = codingBench({ compaction: { ...small, enabled: false } });
  script.next(says("one"), says("two", full), fails("overflow", "too long"));
  await coding.prompt("first");
  await coding.prompt("second");
  expect((await coding.prompt("third")).kind).toBe("overflow");
  expect(told().filter((name) => /compaction|entry_appended/.test(name))).toEqual([]);
  expect(coding.compaction.isAutomatic).toBe(false);
});

test("a failure is told and the run goes on; not tried again before the next prompt", async () => {
  const { coding, script, events, told } = codingBench({ compaction: small });
  script.next(says("one"), callsTools([["c1", "read", { path: "a" }]], full), fails("bad_request", "no"), says("two", full));
  await coding.prompt("first");
  expect(await coding.prompt("second")).toMatchObject({ kind: "done", text: "two" });
  expect(events.filter(({ type }) => type === "compaction_end")).toEqual([
    {
      type: "compaction_end",
      reason: "threshold",
      aborted: false,
      willRetry: false,
      errorMessage: "Compaction failed: Summarization failed: no",
    },
  ]);
  script.next(fails("bad_request", "no"), says("three"));
  const before = told().length;
  expect(await coding.prompt("third")).toMatchObject({ kind: "done", text: "three" });
  expect(told().slice(before, before + 3)).toEqual(["compaction_start threshold", "compaction_end threshold", "agent_start"]);
});

test("a pass that frees nothing is an error, is not appended, and is not made again", async () => {
  const { coding, session, script, events, told } = codingBench({ compaction: small, window: { contextWindow: 17_000 } });
  script.next(says("one", { input: 900, output: 1 }), says("word ".repeat(3000)), says("two"));
  await coding.prompt("first");
  expect(events.at(-2)).toMatchObject({
    type: "compaction_end",
    errorMessage: expect.stringMatching(/^Compaction failed: The summary is as long as what it replaces \(\d+ tokens afterwards\)$/),
  });
  expect(session.entries().some(({ type }) => type === "compaction")).toBe(false);
  expect(session.entries().at(-1)).toMatchObject({ type: "usage", kind: "compaction" });
  const before = told().length;
  await coding.prompt("second");
  expect(told().slice(before)).not.toContain("compaction_start threshold");
  expect(script.calls).toHaveLength(3);
});

test("nothing to cut: no pass, no event, no loop", async () => {
  const { coding, script, told } = codingBench();
  script.next(says("one", full), says("two", full));
  await coding.prompt("first");
  await coding.prompt("second");
  expect(told().filter((name) => name.startsWith("compaction"))).toEqual([]);
});

const overflowOrder = [
  ...["agent_start", "turn_start", "user", "assistant", "turn_end", "agent_end", "entry_appended"],
  ...["compaction_start overflow", "compaction_end overflow"],
  ...["agent_start", "turn_start", "assistant", "turn_end", "agent_end", "agent_settled"],
];

test("overflow: the failed answer goes out of the context, the rest is compacted, the prompt asked again", async () => {
  const { coding, session, script, told, events } = codingBench();
  script.next(says("one"), fails("overflow", "400 prompt is too long: 5 tokens > 4 maximum"), says("Summary"), says("after"));
  await coding.prompt("first");
  const before = told().length;
  expect(await coding.prompt("second")).toMatchObject({ kind: "done", text: "after" });
  expect(told().slice(before)).toEqual(overflowOrder);
  expect(events.find(({ type }) => type === "compaction_end")).toMatchObject({ reason: "overflow", willRetry: true, aborted: false });
  expect(events.filter(({ type }) => type === "agent_end").map((event) => "willRetry" in event && event.willRetry)).toEqual([
    false,
    false,
    false,
  ]);
  const failed = session.entries().find((entry) => JSON.stringify(entry).includes("prompt is too long"));
  expect(events.find(({ type }) => type === "entry_appended")).toMatchObject({
    entry: { type: "context_edit", targetId: failed?.id, replacement: null },
  });
  expect(script.calls.at(-1)?.request.messages.map(({ role }) => role)).toEqual(["user", "user"]);
  expect(script.prompts.at(-1)).toBe("second");
  expect(session.context().messages).toEqual(coding.conversation.messages);
});

test("a length stop without a word is an overflow; one after using up the output limit is not", async () => {
  const { coding, script, told } = codingBench();
  script.next(says("one"), stopsShort(""), says("Summary"), says("after"));
  await coding.prompt("first");
  const before = told().length;
  expect((await coding.prompt("second")).text).toBe("after");
  expect(told().slice(before)).toEqual(overflowOrder);
  script.next(stopsShort("", { input: 10, output: 8_000 }));
  expect((await coding.prompt("third")).kind).toBe("length");
  expect(script.calls).toHaveLength(5);
});

test("overflow again at once: the outcome is the overflow, once is enough", async () => {
  for (const overflow of [fails("overflow", "too long"), stopsShort("")]) {
    const { coding, script, told } = codingBench();
    script.next(says("one"), overflow, says("Summary")).always(overflow);
    await coding.prompt("first");
    expect((await coding.prompt("second")).kind).toBe("overflow");
    expect(script.calls).toHaveLength(4);
    expect(told().filter((name) => name === "compaction_start overflow")).toHaveLength(1);
    expect(told().at(-1)).toBe("agent_settled");
  }
});

test("overflow of the first prompt: nothing to compact, the outcome stays", async () => {
  const { coding, script, told } = codingBench();
  script.next(fails("overflow", "too long"), says("shorter works"));
  expect(await coding.prompt("much too long")).toMatchObject({
    kind: "overflow",
    code: "model.overflow",
    message: expect.stringMatching(/: too long$/),
  });
  expect(told().slice(-3)).toEqual(["agent_end", "entry_appended", "agent_settled"]);
  expect((await coding.prompt("short")).kind).toBe("done");
});

test("the summary fails during an overflow: error event, overflow outcome, nothing lost", async () => {
  const { coding, script, events } = codingBench();
  script.next(says("one"), fails("overflow", "too long"), fails("bad_request", "no"), says("two"));
  await coding.prompt("first");
  expect((await coding.prompt("second")).kind).toBe("overflow");
  expect(events.at(-2)).toMatchObject({
    type: "compaction_end",
    willRetry: false,
    errorMessage: "Compaction failed: Summarization failed: no",
  });
  expect(transcriptOf(coding.conversation.messages)).toEqual(["system: ", "user: first", "assistant: one", "user: second"]);
});

test("an overflow after an answer is another one", async () => {
  const { coding, script, told } = codingBench();
  script.next(
    says("one"),
    fails("overflow"),
    says("S1"),
    callsTools([["c1", "read", { path: "a" }]]),
    fails("overflow"),
    says("S2"),
    says("end"),
  );
  await coding.prompt("first");
  expect((await coding.prompt("second")).text).toBe("end");
  expect(told().filter((name) => name === "compaction_start overflow")).toHaveLength(2);
});

test("abort and abortCompaction in an automatic compaction", async () => {
  for (const how of ["abort", "abortCompaction"] as const) {
    const { coding, script, events } = codingBench();
    script.next(says("one"), fails("overflow", "too long"), hangs());
    await coding.prompt("first");
    const started = nextEvent(coding, "compaction_start");
    const second = coding.prompt("second");
    await started;
    expect(coding.compaction.isRunning).toBe(true);
    expect(coding.isStreaming).toBe(true);
    void (how === "abort" ? coding.abort() : coding.compaction.abort());
    expect((await second).kind).toBe(how === "abort" ? "aborted" : "overflow");
    expect(events.at(-2)).toEqual({ type: "compaction_end", reason: "overflow", aborted: true, willRetry: false });
    expect(events.at(-1)).toEqual({ type: "agent_settled", aborted: how === "abort", outcome: how === "abort" ? "aborted" : "overflow" });
  }
});

test("abort in a compaction between turns and in one after the run", async () => {
  const { coding, script, events, session } = codingBench({ compaction: small });
  script.next(callsTools([["c1", "read", { path: "a" }]], full), hangs());
  const between = nextEvent(coding, "compaction_start");
  const first = coding.prompt("first");
  await between;
  await coding.abort();
  expect((await first).kind).toBe("aborted");
  expect(session.context().messages).toEqual(coding.conversation.messages);
  script.next(says("S"), says("two", full), hangs());
  const second = coding.prompt("second");
  await nextEvent(coding, "compaction_end");
  await nextEvent(coding, "compaction_start");
  await coding.abort();
  expect(await second).toMatchObject({ kind: "done", text: "two" });
  expect(events.at(-1)).toEqual({ type: "agent_settled", aborted: false, outcome: "done" });
});

test("abort in the compaction before a prompt: the prompt is in the transcript, unanswered", async () => {
  const { coding, script } = codingBench({ compaction: small });
  script.next(says("one"), says("two", { input: 50_000, output: 0 }), hangs());
  await coding.prompt("first");
  await coding.prompt("second");
  coding.conversation.choices.setModel({ ...coding.conversation.model, contextWindow: 60_000 });
  const third = coding.prompt("third");
  await nextEvent(coding, "compaction_start");
  script.next(hangs());
  await coding.abort();
  expect((await third).kind).toBe("aborted");
  expect(transcriptOf(coding.conversation.messages).slice(-2)).toEqual(["user: third", "assistant: "]);
});

test("a window that is full when nothing may be spent any more stays as it is", async () => {
  const { coding, script, told } = codingBench({ compaction: small, limits: { maxTurns: 2, maxCostUsd: 0, timeoutMs: 0 } });
  script.next(says("one"), says("two", full));
  await coding.prompt("first");
  expect(await coding.prompt("second", { continuesRun: true })).toMatchObject({ kind: "done", text: "two" });
  expect(await coding.prompt("third", { continuesRun: true })).toMatchObject({ kind: "budget", code: "budget.turns" });
  expect(told().filter((name) => name.startsWith("compaction"))).toEqual([]);
  script.next(says("S"), says("P"), says("four"));
  expect(await coding.prompt("fourth")).toMatchObject({ text: "four" });
});

test("what a summary costs counts towards the limit", async () => {
  const limits = { maxTurns: 0, maxCostUsd: 0.5, timeoutMs: 0 };
  const { coding, script, told } = codingBench({ compaction: small, limits });
  // A dollar a million tokens.
  const dear = { input: 300_000, output: 1 };
  script.next(says("one"), says("two", full), says("S", dear), says("P", dear), says("three"));
  await coding.prompt("first");
  expect(await coding.prompt("second", { continuesRun: true })).toMatchObject({ kind: "done" });
  expect(told().at(-2)).toBe("compaction_end threshold");
  expect(await coding.prompt("third", { continuesRun: true })).toMatchObject({ kind: "budget", code: "budget.cost" });
  expect(script.calls).toHaveLength(4);
});

test("limits: within the window whatever the settings say", () => {
  const settings = { reserveTokens: 16_384, keepRecentTokens: 20_000 };
  expect(compactionLimits(settings, 200_000)).toEqual({ thresholdTokens: 183_616, keepRecentTokens: 20_000 });
  expect(compactionLimits(settings, 32_768)).toEqual({ thresholdTokens: 16_384, keepRecentTokens: 8_192 });
  expect(compactionLimits(settings, 8_000)).toEqual({ thresholdTokens: 4_000, keepRecentTokens: 2_000 });
  expect(compactionLimits(settings, 0)).toEqual({ thresholdTokens: Number.POSITIVE_INFINITY, keepRecentTokens: 20_000 });
});

test("a model has numbers of its own, each by itself, as soon as it is changed to", async () => {
  const modelOverrides = { "test/roomy": { reserveTokens: 70_000 }, "test/terse": { keepRecentTokens: 7 } };
  const { coding, script, told } = codingBench({ compaction: { ...small, modelOverrides } });
  script.next(says("one"), says("two", { input: 40_000, output: 0 }), says("S"), says("P"), says("three"));
  await coding.prompt("first");
  await coding.prompt("second");
  expect(told()).not.toContain("compaction_start threshold");
  coding.conversation.choices.setModel({ ...coding.conversation.model, id: "terse" });
  coding.conversation.choices.setModel({ ...coding.conversation.model, id: "roomy" });
  await coding.prompt("third");
  expect(told()).toContain("compaction_start threshold");
});
