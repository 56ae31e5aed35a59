// The agent loop by itself, under the npm agent's names: order of events, tools, queues, aborts, failures; and helpers of `pi-ai`.

import { expect, test } from "vitest";
import type { AssistantMessage, Message } from "../../src/contracts/message.ts";
import type { Model } from "../../src/contracts/model.ts";
import { hostModules } from "../../src/sdk/host-modules.ts";
import { Agent, type AgentOptions } from "../../src/sdk/npm/agent-core.ts";
import { type AgentCoreEvent, agentLoop, agentLoopContinue, type StreamFn } from "../../src/sdk/npm/agent-loop.ts";
import { createAssistantMessageEventStream } from "../../src/sdk/npm/event-stream.ts";

const model = {
  id: "m",
  name: "M",
  api: "mine",
  provider: "mine",
  reasoning: true,
  input: ["text"],
  contextWindow: 1000,
  maxTokens: 100,
} as unknown as Model;
const usage = {
  input: 1,
  output: 1,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: 2,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};
const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }], timestamp: 0 });

type Say = string | { call: string; args: object } | { fail: string } | "hang";

/** A model that says this, call by call; what it was asked is noted. */
function modelOf(...answers: Say[]): { streamFn: StreamFn; asked: { texts: string[]; options: Record<string, unknown> }[] } {
  const asked: { texts: string[]; options: Record<string, unknown> }[] = [];
  const streamFn: StreamFn = (_model, { messages }, options) => {
    asked.push({ texts: messages.map((message) => JSON.stringify("content" in message ? message.content : "")), options });
    const events = createAssistantMessageEventStream();
    const say = answers[asked.length - 1] ?? "";
    const message = (
      content: AssistantMessage["content"],
      stopReason: AssistantMessage["stopReason"],
      errorMessage?: string,
    ): AssistantMessage =>
      ({
        role: "assistant",
        content,
        api: "mine",
        provider: "mine",
        model: "m",
        usage,
        stopReason,
        timestamp: 0,
        ...(errorMessage && { errorMessage }),
      }) as AssistantMessage;
    if (say === "hang") {
      (options.signal as AbortSignal).addEventListener("abort", () =>
        events.push({ type: "error", reason: "aborted", error: message([], "aborted", "stopped") }),
      );
    } else if (typeof say === "string") {
      events.push({ type: "text_start", contentIndex: 0 });
      events.push({ type: "text_delta", contentIndex: 0, delta: say });
      events.push({ type: "text_end", contentIndex: 0, content: say });
      events.push({ type: "done", reason: "stop", message: message([{ type: "text", text: say }], "stop") });
    } else if ("fail" in say) events.push({ type: "error", reason: "error", error: message([], "error", say.fail) });
    else {
      const toolCall = {
        type: "toolCall" as const,
        id: `c${asked.length}`,
        name: say.call,
        arguments: say.args as Record<string, unknown>,
      };
      events.push({ type: "toolcall_start", contentIndex: 0, id: toolCall.id, toolName: toolCall.name });
      events.push({ type: "toolcall_end", contentIndex: 0, toolCall });
      events.push({ type: "done", reason: "toolUse", message: message([toolCall], "toolUse") });
    }
    return events as ReturnType<StreamFn>;
  };
  return { streamFn, asked };
}

const add = {
  name: "add",
  label: "Add",
  description: "adds",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] },
  execute: async (_id: string, { a, b }: { a: number; b: number }) => ({
    content: [{ type: "text" as const, text: String(a + b) }],
    details: {},
  }),
};

const agentOf = (streamFn: StreamFn, options: Partial<AgentOptions> = {}): { agent: Agent; events: AgentCoreEvent[] } => {
  const agent = new Agent({
    streamFn,
    ...options,
    initialState: { model, systemPrompt: "be brief", tools: [add], ...options.initialState },
  });
  const events: AgentCoreEvent[] = [];
  agent.subscribe((event) => void events.push(event));
  return { agent, events };
};

test("agentLoop: events in order, results of tools, what was added; the context stays as it was", async () => {
  const { streamFn, asked } = modelOf({ call: "add", args: { a: 1, b: "2" } }, "three");
  const context = { systemPrompt: "s", messages: [user("before")], tools: [add] };
  const events = agentLoop([user("1+2?")], context, { model }, undefined, streamFn);
  const types: string[] = [];
  for await (const { type } of events) if (!types.at(-1)?.startsWith("message_update") || type !== "message_update") types.push(type);
  expect(types).toEqual(
    "agent_start turn_start message_start message_end message_start message_update message_end tool_execution_start tool_execution_end message_start message_end turn_end turn_start message_start message_update message_end turn_end agent_end".split(
      " ",
    ),
  );
  const added = await events.result();
  expect(added.map(({ role }) => role)).toEqual(["user", "assistant", "toolResult", "assistant"]);
  expect(asked[1]?.texts.at(-1)).toContain('"3"');
  expect(context.messages).toHaveLength(1);
  expect(() => agentLoopContinue({ messages: [] }, { model })).toThrow("no messages");
});

test("hooks may refuse a call and change a result; steering goes before the next call, follow-ups at the end", async () => {
  const { streamFn, asked } = modelOf({ call: "add", args: { a: 1, b: 1 } }, { call: "add", args: { a: 2, b: 2 } }, "done", "and that");
  const steering = [user("by the way")];
  const followUps = [user("one more")];
  const events = agentLoop(
    [user("go")],
    { messages: [], tools: [add] },
    {
      model,
      beforeToolCall: async ({ args }) => (args.a === 1 ? { block: true, reason: "not one" } : undefined),
      afterToolCall: async () => ({ content: [{ type: "text", text: "changed" }] }),
      getSteeringMessages: () => (asked.length === 0 ? [] : steering.splice(0)),
      getFollowUpMessages: () => followUps.splice(0),
      getApiKey: () => "k",
    },
    undefined,
    streamFn,
  );
  await events.result();
  expect(asked.map(({ options }) => options.apiKey)).toEqual(["k", "k", "k", "k"]);
  expect(asked[1]?.texts.slice(-2).join()).toMatch(/not one.*by the way/);
  expect(asked[2]?.texts.at(-1)).toContain("changed");
  expect(asked[3]?.texts.at(-1)).toContain("one more");
});

test("Agent: state follows the run; one run at a time; queues by their modes", async () => {
  const { streamFn, asked } = modelOf({ call: "add", args: { a: 1, b: 1 } }, "two", "thanks");
  const { agent, events } = agentOf(streamFn, { steeringMode: "all" });
  const pending: number[] = [];
  agent.subscribe(({ type }) => void (type === "tool_execution_start" && pending.push(agent.state.pendingToolCalls.size)));
  agent.steer(user("s1"));
  agent.steer(user("s2"));
  agent.followUp(user("f1"));
  const run = agent.prompt("go");
  await expect(agent.prompt("again")).rejects.toThrow("already processing");
  expect(agent.state.isStreaming).toBe(true);
  await run;
  await agent.waitForIdle();
  expect(asked[0]?.texts.join()).toMatch(/go.*s1.*s2/);
  expect(asked[2]?.texts.at(-1)).toContain("f1");
  expect(pending).toEqual([1]);
  expect(agent.state).toMatchObject({ isStreaming: false, errorMessage: undefined });
  expect(agent.state.messages.map(({ role }) => role)).toEqual([
    "user",
    "user",
    "user",
    "assistant",
    "toolResult",
    "assistant",
    "user",
    "assistant",
  ]);
  expect(events.filter(({ type }) => type === "agent_start" || type === "agent_end").map(({ type }) => type)).toEqual([
    "agent_start",
    "agent_end",
  ]);
  await expect(agent.continue()).rejects.toThrow("Cannot continue");
  agent.reset();
  expect(agent.state.messages).toEqual([]);
});

test("an abort ends the run with an aborted answer, a failure is an answer that says so", async () => {
  const hanging = agentOf(modelOf("hang").streamFn);
  const run = hanging.agent.prompt("go");
  hanging.agent.abort();
  await run;
  expect(hanging.agent.state.messages.at(-1)).toMatchObject({ role: "assistant", stopReason: "aborted" });
  const failing = agentOf(modelOf({ fail: "529 overloaded" }, "fine").streamFn);
  await failing.agent.prompt("go");
  expect(failing.agent.state).toMatchObject({ errorMessage: "529 overloaded", isStreaming: false });
});

test("extensions get the same by name", async () => {
  const core = await import(hostModules().get("@earendil-works/pi-agent-core")?.href ?? "");
  expect([core.Agent, core.agentLoop]).toEqual([Agent, agentLoop]);
});

test("pi-ai: what a failed answer was, keys by variable, checked arguments", async () => {
  const ai = await import(hostModules().get("@earendil-works/pi-ai")?.href ?? "");
  const failed = (errorMessage: string): object => ({ role: "assistant", stopReason: "error", errorMessage, content: [], usage });
  expect(ai.isContextOverflow(failed("400 prompt is too long: 300000 tokens > 200000 maximum"))).toBe(true);
  expect(ai.isContextOverflow(failed("400 Range of input length should be [1, 1000]"))).toBe(true);
  expect(ai.isContextOverflow(failed("529 overloaded"))).toBe(false);
  expect(ai.isContextOverflow({ ...failed(""), stopReason: "stop", usage: { ...usage, input: 200 } }, 100)).toBe(true);
  expect(ai.isRetryableAssistantError(failed("529 overloaded"))).toBe(true);
  expect(ai.isRetryableAssistantError(failed("Connection closed."))).toBe(true);
  expect(ai.isRetryableAssistantError(failed("401 no"))).toBe(false);
  expect(ai.getModelType({})).toBe("chat");
  expect(ai.hasApi({ api: "x" }, "x")).toBe(true);
  expect(ai.validateToolArguments(add, { name: "add", arguments: { a: "1", b: 2 } })).toEqual({ a: 1, b: 2 });
  expect(() => ai.validateToolArguments(add, { name: "add", arguments: {} })).toThrow(/Validation failed for tool "add"/);
  expect(() => ai.validateToolCall([add], { name: "sub", arguments: {} })).toThrow("sub");
  expect(typeof ai.streamAnthropic).toBe("function");
});

test("what a caller's own function fails at is told where the events are read, and ends no process", async () => {
  const broken = (): never => {
    throw new Error("no queue");
  };
  const { streamFn } = modelOf("hello");
  const config = { model, getFollowUpMessages: broken };
  const events = agentLoop([user("hi")], { messages: [] }, config, undefined, streamFn);
  const types: string[] = [];
  const read = async (): Promise<void> => {
    for await (const { type } of events) types.push(type);
  };
  await expect(read()).rejects.toThrow("no queue");
  expect(types).toContain("turn_end");
  await expect(events.result()).rejects.toThrow("no queue");
});

test("tools and prompt that are set during a run hold from its next turn on", async () => {
  const asked: { systemPrompt: string | undefined; tools: string[] }[] = [];
  const { streamFn } = modelOf({ call: "change", args: {} }, "done");
  const agent = new Agent({
    streamFn: (used, context, options) => {
      asked.push({ systemPrompt: context.systemPrompt, tools: (context.tools ?? []).map(({ name }) => name) });
      return streamFn(used, context, options);
    },
  });
  const tool = (name: string) => ({
    name,
    description: name,
    parameters: { type: "object", properties: {} },
    execute: async () => {
      agent.state.tools = [tool("other")];
      agent.state.systemPrompt = "after";
      return { content: [] };
    },
  });
  Object.assign(agent.state, { model, systemPrompt: "before", tools: [tool("change")] });
  await agent.prompt("hi");
  expect(asked).toEqual([
    { systemPrompt: "before", tools: ["change"] },
    { systemPrompt: "after", tools: ["other"] },
  ]);
});
