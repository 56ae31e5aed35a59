// How full the model's window is: what the last answer measured, and an estimate of what came after. Pure.
// Called by auto-compact, compact and session-stats. Invariant: a measure from before a compaction or an edit is never taken for what is there now.

import type { AssistantMessage, Message } from "../../contracts/message.ts";
import type { SessionContext } from "../../session/tree/session.ts";
import { promptText, systemStateOf } from "./system-prompt.ts";

const charactersPerToken = 4;
const tokensPerImage = 1200;

export interface ContextTokens {
  tokens: number;
  /** Whether a service counted the most of it. */
  isMeasured: boolean;
}

/** `edited`: where answers measured another context (see a session's context). */
export function contextTokens(messages: readonly Message[], edited?: SessionContext["edited"]): ContextTokens {
  const tokens = measuredTokens(messages, edited);
  return tokens === undefined ? { tokens: estimateContext(messages), isMeasured: false } : { tokens, isMeasured: true };
}

/** Nothing where no service has counted anything of it. */
export function measuredTokens(messages: readonly Message[], edited?: SessionContext["edited"]): number | undefined {
  const measuredAt = lastMeasured(messages, edited);
  const measured = messages[measuredAt];
  if (measured?.role !== "assistant") return undefined;
  return usedTokens(measured) + sum(messages.slice(measuredAt + 1).map(estimateTokens));
}

/** Everything estimated, the system prompt in force included. */
export function estimateContext(messages: readonly Message[]): number {
  const system = systemStateOf(messages);
  const tools = [...system.tools.values()];
  const systemTokens = tokensOf(promptText(system).length + (tools.length === 0 ? 0 : JSON.stringify(tools).length));
  return systemTokens + sum(messages.filter((message) => message.role !== "system").map(estimateTokens));
}

/** Tokens of one message as the model is shown it; 0 for what it is not shown. */
export function estimateTokens(message: Message): number {
  switch (message.role) {
    case "system":
      return estimateContext([message]);
    case "assistant":
      return message.stopReason === "error" || message.stopReason === "aborted" ? 0 : blocks(message.content);
    case "bashExecution":
      return message.excludeFromContext ? 0 : tokensOf(message.command.length + message.output.length);
    case "compactionSummary":
    case "branchSummary":
      return tokensOf(message.summary.length);
    default:
      return typeof message.content === "string" ? tokensOf(message.content.length) : blocks(message.content);
  }
}

type Block = { type: string; text?: string; thinking?: string; name?: string; arguments?: unknown };

function blocks(content: readonly Block[]): number {
  let characters = 0;
  let images = 0;
  for (const block of content) {
    if (block.type === "image") images++;
    else if (block.type === "toolCall") characters += (block.name ?? "").length + JSON.stringify(block.arguments).length;
    else characters += (block.text ?? block.thinking ?? "").length;
  }
  return tokensOf(characters) + images * tokensPerImage;
}

function tokensOf(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function lastMeasured(messages: readonly Message[], edited: SessionContext["edited"]): number {
  // A kept answer's count is that of the context it was given, which the compaction has replaced.
  const compactedAt = messages.findLast((message) => message.role === "compactionSummary")?.timestamp ?? Number.NEGATIVE_INFINITY;
  return messages.findLastIndex(
    (message, at) =>
      !(edited && at >= edited.from && at < edited.to) &&
      message.role === "assistant" &&
      message.stopReason !== "error" &&
      message.stopReason !== "aborted" &&
      message.timestamp > compactedAt &&
      usedTokens(message) > 0,
  );
}

function usedTokens({ usage }: AssistantMessage): number {
  return usage.totalTokens || usage.input + usage.output + usage.cacheRead + usage.cacheWrite;
}
