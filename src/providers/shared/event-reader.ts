// From the bytes of a streamed answer to StreamEvents: splitter, decoder and the judgement of the end. Driven by stream-call, and by tests byte by byte.
// Invariant: pure but for the decoder's state; after `end` exactly one terminal event has been given out, last.

import type { ModelCall } from "../../contracts/model-request.ts";
import type { ModelFailure, StreamEvent } from "../../contracts/stream-event.ts";
import { withoutUrlSecrets } from "../../contracts/text/url-secrets.ts";
import type { Usage } from "../../contracts/usage.ts";
import { liveSecrets } from "../../platform/secrets.ts";
import { oneLine, type Refusal, refusalInStream } from "./http-failure.ts";
import { isObject, type Json, parseJson, parseObject } from "./json.ts";
import { overflowInDisguise } from "./silent-overflow.ts";
import { type ServerSentEvent, SseSplitter } from "./sse.ts";

/** Reads one format's events. `out` receives what they mean, in order; a terminal event ends the call. */
export interface Decoder {
  decode(event: Json, name: string, raw: string, out: StreamEvent[]): void;
  /** The answer of a gateway that does not stream, in one piece: what the events would have said, without the end. Nothing where it is none. */
  decodeWhole(answer: Json, out: StreamEvent[]): void;
  /** The stream is over, with or without its `[DONE]`: the terminal event if the answer is whole, nothing if it is not. */
  end(out: StreamEvent[], saidDone: boolean): void;
}

/** Thrown by decoders for what is not their format. */
export class MalformedStreamError extends Error {}

/** Of an answer that is no stream, so much is kept: it may be a whole one, pictures aside. */
const maxHeadBytes = 16 * 1024 * 1024;

/** No service's events and answers come near; what does not end by itself would fill the memory. */
const maxEventLength = 64 * 1024 * 1024;
const maxAnswerBytes = 256 * 1024 * 1024;

/** Each is kept as a part of the message; each call is answered as well. */
const maxBlocks = 50_000;
const maxCalls = 5000;

function endless(what: string, most: string): ModelFailure {
  return { code: "bad_request", message: `the service sent ${what} of more than ${most}` };
}

const megabytes = (bytes: number): string => `${bytes / 1024 / 1024} MB`;

const cutShort: ModelFailure = { code: "network", message: "the stream ended before the answer was complete" };

export class EventReader {
  readonly #call: ModelCall;
  readonly #decoder: Decoder;
  readonly #headers: Headers;
  readonly #failureOf: (refusal: Refusal, nowMs: number) => ModelFailure;
  readonly #splitter = new SseSplitter();
  /** Bytes before the first event. */
  #head: Uint8Array[] = [];
  #bytes = 0;
  #eventCount = 0;
  #blockCount = 0;
  #callCount = 0;
  #said = false;
  #usage: Usage | undefined;
  #ended = false;

  constructor(call: ModelCall, decoder: Decoder, headers: Headers, failureOf: (refusal: Refusal, nowMs: number) => ModelFailure) {
    this.#call = call;
    this.#decoder = decoder;
    this.#headers = headers;
    this.#failureOf = failureOf;
  }

  /** A terminal event has been given out. */
  get ended(): boolean {
    return this.#ended;
  }

  push(bytes: Uint8Array): StreamEvent[] {
    const isHead = this.#eventCount === 0 && this.#bytes < maxHeadBytes;
    if (isHead) this.#head.push(bytes);
    this.#bytes += bytes.length;
    const out = this.#read(this.#splitter.push(bytes), false);
    if (this.#eventCount > 0) this.#head = [];
    if (!this.#ended && this.#splitter.pendingLength > maxEventLength) this.#fail(endless("an event", megabytes(maxEventLength)), out);
    if (!this.#ended && this.#bytes > maxAnswerBytes) this.#fail(endless("an answer", megabytes(maxAnswerBytes)), out);
    return out;
  }

  /** The stream is over. */
  end(): StreamEvent[] {
    const out = this.#read(this.#splitter.end(), true);
    if (this.#ended) return out;
    const last: StreamEvent[] = [];
    this.#decoder.end(last, false);
    this.#accept(last, out);
    if (!this.#ended && this.#eventCount === 0) this.#readWhole(out);
    if (!this.#ended) this.#fail(cutShort, out);
    return out;
  }

  #read(events: readonly ServerSentEvent[], atEnd: boolean): StreamEvent[] {
    const out: StreamEvent[] = [];
    for (const event of events) {
      if (this.#ended) break;
      this.#eventCount++;
      this.#decode(event, atEnd, out);
    }
    return out;
  }

  #decode(event: ServerSentEvent, atEnd: boolean, out: StreamEvent[]): void {
    if (event.data === "") return;
    const made: StreamEvent[] = [];
    if (event.data === "[DONE]") {
      this.#decoder.end(made, true);
      this.#accept(made, out);
      return;
    }
    const parsed = parseObject(event.data);
    if (parsed === undefined) {
      this.#fail(atEnd ? cutShort : { code: "network", message: `malformed event in the stream: ${event.data.slice(0, 200)}` }, out);
      return;
    }
    const refusal = refusalInStream(parsed, event.name, event.data);
    if (refusal !== undefined) {
      this.#fail(this.#failureOf({ ...refusal, headers: new Headers() }, Date.now()), out);
      return;
    }
    try {
      this.#decoder.decode(parsed, event.name, event.data, made);
      this.#accept(made, out);
    } catch (error) {
      if (!(error instanceof MalformedStreamError)) throw error;
      this.#accept(made, out);
      if (!this.#ended) this.#fail({ code: "network", message: error.message }, out);
    }
  }

  /** Takes over what the decoder said, up to the terminal event. */
  #accept(made: readonly StreamEvent[], out: StreamEvent[]): void {
    for (const event of made) {
      if (this.#ended) return;
      switch (event.type) {
        case "failure":
          this.#fail(event.failure, out);
          break;
        case "finish": {
          const failure = this.#said ? undefined : overflowInDisguise(event, this.#usage, this.#call);
          if (failure !== undefined) this.#fail(failure, out);
          else {
            this.#ended = true;
            out.push(event);
          }
          break;
        }
        case "usage":
          this.#usage = event.usage;
          out.push(event);
          break;
        case "text_start":
        case "thinking_start":
        case "toolcall_start":
          if (event.type === "toolcall_start") this.#callCount++;
          if (this.#callCount > maxCalls) this.#fail(endless("an answer", `${maxCalls} tool calls`), out);
          else if (++this.#blockCount > maxBlocks) this.#fail(endless("an answer", `${maxBlocks} parts`), out);
          if (this.#ended) break;
          if (event.type !== "text_start") this.#said = true;
          out.push(event);
          break;
        case "text_delta":
          this.#said = true;
          out.push(event);
          break;
        default:
          out.push(event);
      }
    }
  }

  #fail(failure: ModelFailure, out: StreamEvent[]): void {
    this.#ended = true;
    out.push({ type: "failure", failure: withoutSecret(failure) });
  }

  /** A 200 whose body is no stream: an answer in one piece, an error object of a gateway, a login page. */
  #readWhole(out: StreamEvent[]): void {
    const body = Buffer.concat(this.#head).toString("utf8");
    if (body.trim() === "") return;
    const value = parseJson(body);
    // Gemini without `alt=sse` puts its chunks into a list.
    const made: StreamEvent[] = [];
    for (const part of Array.isArray(value) ? value : [value]) {
      if (!isObject(part)) continue;
      const refusal = refusalInStream(part, "", JSON.stringify(part));
      if (refusal !== undefined) {
        this.#fail(this.#failureOf({ ...refusal, headers: this.#headers }, Date.now()), out);
        return;
      }
      this.#decoder.decodeWhole(part, made);
    }
    this.#decoder.end(made, true);
    if (made.some((event) => event.type === "finish" || event.type === "failure")) this.#accept(made, out);
    else {
      const type = this.#headers.get("content-type") ?? "no content type";
      const shown = oneLine(body).slice(0, 200);
      this.#fail({ code: "network", message: `the service answered with no event stream (${type}): ${shown}` }, out);
    }
  }
}

/** Services repeat a key that they refuse, networks an address with its password. */
export function withoutSecret(failure: ModelFailure): ModelFailure {
  return { ...failure, message: liveSecrets.redact(withoutUrlSecrets(failure.message)) };
}
