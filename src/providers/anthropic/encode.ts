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

export interface CacheControl {
  type: "ephemeral";
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
  cache_control?: CacheControl;
}

export interface AnthropicRequest {
  model: string;
  max_tokens: number;
  stream: true;
  system?: AnthropicBlock[];
  messages: AnthropicMessage[];
  tools?: AnthropicTool[];
  thinking?:
    | { type: "enabled"; budget_tokens: number; display?: "summarized" }
    | { type: "adaptive"; display?: "summarized" }
    | { type: "disabled" };
  output_config?: { effort?: string; format?: { type: "json_schema"; schema: Record<string, unknown> } };
}

/** Tokens to think with, for models that take a budget. */
const budgets: Readonly<Record<Exclude<ThinkingLevel, "off">, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
};

/** The service refuses a smaller budget. */
const smallestBudget = 1024;

/** Left for the answer when the budget and the output limit are close. */
const answerTokens = 1024;

export function encodeAnthropic(call: ModelCall): AnthropicRequest {
  const { model, request } = call;
  const dialect = anthropicDialect(model);
  const body: AnthropicRequest = {
    model: model.id,
    max_tokens: request.maxTokens ?? model.maxTokens,
    stream: true,
    messages: encodeMessages(model, request, dialect),
  };
  const system = wellFormed(request.systemPrompt);
  if (system.trim() !== "") body.system = [{ type: "text", text: system, cache_control: { type: "ephemeral" } }];
  if (request.tools.length > 0) body.tools = encodeTools(request.tools, dialect);
  addThinking(body, model, request, dialect);
  if (request.outputSchema !== undefined && supportsOutputSchema(model, request.tools.length > 0) && isClosable(request.outputSchema)) {
    body.output_config = { ...body.output_config, format: { type: "json_schema", schema: closeSchema(request.outputSchema) } };
  }
  return body;
}

function encodeTools(tools: readonly ToolDeclaration[], dialect: AnthropicDialect): AnthropicTool[] {
  return tools.map((tool, index) => {
    const encoded: AnthropicTool = {
      name: tool.name,
      description: tool.description,
      input_schema: { ...tool.parameters, type: "object", properties: tool.parameters.properties ?? {} },
    };
    if (dialect.supportsEagerToolInputStreaming) encoded.eager_input_streaming = true;
    if (index === tools.length - 1 && dialect.supportsCacheControlOnTools) encoded.cache_control = { type: "ephemeral" };
    return encoded;
  });
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

function addThinking(
  body: AnthropicRequest,
  model: Model,
  { thinkingLevel: level, thinkingBudgets }: ModelRequest,
  dialect: AnthropicDialect,
): void {
  if (!model.reasoning) return;
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
  const budget = Math.min(thinkingBudgets?.[level] ?? budgets[level], body.max_tokens - answerTokens);
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

function encodeMessages(model: Model, request: ModelRequest, dialect: AnthropicDialect): AnthropicMessage[] {
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
  if (last !== undefined) last.cache_control = { type: "ephemeral" };
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
