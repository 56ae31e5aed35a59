// Every word of a dialect, one by one: what a request says otherwise because of it. And the npm agent's `compat`: each of its flags is such a
// word, or is named on the page of providers with the reason why there is nothing for it to act on.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ModelCall } from "../../src/contracts/model-request.ts";
import { encodeAnthropic } from "../../src/providers/anthropic/encode.ts";
import { anthropicHeaders } from "../../src/providers/anthropic/provider.ts";
import { anthropicDefaults, completionsDefaults, responsesDefaults } from "../../src/providers/dialect.ts";
import { encodeChat } from "../../src/providers/openai-completions/encode.ts";
import { chatHeaders } from "../../src/providers/openai-completions/provider.ts";
import { encodeResponses } from "../../src/providers/openai-responses/encode.ts";
import { responsesHeaders } from "../../src/providers/openai-responses/provider.ts";
import { assistant, readTool, testCall, testModel, testRequest, toolResult, user } from "../support/model-calls.ts";

const strictTool = {
  ...readTool,
  parameters: { type: "object", properties: { path: { type: "string" } }, required: ["path"], additionalProperties: false },
};

/** A conversation in which every word has something to act on. */
function call(api: string, dialect: Record<string, unknown>, changes: Partial<ModelCall["request"]> = {}): ModelCall {
  const model = testModel({ api, provider: "nobody", baseUrl: "http://service.invalid/v1", id: "m", maxTokens: 4096, dialect });
  const called = assistant(model, [
    { type: "thinking", thinking: "Let me see.", thinkingSignature: api === "anthropic-messages" ? "" : "reasoning_content" },
    { type: "toolCall", id: "call-1", name: "read", arguments: { path: "a" } },
  ]);
  const plain = assistant(model, [{ type: "text", text: "Read." }]);
  const messages = [user("read a"), called, toolResult("call-1", "read", "A"), user("and now?"), plain, user("go on")];
  return testCall({
    model,
    request: testRequest({
      messages,
      tools: [strictTool],
      thinkingLevel: "high",
      cacheRetention: "long",
      sessionId: "session-1",
      outputSchema: strictTool.parameters,
      ...changes,
    }),
  });
}

type Row = [word: string, value: unknown, given: Record<string, unknown>, says: unknown, changes?: Partial<ModelCall["request"]>];

const completions: Row[] = [
  ["supportsDeveloperRole", true, {}, { messages: expect.arrayContaining([{ role: "developer", content: "You are a test." }]) }],
  ["supportsStore", true, {}, { store: false }],
  ["supportsReasoningEffort", true, { supportsReasoningEffort: false, thinkingFormat: "zai" }, { reasoning_effort: "high" }],
  ["supportsUsageInStreaming", true, { supportsUsageInStreaming: false }, { stream_options: { include_usage: true } }],
  ["supportsStrictMode", true, {}, { tools: [{ type: "function", function: expect.objectContaining({ strict: true }) }] }],
  ["supportsJsonSchema", true, {}, { response_format: expect.objectContaining({ type: "json_schema" }) }],
  ["maxTokensField", "max_completion_tokens", {}, { max_completion_tokens: expect.any(Number) }],
  ["promptCountSpare", 0.15, {}, { max_tokens: 3580 }, { promptTokens: 170_800 }],
  ["requiresToolResultName", true, {}, { messages: expect.arrayContaining([expect.objectContaining({ role: "tool", name: "read" })]) }],
  [
    "requiresAssistantAfterToolResult",
    true,
    {},
    { messages: expect.arrayContaining([{ role: "assistant", content: "I have the tool results." }]) },
  ],
  [
    "requiresNonNullAssistantContent",
    true,
    {},
    { messages: expect.arrayContaining([expect.objectContaining({ role: "assistant", content: "" })]) },
  ],
  ["requiresToolsWithToolHistory", true, {}, { tools: [] }, { tools: [] }],
  [
    "requiresThinkingAsText",
    true,
    {},
    { messages: expect.arrayContaining([expect.objectContaining({ content: "<thinking>\nLet me see.\n</thinking>" })]) },
  ],
  [
    "requiresReasoningContentOnAssistantMessages",
    true,
    {},
    { messages: expect.arrayContaining([expect.objectContaining({ content: "Read.", reasoning_content: "" })]) },
  ],
  ["thinkingFormat", "openrouter", {}, { reasoning: { effort: "high" } }],
  ["thinkingFormat", "deepseek", {}, { thinking: { type: "enabled" }, reasoning_effort: "high" }],
  ["thinkingFormat", "together", {}, { reasoning: { enabled: true }, reasoning_effort: "high" }],
  ["thinkingFormat", "zai", {}, { thinking: { type: "enabled", clear_thinking: false }, reasoning_effort: "high" }],
  ["thinkingFormat", "qwen", {}, { enable_thinking: true }],
  ["thinkingFormat", "qwen-chat-template", {}, { chat_template_kwargs: { enable_thinking: true, preserve_thinking: true } }],
  ["thinkingFormat", "baseten", {}, { chat_template_args: { enable_thinking: true }, reasoning_effort: "high" }],
  ["thinkingFormat", "string-thinking", {}, { thinking: "high" }],
  ["thinkingFormat", "string-thinking", {}, { thinking: "none" }, { thinkingLevel: "off" }],
  ["thinkingFormat", "none", {}, { reasoning_effort: undefined }],
  [
    "chatTemplateKwargs",
    { on: { $var: "thinking.enabled" }, how: { $var: "thinking.effort" }, much: { $var: "thinking.budget" }, x: 1 },
    { thinkingFormat: "chat-template" },
    { chat_template_kwargs: { on: true, how: "high", much: 3072, x: 1 }, reasoning_effort: undefined },
  ],
  [
    "chatTemplateKwargs",
    { on: { $var: "thinking.enabled" }, how: { $var: "thinking.effort" }, much: { $var: "thinking.budget" }, x: 1 },
    { thinkingFormat: "chat-template" },
    { chat_template_kwargs: { on: false, x: 1 } },
    { thinkingLevel: "off" },
  ],
  [
    "chatTemplateKwargs",
    { on: { $var: "thinking.enabled", omitWhenOff: true }, x: 1 },
    { thinkingFormat: "chat-template" },
    { chat_template_kwargs: { on: undefined, x: 1 } },
    { thinkingLevel: "off" },
  ],
  ["chatTemplateArgs", { k: { $var: "thinking.effort" } }, { thinkingFormat: "baseten" }, { chat_template_args: { k: "high" } }],
  ["thinkingTokenBudgetField", "thinking_budget", {}, { thinking_budget: 3072 }],
  ["thinkingTokenBudgetField", "thinking_budget", {}, { thinking_budget: 700 }, { thinkingBudgets: { high: 700 } }],
  ["supportsThinkingTokenBudget", true, {}, { thinking_token_budget: 3072 }],
  [
    "toolCallIdFormat",
    "mistral",
    {},
    { messages: expect.arrayContaining([expect.objectContaining({ role: "tool", tool_call_id: expect.stringMatching(/^[a-z0-9]{9}$/) })]) },
  ],
  ["cacheControlFormat", "anthropic", {}, { tools: [expect.objectContaining({ cache_control: { type: "ephemeral" } })] }],
  [
    "supportsLongCacheRetention",
    true,
    { cacheControlFormat: "anthropic" },
    { prompt_cache_retention: "24h", tools: [expect.objectContaining({ cache_control: { type: "ephemeral", ttl: "1h" } })] },
  ],
  ["promptCacheKeyMode", "enabled", {}, { prompt_cache_key: "session-1" }],
  [
    "sendSessionAffinityHeaders",
    true,
    {},
    {
      headers: expect.objectContaining({ session_id: "session-1", "x-client-request-id": "session-1", "x-session-affinity": "session-1" }),
    },
  ],
  [
    "sessionAffinityFormat",
    "openai-nosession",
    { sendSessionAffinityHeaders: true },
    { headers: expect.not.objectContaining({ session_id: "session-1" }) },
  ],
  [
    "sessionAffinityFormat",
    "openrouter",
    { sendSessionAffinityHeaders: true },
    { headers: expect.objectContaining({ "x-session-id": "session-1" }) },
  ],
  ["vllmPriority", 3, {}, { priority: 3 }],
  ["zaiToolStream", true, {}, { tool_stream: true }],
  ["openRouterRouting", { only: ["a"] }, {}, { provider: { only: ["a"] } }],
  ["vercelGatewayRouting", { order: ["a"] }, {}, { providerOptions: { gateway: { order: ["a"] } } }],
  ["credentialHeader", "api-key", {}, { headers: expect.objectContaining({ "api-key": expect.any(String) }) }],
];

const responses: Row[] = [
  ["supportsDeveloperRole", false, {}, { input: expect.arrayContaining([{ role: "system", content: "You are a test." }]) }],
  ["supportsStrictMode", false, {}, { tools: [expect.objectContaining({ strict: false })] }],
  ["supportsJsonSchema", false, {}, { text: undefined }],
  ["supportsMaxOutputTokens", false, {}, { max_output_tokens: undefined }],
  ["promptCacheKeyMode", "disabled", {}, { prompt_cache_key: undefined }],
  ["supportsLongCacheRetention", true, { supportsLongCacheRetention: false }, { prompt_cache_retention: "24h" }],
  ["supportsExplicitPromptCacheMode", true, {}, { prompt_cache_options: { ttl: "30m" }, prompt_cache_retention: undefined }],
  ["sessionAffinityFormat", "openrouter", {}, { headers: expect.objectContaining({ "x-session-id": "session-1" }) }],
  ["strictWhereLoose", null, { supportsStrictMode: false }, { tools: [expect.objectContaining({ strict: null })] }],
  ["extraBody", { service: 1 }, {}, { service: 1 }],
  ["credentialHeader", "api-key", {}, { headers: expect.objectContaining({ "api-key": expect.any(String) }) }],
];

const anthropic: Row[] = [
  ["supportsEagerToolInputStreaming", true, {}, { tools: [expect.objectContaining({ eager_input_streaming: true })] }],
  ["supportsCacheControlOnTools", false, {}, { tools: [expect.not.objectContaining({ cache_control: expect.anything() })] }],
  [
    "supportsLongCacheRetention",
    true,
    { supportsLongCacheRetention: false },
    { system: [expect.objectContaining({ cache_control: { type: "ephemeral", ttl: "1h" } })] },
  ],
  ["supportsStrictTools", true, {}, { tools: [expect.objectContaining({ strict: true })] }],
  ["supportsTemperature", true, { supportsTemperature: false }, { temperature: 0.5 }, { thinkingLevel: "off", temperature: 0.5 }],
  ["supportsThinkingDisplay", true, {}, { thinking: expect.objectContaining({ display: "summarized" }) }],
  ["supportsJsonSchema", true, {}, { output_config: { format: expect.objectContaining({ type: "json_schema" }) } }],
  ["forceAdaptiveThinking", true, {}, { thinking: { type: "adaptive" }, output_config: { effort: "high" } }],
  [
    "allowEmptySignature",
    true,
    {},
    {
      messages: expect.arrayContaining([
        expect.objectContaining({ content: expect.arrayContaining([expect.objectContaining({ type: "thinking" })]) }),
      ]),
    },
  ],
  ["sendSessionAffinityHeaders", true, {}, { headers: expect.objectContaining({ "x-session-affinity": "session-1" }) }],
  [
    "sessionAffinityFormat",
    "openrouter",
    { sendSessionAffinityHeaders: true },
    { headers: expect.objectContaining({ "x-session-id": "session-1" }) },
  ],
  ["credentialHeader", "bearer", {}, { headers: expect.objectContaining({ authorization: expect.stringMatching(/^Bearer /) }) }],
];

/** What is read of an answer, and where the service is. */
const ofNoRequest = ["supportsFinishReason", "versionPath"];

const formats = {
  "openai-completions": { rows: completions, defaults: completionsDefaults, encode: encodeChat, headers: chatHeaders },
  "openai-responses": { rows: responses, defaults: responsesDefaults, encode: encodeResponses, headers: responsesHeaders },
  "anthropic-messages": { rows: anthropic, defaults: anthropicDefaults, encode: encodeAnthropic, headers: anthropicHeaders },
} as const;

describe.each(Object.entries(formats))("%s", (api, { rows, defaults, encode, headers }) => {
  const request = (dialect: Record<string, unknown>, changes?: Row[4]): Record<string, unknown> => {
    const made = call(api, dialect, changes);
    const body = encode(made);
    return { ...body, headers: headers(made, body as never) };
  };

  test.each(rows.map((row) => [`${row[0]} = ${JSON.stringify(row[1])}`, row] as const))("%s", (_, [word, value, given, says, changes]) => {
    const said = { ...request({ ...given, [word]: value }, changes) };
    for (const [field, expected] of Object.entries(says as object)) expect(said[field], field).toEqual(expected);
    expect(request(given, changes)).not.toEqual(said);
  });

  test("no word is without a row", () => {
    const words = new Set(rows.map(([word]) => word));
    expect(Object.keys(defaults).filter((word) => !words.has(word) && !ofNoRequest.includes(word))).toEqual([]);
  });
});

test("with thinking off the formats that have an effort besides say the model's word for none", () => {
  const off = (thinkingFormat: string): unknown => {
    const made = call("openai-completions", { thinkingFormat }, { thinkingLevel: "off" });
    return encodeChat({ ...made, model: { ...made.model, thinkingLevelMap: { off: "none" } } }).reasoning_effort;
  };
  expect(["openai", "baseten", "deepseek", "zai"].map(off)).toEqual(["none", "none", undefined, undefined]);
});

test("fields that the user has set for a model are in its requests, a level's own over them, and never what makes the request one of ours", () => {
  const sampled = (api: string, thinkingLevel: "high" | "low"): Record<string, unknown> => {
    const made = call(api, {}, { thinkingLevel });
    const model = {
      ...made.model,
      samplingParams: { temperature: 0.5, top_k: 20, stream: false, model: "other", messages: [], input: [] },
      samplingParamsByThinkingLevel: { high: { top_k: 5 } },
    };
    return { ...(api === "openai-completions" ? encodeChat : encodeResponses)({ ...made, model }) };
  };
  for (const api of ["openai-completions", "openai-responses"]) {
    expect(sampled(api, "high")).toMatchObject({ model: "m", stream: true, temperature: 0.5, top_k: 5 });
    expect(sampled(api, "low")).toMatchObject({ top_k: 20 });
    expect(sampled(api, "low").messages ?? sampled(api, "low").input).not.toEqual([]);
  }
});

test("strict tools of Anthropic's: as many as a request may have, and none whose schema cannot be closed", () => {
  const of = (name: string, optional: number, open = false): typeof readTool => ({
    name,
    description: "",
    parameters: {
      type: "object",
      properties: Object.fromEntries(Array.from({ length: optional }, (_, index) => [`p${index}`, { type: "string" }])),
      ...(open ? { additionalProperties: true } : {}),
    },
  });
  const strictOf = (tools: (typeof readTool)[]): unknown[] =>
    encodeAnthropic(call("anthropic-messages", { supportsStrictTools: true }, { tools })).tools?.flatMap((tool) =>
      tool.strict ? [tool.name] : [],
    ) ?? [];
  expect(strictOf([of("a", 20), of("b", 5), of("c", 4), of("d", 0, true)])).toEqual(["a", "c"]);
  expect(strictOf(Array.from({ length: 30 }, (_, index) => of(`t${index}`, 0)))).toHaveLength(20);
});

/** Flags that models of the catalogue have there, and those that its page on models has beside them. */
const npmCompat = [
  ...[
    "allowEmptySignature",
    "allowedFallbackModels",
    "cacheControlFormat",
    "chatTemplateArgs",
    "chatTemplateKwargs",
    "forceAdaptiveThinking",
  ],
  ...["maxTokensField", "openRouterRouting", "promptCacheKeyMode", "requiresAssistantAfterToolResult", "requiresNonNullAssistantContent"],
  ...["requiresReasoningContentOnAssistantMessages", "requiresThinkingAsText", "requiresToolResultName", "requiresToolsWithToolHistory"],
  ...[
    "sendSessionAffinityHeaders",
    "sessionAffinityFormat",
    "supportsAdditionalTools",
    "supportsCacheControlOnTools",
    "supportsDeveloperRole",
  ],
  ...["supportsEagerToolInputStreaming", "supportsExplicitPromptCacheMode", "supportsFinishReason", "supportsLongCacheRetention"],
  ...["supportsMaxOutputTokens", "supportsMessageThreads", "supportsMidConvoEffort", "supportsMidConvoSystemMessages"],
  ...[
    "supportsMidConvoToolAdditions",
    "supportsMidConvoToolChanges",
    "supportsOpenAIGrammarTools",
    "supportsReasoningEffort",
    "supportsStore",
  ],
  ...["supportsStrictMode", "supportsStrictTools", "supportsTemperature", "supportsThinkingTokenBudget", "supportsToolSearch"],
  ...["supportsUsageInStreaming", "thinkingFormat", "thinkingTokenBudgetField", "vercelGatewayRouting", "vllmPriority", "zaiToolStream"],
];

test("each of the npm agent's compat flags is one of these words, or is named on the page with its reason", () => {
  const words = new Set([...completions, ...responses, ...anthropic].map(([word]) => word).concat(ofNoRequest));
  const page = readFileSync(new URL("../../docs/providers.md", import.meta.url), "utf8");
  const named = page
    .split("\n")
    .flatMap((line) => (line.startsWith("| `supports") || line.startsWith("| `allowed") ? [...line.matchAll(/`(\w+)`/g)] : []));
  const reasoned = new Set(named.map((match) => match[1]));
  expect(npmCompat.filter((flag) => !words.has(flag) && !reasoned.has(flag))).toEqual([]);
  expect(npmCompat.filter((flag) => words.has(flag) && reasoned.has(flag))).toEqual([]);
});
