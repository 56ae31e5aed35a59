// A conversation as one text that a model reads as material and does not go on with. Pure. Called by summarizer.
// The line marks are those of the npm agent. Invariant: thinking is left out, tool results are cut.

import type { Message } from "../../contracts/message.ts";
import { textOf, toolCallsOf } from "../../contracts/message.ts";
import { bashText } from "../conversation/model-messages.ts";

const maxResultCharacters = 2000;
/** Tried one after another until the text fits. */
const pieceLimits = [Number.POSITIVE_INFINITY, 8000, 2000, 500];

/** At most about `maxCharacters`: long pieces are cut first, then the middle. */
export function conversationText(messages: readonly Message[], maxCharacters = Number.POSITIVE_INFINITY): string {
  let text = "";
  for (const limit of pieceLimits) {
    text = messages.flatMap((message) => linesOf(message, limit)).join("\n\n");
    if (text.length <= maxCharacters) return text;
  }
  const half = Math.max(0, Math.floor(maxCharacters / 2));
  return `${text.slice(0, half)}\n\n[… ${text.length - 2 * half} characters left out …]\n\n${text.slice(text.length - half)}`;
}

function linesOf(message: Message, limit: number): string[] {
  const piece = (mark: string, text: string, most = limit): string[] => (text.trim() === "" ? [] : [`[${mark}]: ${cut(text, most)}`]);
  switch (message.role) {
    case "user":
    case "custom":
      return piece("User", withImages(message.content));
    case "assistant": {
      if (message.stopReason === "error" || message.stopReason === "aborted") return [];
      const calls = toolCallsOf(message).map((call) => `${call.name}(${argumentsText(call.arguments, limit)})`);
      return [...piece("Assistant", textOf(message.content)), ...piece("Assistant tool calls", calls.join("; "), Number.POSITIVE_INFINITY)];
    }
    case "toolResult":
      return piece(message.isError ? "Tool error" : "Tool result", withImages(message.content), Math.min(limit, maxResultCharacters));
    case "bashExecution":
      return message.excludeFromContext ? [] : piece("User", bashText(message), Math.min(limit, maxResultCharacters));
    case "compactionSummary":
    case "branchSummary":
      return piece("Earlier summary", message.summary);
    default:
      return [];
  }
}

function withImages(content: string | readonly { type: string }[]): string {
  const images = typeof content === "string" ? 0 : content.filter((block) => block.type === "image").length;
  return [textOf(content), ...(images > 0 ? [`[${images === 1 ? "an image" : `${images} images`}]`] : [])].join("\n").trim();
}

function argumentsText(args: Record<string, unknown>, limit: number): string {
  return Object.entries(args)
    .map(([name, value]) => `${name}=${cut(JSON.stringify(value) ?? "null", Math.min(limit, maxResultCharacters))}`)
    .join(", ");
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}\n[… ${text.length - limit} more characters]`;
}
