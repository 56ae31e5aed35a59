// Baseline (b): one file, one request with the SDK that pi uses, the answer printed as it streams in.

import Anthropic from "@anthropic-ai/sdk";
import { turn } from "./parts/turn.ts";

const stream = await new Anthropic({ maxRetries: 0 }).messages.create(turn);
for await (const event of stream) {
  if (event.type === "content_block_delta" && event.delta.type === "text_delta") process.stdout.write(event.delta.text);
}
process.stdout.write("\n");
