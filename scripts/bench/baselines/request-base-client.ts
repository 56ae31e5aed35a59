// Baseline (b'): the same with the SDK's client alone, without what it knows of the service's resources. As little as a request can cost with it.

import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import type { Stream } from "@anthropic-ai/sdk/core/streaming";
import type { RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages";
import { turn } from "./parts/turn.ts";

const client = new BaseAnthropic({ maxRetries: 0 });
const stream = await client.post<Stream<RawMessageStreamEvent>>("/v1/messages", { body: turn, stream: true });
for await (const event of stream) {
  if (event.type === "content_block_delta" && event.delta.type === "text_delta") process.stdout.write(event.delta.text);
}
process.stdout.write("\n");
