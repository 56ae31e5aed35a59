// What the SDK's programs ask: a request of the size of pi's own, with a system prompt, four tools and one short user message.
// Imported by the baselines beside this folder.

import type { MessageCreateParamsStreaming } from "@anthropic-ai/sdk/resources/messages";

const text = (description: string) => ({ type: "string", description });

export const turn: MessageCreateParamsStreaming = {
  model: "claude-haiku-4-5",
  max_tokens: 32_000,
  stream: true,
  system: [{ type: "text", text: "You are a coding agent. ".repeat(60), cache_control: { type: "ephemeral" } }],
  tools: [
    { name: "read", description: "Read a file.", input_schema: { type: "object", properties: { path: text("Path of the file") } } },
    { name: "bash", description: "Run a command.", input_schema: { type: "object", properties: { command: text("Command to run") } } },
    { name: "edit", description: "Change a file.", input_schema: { type: "object", properties: { path: text("Path of the file") } } },
    { name: "write", description: "Write a file.", input_schema: { type: "object", properties: { path: text("Path of the file") } } },
  ],
  messages: [{ role: "user", content: "hi" }],
};
