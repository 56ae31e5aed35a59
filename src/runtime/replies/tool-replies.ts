// What a host is told of a tool: in a line when it begins, its output when it ends, and as an event of the `tool` stream. Called by reply-stream. Pure.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import { textOf } from "../../contracts/message.ts";
import { headlineOf } from "../../contracts/tool-view.ts";

export interface ToolReply {
  text: string;
  mediaUrls?: string[];
  isError?: boolean;
}

type ToolEvent = Extract<AgentEvent, { type: `tool_execution_${string}` }>;

const longestHeadline = 200;
/** A chat is no place for more. */
const longestOutput = 20_000;

export function toolSummary({ toolName, args }: Extract<ToolEvent, { type: "tool_execution_start" }>): ToolReply {
  const headline = headlineOf(undefined, args).replace(/\s+/g, " ").trim();
  const shown = headline.length > longestHeadline ? `${headline.slice(0, longestHeadline)}…` : headline;
  return { text: shown === "" ? toolName : `${toolName}: ${shown}` };
}

/** Nothing where there is no text. */
export function toolOutput({ result, isError }: Extract<ToolEvent, { type: "tool_execution_end" }>): ToolReply | undefined {
  const text = textOf(result.content).trimEnd();
  if (text === "") return undefined;
  const cut = text.length - longestOutput;
  return { text: cut > 0 ? `${text.slice(0, longestOutput)}\n… ${cut} more characters` : text, ...(isError ? { isError } : {}) };
}

/** `phase`: start, update, result. */
export function toolEventData(event: ToolEvent): Record<string, unknown> {
  const { type, toolCallId, toolName, parentToolCallId } = event;
  const about = { toolCallId, name: toolName, ...defined({ parentToolCallId }) };
  if (type === "tool_execution_start") return { phase: "start", ...about, args: event.args };
  if (type === "tool_execution_update") return { phase: "update", ...about, args: event.args, partialResult: event.partialResult };
  return {
    phase: "result",
    ...about,
    result: event.result,
    isError: event.isError,
    ...defined({ durationMs: event.durationMs }),
  };
}
