// Names of pi-ai that stand by themselves: system messages, notes on failures, formats that callers register, answers given by a test.

import { expect, onTestFinished, test, vi } from "vitest";
import type { Message, ToolDeclaration } from "../../src/contracts/message.ts";
import type { Model } from "../../src/contracts/model.ts";
import * as ai from "../../src/sdk/host-modules/pi-ai.ts";
import { getAllBuiltinModels } from "../../src/sdk/host-modules/pi-ai-providers.ts";

const tool = (name: string, description = "d"): ToolDeclaration => ({ name, description, parameters: { type: "object", properties: {} } });
const asked: Message = { role: "user", content: "hi", timestamp: 1 };
const first: Message = { role: "system", content: "Base", sections: { tools: "T" }, toolsAdded: [tool("a"), tool("b")], timestamp: 1 };
const later: Message = {
  role: "system",
  content: "",
  sections: { tools: "T2" },
  toolsAdded: [tool("c")],
  toolsRemoved: [{ name: "b" }],
  timestamp: 2,
};
const redefined: Message = { role: "system", content: "", toolsAdded: [tool("a", "other")], timestamp: 3 };

test("a first system message is made of a prompt and tools, and of nothing there is none", () => {
  expect(ai.createInitialSystemMessage("You are X", [tool("a")])).toEqual({
    role: "system",
    content: "You are X",
    toolsAdded: [tool("a")],
    timestamp: 0,
  });
  expect(ai.createInitialSystemMessage("You are X")).toEqual({ role: "system", content: "You are X", timestamp: 0 });
  expect(ai.createInitialSystemMessage("")).toBeUndefined();
  expect([ai.getInitialSystemMessage([first, asked]), ai.getInitialSystemMessage([asked])]).toEqual([first, undefined]);
  expect(ai.normalizeContext({ systemPrompt: "P", messages: [asked], tools: [tool("a")] })).toEqual({
    messages: [{ role: "system", content: "P", toolsAdded: [tool("a")], timestamp: 0 }, asked],
  });
  expect(ai.normalizeContext({ systemPrompt: "P", messages: [first, asked] })).toEqual({ messages: [first, asked] });
});

test("what system messages declare, change and come to", () => {
  expect([first, later].map((message) => ai.getSystemMessageText(message as typeof first & { role: "system" }))).toEqual([
    "Base\n\nT",
    "T2",
  ]);
  expect(ai.getDeclaredTools([first, asked, later]).map(({ name }) => name)).toEqual(["a", "b", "c"]);
  expect(ai.getToolStateChanges([tool("a"), tool("b")], [tool("a", "other"), tool("c")])).toEqual({
    toolsAdded: [tool("a", "other"), tool("c")],
    toolsRemoved: [{ name: "b" }],
  });
  expect(
    [
      [first, asked],
      [first, later],
      [first, redefined],
    ].map(ai.hasNonAdditiveToolChanges),
  ).toEqual([false, true, true]);
  expect(
    [
      [first, later],
      [first, redefined],
    ].map(ai.hasToolRedefinitions),
  ).toEqual([false, true]);
  expect(ai.renderSystemMessageUpdate({ ...(later as Message & { role: "system" }), content: "Now" })).toBe(
    'Now\n\nUpdated system prompt section "tools":\n\nT2',
  );
  expect(ai.resolveTranscript({ messages: [first, asked, later] })).toEqual({
    messages: [{ role: "system", content: "Base", sections: { tools: "T2" }, toolsAdded: [tool("a"), tool("c")], timestamp: 1 }, asked],
  });
  expect(ai.resolveTranscriptTools([first, asked, later])).toEqual({ requestTools: [tool("a"), tool("c")], foldedSystemMessages: 2 });
});

test("arguments as models write them, whole or not, and thrown values as text and fields", () => {
  expect(ai.parseToolCallArguments('{"a":1}')).toEqual({ arguments: { a: 1 } });
  expect(ai.parseToolCallArguments("")).toEqual({ arguments: {} });
  expect(ai.parseToolCallArguments('{"a":1')).toMatchObject({
    arguments: {},
    argumentsError: expect.stringMatching(/\n\nReceived arguments:\n\{"a":1$/),
  });
  for (const [broken, value] of [
    ['{"a":"b\nc"}', { a: "b\nc" }],
    ['{"a":"C:\\dir"}', { a: "C:\\dir" }],
    ['{"a":"\\u00e9\\n"}', { a: "é\n" }],
  ] as const) {
    expect(JSON.parse(ai.repairJson(broken))).toEqual(value);
  }
  const parser = new ai.StreamingJsonParser();
  parser.append('{"a":[1,2');
  expect(parser.snapshot()).toEqual({ a: [1, 2] });
  for (const [cut, value] of [
    ['{"a":"b\\\\', { a: "b\\" }],
    ['{"a":"b\\', { a: "b" }],
    ['{"a":"b\\u00e', { a: "b" }],
    ['{"a":1,"b":[{"c":2},{"d', { a: 1, b: [{ c: 2 }, {}] }],
  ] as const)
    expect(ai.parseStreamingJson(cut)).toEqual(value);
  // However deep it is, no copy of what stands open is kept for each of its places.
  expect(ai.parseStreamingJson(`{"a":${"[1,".repeat(60_000)}`)).toBeTypeOf("object");
  parser.append("]}");
  expect(parser.snapshot()).toEqual({ a: [1, 2] });
  expect([new Error("x"), "s", undefined].map(ai.formatThrownValue)).toEqual(["x", "s", "undefined"]);
  const message = ai.fauxAssistantMessage("hello");
  ai.appendAssistantMessageDiagnostic(
    message,
    ai.createAssistantMessageDiagnostic("kind", Object.assign(new Error("x"), { code: "E" }), { more: 1 }),
  );
  expect(message).toMatchObject({
    diagnostics: [{ type: "kind", error: { name: "Error", message: "x", code: "E" }, details: { more: 1 } }],
  });
  expect(ai.getOverflowPatterns().some((pattern) => pattern.test("prompt is too long: 5 tokens"))).toBe(true);
});

test("a test's own answers are given in order, as events and whole; then there are none", async () => {
  const faux = ai.registerFauxProvider();
  const model = faux.getModel() as Model;
  faux.setResponses([
    ai.fauxAssistantMessage([ai.fauxThinking("hm"), ai.fauxToolCall("read", { path: "x" }, { id: "q" })], { stopReason: "toolUse" }),
    (context, _options, state) => ai.fauxAssistantMessage(`${context.messages.length} messages, call ${state.callCount}`),
  ]);
  const events: string[] = [];
  const stream = ai.stream(model, { messages: [asked] });
  for await (const event of stream) events.push(event.type);
  expect(events).toEqual([
    "start",
    ...["thinking_start", "thinking_delta", "thinking_end"],
    ...["toolcall_start", "toolcall_delta", "toolcall_end"],
    "done",
  ]);
  expect(await stream.result()).toMatchObject({ stopReason: "toolUse", model: "faux-1", content: [{ type: "thinking" }, { id: "q" }] });
  expect(await ai.complete(model, { messages: [asked] })).toMatchObject({ content: [{ type: "text", text: "1 messages, call 2" }] });
  expect(faux.getPendingResponseCount()).toBe(0);
  expect(await ai.complete(model, { messages: [asked] })).toMatchObject({
    stopReason: "error",
    errorMessage: "No more faux responses queued",
  });
  faux.appendResponses([ai.fauxAssistantMessage("late")]);
  const aborted = AbortSignal.abort();
  expect(await ai.complete(model, { messages: [asked] }, { signal: aborted })).toMatchObject({ stopReason: "aborted", content: [] });
  faux.unregister();
  expect(ai.getApiProvider(faux.api)).toBeUndefined();
});

test("a registered format answers in place of one of ours, and calls ours by name without going round", async () => {
  const seen: string[] = [];
  const own = ai.lazyApi(async () => ({
    stream: (model, context, options) => {
      seen.push(`${model.api} ${context.messages.length}`);
      return ai.streamOpenAICompletions({ ...model, baseUrl: "http://127.0.0.1:1" }, context, options);
    },
  }));
  const model: Model = {
    ...(ai.getModels("openai")[0] as Model),
    api: "openai-completions",
    provider: "nobody",
    baseUrl: "http://127.0.0.1:1",
  };
  ai.registerApiProvider({ api: "openai-completions", ...own });
  try {
    expect(await ai.complete(model, { messages: [asked] }, { apiKey: "k" })).toMatchObject({ stopReason: "error" });
    expect(seen).toEqual(["openai-completions 1"]);
  } finally {
    ai.resetApiProviders();
  }
  expect(ai.getApiProvider("openai-completions")?.stream).not.toBe(own.stream);
  expect(ai.getApiProviders().map(({ api }) => api)).toEqual(
    expect.arrayContaining(["anthropic-messages", "azure-openai-responses", "google-generative-ai", "openai-codex-responses"]),
  );
  const failing = ai.lazyApi(() => Promise.reject(new Error("not there")));
  expect(await failing.stream(model, { messages: [] }).result()).toMatchObject({ stopReason: "error", errorMessage: "not there" });
  const silent = ai.lazyStream(async () => {
    const stream = ai.createAssistantMessageEventStream();
    stream.end();
    return stream;
  });
  expect(await silent.result()).toMatchObject({ stopReason: "error", errorMessage: expect.stringContaining("without an answer") });
});

test("what is kept for a session is let go with it, once it is said to", () => {
  const told: (string | undefined)[] = [];
  const take = ai.registerSessionResourceCleanup((sessionId) => void told.push(sessionId));
  ai.cleanupSessionResources("s");
  take();
  ai.cleanupSessionResources();
  expect(told).toEqual(["s"]);
  const takeFailing = ai.registerSessionResourceCleanup(() => {
    throw new Error("stuck");
  });
  const takeNext = ai.registerSessionResourceCleanup((sessionId) => void told.push(sessionId));
  expect(() => ai.cleanupSessionResources("t")).toThrow(expect.objectContaining({ errors: [new Error("stuck")] }));
  expect(told).toEqual(["s", "t"]);
  takeFailing();
  takeNext();
});

test("all models of the catalogue", () => {
  expect(getAllBuiltinModels().length).toBeGreaterThan(1000);
});

test("a provider's own code sees the variables that are set, and whether a file is there", async () => {
  vi.stubEnv("PI_TEST_SET", "value");
  vi.stubEnv("PI_TEST_EMPTY", "");
  onTestFinished(() => void vi.unstubAllEnvs());
  const { env, fileExists } = ai.defaultProviderAuthContext();
  expect([await env("PI_TEST_SET"), await env("PI_TEST_EMPTY"), await env("PI_TEST_NOT_SET")]).toEqual(["value", undefined, undefined]);
  expect([await fileExists(import.meta.filename), await fileExists("~/of/nobody"), await fileExists("~")]).toEqual([true, false, true]);
});
