// A local HTTP server in the place of a model service: records requests, answers as told, misbehaves as told.
// Used by the strict servers and by tests of the network itself. Listens on 127.0.0.1 only.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface WireRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  rawBody: string;
  /** Parsed, where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of any shape
  body: any;
}

export interface WireAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** The connection is torn down after so many bytes of the body; with `keepOpen` it just says no more. */
  cutAfterBytes?: number;
  /** Size of the pieces the body is written in. */
  pieceBytes?: number;
  /** The body is sent but never ended. */
  keepOpen?: boolean;
  /** In place of a body: pieces that come later, until the connection ends. */
  events?(write: (piece: string) => void): void;
  /** Nothing is ever answered. */
  hang?: boolean;
  /** The connection is closed without an answer. */
  drop?: boolean;
  /** The answer waits for it. */
  after?: Promise<void>;
}

export interface WireServer {
  /** `http://127.0.0.1:<port>` */
  url: string;
  requests: WireRequest[];
  /** Connections taken so far. */
  connectionCount(): number;
  /** Resolves once so many requests have come in. */
  received(count: number): Promise<void>;
  /** Resolves when the connection that carried the request is closed. */
  hungUp(index: number): Promise<void>;
  /** Tears down all connections and goes on listening. */
  hangUp(): void;
  close(): Promise<void>;
}

export async function startWireServer(answer: (request: WireRequest, index: number) => WireAnswer): Promise<WireServer> {
  const requests: WireRequest[] = [];
  const sockets = new Set<Socket>();
  let connectionCount = 0;
  let waiting: { count: number; resolve: () => void }[] = [];
  const closings: Promise<void>[] = [];
  const server = createServer((message, response) => {
    const closing = new Promise<void>((resolve) => message.socket.once("close", () => resolve()));
    const taken = (request: WireRequest): void => {
      const index = requests.push(request) - 1;
      closings.push(closing);
      waiting = waiting.filter((waiter) => {
        if (requests.length < waiter.count) return true;
        waiter.resolve();
        return false;
      });
      reply(response, answer(request, index));
    };
    // Who hangs up in the middle of a request has made none.
    void readRequest(message).then(taken, () => undefined);
  });
  // Whoever counts connections does not count pauses of a busy machine.
  server.keepAliveTimeout = 0;
  server.on("connection", (socket) => {
    // One for each request that comes by it.
    socket.setMaxListeners(0);
    sockets.add(socket);
    connectionCount++;
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connectionCount: () => connectionCount,
    received: (count) => (requests.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve }))),
    hungUp: (index) => closings[index] ?? Promise.reject(new Error(`no request ${index}`)),
    hangUp: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

async function readRequest(message: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const rawBody = Buffer.concat(chunks).toString("utf8");
  const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));
  let body: unknown;
  try {
    body = JSON.parse(rawBody);
  } catch {
    body = undefined;
  }
  return { method: message.method ?? "", path: message.url ?? "", headers, rawBody, body };
}

function reply(response: ServerResponse, answer: WireAnswer): void {
  if (answer.hang === true) return;
  if (answer.after !== undefined) {
    const { after, ...later } = answer;
    void after.then(() => reply(response, later));
    return;
  }
  if (answer.drop === true) {
    response.socket?.destroy();
    return;
  }
  const bytes = typeof answer.body === "string" ? Buffer.from(answer.body) : Buffer.from(answer.body ?? "");
  response.writeHead(answer.status ?? 200, answer.headers ?? {});
  if (answer.events !== undefined) {
    response.flushHeaders();
    answer.events((piece) => response.write(piece));
    return;
  }
  const kept = answer.cutAfterBytes === undefined ? bytes : bytes.subarray(0, answer.cutAfterBytes);
  const size = answer.pieceBytes ?? (kept.length || 1);
  for (let at = 0; at < kept.length; at += size) response.write(kept.subarray(at, at + size));
  if (answer.keepOpen === true) response.flushHeaders();
  else if (answer.cutAfterBytes !== undefined) response.write("", () => setImmediate(() => response.socket?.destroy()));
  else response.end();
}
