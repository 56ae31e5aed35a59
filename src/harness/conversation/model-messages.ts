// Turns the transcript into what a model is shown: user, assistant and tool result messages only. Called before each model call. Pure.
// Invariant: failed and aborted answers are never sent again.

import type { BashExecutionMessage, Message, ModelMessage, UserMessage } from "../../contracts/message.ts";

export function modelMessages(messages: readonly Message[]): ModelMessage[] {
  const shown: ModelMessage[] = [];
  for (const message of messages) {
    switch (message.role) {
      case "user":
      case "toolResult":
        shown.push(message);
        break;
      case "assistant":
        if (message.stopReason !== "error" && message.stopReason !== "aborted") shown.push(message);
        break;
      case "custom":
        shown.push({ role: "user", content: message.content, timestamp: message.timestamp });
        break;
      case "bashExecution":
        if (!message.excludeFromContext) shown.push(userText(bashText(message), message.timestamp));
        break;
      case "compactionSummary":
        shown.push(userText(compactionText(message.summary), message.timestamp));
        break;
      case "branchSummary":
        shown.push(userText(branchText(message.summary), message.timestamp));
        break;
      default:
        break;
    }
  }
  return shown;
}

/** The same messages, with a word in the place of pictures. */
export function withoutImages(messages: readonly ModelMessage[]): ModelMessage[] {
  return messages.map((message) => {
    if (message.role === "assistant" || typeof message.content === "string") return message;
    const shown = message.content.filter((block) => block.type !== "image");
    const count = message.content.length - shown.length;
    if (count === 0) return message;
    const text = `[${count === 1 ? "Image" : `${count} images`} omitted: sending images is turned off (images.block).]`;
    return { ...message, content: [...shown, { type: "text" as const, text }] };
  });
}

function userText(text: string, timestamp: number): UserMessage {
  return { role: "user", content: [{ type: "text", text }], timestamp };
}

/** The wording is fixed: other programs and older sessions show it (peer facts, RPC `bash`). */
export function bashText(message: BashExecutionMessage): string {
  const lines = [`Ran \`${message.command}\``];
  if (message.output === "") lines.push("(no output)");
  else lines.push("```", message.output.replace(/\n$/, ""), "```");
  if (message.cancelled) lines.push("", "Command cancelled");
  else if (message.exitCode !== undefined && message.exitCode !== 0) lines.push("", `Command exited with code ${message.exitCode}`);
  if (message.truncated && message.fullOutputPath) lines.push("", `[Output truncated. Full output: ${message.fullOutputPath}]`);
  return lines.join("\n");
}

function compactionText(summary: string): string {
  return `The conversation history before this point was compacted into the following summary:\n\n<summary>\n${summary}\n</summary>`;
}

function branchText(summary: string): string {
  return `The following is a summary of a branch that this conversation came back from:\n\n<summary>\n${summary}</summary>`;
}
