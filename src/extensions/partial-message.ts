// The answer so far, for handlers of `message_update`: the stream tells only what is new. Fed by the harness with the session's events.

import type { AgentEvent } from "../contracts/agent-event.ts";
import type { AssistantContent, AssistantMessage } from "../contracts/message.ts";
import type { AssistantMessageEvent } from "../contracts/stream-event.ts";

export class PartialMessage {
  #message: AssistantMessage | undefined;

  /** Nothing before the answer has begun. */
  get message(): AssistantMessage | undefined {
    return this.#message;
  }

  take(event: AgentEvent): void {
    if (event.type === "message_start") {
      this.#message = event.message.role === "assistant" ? { ...event.message, content: [] } : undefined;
    } else if (event.type === "message_update" && this.#message !== undefined) {
      this.#message = { ...this.#message, usage: event.usage, content: withUpdate(this.#message.content, event.assistantMessageEvent) };
    }
  }
}

function withUpdate(content: readonly AssistantContent[], event: AssistantMessageEvent): AssistantContent[] {
  const next = [...content];
  const block = updated(next[event.contentIndex], event);
  if (block !== undefined) next[event.contentIndex] = block;
  return next;
}

function updated(block: AssistantContent | undefined, event: AssistantMessageEvent): AssistantContent | undefined {
  switch (event.type) {
    case "text_start":
      return { type: "text", text: "" };
    case "thinking_start":
      return { type: "thinking", thinking: "" };
    case "toolcall_start":
      return { type: "toolCall", id: event.id, name: event.toolName, arguments: {} };
    case "text_delta":
      return block?.type === "text" ? { ...block, text: block.text + event.delta } : block;
    case "thinking_delta":
      return block?.type === "thinking" ? { ...block, thinking: block.thinking + event.delta } : block;
    case "text_end":
      return { type: "text", text: event.content };
    case "thinking_end":
      return { type: "thinking", thinking: event.content };
    case "toolcall_end":
      return event.toolCall;
    default:
      return block;
  }
}
