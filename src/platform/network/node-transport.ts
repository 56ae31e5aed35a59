// Requests of model calls on Node, over its own HTTP client: the global `fetch` loads undici and compiles its parser, which takes longer than the rest
// of the start, and at the end of a short run waits for that compiler. Made by fetch. Invariant: what this cannot do goes to the global `fetch`.

import type { ClientRequest, IncomingMessage } from "node:http";
import { NodeHeaders } from "./node-headers.ts";
import { ReceivedBody } from "./received-body.ts";

type Fetch = typeof globalThis.fetch;
type HttpModule = typeof import("node:http");
type Scheme = "http" | "https";

interface Client {
  module: Pick<HttpModule, "request" | "Agent">;
  /** The agent of its kept connections. */
  kept: object;
}

interface SentRequest {
  url: URL;
  method: string;
  headers: Record<string, string | string[]>;
  body: Buffer | undefined;
  signal: AbortSignal | undefined;
}

/** A kept connection that a service closes in the moment of the next request is no failure: that request is sent once more. */
const goneWhileIdle: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/** As `fetch`, for requests whose redirects are not followed and whose body is at hand. */
export function nodeTransport(): Fetch {
  const clients = new Map<Scheme, Promise<Client>>();
  const send = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const request = requestOf(input, init);
    if (request === undefined) return globalThis.fetch(input, init);
    request.signal?.throwIfAborted();
    const scheme = request.url.protocol === "https:" ? "https" : "http";
    const loading = clients.get(scheme) ?? loadClient(scheme);
    clients.set(scheme, loading);
    const { module, kept } = await loading;
    const open = (agent: object | false): ClientRequest =>
      module.request(request.url, { method: request.method, headers: request.headers, agent } as object);
    return exchange(request, open, kept);
  };
  return send as Fetch;
}

/** By itself: with the one for HTTPS comes all of TLS. */
async function loadClient(scheme: Scheme): Promise<Client> {
  // Where there is a direct way to the module: to import it by name makes Node look at all that it exports, undici among it.
  const builtin = (process as { getBuiltinModule?(name: string): unknown }).getBuiltinModule;
  const module = (builtin?.(`node:${scheme}`) ?? (await (scheme === "https" ? import("node:https") : import("node:http")))) as HttpModule;
  return { module, kept: new module.Agent({ keepAlive: true }) };
}

/** `undefined` for what only the global `fetch` can do. */
function requestOf(input: string | URL | Request, init: RequestInit): SentRequest | undefined {
  if (init.redirect !== "manual" || (typeof input !== "string" && !(input instanceof URL))) return undefined;
  const url = new URL(input);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  const { body } = init;
  const isBytes = body instanceof Uint8Array;
  if (body !== undefined && body !== null && typeof body !== "string" && !isBytes) return undefined;
  const bytes =
    typeof body === "string" ? Buffer.from(body) : isBytes ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : undefined;
  const given = new NodeHeaders(init.headers);
  const headers: Record<string, string | string[]> = Object.fromEntries(given);
  if (bytes !== undefined) headers["content-length"] = String(bytes.length);
  // What is not asked for packed needs not be unpacked.
  headers["accept-encoding"] ??= "identity";
  headers.accept ??= "*/*";
  return { url, method: init.method?.toUpperCase() ?? "GET", headers, body: bytes, signal: init.signal ?? undefined };
}

function exchange(sent: SentRequest, open: (agent: object | false) => ClientRequest, agent: object): Promise<Response> {
  const { signal, body } = sent;
  return new Promise((resolve, reject) => {
    let request: ClientRequest;
    let response: IncomingMessage | undefined;
    const onAbort = (): void => {
      const reason = abortReason(signal);
      reject(reason);
      (response ?? request).destroy(reason);
    };
    const done = (): void => signal?.removeEventListener("abort", onAbort);
    const start = (isAgain: boolean): void => {
      request = open(isAgain ? false : agent);
      request.once("response", (message) => {
        response = message;
        message.once("close", done);
        answer(message, sent).then(resolve, reject);
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        // Of a response that broke off its body tells.
        if (response !== undefined) return;
        if (!isAgain && request.reusedSocket && goneWhileIdle.has(error.code ?? "") && signal?.aborted !== true) return start(true);
        done();
        reject(signal?.aborted === true ? abortReason(signal) : error);
      });
      request.end(body);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    start(false);
  });
}

function abortReason(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new DOMException("This operation was aborted", "AbortError");
}

async function answer(message: IncomingMessage, { url, method }: SentRequest): Promise<Response> {
  const headers = new NodeHeaders();
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2)
    addReceived(headers, message.rawHeaders[at] ?? "", message.rawHeaders[at + 1] ?? "");
  const status = message.statusCode ?? 0;
  const hasBody = method !== "HEAD" && status !== 204 && status !== 304;
  if (!hasBody) message.resume();
  const body = hasBody ? new ReceivedBody(message, await unpacked(message, headers.get("content-encoding"))) : null;
  return new ReceivedResponse(status, message.statusMessage ?? "", headers, url.href, body) as unknown as Response;
}

/** A service may send what no header can carry; that one is none. */
function addReceived(headers: NodeHeaders, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch {
    // Left out.
  }
}

/** What was packed although nobody asked for it. */
async function unpacked(message: IncomingMessage, encoding: string | null): Promise<NodeJS.ReadableStream> {
  const kind = encoding?.trim().toLowerCase() ?? "identity";
  if (kind === "" || kind === "identity") return message;
  const zlib = await import("node:zlib");
  const make: Record<string, (() => NodeJS.ReadWriteStream) | undefined> = {
    gzip: zlib.createGunzip,
    "x-gzip": zlib.createGunzip,
    deflate: zlib.createInflate,
    br: zlib.createBrotliDecompress,
  };
  const unpacker = make[kind]?.();
  if (unpacker === undefined) return message;
  message.once("error", (error) => (unpacker as unknown as { destroy(error: Error): void }).destroy(error));
  return message.pipe(unpacker);
}

/** Of `Response` what is asked of an answer here. */
class ReceivedResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: NodeHeaders;
  readonly url: string;
  readonly body: ReceivedBody | null;
  readonly redirected = false;
  readonly type = "basic";

  constructor(status: number, statusText: string, headers: NodeHeaders, url: string, body: ReceivedBody | null) {
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    this.url = url;
    this.body = body;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get bodyUsed(): boolean {
    return this.body?.locked ?? false;
  }

  async bytes(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    const reader = this.body?.getReader();
    for (let next = await reader?.read(); next !== undefined && !next.done; next = await reader?.read()) pieces.push(next.value);
    return Buffer.concat(pieces);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes();
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}
