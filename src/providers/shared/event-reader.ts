// From the bytes of a streamed answer to StreamEvents: splitter, decoder and the judgement of the end. Driven by stream-call, and by tests byte by byte.
// Invariant: pure but for the decoder's state; after `end` exactly one terminal event has been given out, last.

import type { ModelCall } from "../../contracts/model-request.ts";
import type { ModelFailure, StreamEvent } from "../../contracts/stream-event.ts";
import { withoutUrlSecrets } from "../../contracts/url-secrets.ts";
import type { Usage } from "../../contracts/usage.ts";
import { liveSecrets } from "../../platform/secrets.ts";
import type { Refusal } from "./http-failure.ts";
import { type Json, parseObject } from "./json.ts";
import { overflowInDisguise } from "./silent-overflow.ts";
import { type ServerSentEvent, SseSplitter } from "./sse.ts";

/** Reads one format's events. `out` receives what they mean, in order; a terminal event ends the call. */
export interface Decoder {
  decode(event: Json, name: string, raw: string, out: StreamEvent[]): void;
  /** The stream is over, with or without its `[DONE]`: the terminal event if the answer is whole, nothing if it is not. */
  end(out: StreamEvent[], saidDone: boolean): void;
}

/** Thrown by decoders for what is not their format. */
export class MalformedStreamError extends Error {}

/** Of an answer that is no stream, so much is kept to tell what it is. */
const maxHeadBytes = 64 * 1024;

const cutShort: ModelFailure = { code: "network", message: "the stream ended before the answer was complete" };

export class EventReader {
  readonly #call: ModelCall;
  readonly #decoder: Decoder;
  readonly #headers: Headers;
  readonly #failureOf: (refusal: Refusal, nowMs: number) => ModelFailure;
  readonly #splitter = new SseSplitter();
  /** Bytes before the first event. */
  #head: Uint8Array[] = [];
  #headBytes = 0;
  #eventCount = 0;
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
    if (this.#eventCount === 0 && this.#headBytes < maxHeadBytes) {
      this.#head.push(bytes);
      this.#headBytes += bytes.length;
    }
    const out = this.#read(this.#splitter.push(bytes), false);
    if (this.#eventCount > 0) this.#head = [];
    return out;
  }

  /** The stream is over. */
  end(): StreamEvent[] {
    const out = this.#read(this.#splitter.end(), true);
    if (this.#ended) return out;
    const last: StreamEvent[] = [];
    this.#decoder.end(last, false);
    this.#accept(last, out);
    if (!this.#ended) this.#fail(this.#eventCount === 0 ? this.#notAStream() : cutShort, out);
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
        case "text_delta":
        case "thinking_start":
        case "toolcall_start":
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

  /** A 200 whose body is no stream: an error object of a gateway, a login page. */
  #notAStream(): ModelFailure {
    const body = Buffer.concat(this.#head).toString("utf8");
    if (body.trim() === "") return cutShort;
    if (parseObject(body)?.error !== undefined) return this.#failureOf({ status: 0, headers: this.#headers, body }, Date.now());
    const type = this.#headers.get("content-type") ?? "no content type";
    const shown = body.replace(/\s+/g, " ").trim().slice(0, 200);
    return { code: "network", message: `the service answered with no event stream (${type}): ${shown}` };
  }
}

/** Services repeat a key that they refuse, networks an address with its password. */
export function withoutSecret(failure: ModelFailure): ModelFailure {
  return { ...failure, message: liveSecrets.redact(withoutUrlSecrets(failure.message)) };
}
