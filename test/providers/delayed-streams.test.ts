// Recorded streams that are held up before every event: what has come is handed out at once, an abort ends the call there and then, and a
// silence there is a stall of which nothing but what was said remains.

import { describe, expect, test } from "vitest";
import { streamTurn } from "../../src/agent/stream-turn.ts";
import { eventsOf, type StreamEvent, type StreamPart } from "../../src/contracts/stream-event.ts";
import { loadProvider } from "../../src/providers/registry.ts";
import { collect, testCall, testModel } from "../support/model-calls.ts";
import { decoders, type RecordedStream, readBeginning, readPieces, recordedStreams } from "../support/recorded-streams.ts";

/** The pieces in which a service would send it: an event each. */
function piecesOf(stream: RecordedStream): Buffer[] {
  return stream.bytes
    .toString("utf8")
    .split(/(?<=\n\r?\n)/)
    .map((text) => Buffer.from(text));
}

/** An answer whose pieces come one by one, when they are let through; it never ends by itself. */
class HeldBody {
  cancelled = false;
  readonly #controllers: ReadableStreamDefaultController<Uint8Array>[] = [];
  readonly fetch = (async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void this.#controllers.push(controller),
      cancel: () => {
        this.cancelled = true;
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }) as unknown as typeof globalThis.fetch;

  send(piece: Uint8Array): void {
    for (const controller of this.#controllers) if (!this.cancelled) controller.enqueue(piece);
  }

  async opened(): Promise<void> {
    while (this.#controllers.length === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.each(Object.keys(decoders))("%s", (api) => {
  // One stream of each kind of end is enough: the reading itself is tested at every byte elsewhere.
  const all = recordedStreams(api);
  const streams = all.filter((stream, index) => index < 2 || stream.content.some((block) => block.type === "toolCall")).slice(0, 4);

  test.each(streams)("$name: each event is handed out before the next one has come", async (stream) => {
    const pieces = piecesOf(stream);
    const model = testModel({ ...stream.model, baseUrl: "http://127.0.0.1:9" });
    const provider = await loadProvider(api);
    const body = new HeldBody();
    const events: StreamEvent[] = [];
    const reading = (async () => {
      for await (const part of provider.stream(testCall({ model, fetch: body.fetch }))) events.push(...eventsOf(part));
    })();
    await body.opened();
    for (const [index, piece] of pieces.entries()) {
      body.send(piece);
      const expected = readBeginning(stream.model, pieces.slice(0, index + 1));
      for (let look = 0; events.length < expected.length && look < 1000; look++) await new Promise((resolve) => setImmediate(resolve));
      expect(events.length, `after piece ${index}`).toBe(expected.length);
    }
    if (events.at(-1)?.type === "finish" || events.at(-1)?.type === "failure") await reading;
  });

  test.each(streams)("$name: what has come together is handed out together, and the end by itself", async (stream) => {
    const provider = await loadProvider(api);
    const model = testModel({ ...stream.model, baseUrl: "http://127.0.0.1:9" });
    const fetch = (async () => new Response(stream.bytes)) as unknown as typeof globalThis.fetch;
    const parts: StreamPart[] = [];
    for await (const part of provider.stream(testCall({ model, fetch }))) parts.push(part);
    const events = parts.flatMap(eventsOf);
    expect(events).toEqual(readPieces(stream.model, [stream.bytes]));
    expect(parts.at(-1)).toEqual(events.at(-1));
    expect(parts.length).toBeLessThanOrEqual(3);
  });

  test.each(streams)("$name: an abort before any event ends the call, keeps what was said, closes the connection", async (stream) => {
    const pieces = piecesOf(stream);
    const provider = await loadProvider(api);
    const model = testModel({ ...stream.model, baseUrl: "http://127.0.0.1:9" });
    for (let count = 0; count < Math.min(pieces.length, 12); count++) {
      const body = new HeldBody();
      const stop = new AbortController();
      const reading = collect(provider.stream(testCall({ model, fetch: body.fetch, signal: stop.signal })));
      await body.opened();
      for (const piece of pieces.slice(0, count)) body.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
      stop.abort();
      const answer = await reading;
      const isOver = readBeginning(stream.model, pieces.slice(0, count)).some((event) => event.type === "finish");
      if (answer.finish === undefined) expect(["aborted", stream.failure?.code]).toContain(answer.failure?.code);
      else expect(isOver).toBe(true);
      expect(body.cancelled || isOver || stream.failure !== undefined).toBe(true);
    }
  });

  test("a silence before any event is a stall", async () => {
    const [stream] = streams;
    if (stream === undefined) throw new Error("no stream");
    const pieces = piecesOf(stream);
    const provider = await loadProvider(api);
    const model = testModel({ ...stream.model, baseUrl: "http://127.0.0.1:9" });
    const last = pieces.findIndex((_, index) => readBeginning(stream.model, pieces.slice(0, index + 1)).some(isFinish));
    for (let count = 0; count <= Math.min(last, 5); count++) {
      const body = new HeldBody();
      const call = testCall({ model, fetch: body.fetch });
      const assembly = streamTurn(
        { model, thinkingLevel: "off", stallTimeoutMs: 40, stream: (_, signal) => provider.stream({ ...call, signal }) },
        [],
        new AbortController().signal,
        { emit: () => undefined, now: () => 0 },
      );
      await body.opened();
      for (const piece of pieces.slice(0, count)) body.send(piece);
      const { failure, message } = await assembly;
      expect(failure?.code, `silent before piece ${count}`).toBe("stalled");
      expect(message.stopReason).toBe("error");
    }
  });
});

function isFinish(event: StreamEvent): boolean {
  return event.type === "finish";
}
