// Folds a provider's stream events into the growing assistant message and tells what the wire shows of each.
// Called by agent/stream-turn and by record/replay. Invariant: the message is valid after every event, whatever came or did not come.

import { isDeeperThan, maxArgumentLevels } from "./depth.ts";
import type { AssistantContent, AssistantMessage, TextContent, ThinkingContent, ToolCall } from "./message.ts";
import type { Model, ThinkingLevel } from "./model.ts";
import type { AssistantMessageEvent, ModelFailure, StreamEvent } from "./stream-event.ts";
import { emptyUsage } from "./usage.ts";

/** A tool call whose arguments were no JSON object: answered with an error result instead of being run. */
export interface UnreadableArguments {
  /** The raw text as received. */
  text: string;
  /** The parser's message. */
  reason: string;
}

export interface MessageAssembly {
  /** Grows in place; its `stopReason` is `pending` until the terminal event. */
  readonly message: AssistantMessage;
  /** By tool call id. */
  readonly unreadableArguments: ReadonlyMap<string, UnreadableArguments>;
  /** Set by the terminal event when it was a failure. */
  readonly failure: ModelFailure | undefined;
  /** Whether anything a reader could have seen has come. */
  readonly hasShownContent: boolean;
  /** Apply one event; the wire's view of it, or nothing where the wire shows nothing. */
  apply(event: StreamEvent): AssistantMessageEvent | undefined;
}

export function assembleMessage(model: Model, thinkingLevel: ThinkingLevel, timestamp: number): MessageAssembly {
  const message: AssistantMessage = {
    role: "assistant",
    content: [],
    api: model.api,
    provider: model.provider,
    model: model.id,
    usage: emptyUsage(),
    stopReason: "pending",
    timestamp,
  };
  // Providers number blocks as they like (gaps, strings of one block kind); the message numbers them as they come.
  const positions = new Map<number, number>();
  const argumentTexts = new Map<number, string>();
  /** Calls begun and not ended, by content index. */
  const openCalls = new Map<number, ToolCall>();
  const unreadableArguments = new Map<string, UnreadableArguments>();
  let failure: ModelFailure | undefined;

  const open = (contentIndex: number, block: AssistantContent): number => {
    positions.set(contentIndex, message.content.length);
    return message.content.push(block) - 1;
  };
  const at = <T extends AssistantContent["type"]>(
    contentIndex: number,
    type: T,
  ): [number, Extract<AssistantContent, { type: T }>] | undefined => {
    const position = positions.get(contentIndex);
    const block = position === undefined ? undefined : message.content[position];
    if (position === undefined || block?.type !== type) return undefined;
    return [position, block as Extract<AssistantContent, { type: T }>];
  };
  const close = (contentIndex: number, call: ToolCall, args?: Record<string, unknown>): void => {
    openCalls.delete(contentIndex);
    const text = argumentTexts.get(contentIndex) ?? "";
    if (args) call.arguments = args;
    else if (text.trim() !== "") {
      const parsed = parseArguments(text);
      if (typeof parsed === "string") unreadableArguments.set(call.id, { text, reason: parsed });
      else call.arguments = parsed;
    }
  };
  const settle = (stopReason: AssistantMessage["stopReason"], rawStopReason: string | undefined): void => {
    message.stopReason = stopReason;
    if (rawStopReason !== undefined) message.rawStopReason = rawStopReason;
    message.thinkingLevel = thinkingLevel;
  };

  return {
    message,
    unreadableArguments,
    get failure() {
      return failure;
    },
    get hasShownContent() {
      return message.content.some((block) => block.type === "toolCall" || (block.type === "text" ? block.text : block.thinking) !== "");
    },
    apply(event) {
      switch (event.type) {
        case "text_delta": {
          const found = at(event.contentIndex, "text");
          if (!found) return undefined;
          found[1].text += event.delta;
          return { type: "text_delta", contentIndex: found[0], delta: event.delta };
        }
        case "thinking_delta": {
          const found = at(event.contentIndex, "thinking");
          if (!found) return undefined;
          found[1].thinking += event.delta;
          return { type: "thinking_delta", contentIndex: found[0], delta: event.delta };
        }
        case "toolcall_delta": {
          const found = at(event.contentIndex, "toolCall");
          if (!found) return undefined;
          argumentTexts.set(event.contentIndex, (argumentTexts.get(event.contentIndex) ?? "") + event.delta);
          return { type: "toolcall_delta", contentIndex: found[0], delta: event.delta };
        }
        case "text_start":
          return { type: "text_start", contentIndex: open(event.contentIndex, { type: "text", text: "" } satisfies TextContent) };
        case "thinking_start":
          return {
            type: "thinking_start",
            contentIndex: open(event.contentIndex, { type: "thinking", thinking: "" } satisfies ThinkingContent),
          };
        case "toolcall_start": {
          const id = unlike(event.id, message);
          const call: ToolCall = { type: "toolCall", id, name: event.toolName, arguments: {} };
          openCalls.set(event.contentIndex, call);
          return { type: "toolcall_start", contentIndex: open(event.contentIndex, call), id, toolName: event.toolName };
        }
        case "text_end": {
          const found = at(event.contentIndex, "text");
          if (!found) return undefined;
          if (event.signature !== undefined) found[1].textSignature = event.signature;
          return { type: "text_end", contentIndex: found[0], content: found[1].text };
        }
        case "thinking_end": {
          const found = at(event.contentIndex, "thinking");
          if (!found) return undefined;
          if (event.signature !== undefined) found[1].thinkingSignature = event.signature;
          if (event.redacted) found[1].redacted = true;
          return { type: "thinking_end", contentIndex: found[0], content: found[1].thinking };
        }
        case "toolcall_end": {
          const found = at(event.contentIndex, "toolCall");
          if (!found) return undefined;
          const call = found[1];
          close(event.contentIndex, call, event.arguments);
          if (event.signature !== undefined) call.thoughtSignature = event.signature;
          return { type: "toolcall_end", contentIndex: found[0], toolCall: call };
        }
        case "usage":
          message.usage = event.usage;
          return undefined;
        case "response":
          if (event.responseId !== undefined) message.responseId = event.responseId;
          if (event.responseModel !== undefined) message.responseModel = event.responseModel;
          return undefined;
        case "finish":
          for (const [contentIndex, call] of openCalls) close(contentIndex, call);
          settle(event.stopReason, event.rawStopReason);
          return undefined;
        case "failure": {
          failure = event.failure;
          settle(failure.code === "aborted" ? "aborted" : "error", failure.rawStopReason);
          message.errorMessage = failure.message;
          // A call that was cut short has no arguments to trust: it would look like a call with fewer of them.
          const cut = new Set(openCalls.values());
          message.content = message.content.filter(
            (block) => block.type !== "toolCall" || !(unreadableArguments.has(block.id) || cut.has(block)),
          );
          return undefined;
        }
      }
    },
  };
}

/** Some services give several calls of an answer one id: results would be mixed up. */
function unlike(id: string, { content }: AssistantMessage): string {
  const isTaken = (one: string): boolean => content.some((block) => block.type === "toolCall" && block.id === one);
  let free = id;
  for (let count = 2; isTaken(free); count++) free = `${id}_${count}`;
  return free;
}

/** The object, or why it is none. */
function parseArguments(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text);
    if (isDeeperThan(value, maxArgumentLevels)) return `nested more than ${maxArgumentLevels} levels deep`;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    return `expected a JSON object, got ${value === null ? "null" : Array.isArray(value) ? "an array" : typeof value}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
