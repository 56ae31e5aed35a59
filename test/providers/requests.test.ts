// Requests of Anthropic, Responses and Gemini to the letter, and what of the environment has no say in them.

import { afterEach, expect, test, vi } from "vitest";
import type { Model, ThinkingLevel } from "../../src/contracts/model.ts";
import type { ModelCall, ModelRequest } from "../../src/contracts/model-request.ts";
import { type AnthropicRequest, encodeAnthropic } from "../../src/providers/anthropic/encode.ts";
import { anthropicHeaders, anthropicProvider } from "../../src/providers/anthropic/provider.ts";
import { encodeGoogle } from "../../src/providers/google/encode.ts";
import { addressOf } from "../../src/providers/google/provider.ts";
import { completionsProvider } from "../../src/providers/openai-completions/provider.ts";
import { encodeResponses } from "../../src/providers/openai-responses/encode.ts";
import { responsesHeaders } from "../../src/providers/openai-responses/provider.ts";
import { knownApis, loadProvider } from "../../src/providers/registry.ts";
import { assistant, collect, readTool, testCall, testModel, testRequest, toolResult, user } from "../support/model-calls.ts";
import { startWireServer } from "../support/wire-server.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

function call(model: Partial<Model>, request: Partial<ModelRequest> = {}, values: Partial<ModelCall> = {}): ModelCall {
  return testCall({ model: testModel(model), request: testRequest(request), ...values });
}

const claude = (id: string, values: Partial<Model> = {}): Partial<Model> => ({
  api: "anthropic-messages",
  provider: "anthropic",
  id,
  ...values,
});
const ephemeral = { type: "ephemeral" };

test("Anthropic: cache marks on system, last tool and last user block", () => {
  const model = testModel(claude("claude-opus-4-5"));
  const messages = [
    user("q"),
    assistant(model, [
      { type: "toolCall", id: "a", name: "read", arguments: {} },
      { type: "toolCall", id: "b", name: "read", arguments: {} },
    ]),
    toolResult("a", "read", "1"),
    toolResult("b", "read", "2", { isError: true }),
  ];
  const body = encodeAnthropic(call(model, { messages, tools: [readTool, { ...readTool, name: "other" }] }));
  expect(body.system).toEqual([{ type: "text", text: "You are a test.", cache_control: ephemeral }]);
  expect(body.tools?.map((tool) => tool.cache_control)).toEqual([undefined, ephemeral]);
  expect(body.messages).toEqual([
    { role: "user", content: [{ type: "text", text: "q" }] },
    {
      role: "assistant",
      content: [
        { type: "tool_use", id: "a", name: "read", input: {} },
        { type: "tool_use", id: "b", name: "read", input: {} },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "a", content: "1" },
        { type: "tool_result", tool_use_id: "b", content: "2", is_error: true, cache_control: ephemeral },
      ],
    },
  ]);
  expect(body.max_tokens).toBe(64_000);
});

test.each<[string, Partial<Model>, ThinkingLevel, AnthropicRequest["thinking"], string | undefined]>([
  ["claude-opus-4-5", {}, "medium", { type: "enabled", budget_tokens: 8192, display: "summarized" }, undefined],
  ["claude-opus-4-5-20251101", {}, "minimal", { type: "enabled", budget_tokens: 1024, display: "summarized" }, undefined],
  ["claude-haiku-4-5", { maxTokens: 4096 }, "high", { type: "enabled", budget_tokens: 3072, display: "summarized" }, undefined],
  ["claude-haiku-4-5", { maxTokens: 1500 }, "high", undefined, undefined],
  ["claude-3-7-sonnet-20250219", {}, "low", { type: "enabled", budget_tokens: 2048, display: "summarized" }, undefined],
  ["claude-sonnet-4-6", {}, "minimal", { type: "adaptive", display: "summarized" }, "low"],
  ["claude-opus-5-5", { thinkingLevelMap: { max: "max" } }, "max", { type: "adaptive", display: "summarized" }, "max"],
  ["anthropic/claude-opus-4.8", { provider: "openrouter" }, "high", { type: "adaptive" }, "high"],
  ["claude-opus-5", {}, "off", { type: "disabled" }, undefined],
  ["claude-fable-5", { thinkingLevelMap: { off: null } }, "off", undefined, undefined],
  ["claude-opus-5", { reasoning: false }, "high", undefined, undefined],
  ["MiniMax-M2.7", { provider: "minimax" }, "medium", { type: "enabled", budget_tokens: 8192 }, undefined],
  ["MiniMax-M3.1-Flash", { provider: "minimax", thinkingLevelMap: { low: "low" } }, "low", { type: "adaptive" }, "low"],
  ["claude-opus-4-5", { dialect: { forceAdaptiveThinking: true } }, "low", { type: "adaptive", display: "summarized" }, "low"],
])("Anthropic: %s %j thinks at %s", (id, values, level, thinking, effort) => {
  const body = encodeAnthropic(call(claude(id, values), { thinkingLevel: level }));
  expect(body.thinking).toEqual(thinking);
  expect(body.output_config?.effort).toBe(effort);
});

test("Anthropic: key, token, none", () => {
  const headersFor = (credential: ModelCall["credential"], model = claude("claude-opus-4-5")): Record<string, string> => {
    const made = call(model, { thinkingLevel: "low", tools: [readTool] }, { credential });
    return anthropicHeaders(made, encodeAnthropic(made));
  };
  expect(headersFor({ scheme: "own", billing: "metered", value: " sk-1\n", source: "x" })).toMatchObject({
    "x-api-key": "sk-1",
    "anthropic-version": "2023-06-01",
  });
  const bearer = headersFor({ scheme: "bearer", billing: "plan", value: "tok", source: "x" });
  expect(bearer).toMatchObject({ authorization: "Bearer tok", "anthropic-beta": "oauth-2025-04-20,interleaved-thinking-2025-05-14" });
  expect(bearer["x-api-key"]).toBeUndefined();
  const none = headersFor({ scheme: "none", billing: "metered", value: "", source: "none" });
  expect([none["x-api-key"], none.authorization]).toEqual([undefined, undefined]);
  expect(
    headersFor({ scheme: "own", billing: "metered", value: "k", source: "x" }, claude("m", { headers: { "X-Api-Key": "mine" } }))[
      "x-api-key"
    ],
  ).toBe("mine");
});

test("Anthropic: a base URL with or without /v1", async () => {
  const server = await startWireServer(() => ({ status: 404 }));
  for (const suffix of ["", "/", "/v1", "/v1/", "/api"]) {
    await collect(anthropicProvider.stream(call(claude("m", { baseUrl: server.url + suffix }))));
  }
  expect(server.requests.map((request) => request.path)).toEqual([
    "/v1/messages",
    "/v1/messages",
    "/v1/messages",
    "/v1/messages",
    "/api/v1/messages",
  ]);
  await server.close();
});

test.each([
  ["https://mine.openai.azure.com", "https://mine.openai.azure.com/openai/v1/responses"],
  ["https://mine.openai.azure.com/openai/", "https://mine.openai.azure.com/openai/v1/responses"],
  ["https://mine.ai.azure.com/openai/v1?api-version=preview", "https://mine.ai.azure.com/openai/v1/responses?api-version=preview"],
])("Azure at %s", async (baseUrl, expected) => {
  let url = "";
  let body: { model?: string } = {};
  const fetch = (async (input: string, init: RequestInit) => {
    url = String(input);
    body = JSON.parse(String(init.body));
    return new Response("", { status: 404 });
  }) as unknown as typeof globalThis.fetch;
  const provider = await loadProvider("azure-openai-responses");
  const values = { api: "openai-responses", provider: "azure", id: "gpt-6-sol", requestName: "my-sol", baseUrl };
  await collect(provider.stream(call(values, {}, { fetch })));
  expect({ url, model: body.model }).toEqual({ url: expected, model: "my-sol" });
});

test("Responses: nothing stored, reasoning encrypted, schemas not made strict behind our back", () => {
  const model = { api: "openai-responses", provider: "openai", id: "gpt-6-sol" };
  const body = encodeResponses(call(model, { thinkingLevel: "high", tools: [readTool], sessionId: "s1", maxTokens: 4 }));
  expect(body).toMatchObject({
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "s1",
    reasoning: { effort: "high", summary: "auto" },
    max_output_tokens: 16,
  });
  expect(body.input[0]).toEqual({ role: "developer", content: "You are a test." });
  expect(body.tools).toMatchObject([{ type: "function", name: "read", strict: false }]);
});

test("Responses: ids as the npm agent wrote them", () => {
  const model = testModel({ api: "openai-responses", provider: "openai", id: "gpt-6-sol" });
  const messages = [
    user("q"),
    assistant(model, [
      { type: "text", text: "one", textSignature: "msg_1" },
      { type: "text", text: "two", textSignature: '{"v":1,"id":"msg_1","phase":"commentary"}' },
      { type: "toolCall", id: "call_1|fc_1", name: "read", arguments: {} },
    ]),
    toolResult("call_1|fc_1", "read", "r"),
  ];
  const { input } = encodeResponses(call(model, { messages }));
  expect(input.slice(2)).toMatchObject([
    { type: "message", id: "msg_1", content: [{ text: "one" }, { text: "two" }] },
    { type: "function_call", call_id: "call_1" },
    { type: "function_call_output", call_id: "call_1", output: "r" },
  ]);
});

test.each<[string, Partial<Model>, ThinkingLevel, unknown]>([
  ["gemini-2.5-flash", {}, "medium", { includeThoughts: true, thinkingBudget: 8192 }],
  ["gemini-2.5-flash", {}, "off", { thinkingBudget: 0 }],
  ["gemini-2.5-pro", {}, "off", { thinkingBudget: 128 }],
  ["gemini-3.1-pro-preview", {}, "low", { includeThoughts: true, thinkingLevel: "LOW" }],
  ["gemini-3.1-pro-preview", { thinkingLevelMap: { off: null } }, "off", undefined],
  ["gemini-2.0-flash", { reasoning: false }, "high", undefined],
])("Gemini: %s %j thinks at %s", (id, values, level, thinkingConfig) => {
  expect(
    encodeGoogle(call({ api: "google-generative-ai", provider: "google", id, ...values }, { thinkingLevel: level })).config.thinkingConfig,
  ).toEqual(thinkingConfig);
});

test("Gemini: the version in the base URL", () => {
  expect(addressOf("https://generativelanguage.googleapis.com/v1beta")).toEqual({
    baseUrl: "https://generativelanguage.googleapis.com",
    apiVersion: "v1beta",
  });
  expect(addressOf("http://127.0.0.1:1234/")).toEqual({ baseUrl: "http://127.0.0.1:1234", apiVersion: "v1beta" });
  expect(addressOf("https://proxy/gemini/v1")).toEqual({ baseUrl: "https://proxy/gemini", apiVersion: "v1" });
});

test("the SDKs' environment variables have no say", async () => {
  for (const [name, value] of Object.entries({
    ANTHROPIC_API_KEY: "leak-1",
    ANTHROPIC_AUTH_TOKEN: "leak-2",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:9",
    ANTHROPIC_CUSTOM_HEADERS: "x-leak: leak-3",
    ANTHROPIC_PROFILE: "leak-4",
    ANTHROPIC_LOG: "debug",
    OPENAI_API_KEY: "leak-5",
    OPENAI_ORG_ID: "leak-6",
    OPENAI_PROJECT_ID: "leak-7",
    OPENAI_BASE_URL: "http://127.0.0.1:9",
    OPENAI_CUSTOM_HEADERS: "x-leak: leak-8",
    OPENAI_LOG: "debug",
    GOOGLE_API_KEY: "leak-9",
    GEMINI_API_KEY: "leak-10",
    GOOGLE_GENAI_USE_VERTEXAI: "true",
    GOOGLE_GEMINI_BASE_URL: "http://127.0.0.1:9",
  })) {
    vi.stubEnv(name, value);
  }
  const written: unknown[] = [];
  for (const method of ["log", "info", "warn", "error", "debug"] as const)
    vi.spyOn(console, method).mockImplementation((...values) => written.push(values));
  const server = await startWireServer(() => ({ status: 500, body: "no" }));
  for (const api of knownApis) {
    const provider = await loadProvider(api);
    const credential = { scheme: "none", billing: "metered", value: "", source: "none" } as const;
    await collect(provider.stream(call({ api, provider: "mine", baseUrl: server.url }, {}, { credential })));
  }
  vi.restoreAllMocks();
  expect(server.requests).toHaveLength(knownApis.filter((api) => api !== "scripted").length);
  expect(JSON.stringify(server.requests)).not.toContain("leak");
  expect(JSON.stringify(server.requests.map((request) => request.headers))).not.toMatch(/unused|stainless/i);
  expect(written).toEqual([]);
  await server.close();
});

test("a redirect is not followed with the credential", async () => {
  const elsewhere = await startWireServer(() => ({ body: "data: [DONE]\n\n" }));
  const server = await startWireServer(() => ({ status: 307, headers: { location: `${elsewhere.url}/x` } }));
  const answer = await collect(completionsProvider.stream(call({ api: "openai-completions", provider: "mine", baseUrl: server.url })));
  expect(answer.failure).toMatchObject({ code: "not_found", status: 307 });
  expect(answer.failure?.message).toContain(elsewhere.url);
  expect(elsewhere.requests).toEqual([]);
  await Promise.all([server.close(), elsewhere.close()]);
});

test("a key wins over the name and password of an address, which are sent where there is none", async () => {
  const server = await startWireServer(() => ({ status: 404 }));
  const baseUrl = server.url.replace("://", "://me:password@");
  const none = { scheme: "none", billing: "metered", value: "", source: "none" } as const;
  const key = { scheme: "own", billing: "metered", value: "sk-1", source: "x" } as const;
  for (const credential of [none, key])
    await collect(completionsProvider.stream(call({ api: "openai-completions", provider: "mine", baseUrl }, {}, { credential })));
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    `Basic ${Buffer.from("me:password").toString("base64")}`,
    "Bearer sk-1",
  ]);
  await server.close();
});

test("the registry knows its formats and names what it does not know", async () => {
  for (const api of knownApis) expect((await loadProvider(api)).api).toBe(api);
  expect((await loadProvider("mistral-conversations")).api).toBe("openai-completions");
  await expect(loadProvider("openai-completion")).rejects.toMatchObject({
    code: "model.unknown_api",
    message: 'Unknown model API "openai-completion"',
    hint: "did you mean openai-completions?",
  });
  await expect(loadProvider("__proto__")).rejects.toMatchObject({ code: "model.unknown_api" });
});

test("Codex: the differences from Responses are its row's", () => {
  const codex = call({ api: "openai-responses", provider: "openai-codex", id: "gpt-6-sol" }, { tools: [readTool], sessionId: "s1" });
  const body = encodeResponses(codex);
  expect(body).toMatchObject({ store: false, stream: true, text: { verbosity: "low" }, parallel_tool_calls: true, prompt_cache_key: "s1" });
  expect(body).not.toHaveProperty("max_output_tokens");
  expect(body.tools).toMatchObject([{ strict: null }]);
  expect(responsesHeaders(codex)).toMatchObject({
    originator: "pi",
    "openai-beta": "responses=experimental",
    "session-id": "s1",
    "x-client-request-id": "s1",
  });
});

test("Copilot: says who began, and whether there are pictures, under no other program's name", () => {
  const model = { api: "openai-responses", provider: "github-copilot", id: "gpt-6" } as const;
  expect(responsesHeaders(call(model))).toMatchObject({ "x-initiator": "user", "openai-intent": "conversation-edits" });
  const picture = [{ type: "image" as const, data: "aGk=", mimeType: "image/png" }];
  const later = responsesHeaders(call(model, { messages: [user(picture), toolResult("a", "read", "1")] }));
  expect(later).toMatchObject({ "x-initiator": "agent", "copilot-vision-request": "true" });
  expect(Object.keys(later).filter((name) => /^(user-agent|editor-)/.test(name))).toEqual([]);
});
