// From a model call to a chat completions request, in the dialect of the vendor. Called by the provider.
// Source: https://platform.openai.com/docs/api-reference/chat (checked 2026-11). Invariant: pure; fields a dialect does not know are absent.

import type { UserContent } from "../../contracts/message.ts";
import type { ModelCall, ModelRequest } from "../../contracts/model-request.ts";
import type { CompletionsDialect } from "../dialect.ts";
import { completionsDialect, supportsOutputSchema } from "../resolve-dialect.ts";
import { answerRoom } from "../shared/answer-room.ts";
import { hasObjectRoot, isStrictSchema } from "../shared/json-schema.ts";
import {
  imageBlocks,
  plainId,
  type RepairedAssistant,
  type RepairedToolResult,
  repairHistory,
  wellFormed,
} from "../shared/repair-history.ts";
import { samplingFields } from "../shared/sampling-fields.ts";
import { readReasoningSignature } from "./reasoning-details.ts";
import { encodeThinking } from "./thinking.ts";

export type ChatPart = ({ type: "text"; text: string } | { type: "image_url"; image_url: { url: string } }) & {
  cache_control?: CacheControl;
};

interface CacheControl {
  type: "ephemeral";
  ttl?: "1h";
}

export interface ChatToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

export type ChatMessage =
  | { role: "system" | "developer" | "user"; content: string | ChatPart[] }
  | { role: "assistant"; content: string | null | unknown[]; tool_calls?: ChatToolCall[]; [reasoning: string]: unknown }
  | { role: "tool"; tool_call_id: string; content: string; name?: string };

export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  stream: true;
  tools?: unknown[];
  [field: string]: unknown;
}

export function encodeChat(call: ModelCall): ChatRequest {
  const { model, request } = call;
  const dialect = completionsDialect(model);
  const body: ChatRequest = { model: model.requestName ?? model.id, messages: encodeMessages(call, dialect), stream: true };
  if (dialect.supportsUsageInStreaming) body.stream_options = { include_usage: true };
  if (dialect.supportsStore) body.store = false;
  const maxTokens = answerRoom(model, request);
  if (maxTokens !== undefined) body[dialect.maxTokensField] = maxTokens;
  addTools(body, request, dialect);
  encodeThinking(body, call, maxTokens, dialect);
  if (request.temperature !== undefined) body.temperature = request.temperature;
  if (dialect.vllmPriority !== undefined) body.priority = dialect.vllmPriority;
  if (request.outputSchema !== undefined && supportsOutputSchema(model, request.tools.length > 0) && hasObjectRoot(request.outputSchema)) {
    const strict = dialect.supportsStrictMode ? { strict: isStrictSchema(request.outputSchema) } : {};
    body.response_format = { type: "json_schema", json_schema: { name: "answer", schema: request.outputSchema, ...strict } };
  }
  if (request.sessionId !== undefined && dialect.promptCacheKeyMode !== "disabled") body.prompt_cache_key = request.sessionId.slice(0, 64);
  if (dialect.openRouterRouting !== undefined) body.provider = dialect.openRouterRouting;
  if (dialect.vercelGatewayRouting !== undefined) body.providerOptions = { gateway: dialect.vercelGatewayRouting };
  const isLong = request.cacheRetention === "long" && dialect.supportsLongCacheRetention;
  if (isLong) Object.assign(body, { prompt_cache_retention: "24h" });
  if (dialect.cacheControlFormat === "anthropic") markForCache(body, { type: "ephemeral", ...(isLong ? { ttl: "1h" } : {}) });
  return Object.assign(body, samplingFields(call));
}

function addTools(body: ChatRequest, request: ModelRequest, dialect: CompletionsDialect): void {
  if (request.tools.length > 0) {
    body.tools = request.tools.map((tool) => ({
      type: "function",
      function: {
        name: tool.name,
        description: tool.description,
        parameters: { ...tool.parameters, type: "object", properties: tool.parameters.properties ?? {} },
        ...(dialect.supportsStrictMode ? { strict: isStrictSchema(tool.parameters) } : {}),
      },
    }));
    if (dialect.zaiToolStream) body.tool_stream = true;
  } else if (dialect.requiresToolsWithToolHistory && body.messages.some((message) => message.role === "tool")) {
    body.tools = [];
  }
}

function encodeMessages(call: ModelCall, dialect: CompletionsDialect): ChatMessage[] {
  const { model, request } = call;
  const isMistral = dialect.toolCallIdFormat === "mistral";
  const history = repairHistory(request.messages, {
    model,
    validId: isMistral ? mistralId : (id, attempt) => plainId(id, attempt, 40),
    ownId: (id) => (isMistral ? undefined : id),
    keepsUnsignedThinking: dialect.requiresThinkingAsText,
  });
  const messages: ChatMessage[] = [];
  const system = wellFormed(request.systemPrompt);
  if (system.trim() !== "") {
    messages.push({ role: model.reasoning && dialect.supportsDeveloperRole ? "developer" : "system", content: system });
  }
  let images: UserContent[] = [];
  history.forEach((message, index) => {
    if (message.role === "assistant") {
      messages.push(encodeAssistant(message, dialect, model.reasoning && request.thinkingLevel !== "off"));
    } else if (message.role === "toolResult") {
      messages.push(encodeToolResult(message, dialect));
      images.push(...imageBlocks(message.content));
      if (history[index + 1]?.role === "toolResult" || images.length === 0) return;
      // Tool messages carry text alone, so the images of one turn follow in the user's name.
      addUser(messages, [{ type: "text", text: "Attached image(s) from tool result:" }, ...images], dialect);
      images = [];
    } else addUser(messages, message.content, dialect);
  });
  return messages;
}

function addUser(messages: ChatMessage[], content: readonly UserContent[], dialect: CompletionsDialect): void {
  const last = messages.at(-1);
  if (last?.role === "tool" && dialect.requiresAssistantAfterToolResult) {
    messages.push({ role: "assistant", content: "I have the tool results." });
  }
  const parts = content.map(encodePart);
  if (last?.role === "user") {
    // Chat templates of open models refuse two user messages in a row.
    last.content = plainIfText([...asParts(last.content), ...parts]);
  } else messages.push({ role: "user", content: plainIfText(parts) });
}

function asParts(content: string | ChatPart[]): ChatPart[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function plainIfText(parts: ChatPart[]): string | ChatPart[] {
  if (!parts.every((part) => part.type === "text")) return parts;
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}

function encodePart(block: UserContent): ChatPart {
  return block.type === "text"
    ? { type: "text", text: block.text }
    : { type: "image_url", image_url: { url: `data:${block.mimeType};base64,${block.data}` } };
}

function encodeToolResult(message: RepairedToolResult, dialect: CompletionsDialect): ChatMessage {
  const text = message.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const hasImages = message.content.some((block) => block.type === "image");
  return {
    role: "tool",
    tool_call_id: message.toolCallId,
    content: text === "" ? (hasImages ? "(see the attached image)" : "(no output)") : text,
    ...(dialect.requiresToolResultName ? { name: message.toolName } : {}),
  };
}

/** Wire fields that reasoning comes in and goes back in; a thinking block's signature names the one it came in. */
export const reasoningFields = ["reasoning_content", "reasoning", "reasoning_text"] as const;

/** Signature of thinking that came as a content chunk (Mistral). */
export const chunkSignature = "content";

function encodeAssistant(message: RepairedAssistant, dialect: CompletionsDialect, thinking: boolean): ChatMessage {
  const texts: string[] = [];
  const calls: ChatToolCall[] = [];
  const chunks: unknown[] = [];
  const extra: Record<string, unknown> = {};
  for (const block of message.content) {
    if (block.type === "text") texts.push(block.text);
    else if (block.type === "toolCall") {
      calls.push({ id: block.id, type: "function", function: { name: block.name, arguments: JSON.stringify(block.arguments) } });
    } else if (dialect.requiresThinkingAsText) texts.push(`<thinking>\n${wellFormed(block.thinking)}\n</thinking>`);
    else if (block.thinkingSignature === chunkSignature)
      chunks.push({ type: "thinking", thinking: [{ type: "text", text: block.thinking }] });
    else addReasoning(extra, block.thinking, block.thinkingSignature ?? "");
  }
  if (thinking && dialect.requiresReasoningContentOnAssistantMessages) extra.reasoning_content ??= "";
  const text = texts.join("\n");
  const empty = dialect.requiresNonNullAssistantContent ? "" : null;
  const content = chunks.length > 0 ? [...chunks, ...(text === "" ? [] : [{ type: "text", text }])] : text === "" ? empty : text;
  return { role: "assistant", content, ...(calls.length > 0 ? { tool_calls: calls } : {}), ...extra };
}

function addReasoning(extra: Record<string, unknown>, thinking: string, signature: string): void {
  const { field, details } = readReasoningSignature(signature);
  if (details.length > 0) {
    const before = extra.reasoning_details;
    extra.reasoning_details = [...(Array.isArray(before) ? before : []), ...details];
    // Details that hold the text replace the plain field.
    if (details.some((detail) => "text" in detail || "summary" in detail)) return;
  }
  if (thinking === "" || !(reasoningFields as readonly string[]).includes(field)) return;
  const before = extra[field];
  extra[field] = typeof before === "string" ? `${before}\n${thinking}` : thinking;
}

/** Mistral takes exactly nine letters and digits; other ids are hashed, so that the same id always gives the same. */
function mistralId(id: string, attempt: number): string {
  if (attempt === 0 && /^[a-zA-Z0-9]{9}$/.test(id)) return id;
  let hash = 0x811c9dc5n;
  for (const char of `${id}#${attempt}`) hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n);
  return hash.toString(36).padStart(9, "0").slice(-9);
}

function markForCache(body: ChatRequest, cacheControl: CacheControl): void {
  const mark = { cache_control: cacheControl };
  const marked = (message: ChatMessage | undefined): void => {
    if (message === undefined || message.role === "assistant" || message.role === "tool") return;
    const parts = asParts(message.content);
    const last = parts.at(-1);
    if (last !== undefined) message.content = [...parts.slice(0, -1), { ...last, ...mark }];
  };
  marked(body.messages.find((message) => message.role === "system" || message.role === "developer"));
  marked(body.messages.findLast((message) => message.role === "user"));
  const tool = body.tools?.at(-1);
  if (typeof tool === "object" && tool !== null) Object.assign(tool, mark);
}
