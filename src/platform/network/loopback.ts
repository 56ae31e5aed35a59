// A server on the loopback interface for one call: where a browser comes back to after a sign-in. Called by `pi auth login`.
// Invariants: only 127.0.0.1 (or another loopback address), GET and the exact path count; a wrong state changes nothing; the second call is told
// that it is one; what the page shows is escaped and not kept by anybody.

import type { IncomingMessage, ServerResponse } from "node:http";

export interface LoopbackWanted {
  /** A loopback address. */
  host: string;
  /** Tried first; where it is taken, any free one. */
  port: number;
  path: string;
  /** What the call must bring as `state`; `undefined`: the path alone is the secret. */
  state: string | undefined;
}

export interface Loopback {
  port: number;
  /** The query of the one call that is right. */
  received: Promise<URLSearchParams>;
  close(): void;
}

export async function listenOnLoopback(wanted: LoopbackWanted): Promise<Loopback> {
  const { createServer } = await import("node:http");
  let take: (query: URLSearchParams) => void = () => {};
  const received = new Promise<URLSearchParams>((resolve) => {
    take = resolve;
  });
  let isTaken = false;
  const server = createServer((request, response) => {
    const query = queryOf(request, wanted.path);
    if (query === undefined) answer(response, 404, "There is nothing here.");
    else if (request.method !== "GET") answer(response, 405, "Only GET is understood here.");
    else if (wanted.state !== undefined && query.get("state") !== wanted.state)
      answer(response, 400, "This is not the sign-in that was begun.");
    else if (isTaken) answer(response, 409, "This sign-in has been answered already.");
    else {
      isTaken = true;
      const error = query.get("error");
      answer(response, 200, error === null ? "Signed in. You can close this page." : `The sign-in was refused: ${error}`);
      take(query);
    }
  });
  // A client that says nothing holds nothing up.
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, wanted.host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  await listen(wanted.port).catch((error: NodeJS.ErrnoException) => {
    if (wanted.port === 0 || (error.code !== "EADDRINUSE" && error.code !== "EACCES")) throw error;
    return listen(0);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : wanted.port,
    received,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function queryOf({ url = "" }: IncomingMessage, path: string): URLSearchParams | undefined {
  const [called = "", query = ""] = url.split("?", 2);
  return called === path ? new URLSearchParams(query) : undefined;
}

function answer(response: ServerResponse, status: number, words: string): void {
  const page = `<!doctype html><meta charset="utf-8"><title>pi</title><p>${escaped(words.slice(0, 300))}</p>\n`;
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  response.end(page);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
