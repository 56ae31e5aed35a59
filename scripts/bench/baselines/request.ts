// Baseline (b): one file, one request with the SDK that pi uses, the answer printed as it streams in.
// The request is of the size of pi's own: a system prompt, four tools, one short user message.

import Anthropic from "@anthropic-ai/sdk";

const text = (description: string) => ({ type: "string", description });

const client = new Anthropic({ maxRetries: 0 });
const stream = await client.messages.create({
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
});
for await (const event of stream) {
  if (event.type === "content_block_delta" && event.delta.type === "text_delta") process.stdout.write(event.delta.text);
}
process.stdout.write("\n");
