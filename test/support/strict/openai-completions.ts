// OpenAI chat completions, refusing what the service refuses, in its words. Thinking goes out as `reasoning_content`, as the imitators send it.
// Source: https://platform.openai.com/docs/api-reference/chat (checked 2026-11).

import type { WireRequest } from "../wire-server.ts";
import { openaiErrors } from "./openai-errors.ts";
import { Checker, type Complaint, deltasOf, type Part, type Say, type StrictFormat } from "./script.ts";

// biome-ignore lint/suspicious/noExplicitAny: request bodies of any shape
type Any = any;

const topLevel = [
  "model",
  "messages",
  "stream",
  "stream_options",
  "store",
  "max_completion_tokens",
  "max_tokens",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "reasoning_effort",
  "response_format",
  "prompt_cache_key",
];

export const strictChat: StrictFormat = {
  api: "openai-completions",
  basePath: "/v1",
  check,
  stream,
  ...openaiErrors,
};

function check(request: WireRequest): Complaint | undefined {
  const on = new Checker("invalid_value");
  const { headers, body } = request;
  on.require(
    request.method === "POST" && request.path === "/v1/chat/completions",
    `Invalid URL (POST ${request.path})`,
    404,
    "unknown_url",
  );
  on.require(/^Bearer \S+$/.test(headers.authorization ?? ""), "You didn't provide an API key.", 401, "invalid_api_key");
  on.require(typeof body === "object" && body !== null, "We could not parse the JSON body of your request.");
  if (on.complaint !== undefined) return on.complaint;
  on.onlyFields(body, topLevel, (field) => `Unrecognized request argument supplied: ${field}`);
  on.require(typeof body.model === "string", "you must provide a model parameter");
  on.require(Array.isArray(body.messages) && body.messages.length > 0, "Missing required parameter: 'messages'.");
  on.require(body.stream === true, "this server only streams");
  const reasons = /^(gpt-[56]|o\d)/.test(body.model);
  on.require(
    !(reasons && body.max_tokens !== undefined),
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    400,
    "unsupported_parameter",
  );
  const effort = body.reasoning_effort;
  on.require(
    effort === undefined || ["none", "minimal", "low", "medium", "high", "xhigh", "max"].includes(effort),
    `Invalid value: '${effort}'.`,
  );
  if (on.complaint !== undefined) return on.complaint;
  checkTools(on, body.tools);
  checkMessages(on, body.messages);
  return on.complaint;
}

function checkTools(on: Checker, tools: Any[] | undefined): void {
  if (tools === undefined) return;
  on.require(
    tools.length > 0,
    "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    400,
    "empty_array",
  );
  const names = new Set<string>();
  tools.forEach((tool, index) => {
    on.require(tool.type === "function", `Invalid value: '${tool.type}'. Supported values are: 'function' and 'custom'.`);
    on.require(
      /^[a-zA-Z0-9_-]{1,64}$/.test(tool.function?.name ?? ""),
      `Invalid 'tools[${index}].function.name': string does not match pattern.`,
    );
    on.require(!names.has(tool.function?.name), "Tool names must be unique.");
    names.add(tool.function?.name);
    on.require(
      tool.function?.parameters?.type === "object",
      `Invalid schema for function '${tool.function?.name}': schema must be a JSON Schema of 'type: "object"'`,
      400,
      "invalid_function_parameters",
    );
  });
}

function checkMessages(on: Checker, messages: Any[]): void {
  let awaited: string[] = [];
  const seen = new Set<string>();
  messages.forEach((message, index) => {
    const at = `messages[${index}]`;
    if (message.role === "tool") {
      on.require(
        awaited.includes(message.tool_call_id),
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
      );
      awaited = awaited.filter((id) => id !== message.tool_call_id);
      on.onlyFields(message, ["role", "tool_call_id", "content"], (field) => `Unrecognized request argument supplied: ${at}.${field}`);
      on.require(typeof message.content === "string", `Invalid value for '${at}.content': tool messages take text only`);
      return;
    }
    on.require(
      awaited.length === 0,
      `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${awaited.join(", ")}`,
    );
    if (message.role === "assistant") awaited = checkAssistant(on, message, at, seen);
    else checkInput(on, message, at, index);
  });
  on.require(
    awaited.length === 0,
    `An assistant message with 'tool_calls' must be followed by tool messages. Missing: ${awaited.join(", ")}`,
  );
}

function checkInput(on: Checker, message: Any, at: string, index: number): void {
  on.onlyFields(message, ["role", "content", "name"], (field) => `Unrecognized request argument supplied: ${at}.${field}`);
  on.require(
    ["system", "developer", "user"].includes(message.role),
    `Invalid value: '${message.role}'. Supported values are: 'system', 'assistant', 'user', 'tool', and 'developer'.`,
  );
  on.require(message.role === "user" || index === 0, `Invalid '${at}': '${message.role}' must come first`);
  if (typeof message.content === "string") {
    on.require(message.content !== "", `Invalid '${at}.content': empty string`);
    return;
  }
  on.require(
    Array.isArray(message.content) && message.content.length > 0,
    `Invalid type for '${at}.content': expected one of a string or array of objects.`,
  );
  for (const part of message.content ?? []) {
    if (part.type === "text") on.require(typeof part.text === "string" && part.text !== "", `Invalid '${at}.content': empty text`);
    else {
      on.require(part.type === "image_url" && message.role === "user", `Invalid value: '${part.type}'.`);
      on.require(
        /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$/.test(part.image_url?.url ?? ""),
        "Invalid base64 image_url.",
        400,
        "invalid_base64",
      );
    }
  }
}

/** The ids that must be answered next. */
function checkAssistant(on: Checker, message: Any, at: string, seen: Set<string>): string[] {
  on.onlyFields(
    message,
    ["role", "content", "tool_calls", "refusal", "name", "reasoning_content", "reasoning_details"],
    (field) => `Unrecognized request argument supplied: ${at}.${field}`,
  );
  const calls: Any[] = message.tool_calls ?? [];
  on.require(message.tool_calls === undefined || calls.length > 0, `Invalid '${at}.tool_calls': empty array.`, 400, "empty_array");
  on.require(
    calls.length > 0 || (typeof message.content === "string" && message.content !== ""),
    `Invalid value for 'content': expected a string, got null.`,
  );
  on.require(message.content === null || typeof message.content === "string", `Invalid type for '${at}.content'`);
  for (const call of calls) {
    on.require(call.type === "function" && typeof call.function?.name === "string", `Invalid value for '${at}.tool_calls'`);
    on.require(
      typeof call.id === "string" && call.id.length > 0 && call.id.length <= 40,
      `Invalid '${at}.tool_calls[0].id': string too long. Expected a string with maximum length 40.`,
    );
    on.require(!seen.has(call.id), `Duplicate value for 'tool_call_id' of '${call.id}'`);
    seen.add(call.id);
    on.require(
      typeof call.function?.arguments === "string",
      `Invalid type for '${at}.tool_calls[0].function.arguments': expected a string.`,
    );
    on.require(isJsonObject(call.function?.arguments), `Invalid '${at}.tool_calls[0].function.arguments': not JSON`);
  }
  return calls.map((call) => call.id);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const finishReasons = {
  stop: "stop",
  length: "length",
  toolUse: "tool_calls",
  refusal: "content_filter",
  overflow: "model_context_window_exceeded",
};

function stream(say: Say, request: WireRequest): string {
  const length = say.deltaLength ?? 7;
  const chunk = (choices: Any[], extra: Any = {}): Any => ({
    id: "chatcmpl-local",
    object: "chat.completion.chunk",
    created: 1,
    model: request.body.model,
    choices,
    ...extra,
  });
  const delta = (value: Any, finish_reason: string | null = null): Any => chunk([{ index: 0, delta: value, finish_reason }]);
  const turn = request.body.messages.length;
  let callIndex = 0;
  const events = [delta({ role: "assistant", content: "" })];
  for (const part of say.say) {
    for (const value of partDeltas(part, length, turn, callIndex)) events.push(delta(value));
    if ("call" in part) callIndex++;
  }
  events.push(delta({}, finishReasons[say.stop ?? (callIndex > 0 ? "toolUse" : "stop")]));
  if (request.body.stream_options?.include_usage === true) events.push(chunk([], { usage: usageOf(say) }));
  return `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`;
}

function usageOf(say: Say): Any {
  const usage = say.usage ?? { input: 10, output: 5 };
  const prompt = usage.input + (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output,
    total_tokens: prompt + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead ?? 0, cache_write_tokens: usage.cacheWrite ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  };
}

function partDeltas(part: Part, length: number, turn: number, callIndex: number): Any[] {
  if ("text" in part) return deltasOf(part.text, length).map((content) => ({ content }));
  if ("thinking" in part) return deltasOf(part.thinking, length).map((reasoning_content) => ({ reasoning_content }));
  if ("redacted" in part) return [{ reasoning_details: [{ type: "reasoning.encrypted", data: part.redacted, index: 0 }] }];
  const call = (value: Any): Any => ({ tool_calls: [{ index: callIndex, ...value }] });
  return [
    call({ id: part.id ?? `call_${turn}_${callIndex}`, type: "function", function: { name: part.call, arguments: "" } }),
    ...deltasOf(JSON.stringify(part.arguments), length).map((text) => call({ function: { arguments: text } })),
  ];
}
