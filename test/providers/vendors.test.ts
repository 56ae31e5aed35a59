// Each vendor's row at work: the request it gets and the recorded answers it gives, through the whole provider. The names of the tests that pass
// make the matrix in docs/providers.md (scripts/providers-doc.mjs).

import { describe, expect, test } from "vitest";
import type { Model } from "../../src/contracts/model.ts";
import type { ModelRequest } from "../../src/contracts/model-request.ts";
import { loadProvider } from "../../src/providers/registry.ts";
import { supportsOutputSchema, vendorOf } from "../../src/providers/resolve-dialect.ts";
import { type Vendor, vendors } from "../../src/providers/vendors.ts";
import { type Answer, collect, pixel, readTool, testCall, testModel, testRequest, user } from "../support/model-calls.ts";
import { decoders, type RecordedStream, recordedStreams } from "../support/recorded-streams.ts";

const streams = Object.keys(decoders).flatMap(recordedStreams);

interface Sent {
  url: URL;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: request bodies of any shape
  body: any;
  rawBody: string;
}

async function ask(model: Model, request: Partial<ModelRequest>, answer: Uint8Array): Promise<{ sent: Sent; answer: Answer }> {
  let sent: Sent | undefined;
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const rawBody = String(init?.body);
    sent = { url: new URL(String(input)), headers: new Headers(init?.headers), body: JSON.parse(rawBody), rawBody };
    return new Response(answer, { headers: { "content-type": "text/event-stream" } });
  };
  const provider = await loadProvider(model.api);
  const folded = await collect(
    provider.stream(testCall({ model, request: testRequest(request), fetch: fetch as typeof globalThis.fetch })),
  );
  if (sent === undefined) throw new Error(`no request: ${folded.failure?.message}`);
  return { sent, answer: folded };
}

function modelOf(vendor: string, row: Vendor, stream: RecordedStream): Model {
  // A vendor that speaks two formats has a base URL for each in the catalogue; here the host is what matters.
  return testModel({ ...stream.model, provider: vendor, baseUrl: row.baseUrl.replace(/\{\w+\}/g, "mine") });
}

const schema = { type: "object", properties: { marker: { type: "string" } }, required: ["marker"], additionalProperties: false };

describe.each(Object.entries(vendors))("%s", (vendor, row) => {
  const own = streams.filter((stream) => stream.model.provider === vendor);
  const first = own.find((stream) => stream.model.api === row.api) ?? own[0];
  if (first === undefined) throw new Error(`no recorded stream of ${vendor}`);
  const model = modelOf(vendor, row, first);

  test("address and credential", async () => {
    const { sent } = await ask(model, {}, first.bytes);
    const base = new URL(model.baseUrl);
    expect(sent.url.origin).toBe(base.origin);
    expect(sent.url.pathname.startsWith(base.pathname.replace(/\/$/, ""))).toBe(true);
    expect(sent.url.href).not.toContain("/v1/v1");
    const credentials = ["authorization", "x-api-key", "api-key", "x-goog-api-key", "cf-aig-authorization"].flatMap(
      (name) => sent.headers.get(name) ?? [],
    );
    expect(credentials.map((value) => value.replace("Bearer ", ""))).toEqual(["test-key-123456"]);
    expect([...sent.headers.keys()].filter((name) => name.startsWith("x-stainless"))).toEqual([]);
  });

  test("images", async () => {
    const messages = [user([{ type: "image", data: pixel, mimeType: "image/png" }])];
    expect((await ask(model, { messages }, first.bytes)).sent.rawBody).toContain(pixel);
  });

  test("tools", async () => {
    expect((await ask(model, { tools: [readTool] }, first.bytes)).sent.rawBody).toContain('"Reads a file"');
  });

  test("thinking levels", async () => {
    // Some are told only the words that a model's map has.
    const worded = { ...model, thinkingLevelMap: { high: "high" } };
    const asked = row.dialect?.["openai-completions"]?.supportsReasoningEffort === false ? worded : model;
    const off = await ask(asked, { thinkingLevel: "off" }, first.bytes);
    const high = await ask(asked, { thinkingLevel: "high" }, first.bytes);
    expect(high.sent.rawBody).not.toBe(off.sent.rawBody);
  });

  if (supportsOutputSchema(model, false)) {
    test("native schema", async () => {
      expect((await ask(model, { outputSchema: schema }, first.bytes)).sent.rawBody).toContain('"marker"');
    });
  }

  const recorded = (feature: string, has: (stream: RecordedStream) => boolean): void => {
    const showing = own.filter(has);
    if (showing.length === 0) return;
    test(`reads ${feature}`, async () => {
      for (const stream of showing) {
        const { answer } = await ask(modelOf(vendor, row, stream), {}, stream.bytes);
        expect(answer.content).toEqual(stream.content);
        if (stream.usage !== undefined) expect(answer.usage).toMatchObject(stream.usage);
        if (stream.failure !== undefined) expect(answer.failure).toMatchObject(stream.failure);
      }
    });
  };
  recorded("text", (stream) => stream.content.some((block) => block.type === "text"));
  recorded("thinking", (stream) => stream.content.some((block) => block.type === "thinking"));
  recorded("tool calls", (stream) => stream.content.some((block) => block.type === "toolCall"));
  recorded("usage", (stream) => stream.usage !== undefined);
  recorded("cached tokens", (stream) => stream.usage !== undefined && "cacheRead" in stream.usage);
  recorded("failures", (stream) => stream.failure !== undefined);
});

const chat = (provider: string, values: Partial<Model> = {}): Model =>
  testModel({ api: "openai-completions", provider, baseUrl: vendors[provider]?.baseUrl || "https://mine.openai.azure.com", ...values });

async function bodyFor(model: Model, request: Partial<ModelRequest> = {}): Promise<Sent> {
  return (await ask(model, request, Buffer.from("data: [DONE]\n\n"))).sent;
}

test.each<[string, Partial<Model>, Partial<ModelRequest>, Record<string, unknown>]>([
  [
    "openai",
    {},
    { thinkingLevel: "high", sessionId: "s1" },
    { max_completion_tokens: 64_000, reasoning_effort: "high", store: false, prompt_cache_key: "s1" },
  ],
  ["openai", { thinkingLevelMap: { off: "none" } }, { thinkingLevel: "off" }, { reasoning_effort: "none" }],
  ["openai", { reasoning: false }, { thinkingLevel: "high" }, { reasoning_effort: undefined }],
  [
    "groq",
    { thinkingLevelMap: { high: "default" } },
    { thinkingLevel: "high" },
    { reasoning_effort: "default", store: undefined, prompt_cache_key: undefined },
  ],
  ["deepseek", {}, { thinkingLevel: "high" }, { thinking: { type: "enabled" }, reasoning_effort: "high", max_tokens: 64_000 }],
  ["deepseek", {}, { thinkingLevel: "off" }, { thinking: { type: "disabled" }, reasoning_effort: undefined }],
  ["moonshotai", {}, { thinkingLevel: "high" }, { thinking: { type: "enabled" }, reasoning_effort: undefined }],
  ["moonshotai", { thinkingLevelMap: { off: null } }, { thinkingLevel: "off" }, { thinking: undefined }],
  ["moonshotai", { thinkingLevelMap: { high: "high" } }, { thinkingLevel: "high" }, { reasoning_effort: "high" }],
  ["zai", {}, { thinkingLevel: "low", tools: [readTool] }, { thinking: { type: "enabled", clear_thinking: false }, tool_stream: true }],
  ["openrouter", {}, { thinkingLevel: "low" }, { reasoning: { effort: "low" }, reasoning_effort: undefined }],
  ["openrouter", {}, { thinkingLevel: "off" }, { reasoning: { effort: "none" } }],
  ["together", {}, { thinkingLevel: "high" }, { reasoning: { enabled: true }, reasoning_effort: undefined }],
  ["mistral", {}, {}, { stream_options: undefined, max_tokens: 64_000 }],
  ["llama-cpp", {}, { thinkingLevel: "off" }, { chat_template_kwargs: { enable_thinking: false, preserve_thinking: true } }],
  [
    "openai",
    { dialect: { maxTokensField: "max_tokens", supportsStore: false } },
    {},
    { max_tokens: 64_000, store: undefined, max_completion_tokens: undefined },
  ],
])("chat dialect of %s %j %j", async (provider, values, request, expected) => {
  const { body } = await bodyFor(chat(provider, values), request);
  for (const [field, value] of Object.entries(expected)) expect(body[field], field).toEqual(value);
});

test("roles and tool messages in the dialects", async () => {
  const history = (model: Model): ModelRequest["messages"] => [
    user("q"),
    {
      role: "assistant",
      content: [{ type: "toolCall", id: "call_123", name: "read", arguments: {} }],
      api: model.api,
      provider: model.provider,
      model: model.id,
      usage: {
        input: 0,
        output: 0,
        cacheRead: 0,
        cacheWrite: 0,
        totalTokens: 0,
        cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
      },
      stopReason: "toolUse",
      timestamp: 1,
    },
    { role: "toolResult", toolCallId: "call_123", toolName: "read", content: [{ type: "text", text: "r" }], isError: false, timestamp: 1 },
    user("next"),
  ];
  const openai = chat("openai");
  const { body } = await bodyFor(openai, { messages: history(openai) });
  expect(body.messages.map((message: { role: string }) => message.role)).toEqual(["developer", "user", "assistant", "tool", "user"]);
  expect(body.messages[2].content).toBeNull();
  const mistral = chat("mistral", { baseUrl: "https://api.mistral.ai" });
  const sent = await bodyFor(mistral, { messages: history(mistral) });
  expect(sent.url.href).toBe("https://api.mistral.ai/v1/chat/completions");
  expect(sent.body.messages.map((message: { role: string }) => message.role)).toEqual([
    "system",
    "user",
    "assistant",
    "tool",
    "assistant",
    "user",
  ]);
  expect(sent.body.messages[3]).toMatchObject({ name: "read", tool_call_id: sent.body.messages[2].tool_calls[0].id });
  expect(sent.body.messages[3].tool_call_id).toMatch(/^[a-zA-Z0-9]{9}$/);
  const deepseek = chat("deepseek");
  const replayed = await bodyFor(deepseek, { messages: history(deepseek), thinkingLevel: "high" });
  expect(replayed.body.messages[2].reasoning_content).toBe("");
});

test("a server nobody knows gets what every imitator takes", async () => {
  const { body, url } = await bodyFor(chat("mine", { baseUrl: "http://127.0.0.1:9999/api/" }), { thinkingLevel: "high", sessionId: "s" });
  expect(url.href).toBe("http://127.0.0.1:9999/api/chat/completions");
  expect(body.messages[0].role).toBe("system");
  expect(Object.keys(body).sort()).toEqual(["max_tokens", "messages", "model", "reasoning_effort", "stream", "stream_options"]);
});

test("a known host under another name is that vendor", () => {
  expect(vendorOf(chat("mine", { baseUrl: "https://api.deepseek.com/v1" }))?.name).toBe("DeepSeek");
  expect(vendorOf(chat("mine", { baseUrl: "http://127.0.0.1:11434/v1" }))).toBeUndefined();
});

test("azure: resource root, api-key", async () => {
  const model = testModel({ api: "azure-openai-responses", provider: "azure", baseUrl: "https://mine.openai.azure.com/" });
  const { sent } = await ask(model, {}, Buffer.from(""));
  expect(sent.url.href).toBe("https://mine.openai.azure.com/openai/v1/responses");
  expect(sent.headers.get("api-key")).toBe("test-key-123456");
  expect(sent.headers.get("authorization")).toBeNull();
});
