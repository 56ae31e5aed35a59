// A stream of Claude Code's records, cut behind every line of it: whatever is missing, what has begun ends, and the run has an outcome.

import { expect, test } from "vitest";
import type { AgentEvent } from "../../../src/contracts/agent-event.ts";
import type { Usage } from "../../../src/contracts/usage.ts";
import type { ClaudeRecord } from "../../../src/runtime/claude/child.ts";
import { billOf, lacksSession, outcomeOf, sumOfBills } from "../../../src/runtime/claude/ended.ts";
import { Translation } from "../../../src/runtime/claude/translate.ts";
import type { HostEvent } from "../../../src/runtime/request.ts";
import { streams } from "../../support/claude-records.ts";

interface Told {
  events: AgentEvent[];
  host: HostEvent[];
}

async function told(
  records: readonly ClaudeRecord[],
  kind: "done" | "error" | "aborted" = "done",
  usage?: Usage,
): Promise<Told & { translation: Translation }> {
  const [events, host]: [AgentEvent[], HostEvent[]] = [[], []];
  const translation = new Translation({
    emit: (event) => void events.push(structuredClone(event)),
    tell: (event) => void host.push(event),
    now: () => 0,
    thinkingLevel: "off",
    prices: () => undefined,
    turnEnded: () => undefined,
  });
  await translation.start({ role: "user", content: "hi", timestamp: 0 });
  for (const record of records) await translation.take(record);
  await translation.settle(kind, usage);
  return { events, host, translation };
}

/** Of whatever has begun, that it has ended: by pairs of events. */
function expectSound(events: readonly AgentEvent[]): void {
  const count = (type: AgentEvent["type"]): number => events.filter((event) => event.type === type).length;
  for (const [start, end] of [
    ["agent_start", "agent_end"],
    ["message_start", "message_end"],
    ["tool_execution_start", "tool_execution_end"],
    ["compaction_start", "compaction_end"],
  ] as const)
    expect([start, count(start)]).toEqual([start, count(end)]);
  expect(count("auto_retry_end")).toBeLessThanOrEqual(count("auto_retry_start"));
  expect(count("auto_retry_start") === 0 || count("auto_retry_end") > 0).toBe(true);
  expect(events.at(0)?.type).toBe("agent_start");
  expect(events.at(-1)?.type).toBe("agent_settled");
  const calls = events.flatMap((event) =>
    event.type === "message_end" && event.message.role === "assistant"
      ? event.message.content.filter(({ type }) => type === "toolCall")
      : [],
  );
  const results = events.filter((event) => event.type === "message_end" && event.message.role === "toolResult");
  expect(results).toHaveLength(calls.length);
}

for (const [name, records] of Object.entries(streams)) {
  test.each(Array.from({ length: records.length + 1 }, (_, at) => at))(`${name}, cut behind line %i`, async (at) => {
    const cut = records.slice(0, at);
    const isWhole = at === records.length;
    const { events } = await told(cut, isWhole ? "done" : "error");
    expectSound(events);
    const result = cut.findLast(({ type }) => type === "result");
    const ended = {
      result,
      end: { code: null, signal: "SIGKILL" },
      command: "claude",
      failureText: undefined,
      text: "",
      stderr: "",
      stopped: undefined,
      hasPending: false,
    };
    const outcome = outcomeOf(ended);
    if (result === undefined) expect(outcome).toMatchObject({ kind: "error", code: "runtime.crashed" });
    else expect(outcome.kind).not.toBe("usage");
  });
}

const types = (events: readonly AgentEvent[]): string[] => events.map(({ type }) => type);
const texts = (events: readonly AgentEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === "message_end" && event.message.role === "assistant"
      ? event.message.content.flatMap((block) => (block.type === "text" ? [block.text] : []))
      : [],
  );

test("blocks that came whole make the events that their pieces would have made", async () => {
  const { events } = await told(streams.whole ?? []);
  expect(texts(events)).toEqual(["Hello.", "Done."]);
  expect(types(events).filter((type) => type === "turn_start")).toHaveLength(2);
});

test("a block that comes again whole is not told twice", async () => {
  const { events } = await told(streams.streamed ?? []);
  expect(texts(events)).toEqual(["Hello there."]);
  const deltas = events.flatMap((event) =>
    event.type === "message_update" && event.assistantMessageEvent.type === "text_delta" ? [event.assistantMessageEvent.delta] : [],
  );
  expect(deltas.join("")).toBe("Hello there.");
});

test("thinking keeps its signature, and counts come from the message's end", async () => {
  const { events } = await told(streams.streamed ?? []);
  const answer = events.find((event) => event.type === "message_end" && event.message.role === "assistant");
  expect(answer).toMatchObject({
    message: {
      content: [{ type: "thinking", thinking: "Hm.", thinkingSignature: "sig==" }, { type: "text" }],
      usage: { input: 10, output: 7 },
    },
  });
});

test("a retry and a compaction are told, each with its end", async () => {
  const { events } = await told(streams.troubled ?? []);
  expect(types(events).filter((type) => /retry|compaction/.test(type))).toEqual([
    "auto_retry_start",
    "auto_retry_end",
    "compaction_start",
    "compaction_end",
  ]);
  expect(events.find(({ type }) => type === "compaction_end")).toMatchObject({ result: { tokensBefore: 9000, estimatedTokensAfter: 800 } });
});

test("sub-agents are told to the host alone", async () => {
  const { events, host } = await told(streams.subagents ?? []);
  expect(host.every(({ stream }) => stream === "subagent")).toBe(true);
  expect(host.length).toBeGreaterThan(1);
  expect(JSON.stringify(events)).not.toContain("inner words");
});

test("a tool of its own that we were not told of has run, one that was refused has not", async () => {
  const { events } = await told(streams.builtIn ?? []);
  const ends = events.filter((event) => event.type === "tool_execution_end");
  expect(ends).toMatchObject([
    { toolName: "Bash", isError: false, durationMs: 0 },
    { toolName: "Write", isError: true },
  ]);
  expect(ends[1]).not.toHaveProperty("durationMs");
});

const ended = {
  end: { code: 0, signal: null },
  command: "claude",
  failureText: undefined,
  text: "",
  stderr: "",
  stopped: undefined,
  hasPending: false,
};

test.each([
  [
    { is_error: false, result: "Yes." },
    { kind: "done", text: "Yes." },
  ],
  [
    { is_error: false, result: "" },
    { kind: "error", code: "model.empty" },
  ],
  [
    { is_error: true, subtype: "success", api_error_status: 401 },
    { kind: "error", code: "model.auth" },
  ],
  [
    { is_error: true, subtype: "success", api_error_status: 403 },
    { kind: "error", code: "model.auth" },
  ],
  [
    { is_error: true, subtype: "success", api_error_status: 429 },
    { kind: "error", code: "model.rate_limited" },
  ],
  [
    { is_error: true, subtype: "success", api_error_status: 413 },
    { kind: "error", code: "model.bad_request" },
  ],
  [
    { is_error: true, subtype: "success", api_error_status: 529 },
    { kind: "error", code: "model.overloaded" },
  ],
  [
    { is_error: true, subtype: "success", api_error_status: null, result: "Not logged in · Please run /login" },
    { kind: "error", code: "model.auth" },
  ],
  [
    { is_error: true, subtype: "success", api_error_status: null, result: "Connection refused" },
    { kind: "error", code: "model.network" },
  ],
  [
    { is_error: true, subtype: "success", terminal_reason: "prompt_too_long", api_error_status: 400 },
    { kind: "overflow", code: "model.overflow" },
  ],
  [{ is_error: true, terminal_reason: "aborted_streaming" }, { kind: "aborted" }],
  [{ is_error: true, terminal_reason: "aborted_tools" }, { kind: "aborted" }],
  [{ is_error: true, subtype: "error_max_turns", terminal_reason: "max_turns" }, { kind: "budget" }],
  [{ is_error: false, result: "", terminal_reason: "tool_deferred" }, { kind: "done" }],
])("the closing record %j is %j", (result, outcome) => {
  expect(outcomeOf({ ...ended, result: { type: "result", ...result } })).toMatchObject(outcome);
});

test.each([
  [{ code: null, signal: null, error: Object.assign(new Error("x"), { code: "ENOENT" }) }, "runtime.unavailable"],
  [{ code: null, signal: null, error: Object.assign(new Error("x"), { code: "EACCES" }) }, "runtime.unavailable"],
  [{ code: null, signal: "SIGKILL", protocolProblem: "no JSON" }, "runtime.protocol"],
  [{ code: 143, signal: null }, "runtime.crashed"],
  [{ code: null, signal: "SIGKILL" }, "runtime.crashed"],
])("an end %j without a closing record is %s", (end, code) => {
  expect(outcomeOf({ ...ended, end, result: undefined })).toMatchObject({ kind: "error", code });
});

test("what a run has used is what the service says, with what no message says", async () => {
  const { events: withoutResult } = await told((streams.streamed ?? []).slice(0, -1));
  const before = withoutResult.findLast((event) => event.type === "turn_end");
  const since = {
    "claude-sonnet-4-5": { inputTokens: 10, outputTokens: 7, cacheReadInputTokens: 100, costUSD: 0.5 },
    "claude-haiku": { inputTokens: 5, outputTokens: 3, costUSD: 0.25 },
  };
  const part = { type: "result", model_usage_since_last_result: since, total_cost_usd: 99 };
  const sum = sumOfBills([billOf(part, true), billOf(part, true)]);
  expect(sum).toMatchObject({ input: 30, output: 20, cacheRead: 200, totalTokens: 250, cost: { total: 1.5 } });
  expect(sumOfBills([billOf({ total_cost_usd: 1 }, false), billOf({ total_cost_usd: 3 }, false)])?.cost.total).toBe(3);
  expect(sumOfBills([billOf({ total_cost_usd: 1 }, true)])?.cost.total).toBe(0);
  const { events } = await told(streams.streamed ?? [], "done", sum);
  const after = events.findLast((event) => event.type === "turn_end");
  expect(before).toMatchObject({ message: { usage: { input: 10, output: 7, totalTokens: 17 } } });
  expect(after).toMatchObject({ message: { usage: { input: 30, output: 20, cacheRead: 200, totalTokens: 250, cost: { total: 1.5 } } } });
});

test("a session that is not there is told from other failures", () => {
  const end = { code: 1, signal: null };
  expect(lacksSession({ result: { errors: ["No conversation found with session ID: x"] }, end, recordCount: 1 })).toBe(true);
  expect(lacksSession({ result: undefined, end, recordCount: 0 })).toBe(true);
  expect(lacksSession({ result: undefined, end, recordCount: 3 })).toBe(false);
  expect(lacksSession({ result: { errors: ["Something else"] }, end, recordCount: 1 })).toBe(false);
});

test("who waits for a call that the message under way does not ask for goes on when that has ended", async () => {
  const translation = new Translation({
    emit: () => undefined,
    tell: () => undefined,
    now: () => 0,
    thinkingLevel: "off",
    prices: () => undefined,
    turnEnded: () => undefined,
  });
  const streamed = (event: object): ClaudeRecord => ({ type: "stream_event", event, parent_tool_use_id: null });
  await translation.take(streamed({ type: "message_start", message: { id: "m1", model: "claude", usage: {} } }));
  let isThrough = false;
  const waiting = translation.announced("toolu_of_another").then(() => {
    isThrough = true;
  });
  await Promise.resolve();
  expect(isThrough).toBe(false);
  await translation.take(streamed({ type: "message_stop" }));
  await Promise.race([waiting, translation.take(streamed({ type: "ping" }))]);
  expect(isThrough).toBe(true);
});
