// Every recorded stream: read whole, cut at every byte, split at every byte; and a thousand random streams a format.

import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { vendors } from "../../src/providers/vendors.ts";
import { fold } from "../support/model-calls.ts";
import { quickestMs } from "../support/quickest.ts";
import { type Random, seededRandom } from "../support/random.ts";
import { decoders, type RecordedStream, readAnswer, readPieces, recordedStreams } from "../support/recorded-streams.ts";

describe.each(Object.keys(decoders))("%s", (api) => {
  const streams = recordedStreams(api);

  test.each(streams)("$name is read as what it means", (stream) => {
    const answer = readAnswer(stream.model, [stream.bytes]);
    expect(answer.content).toEqual(stream.content);
    expect(answer.finish).toEqual(stream.finish === undefined ? undefined : { type: "finish", ...stream.finish });
    if (stream.failure === undefined) expect(answer.failure).toBeUndefined();
    else expect(answer.failure).toMatchObject(stream.failure);
    if (stream.usage !== undefined) expect(answer.usage).toMatchObject(stream.usage);
  });

  test.each(streams)("$name cut at every byte is the right answer or a right failure", (stream) => {
    for (let length = 0; length < stream.bytes.length; length++) {
      const answer = readAnswer(stream.model, [stream.bytes.subarray(0, length)]);
      if (answer.finish !== undefined) {
        if (!isDeepStrictEqual(answer.content, stream.content)) expect(answer.content, `cut at ${length}`).toEqual(stream.content);
      } else {
        const code = answer.failure?.code;
        if (code !== "network" && code !== stream.failure?.code) expect.fail(`cut at ${length}: ${code}`);
        // What is there of the answer is a beginning of it.
        const odd = answer.content.some((block, index) => block.type !== stream.content[index]?.type);
        if (odd) expect(answer.content, `cut at ${length}`).toEqual(stream.content);
      }
    }
  });

  test.each(streams)("$name split at every byte gives the same events", (stream) => {
    const whole = readPieces(stream.model, [stream.bytes]);
    for (let at = 1; at < stream.bytes.length; at++) {
      const split = readPieces(stream.model, [stream.bytes.subarray(0, at), stream.bytes.subarray(at)]);
      if (!isDeepStrictEqual(split, whole)) expect(split, `split at ${at}`).toEqual(whole);
    }
    const single = readPieces(
      stream.model,
      [...stream.bytes].map((byte) => Uint8Array.of(byte)),
    );
    expect(single).toEqual(whole);
  });

  test("a thousand random streams end once, in balance, and never throw", () => {
    const random = seededRandom(20261121);
    const pool = streams.flatMap((stream) => eventsOf(stream));
    for (let round = 0; round < 1000; round++) {
      const stream = random.pick(streams);
      const text = randomStream(random, random.chance(0.5) ? eventsOf(stream) : pool);
      const events = readPieces(stream.model, pieces(random, Buffer.from(text)));
      const terminal = events.filter((event) => event.type === "finish" || event.type === "failure");
      if (terminal.length !== 1 || events.at(-1) !== terminal[0]) expect.fail(`round ${round}: ${JSON.stringify(events)}`);
      fold(events);
    }
  });

  test("20,000 small deltas cost little", async () => {
    const stream = streams.find((one) => one.finish !== undefined && one.content.some((block) => block.type === "text"));
    if (stream === undefined) throw new Error("no stream with text");
    const events = eventsOf(stream);
    const index = events.findIndex((event) => readsAsText(stream, events, event));
    const many = [...events.slice(0, index), ...Array.from({ length: 20_000 }, () => events[index] ?? ""), ...events.slice(index + 1)];
    const bytes = Buffer.from(many.join(""));
    let read: ReturnType<typeof readPieces> = [];
    const readAll = (): void => {
      read = readPieces(stream.model, [bytes]);
    };
    expect(await quickestMs(2000, readAll)).toBeLessThan(2000);
    expect(read.filter((event) => event.type === "text_delta").length).toBeGreaterThanOrEqual(20_000);
  });
});

test("a single delta of many megabytes in small pieces is read in linear time", async () => {
  const model = { api: "openai-completions", provider: "openai", id: "m" };
  const delta = "x".repeat(8_000_000);
  const bytes = Buffer.from(`data: {"choices":[{"delta":{"content":"${delta}"},"finish_reason":"stop"}]}\n\n`);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 4096) parts.push(bytes.subarray(at, at + 4096));
  const read = (): void => expect(readAnswer(model, parts).content).toEqual([{ type: "text", text: delta }]);
  expect(await quickestMs(3000, read)).toBeLessThan(3000);
});

test("every vendor has a recorded stream", () => {
  const recorded = new Set(Object.keys(decoders).flatMap((api) => recordedStreams(api).map((stream) => stream.model.provider)));
  expect(Object.keys(vendors).filter((vendor) => !recorded.has(vendor))).toEqual([]);
});

function eventsOf(stream: RecordedStream): string[] {
  return stream.bytes.toString("utf8").split(/(?<=\n\r?\n)/);
}

function readsAsText(stream: RecordedStream, events: readonly string[], event: string): boolean {
  const at = events.indexOf(event);
  const before = readPieces(stream.model, [Buffer.from(events.slice(0, at).join(""))]).filter((one) => one.type === "text_delta").length;
  const after = readPieces(stream.model, [Buffer.from(events.slice(0, at + 1).join(""))]).filter((one) => one.type === "text_delta").length;
  return after > before;
}

const junk: readonly unknown[] = [null, 0, -1, 1e308, "", "x", "🙂", [], {}, [null], [[]], { type: "x" }, true, "\ud83d"];

function randomStream(random: Random, pool: readonly string[]): string {
  const start = random.below(pool.length);
  const count = 1 + random.below(30);
  let text = "";
  for (let index = 0; index < count; index++) {
    const event = random.chance(0.7) ? (pool[(start + index) % pool.length] ?? "") : random.pick(pool);
    const roll = random.next();
    if (roll < 0.05) text += ": keep-alive\n\n";
    else if (roll < 0.1) text += 'event: unheard_of\ndata: {"type":"unheard_of","value":1}\n\n';
    else if (roll < 0.12) text += event.slice(0, random.below(event.length));
    else if (roll < 0.3) text += mutated(random, event);
    else if (roll < 0.302) text += event.replace(/"(text|content|delta)":"[^"]*"/, (_, name) => `"${name}":"${"long ".repeat(50_000)}"`);
    else text += event;
  }
  return text;
}

/** One value somewhere in the event becomes something else or is left out. */
function mutated(random: Random, event: string): string {
  return event.replace(/data: (\{.*\})/, (whole, json: string) => {
    const value: unknown = JSON.parse(json);
    const places: [Record<string, unknown>, string][] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== "object" || node === null) return;
      for (const key of Object.keys(node)) {
        places.push([node as Record<string, unknown>, key]);
        visit((node as Record<string, unknown>)[key]);
      }
    };
    visit(value);
    if (places.length === 0) return whole;
    const [node, key] = random.pick(places);
    if (random.chance(0.3)) delete node[key];
    else node[key] = random.pick(junk);
    return `data: ${JSON.stringify(value)}`;
  });
}

function pieces(random: Random, bytes: Buffer): Uint8Array[] {
  const cut: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = 1 + random.below(random.chance(0.2) ? 8 : 2000);
    cut.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cut;
}
