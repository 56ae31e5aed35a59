// Anthropic Messages, refusing what the service refuses, in its words. Source: https://platform.claude.com/docs/en/api/messages and /errors (checked 2026-11).

import type { WireRequest } from "../wire-server.ts";
import { Checker, type Complaint, deltasOf, type Part, type Say, type StrictFormat } from "./script.ts";

// biome-ignore lint/suspicious/noExplicitAny: request bodies of any shape
type Any = any;

const topLevel = [
  "model",
  "max_tokens",
  "messages",
  "stream",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "metadata",
  "stop_sequences",
  "cache_control",
  "service_tier",
  "temperature",
];

/** The signature this server gives a thought; any other is refused. */
export function signatureOf(thinking: string): string {
  return `sig+/${Buffer.from(thinking).toString("base64")}==`;
}

export const strictAnthropic: StrictFormat = {
  api: "anthropic-messages",
  basePath: "",
  check,
  stream,
  errorBody: ({ type, message }) => JSON.stringify({ type: "error", error: { type, message }, request_id: "req_local" }),
  errorType: (status) =>
    ({
      400: "invalid_request_error",
      401: "authentication_error",
      402: "billing_error",
      403: "permission_error",
      404: "not_found_error",
      413: "request_too_large",
      429: "rate_limit_error",
      529: "overloaded_error",
    })[status] ?? "api_error",
};

function check(request: WireRequest): Complaint | undefined {
  const on = new Checker("invalid_request_error");
  const { headers, body } = request;
  on.require(
    request.method === "POST" && /^\/v1\/messages(\?beta=true)?$/.test(request.path),
    `Not found: ${request.path}`,
    404,
    "not_found_error",
  );
  const bearer = headers.authorization?.startsWith("Bearer ") === true;
  on.require(headers["x-api-key"] !== undefined || bearer, "x-api-key header is required", 401, "authentication_error");
  on.require(
    headers["anthropic-version"] === "2023-06-01" || headers["anthropic-version"] === "2026-10-21",
    "anthropic-version: header is required",
  );
  on.require(headers["content-type"] === "application/json", "content-type must be application/json");
  on.require(typeof body === "object" && body !== null, "The request body is not valid JSON");
  if (on.complaint !== undefined) return on.complaint;
  on.onlyFields(body, topLevel, (field) => `${field}: Extra inputs are not permitted`);
  on.require(typeof body.model === "string", "model: Field required");
  on.require(Number.isInteger(body.max_tokens) && body.max_tokens >= 1, "max_tokens: Field required");
  on.require(Array.isArray(body.messages) && body.messages.length > 0, "messages: at least one message is required");
  on.require(body.stream === true, "this server only streams");
  if (on.complaint !== undefined) return on.complaint;
  for (const block of body.system ?? []) checkText(on, block, "system");
  checkTools(on, body.tools ?? []);
  checkThinking(on, body);
  checkMessages(on, body);
  const marks = [...(body.system ?? []), ...(body.tools ?? []), ...body.messages.flatMap((message: Any) => blocksOf(message))];
  on.require(
    marks.filter((block: Any) => block.cache_control !== undefined).length <= 4,
    "A maximum of 4 blocks with cache_control may be provided.",
  );
  return on.complaint;
}

function checkTools(on: Checker, tools: Any[]): void {
  const names = new Set<string>();
  tools.forEach((tool, index) => {
    on.onlyFields(
      tool,
      ["name", "description", "input_schema", "cache_control", "eager_input_streaming", "strict", "type"],
      (field) => `tools.${index}.${field}: Extra inputs are not permitted`,
    );
    on.require(/^[a-zA-Z0-9_-]{1,128}$/.test(tool.name ?? ""), `tools.${index}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    on.require(!names.has(tool.name), "tools: Tool names must be unique.");
    names.add(tool.name);
    on.require(tool.input_schema?.type === "object", `tools.${index}.input_schema.type: Field required`);
    on.require(
      tool.strict !== true || tool.input_schema.additionalProperties === false,
      `tools.${index}.custom: For 'object' type, 'additionalProperties' must be explicitly set to false`,
    );
  });
}

function checkThinking(on: Checker, body: Any): void {
  const { thinking } = body;
  if (thinking === undefined) return;
  on.require(
    thinking.type === "disabled" || body.temperature === undefined || body.temperature === 1,
    "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.",
  );
  const adaptiveOnly = /claude-(opus|sonnet|haiku|fable)-(5|4-[789])/.test(body.model);
  if (thinking.type === "enabled") {
    on.require(
      !adaptiveOnly,
      `"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`,
    );
    on.require(thinking.budget_tokens >= 1024, "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
    on.require(thinking.budget_tokens < body.max_tokens, "`max_tokens` must be greater than `thinking.budget_tokens`.");
  } else
    on.require(thinking.type === "adaptive" || thinking.type === "disabled", "thinking: Input tag does not match any of the expected tags");
  const effort = body.output_config?.effort;
  on.require(
    effort === undefined || ["low", "medium", "high", "xhigh", "max"].includes(effort),
    "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
  );
}

function blocksOf(message: Any): Any[] {
  return typeof message.content === "string" ? [{ type: "text", text: message.content }] : (message.content ?? []);
}

function checkMessages(on: Checker, body: Any): void {
  const messages: Any[] = body.messages;
  const seen = new Set<string>();
  on.require(messages[0].role === "user", 'messages: first message must use the "user" role');
  on.require(
    messages.at(-1).role === "user",
    "This model does not support assistant message prefill. The conversation must end with a user message.",
  );
  messages.forEach((message, index) => {
    const at = `messages.${index}`;
    on.onlyFields(message, ["role", "content"], (field) => `${at}.${field}: Extra inputs are not permitted`);
    on.require(message.role === "user" || message.role === "assistant", `messages: Unexpected role "${message.role}".`);
    on.require(message.role !== messages[index - 1]?.role, `${at}: roles must alternate between "user" and "assistant"`);
    const blocks = blocksOf(message);
    on.require(blocks.length > 0, `${at}: all messages must have non-empty content except for the optional final assistant message`);
    for (const block of blocks) checkBlock(on, block, message.role, at, seen);
    checkPairing(on, blocks, messages[index - 1], index);
    if (message.role === "assistant") {
      const answered = new Set(
        blocksOf(messages[index + 1] ?? {}).flatMap((block) => (block.type === "tool_result" ? [block.tool_use_id] : [])),
      );
      const open = blocks.filter((block) => block.type === "tool_use" && !answered.has(block.id)).map((block) => block.id);
      on.require(
        open.length === 0,
        `${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
  });
  if (body.thinking?.type === "enabled" && blocksOf(messages.at(-1)).some((block) => block.type === "tool_result")) {
    const first = blocksOf(messages.findLast((message) => message.role === "assistant"))[0]?.type;
    on.require(
      first === "thinking" || first === "redacted_thinking",
      `Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
    );
  }
}

function checkPairing(on: Checker, blocks: Any[], before: Any, index: number): void {
  const called = new Set(blocksOf(before ?? {}).flatMap((block) => (block.type === "tool_use" ? [block.id] : [])));
  const answered = new Set<string>();
  let other = false;
  for (const block of blocks) {
    if (block.type !== "tool_result") {
      other = true;
      continue;
    }
    on.require(!other, `messages.${index}: \`tool_result\` blocks must come before other content`);
    on.require(
      called.has(block.tool_use_id),
      `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${block.tool_use_id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    );
    on.require(
      !answered.has(block.tool_use_id),
      `messages.${index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${block.tool_use_id}`,
    );
    answered.add(block.tool_use_id);
  }
}

function checkText(on: Checker, block: Any, at: string): void {
  on.require(typeof block.text === "string" && block.text !== "", `${at}: text content blocks must be non-empty`);
  on.require(String(block.text).trim() !== "", `${at}: text content blocks must contain non-whitespace text`);
  on.require(
    (block.text as string & { isWellFormed(): boolean }).isWellFormed(),
    "The request body is not valid JSON: no low surrogate in string",
  );
}

function checkImage(on: Checker, block: Any, at: string): void {
  on.require(block.source?.type === "base64", `${at}.source: Field required`);
  on.require(
    /^image\/(png|jpeg|gif|webp)$/.test(block.source?.media_type ?? ""),
    `${at}.source.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`,
  );
  on.require(/^[A-Za-z0-9+/]+=*$/.test(block.source?.data ?? ""), `${at}.source.data: invalid base64 data`);
}

function checkBlock(on: Checker, block: Any, role: string, at: string, seen: Set<string>): void {
  switch (block.type) {
    case "text":
      checkText(on, block, at);
      break;
    case "image":
      on.require(role === "user", `${at}: image blocks are not permitted in assistant messages`);
      checkImage(on, block, at);
      break;
    case "thinking":
      on.require(role === "assistant" && block.cache_control === undefined, `${at}: cache_control cannot be set for thinking blocks`);
      on.require(block.signature === signatureOf(block.thinking), `${at}: Invalid \`signature\` in \`thinking\` block`);
      break;
    case "redacted_thinking":
      on.require(role === "assistant" && block.data?.startsWith("opaque:"), `${at}: Invalid \`data\` in \`redacted_thinking\` block`);
      break;
    case "tool_use":
      on.require(role === "assistant", `${at}: tool_use blocks are only permitted in assistant messages`);
      on.require(/^[a-zA-Z0-9_-]+$/.test(block.id ?? ""), `${at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
      on.require(!seen.has(block.id), `${at}: \`tool_use\` ids must be unique`);
      seen.add(block.id);
      on.require(/^[a-zA-Z0-9_-]{1,128}$/.test(block.name ?? ""), `${at}.tool_use.name: String should match pattern`);
      on.require(
        typeof block.input === "object" && !Array.isArray(block.input),
        `${at}.tool_use.input: Input should be a valid dictionary`,
      );
      break;
    case "tool_result":
      on.require(role === "user", `${at}: tool_result blocks are only permitted in user messages`);
      on.onlyFields(
        block,
        ["type", "tool_use_id", "content", "is_error", "cache_control"],
        (field) => `${at}.tool_result.${field}: Extra inputs are not permitted`,
      );
      on.require(
        block.is_error !== true || blocksOf({ content: block.content }).every((inner) => inner.type === "text"),
        `${at}.tool_result: all content must be type "text" if \`is_error\` is true`,
      );
      for (const inner of Array.isArray(block.content) ? block.content : []) {
        on.require(inner.type === "text" || inner.type === "image", `${at}.tool_result.content: Input tag does not match`);
        if (inner.type === "text") checkText(on, inner, at);
        else checkImage(on, inner, at);
      }
      break;
    default:
      on.require(false, `${at}: Input tag '${block.type}' found using 'type' does not match any of the expected tags`);
  }
}

const stopReasons = {
  stop: "end_turn",
  length: "max_tokens",
  toolUse: "tool_use",
  refusal: "refusal",
  overflow: "model_context_window_exceeded",
};

function stream(say: Say, request: WireRequest): string {
  const usage = say.usage ?? { input: 10, output: 5 };
  const events: Any[] = [
    {
      type: "message_start",
      message: {
        id: "msg_local",
        type: "message",
        role: "assistant",
        model: request.body.model,
        content: [],
        stop_reason: null,
        usage: {
          input_tokens: usage.input,
          output_tokens: 1,
          cache_read_input_tokens: usage.cacheRead ?? 0,
          cache_creation_input_tokens: usage.cacheWrite ?? 0,
        },
      },
    },
    { type: "ping" },
  ];
  say.say.forEach((part, index) => {
    events.push(...blockEvents(part, index, request.body.messages.length, say.deltaLength ?? 7));
  });
  const called = say.say.some((part) => "call" in part);
  events.push(
    {
      type: "message_delta",
      delta: { stop_reason: stopReasons[say.stop ?? (called ? "toolUse" : "stop")], stop_sequence: null },
      usage: {
        output_tokens: usage.output,
        ...(usage.reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: usage.reasoning } }),
      },
    },
    { type: "message_stop" },
  );
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

function blockEvents(part: Part, index: number, turn: number, length: number): Any[] {
  const start = (content_block: Any): Any => ({ type: "content_block_start", index, content_block });
  const delta = (value: Any): Any => ({ type: "content_block_delta", index, delta: value });
  const stop = { type: "content_block_stop", index };
  if ("text" in part) {
    return [start({ type: "text", text: "" }), ...deltasOf(part.text, length).map((text) => delta({ type: "text_delta", text })), stop];
  }
  if ("thinking" in part) {
    const deltas = deltasOf(part.thinking, length).map((thinking) => delta({ type: "thinking_delta", thinking }));
    return [
      start({ type: "thinking", thinking: "", signature: "" }),
      ...deltas,
      delta({ type: "signature_delta", signature: signatureOf(part.thinking) }),
      stop,
    ];
  }
  if ("redacted" in part) return [start({ type: "redacted_thinking", data: `opaque:${part.redacted}` }), stop];
  const json = deltasOf(JSON.stringify(part.arguments), length);
  return [
    start({ type: "tool_use", id: part.id ?? `toolu_${turn}_${index}`, name: part.call, input: {} }),
    delta({ type: "input_json_delta", partial_json: "" }),
    ...json.map((partial_json) => delta({ type: "input_json_delta", partial_json })),
    stop,
  ];
}
