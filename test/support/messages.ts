// Messages for tests, with as little said as possible.

import type { AssistantContent, AssistantMessage, ToolResultMessage, UserMessage } from "../../src/contracts/message.ts";
import { emptyUsage } from "../../src/contracts/usage.ts";

export function userMessage(text: string, timestamp = 1): UserMessage {
  return { role: "user", content: [{ type: "text", text }], timestamp };
}

export function assistantMessage(content: string | AssistantContent[], changes: Partial<AssistantMessage> = {}): AssistantMessage {
  return {
    role: "assistant",
    content: typeof content === "string" ? [{ type: "text", text: content }] : content,
    api: "scripted",
    provider: "test",
    model: "test-1",
    usage: emptyUsage(),
    stopReason: "stop",
    timestamp: 2,
    ...changes,
  };
}

export function toolResultMessage(toolCallId: string, text: string, toolName = "bash"): ToolResultMessage {
  return { role: "toolResult", toolCallId, toolName, content: [{ type: "text", text }], isError: false, timestamp: 3 };
}
