// The recorded streams of test/fixtures/streams and what each means, and the way to read one without a network.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AssistantContent } from "../../src/contracts/message.ts";
import type { Model } from "../../src/contracts/model.ts";
import type { StreamEvent } from "../../src/contracts/stream-event.ts";
import { anthropicDecoder } from "../../src/providers/anthropic/decode.ts";
import { googleDecoder } from "../../src/providers/google/decode.ts";
import { chatDecoder } from "../../src/providers/openai-completions/decode.ts";
import { openaiFailure } from "../../src/providers/openai-completions/failure.ts";
import { responsesDecoder } from "../../src/providers/openai-responses/decode.ts";
import { type Decoder, EventReader } from "../../src/providers/shared/event-reader.ts";
import { type Answer, fold, testCall, testModel } from "./model-calls.ts";

export interface RecordedStream {
  name: string;
  bytes: Buffer;
  model: Pick<Model, "api" | "provider" | "id">;
  content: AssistantContent[];
  finish?: object;
  failure?: { code: string };
  usage?: object;
}

const folder = join(import.meta.dirname, "../fixtures/streams");

export const decoders: Record<string, (model: Model) => Decoder> = {
  "anthropic-messages": anthropicDecoder,
  "openai-completions": chatDecoder,
  "openai-responses": responsesDecoder,
  "google-generative-ai": googleDecoder,
};

export function recordedStreams(api: string): RecordedStream[] {
  return readdirSync(join(folder, api))
    .filter((file) => file.endsWith(".sse"))
    .sort()
    .map((file) => {
      const name = file.slice(0, -".sse".length);
      const meaning = JSON.parse(readFileSync(join(folder, api, `${name}.json`), "utf8")) as Omit<RecordedStream, "name" | "bytes">;
      return { name, bytes: readFileSync(join(folder, api, file)), ...meaning };
    });
}

/** Events of a stream that arrives in these pieces and then ends. */
export function readPieces(model: RecordedStream["model"], pieces: readonly Uint8Array[]): StreamEvent[] {
  return read(model, pieces, true);
}

/** Events of a stream of which so much has come, and that goes on. */
export function readBeginning(model: RecordedStream["model"], pieces: readonly Uint8Array[]): StreamEvent[] {
  return read(model, pieces, false);
}

function read(model: RecordedStream["model"], pieces: readonly Uint8Array[], isOver: boolean): StreamEvent[] {
  const full = testModel(model);
  const decoder = decoders[model.api]?.(full);
  if (decoder === undefined) throw new Error(`no decoder for ${model.api}`);
  const reader = new EventReader(testCall({ model: full }), decoder, new Headers(), openaiFailure);
  const events: StreamEvent[] = [];
  for (const piece of pieces) if (!reader.ended) events.push(...reader.push(piece));
  if (isOver && !reader.ended) events.push(...reader.end());
  return events;
}

export function readAnswer(model: RecordedStream["model"], pieces: readonly Uint8Array[]): Answer {
  return fold(readPieces(model, pieces));
}
