// Runs one model call over HTTP: request, answer, server-sent events, decoder. Called by each format's provider.
// Invariant: never throws, ends with exactly one terminal event, ends promptly once the caller's signal aborts, and leaves no connection open.

import type { ModelCall } from "../../contracts/model-request.ts";
import type { ModelFailure, StreamEvent } from "../../contracts/stream-event.ts";
import type { Usage } from "../../contracts/usage.ts";
import { networkFailure, type Refusal } from "./http-failure.ts";
import { type Json, parseObject } from "./json.ts";
import { overflowInDisguise } from "./silent-overflow.ts";
import { type ServerSentEvent, SseSplitter } from "./sse.ts";

/** Reads one format's events. `out` receives what they mean, in order; a terminal event ends the call. */
export interface Decoder {
  decode(event: Json, name: string, raw: string, out: StreamEvent[]): void;
  /** The stream is over, with or without its `[DONE]`: the terminal event if the answer is whole, nothing if it is not. */
  end(out: StreamEvent[], saidDone: boolean): void;
}

export interface HttpCall {
  call: ModelCall;
  /** Headers of the request, the credential's among them; of the SDK's own only content type, accept and user agent are sent. */
  headers(): Record<string, string>;
  /** Makes the request through `fetch` and gives back the answer; may throw what it likes. */
  send(fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Response>;
  decoder: Decoder;
  failureOf(refusal: Refusal, nowMs: number): ModelFailure;
}

/** Thrown by decoders for what is not their format. */
export class MalformedStreamError extends Error {}

/** As good as none for the SDKs, which cannot do without; a longer timer would fire at once. */
export const longestTimeoutMs = 2_147_483_647;

/** Bytes of an answer that is no stream that are looked at. */
const maxRefusalBytes = 64 * 1024;

export async function* streamCall(http: HttpCall): AsyncGenerator<StreamEvent, void, void> {
  const { call } = http;
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  call.signal.addEventListener("abort", onAbort, { once: true });
  if (call.signal.aborted) stop.abort();
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let failure: ModelFailure | undefined;
  try {
    const opened = await untilAborted(open(http, stop.signal), stop.signal);
    if (opened === undefined) failure = aborted();
    else if ("failure" in opened) failure = opened.failure;
    else {
      reader = opened.reader;
      const ended = yield* readEvents(http, reader, stop.signal, opened.headers);
      if (ended === true) return;
      failure = ended;
    }
  } catch (error) {
    failure = stop.signal.aborted ? aborted() : networkFailure(error);
  } finally {
    call.signal.removeEventListener("abort", onAbort);
    void reader?.cancel().catch(ignore);
    stop.abort();
  }
  if (call.signal.aborted) failure = aborted();
  yield { type: "failure", failure: withoutSecret(failure, call.credential.value) };
}

function ignore(): void {}

function aborted(): ModelFailure {
  return { code: "aborted", message: "Request was aborted" };
}

type Opened = { reader: ReadableStreamDefaultReader<Uint8Array>; headers: Headers } | { failure: ModelFailure };

async function open(http: HttpCall, signal: AbortSignal): Promise<Opened> {
  let refusal: Refusal | undefined;
  const headers = requestHeaders(http);
  if (headers === undefined) return { failure: badCredential(http.call) };
  const watched = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const sent = new Headers(headers);
    const made = new Headers(init?.headers);
    for (const name of ["accept", "content-type", "user-agent"]) {
      const value = made.get(name);
      if (value !== null && !sent.has(name)) sent.set(name, value);
    }
    // A followed redirect would carry the credential to wherever it points.
    const response = await http.call.fetch(input, { ...init, headers: sent, redirect: "manual" });
    if (response.ok) return response;
    const location = response.status < 400 ? response.headers.get("location") : null;
    if (location !== null) {
      refusal = { status: response.status, headers: response.headers, body: `redirect to ${location}: set the base URL to that address` };
    } else refusal = { status: response.status, headers: response.headers, body: await readHead(response) };
    return new Response(null, { status: response.status >= 400 ? response.status : 500 });
  };
  try {
    const response = await http.send(watched as typeof globalThis.fetch, signal);
    if (refusal !== undefined) return { failure: http.failureOf(refusal, Date.now()) };
    if (response.body === null) return { failure: { code: "network", message: "the service answered without a body" } };
    return { reader: response.body.getReader(), headers: response.headers };
  } catch (error) {
    if (refusal !== undefined) return { failure: http.failureOf(refusal, Date.now()) };
    if (error instanceof TypeError && (error as { code?: unknown }).code === "ERR_INVALID_URL") {
      return { failure: { code: "bad_request", message: `Invalid base URL: ${http.call.model.baseUrl}` } };
    }
    return { failure: networkFailure(error) };
  }
}

/** Undefined where a value cannot stand in a header: the runtime's own message would repeat it, and it may be a secret. */
function requestHeaders(http: HttpCall): Headers | undefined {
  try {
    return new Headers(http.headers());
  } catch {
    return undefined;
  }
}

function badCredential(call: ModelCall): ModelFailure {
  return { code: "auth", message: `The credential from ${call.credential.source} or a header holds characters that a header cannot carry` };
}

async function readHead(response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = "";
  try {
    while (text.length < maxRefusalBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // The status and what there is of the body say more than how the body broke off.
  }
  void reader.cancel().catch(ignore);
  return text;
}

/** Undefined once the signal aborts, whether or not the work notices. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) resolve(undefined);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** True when a terminal event has been given out; else the failure that ended it. */
async function* readEvents(
  http: HttpCall,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
  headers: Headers,
): AsyncGenerator<StreamEvent, true | ModelFailure, void> {
  const splitter = new SseSplitter();
  const guard = new TerminalGuard(http.call);
  let eventCount = 0;
  let head = "";
  // A cancelled reader resolves its pending read at once, whatever the connection does.
  const onAbort = (): void => void reader.cancel().catch(ignore);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) return aborted();
      if (eventCount === 0 && value !== undefined && head.length < maxRefusalBytes) head += new TextDecoder().decode(value);
      const events = done ? splitter.end() : splitter.push(value);
      for (const event of events) {
        eventCount++;
        const out: StreamEvent[] = [];
        const malformed = decodeEvent(http.decoder, event, out, done);
        for (const one of out) {
          const checked = guard.check(one);
          yield checked;
          if (checked.type === "finish" || checked.type === "failure") return true;
          if (signal.aborted) return aborted();
        }
        if (malformed !== undefined) return malformed;
      }
      if (done) break;
    }
    const out: StreamEvent[] = [];
    http.decoder.end(out, false);
    for (const one of out) {
      const checked = guard.check(one);
      yield checked;
      if (checked.type === "finish" || checked.type === "failure") return true;
    }
    if (eventCount === 0 && head.trim() !== "") return notAStream(http, head, headers);
    return { code: "network", message: "the stream ended before the answer was complete" };
  } catch (error) {
    if (signal.aborted) return aborted();
    return error instanceof MalformedStreamError ? { code: "network", message: error.message } : networkFailure(error);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function decodeEvent(decoder: Decoder, event: ServerSentEvent, out: StreamEvent[], last: boolean): ModelFailure | undefined {
  if (event.data === "" || event.data === "[DONE]") {
    if (event.data !== "") decoder.end(out, true);
    return undefined;
  }
  const parsed = parseObject(event.data);
  if (parsed === undefined) {
    const message = last ? "the stream ended before the answer was complete" : `malformed event in the stream: ${event.data.slice(0, 200)}`;
    return { code: "network", message };
  }
  decoder.decode(parsed, event.name, event.data, out);
  return undefined;
}

/** A 200 whose body is no stream: an error object of a gateway, a login page. */
function notAStream(http: HttpCall, head: string, headers: Headers): ModelFailure {
  const parsed = parseObject(head);
  if (parsed !== undefined && "error" in parsed) return http.failureOf({ status: 0, headers, body: head }, Date.now());
  const type = headers.get("content-type") ?? "no content type";
  return {
    code: "network",
    message: `the service answered with no event stream (${type}): ${head.replace(/\s+/g, " ").trim().slice(0, 200)}`,
  };
}

/** Watches what was said, so that an overflow which looks like an answer is told as what it is; keeps secrets out of failures. */
class TerminalGuard {
  readonly #call: ModelCall;
  #said = false;
  #usage: Usage | undefined;

  constructor(call: ModelCall) {
    this.#call = call;
  }

  check(event: StreamEvent): StreamEvent {
    switch (event.type) {
      case "usage":
        this.#usage = event.usage;
        return event;
      case "text_delta":
      case "thinking_start":
      case "toolcall_start":
        this.#said = true;
        return event;
      case "failure":
        return { type: "failure", failure: withoutSecret(event.failure, this.#call.credential.value) };
      case "finish": {
        const failure = this.#said ? undefined : overflowInDisguise(event, this.#usage, this.#call);
        return failure === undefined ? event : { type: "failure", failure };
      }
      default:
        return event;
    }
  }
}

function withoutSecret(failure: ModelFailure, secret: string): ModelFailure {
  if (secret.length < 6 || !failure.message.includes(secret)) return failure;
  return { ...failure, message: failure.message.replaceAll(secret, "***") };
}
