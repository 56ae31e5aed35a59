// Runs one model call over HTTP: request, answer, events. Called by each format's provider.
// Invariant: never throws, ends with exactly one terminal event, ends promptly once the caller's signal aborts, and leaves no connection open.

import { PiError } from "../../contracts/error.ts";
import type { Model } from "../../contracts/model.ts";
import type { ModelCall } from "../../contracts/model-request.ts";
import { failureOfError, type ModelFailure, type StreamPart } from "../../contracts/stream-event.ts";
import { splitUserInfo, withoutUrlSecrets } from "../../contracts/text/url-secrets.ts";
import { liveSecrets } from "../../platform/secrets.ts";
import { startIsOver } from "../../platform/start-pace.ts";
import { type Decoder, EventReader, withoutSecret } from "./event-reader.ts";
import { maxRefusalLength, networkFailure, type Refusal } from "./http-failure.ts";
import { amend, refusedFields } from "./refused-fields.ts";

export interface HttpCall<Body> {
  call: ModelCall;
  encode(call: ModelCall): Body;
  /** Headers of the request, the credential's among them; of the SDK's own only content type, accept and user agent are sent. */
  headers(call: ModelCall, body: Body): Record<string, string>;
  /** Makes the request through `fetch` and gives back the answer; may throw what it likes. */
  send(body: Body, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Response>;
  decoder: Decoder;
  failureOf(refusal: Refusal, nowMs: number): ModelFailure;
}

/** What reads a shorter answer is over before compiling it would pay. */
const shortAnswerBytes = 16 * 1024;

export async function* streamCall<Body>(http: HttpCall<Body>): AsyncGenerator<StreamPart, void, void> {
  const { call } = http;
  liveSecrets.add(call.credential.value);
  liveSecrets.addUrl(call.model.baseUrl);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  call.signal.addEventListener("abort", onAbort, { once: true });
  if (call.signal.aborted) stop.abort();
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let failure: ModelFailure | undefined;
  const progress = { finished: false };
  try {
    await untilAborted(Promise.resolve(drainsOf(call).get(call.model.baseUrl)), stop.signal);
    const opened = await untilAborted(open(http, stop.signal), stop.signal);
    if (opened === undefined) failure = aborted();
    else if ("failure" in opened) failure = opened.failure;
    else {
      reader = opened.reader;
      const ended = yield* readEvents(http, reader, stop.signal, opened.headers, progress);
      if (ended === true) return;
      failure = ended;
    }
  } catch (error) {
    failure = stop.signal.aborted ? aborted() : networkFailure(error);
  } finally {
    call.signal.removeEventListener("abort", onAbort);
    // Whoever listens may leave at the last event: what makes an answer whole is that it was given out.
    if (progress.finished && reader !== undefined && drainsOf(call).get(call.model.baseUrl) !== false) drain(call, reader, stop);
    else {
      void reader?.cancel().catch(ignore);
      stop.abort();
    }
  }
  if (call.signal.aborted) failure = aborted();
  yield { type: "failure", failure: withoutSecret(failure) };
}

function ignore(): void {}

/**
 * So long after its last event an answer may end: a connection whose last bytes have been read serves the next call, which waits for it, since a new
 * one takes DNS, TCP and TLS. A cancelled one serves nobody.
 */
const drainMs = 250;

/** Connections with a whole answer whose body has not ended, by who made them and the address; `false`: bodies of this service do not end. */
const drains = new WeakMap<typeof globalThis.fetch, Map<string, Promise<void> | false>>();

function drainsOf({ fetch }: ModelCall): Map<string, Promise<void> | false> {
  const byAddress = drains.get(fetch) ?? new Map<string, Promise<void> | false>();
  drains.set(fetch, byAddress);
  return byAddress;
}

function drain(call: ModelCall, reader: ReadableStreamDefaultReader<Uint8Array>, stop: AbortController): void {
  const byAddress = drainsOf(call);
  const address = call.model.baseUrl;
  const work = readToEnd(reader, stop).then((hasEnded) => {
    if (!hasEnded) byAddress.set(address, false);
    else if (byAddress.get(address) === work) byAddress.delete(address);
  });
  byAddress.set(address, work);
}

async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array>, stop: AbortController): Promise<boolean> {
  const timer = setTimeout(() => stop.abort(), drainMs);
  timer.unref();
  try {
    while (!(await reader.read()).done);
  } catch {
    // The answer was whole before: how its connection ends is of no interest.
  }
  clearTimeout(timer);
  // Both runtimes take a connection back a moment after its last byte has been read.
  await new Promise((resolve) => setImmediate(resolve));
  return !stop.signal.aborted;
}

function aborted(): ModelFailure {
  return { code: "aborted", message: "Request was aborted" };
}

type Opened = { reader: ReadableStreamDefaultReader<Uint8Array>; headers: Headers } | { failure: ModelFailure; refusal?: Refusal };

/** A service that refuses more fields than that, one after the other, does not speak the format. */
const maxAmendments = 5;

/** By model, what its service has been found not to know; with the value of the model it goes. */
const refusedBy = new WeakMap<Model, ReadonlySet<string>>();

/** Asks, and asks again without what the service refuses although the answer does not depend on it. */
async function open<Body>(http: HttpCall<Body>, signal: AbortSignal): Promise<Opened> {
  const { model } = http.call;
  const whole = http.encode(http.call);
  for (let amendments = 0; ; amendments++) {
    const known = refusedBy.get(model);
    const body = known === undefined ? whole : (amend(whole, known) as Body);
    const opened = await openWith(http, body, signal);
    if (!("failure" in opened) || opened.refusal === undefined || amendments === maxAmendments || signal.aborted) return opened;
    const refused = refusedFields(body, opened.refusal.status, opened.refusal.body);
    if (refused.length === 0) return opened;
    refusedBy.set(model, new Set([...(known ?? []), ...refused]));
  }
}

async function openWith<Body>(http: HttpCall<Body>, body: Body, signal: AbortSignal): Promise<Opened> {
  let refusal: Refusal | undefined;
  let tooLarge: ModelFailure | undefined;
  const headers = requestHeaders(http.headers(http.call, body));
  if (headers === undefined) return { failure: badCredential(http.call) };
  const watched = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const sent = new Headers(headers);
    const made = new Headers(init?.headers);
    for (const name of ["accept", "content-type", "user-agent"]) {
      const value = made.get(name);
      if (value !== null && !sent.has(name)) sent.set(name, value);
    }
    const { url, authorization } = splitUserInfo(typeof input === "string" ? input : input instanceof URL ? input.href : input.url);
    if (authorization !== undefined && !sent.has("authorization")) sent.set("authorization", authorization);
    tooLarge = largerThanTaken(http.call, init?.body);
    if (tooLarge !== undefined) return new Response(null, { status: 413 });
    // A followed redirect would carry the credential to wherever it points.
    const response = await http.call.fetch(url, { ...init, headers: sent, redirect: "manual" });
    if (response.ok) return response;
    const location = response.status < 400 ? response.headers.get("location") : null;
    if (location !== null) {
      refusal = { status: response.status, headers: response.headers, body: `redirect to ${location}: set the base URL to that address` };
    } else refusal = { status: response.status, headers: response.headers, body: await readHead(response) };
    return new Response(null, { status: response.status >= 400 ? response.status : 500 });
  };
  try {
    const response = await http.send(body, watched as typeof globalThis.fetch, signal);
    if (tooLarge !== undefined) return { failure: tooLarge };
    if (refusal !== undefined) return { failure: http.failureOf(refusal, Date.now()), refusal };
    if (response.body === null) return { failure: { code: "network", message: "the service answered without a body" } };
    return { reader: response.body.getReader(), headers: response.headers };
  } catch (error) {
    if (tooLarge !== undefined) return { failure: tooLarge };
    if (refusal !== undefined) return { failure: http.failureOf(refusal, Date.now()), refusal };
    if (error instanceof TypeError && (error as { code?: unknown }).code === "ERR_INVALID_URL") {
      return { failure: { code: "bad_request", message: `Invalid base URL: ${withoutUrlSecrets(http.call.model.baseUrl)}` } };
    }
    return { failure: networkFailure(error, http.call.model.baseUrl) };
  }
}

/** What the service would refuse unread, and some hang up on, is not sent: a conversation that is too long, or has too many pictures. */
function largerThanTaken({ model, request }: ModelCall, body: unknown): ModelFailure | undefined {
  const most = model.inputLimits?.maxRequestBytes;
  // A character has at most three bytes.
  if (most === undefined || typeof body !== "string" || body.length * 3 <= most) return undefined;
  const bytes = Buffer.byteLength(body);
  if (bytes <= most) return undefined;
  let pictures = 0;
  for (const { content } of request.messages) {
    for (const block of typeof content === "string" ? [] : content) if (block.type === "image") pictures += block.data.length;
  }
  const megabytes = (count: number): string => (count / (1 << 20)).toFixed(1);
  return {
    code: pictures > bytes / 2 ? "image_overflow" : "overflow",
    message: `The request has ${megabytes(bytes)} MB, ${model.provider}/${model.id} takes at most ${megabytes(most)} MB`,
  };
}

/** Undefined where a value cannot stand in a header: the runtime's own message would repeat it, and it may be a secret. */
function requestHeaders(headers: Record<string, string>): Headers | undefined {
  try {
    return new Headers(headers);
  } catch {
    return undefined;
  }
}

function badCredential(call: ModelCall): ModelFailure {
  const message = `The credential from ${call.credential.source} or a header holds characters that a header cannot carry`;
  return failureOfError(new PiError("auth.bad_value", message, { hint: "Look for line ends and letters that are not ASCII in it" }));
}

async function readHead(response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = "";
  try {
    while (text.length < maxRefusalLength) {
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
async function* readEvents<Body>(
  http: HttpCall<Body>,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
  headers: Headers,
  progress: { finished: boolean },
): AsyncGenerator<StreamPart, true | ModelFailure, void> {
  const events = new EventReader(http.call, http.decoder, headers, http.failureOf);
  // A cancelled reader resolves its pending read at once, whatever the connection does.
  const onAbort = (): void => void reader.cancel().catch(ignore);
  signal.addEventListener("abort", onAbort, { once: true });
  let bytes = 0;
  let isLong = false;
  try {
    while (!events.ended) {
      const { done, value } = await reader.read();
      if (signal.aborted) return aborted();
      bytes += value?.length ?? 0;
      if (!isLong && bytes > shortAnswerBytes) startIsOver();
      isLong = bytes > shortAnswerBytes;
      const part = done ? events.end() : events.push(value);
      // The end comes alone: whoever leaves or aborts at what was said before it has not been given a whole answer.
      const last = events.ended ? part.pop() : undefined;
      if (part.length > 0) {
        yield part;
        if (signal.aborted) return aborted();
      }
      if (last === undefined) continue;
      progress.finished = last.type === "finish";
      yield last;
    }
    return true;
  } catch (error) {
    return signal.aborted ? aborted() : networkFailure(error);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
