// From a model call to an Anthropic Messages request. Called by the provider and by whoever shows a request without sending it.
// Source: https://platform.claude.com/docs/en/api/messages (checked 2026-11). Invariant: pure; the body is one the service accepts.

import type { ToolDeclaration, UserContent } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { ModelCall, ModelRequest } from "../../contracts/model-request.ts";
import type { AnthropicDialect } from "../dialect.ts";
import { anthropicDialect, supportsOutputSchema } from "../resolve-dialect.ts";
import { closeSchema, isClosable } from "../shared/json-schema.ts";
import {
  imageBlocks,
  plainId,
  type RepairedAssistant,
  type RepairedToolResult,
  repairHistory,
  textBlocks,
  wellFormed,
} from "../shared/repair-history.ts";
import { thinkingBudget } from "../shared/thinking-budget.ts";

export interface CacheControl {
  type: "ephemeral";
  ttl?: "1h";
}

export type AnthropicBlock = (
  | { type: "text"; text: string }
  | { type: "image"; source: { type: "base64"; media_type: string; data: string } }
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "redacted_thinking"; data: string }
  | { type: "tool_use"; id: string; name: string; input: Record<string, unknown> }
  | { type: "tool_result"; tool_use_id: string; content?: string | AnthropicBlock[]; is_error?: true }
) & { cache_control?: CacheControl };

export interface AnthropicMessage {
  role: "user" | "assistant";
  content: AnthropicBlock[];
}

export interface AnthropicTool {
  name: string;
  description: string;
  input_schema: Record<string, unknown>;
  eager_input_streaming?: true;
  strict?: true;
  cache_control?: CacheControl;
}

export interface AnthropicRequest {
  model: string;
  max_tokens: number;
  stream: true;
  system?: AnthropicBlock[];
  messages: AnthropicMessage[];
  tools?: AnthropicTool[];
  temperature?: number;
  thinking?:
    | { type: "enabled"; budget_tokens: number; display?: "summarized" }
    | { type: "adaptive"; display?: "summarized" }
    | { type: "disabled" };
  output_config?: { effort?: string; format?: { type: "json_schema"; schema: Record<string, unknown> } };
}

/** The service refuses a smaller budget. */
const smallestBudget = 1024;

/** What one request may hold of strict tools: https://platform.claude.com/docs/en/build-with-claude/structured-outputs (read 2026-11). */
const strictLimits = { tools: 20, optionalParameters: 24 };

export function encodeAnthropic(call: ModelCall): AnthropicRequest {
  const { model, request } = call;
  const dialect = anthropicDialect(model);
  const cache: CacheControl = {
    type: "ephemeral",
    ...(request.cacheRetention === "long" && dialect.supportsLongCacheRetention ? { ttl: "1h" } : {}),
  };
  const body: AnthropicRequest = {
    model: model.id,
    max_tokens: request.maxTokens ?? model.maxTokens,
    stream: true,
    messages: encodeMessages(model, request, dialect, cache),
  };
  const system = wellFormed(request.systemPrompt);
  if (system.trim() !== "") body.system = [{ type: "text", text: system, cache_control: cache }];
  if (request.tools.length > 0) body.tools = encodeTools(request.tools, dialect, cache);
  addThinking(body, model, request, dialect);
  // Beside thinking the service takes its own temperature alone.
  const mayTell = dialect.supportsTemperature && (body.thinking === undefined || body.thinking.type === "disabled");
  if (request.temperature !== undefined && mayTell) body.temperature = request.temperature;
  if (request.outputSchema !== undefined && supportsOutputSchema(model, request.tools.length > 0) && isClosable(request.outputSchema)) {
    body.output_config = { ...body.output_config, format: { type: "json_schema", schema: closeSchema(request.outputSchema) } };
  }
  return body;
}

function encodeTools(tools: readonly ToolDeclaration[], dialect: AnthropicDialect, cache: CacheControl): AnthropicTool[] {
  const strict = dialect.supportsStrictTools ? strictTools(tools) : new Set();
  return tools.map((tool, index) => {
    const schema = { ...tool.parameters, type: "object", properties: tool.parameters.properties ?? {} };
    const encoded: AnthropicTool = {
      name: tool.name,
      description: tool.description,
      input_schema: strict.has(tool) ? closeSchema(schema) : schema,
    };
    if (dialect.supportsEagerToolInputStreaming) encoded.eager_input_streaming = true;
    if (strict.has(tool)) encoded.strict = true;
    if (index === tools.length - 1 && dialect.supportsCacheControlOnTools) encoded.cache_control = cache;
    return encoded;
  });
}

/** The first that fit into what the service takes; the others are asked for loosely. */
function strictTools(tools: readonly ToolDeclaration[]): Set<ToolDeclaration> {
  const strict = new Set<ToolDeclaration>();
  let optionalCount = 0;
  for (const tool of tools) {
    const { properties = {}, required = [] } = tool.parameters as { properties?: object; required?: unknown[] };
    const optional = Object.keys(properties).length - required.length;
    if (!isClosable({ ...tool.parameters, properties }) || strict.size === strictLimits.tools) continue;
    if (optionalCount + optional > strictLimits.optionalParameters) continue;
    optionalCount += optional;
    strict.add(tool);
  }
  return strict;
}

/** Claude 4.6 and later think adaptively, and from 4.7 on take nothing else; earlier ones only know a budget. */
function thinksAdaptively(model: Model, level: ThinkingLevel, dialect: AnthropicDialect): boolean {
  if (dialect.forceAdaptiveThinking !== undefined) return dialect.forceAdaptiveThinking;
  const version = /claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2})(?!\d))?/.exec(model.id);
  // Other makers' models behind this format: one that has a word for the level takes the word.
  if (version === null) return typeof model.thinkingLevelMap?.[level] === "string";
  const major = Number(version[1]);
  return major > 4 || (major === 4 && Number(version[2] ?? 0) >= 6);
}

function addThinking(body: AnthropicRequest, model: Model, request: ModelRequest, dialect: AnthropicDialect): void {
  if (!model.reasoning) return;
  const { thinkingLevel: level } = request;
  const mapped = model.thinkingLevelMap?.[level];
  if (level === "off") {
    // `null`: the model cannot be told not to think.
    if (mapped !== null) body.thinking = { type: "disabled" };
    return;
  }
  const display = dialect.supportsThinkingDisplay ? ({ display: "summarized" } as const) : {};
  if (thinksAdaptively(model, level, dialect)) {
    body.thinking = { type: "adaptive", ...display };
    body.output_config = { effort: mapped ?? (level === "minimal" ? "low" : level) };
    return;
  }
  const budget = thinkingBudget(request, body.max_tokens);
  if (budget >= smallestBudget && !midTurnWithoutThinking(body.messages))
    body.thinking = { type: "enabled", budget_tokens: budget, ...display };
}

/**
 * Whether the turn that goes on began without thinking (under another model, or with thinking off): with a budget the service then refuses to think.
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks
 */
function midTurnWithoutThinking(messages: readonly AnthropicMessage[]): boolean {
  if (messages.at(-1)?.content.some((block) => block.type === "tool_result") !== true) return false;
  const first = messages.findLast((message) => message.role === "assistant")?.content[0];
  return first !== undefined && first.type !== "thinking" && first.type !== "redacted_thinking";
}

function encodeMessages(model: Model, request: ModelRequest, dialect: AnthropicDialect, cache: CacheControl): AnthropicMessage[] {
  const history = repairHistory(request.messages, {
    model,
    validId: (id, attempt) => plainId(id, attempt, 64),
    // Only its imitators make other ids.
    ownId: (id) => (model.provider !== "anthropic" || id === plainId(id, 0, 64) ? id : undefined),
    keepsUnsignedThinking: dialect.allowEmptySignature,
  });
  const messages: AnthropicMessage[] = [];
  let beside: UserContent[] = [];
  history.forEach((message, index) => {
    if (message.role === "assistant") append(messages, "assistant", encodeAssistant(message));
    else if (message.role === "user") append(messages, "user", encodeUser(message.content));
    else {
      append(messages, "user", [encodeToolResult(message)]);
      if (message.isError) beside.push(...imageBlocks(message.content));
      if (history[index + 1]?.role === "toolResult") return;
      // Results stand first in a message, so the images of failed calls follow the last of them.
      append(messages, "user", encodeUser(beside));
      beside = [];
    }
  });
  const last = messages.findLast((message) => message.role === "user")?.content.at(-1);
  if (last !== undefined) last.cache_control = cache;
  return messages;
}

/** One message a turn: the results of parallel calls must stand together, and imitators take no two messages of one role. */
function append(messages: AnthropicMessage[], role: AnthropicMessage["role"], content: AnthropicBlock[]): void {
  const last = messages.at(-1);
  if (last?.role === role) last.content.push(...content);
  else messages.push({ role, content });
}

function encodeUser(content: readonly UserContent[]): AnthropicBlock[] {
  return content.map((block) =>
    block.type === "text"
      ? { type: "text", text: block.text }
      : { type: "image", source: { type: "base64", media_type: block.mimeType, data: block.data } },
  );
}

/** The result of a failed call takes text alone; its images go beside it. */
function encodeToolResult(message: RepairedToolResult): AnthropicBlock {
  const texts = textBlocks(message.content);
  const plain = message.isError || texts.length === message.content.length;
  const text = texts.map((block) => block.text).join("\n");
  const told = text === "" && message.content.length > 0 ? "(see the attached image)" : text;
  const content = plain ? told : encodeUser(message.content);
  return {
    type: "tool_result",
    tool_use_id: message.toolCallId,
    ...(content.length > 0 ? { content } : {}),
    ...(message.isError ? { is_error: true } : {}),
  };
}

function encodeAssistant(message: RepairedAssistant): AnthropicBlock[] {
  return message.content.map((block): AnthropicBlock => {
    if (block.type === "text") return { type: "text", text: block.text };
    if (block.type === "toolCall") return { type: "tool_use", id: block.id, name: block.name, input: block.arguments };
    if (block.redacted === true) return { type: "redacted_thinking", data: block.thinkingSignature ?? "" };
    return { type: "thinking", thinking: block.thinking, signature: block.thinkingSignature ?? "" };
  });
}
