// The connection outlives an answer: a service that ends its body a little after the last event is asked again over the same connection, in each
// format, on Node (here) and on Bun (a child that does the same), with TLS and without.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { streamTurn } from "../../src/agent/stream-turn.ts";
import { loadProvider } from "../../src/providers/registry.ts";
import { testCall, testModel } from "../support/model-calls.ts";
import { recordedStreams } from "../support/recorded-streams.ts";
import { runTurns, type Turns } from "../support/twenty-turns.ts";

const tlsFolder = join(import.meta.dirname, "../fixtures/tls");
const apis = ["anthropic-messages", "openai-completions", "openai-responses", "google-generative-ai"];
const endsLateMs = 20;

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)));
});

interface Late {
  url: string;
  connections: number;
  requests: number;
}

/** A recorded answer at once, its end late or never. */
async function serve(api: string, withTls: boolean, lateMs: number | undefined): Promise<Late> {
  const stream = recordedStreams(api).find((one) => one.finish !== undefined && !one.name.startsWith("imitator"));
  const late: Late = { url: "", connections: 0, requests: 0 };
  const answer: RequestListener = (request, response) => {
    request.resume().on("end", () => {
      late.requests++;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(stream?.bytes);
      if (lateMs !== undefined) setTimeout(() => response.end(), lateMs);
    });
  };
  const key = { key: readFileSync(join(tlsFolder, "server.key")), cert: readFileSync(join(tlsFolder, "server.pem")) };
  const started = withTls ? createTlsServer(key, answer) : createServer(answer);
  started.on(withTls ? "secureConnection" : "connection", () => late.connections++);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  late.url = `${withTls ? "https" : "http"}://127.0.0.1:${(started.address() as AddressInfo).port}`;
  return late;
}

const childScript = `
  const { runTurns } = await import(process.env.TURNS_MODULE);
  console.log(JSON.stringify(await runTurns(JSON.parse(process.env.TURNS))));`;

async function onBun(turns: Turns): Promise<string[]> {
  const env = {
    PATH: process.env.PATH,
    TURNS_MODULE: join(import.meta.dirname, "../support/twenty-turns.ts"),
    TURNS: JSON.stringify(turns),
  };
  const { stdout } = await promisify(execFile)(bunPath(), ["-e", childScript], { env });
  return JSON.parse(stdout) as string[];
}

describe.each([
  ["Node", runTurns],
  ["Bun", onBun],
])("on %s", (_runtime, run) => {
  // Once more where the machine had no time for a turn in the quarter of a second that the end of a body is waited for.
  test.each(apis.flatMap((api) => [[api, true] as const, [api, false] as const]))(
    "%s, TLS: %s: one connection",
    { retry: 2 },
    async (api, withTls) => {
      const late = await serve(api, withTls, endsLateMs);
      const ends = await run({ api, baseUrl: late.url, count: 20, ...(withTls ? { caFile: join(tlsFolder, "ca.pem") } : {}) });
      expect(new Set(ends)).toEqual(new Set([ends[0]]));
      expect(["stop", "toolUse", "length"]).toContain(ends[0]);
      expect({ connections: late.connections, requests: late.requests }).toEqual({ connections: 1, requests: 20 });
    },
  );
});

test.each(apis.slice(0, 3))("%s: a body that never ends holds up neither the answer nor the next call", async (api) => {
  const late = await serve(api, false, undefined);
  const ends = await runTurns({ api, baseUrl: late.url, count: 3 });
  expect(new Set(ends).size).toBe(1);
  expect(late.requests).toBe(3);
});

test("an abort while the next call waits for the connection ends it at once", async () => {
  const api = "openai-completions";
  const late = await serve(api, false, undefined);
  const model = testModel({ api, provider: "test", baseUrl: late.url });
  const provider = await loadProvider(api);
  const stop = new AbortController();
  const call = testCall({ model });
  const turn = (signal: AbortSignal): ReturnType<typeof streamTurn> =>
    streamTurn(
      { model, thinkingLevel: "off", stallTimeoutMs: 0, stream: (_, linked) => provider.stream({ ...call, signal: linked }) },
      [],
      signal,
      { emit: () => undefined, now: () => 0 },
    );
  await turn(new AbortController().signal);
  const second = turn(stop.signal);
  stop.abort();
  expect((await second).failure?.code).toBe("aborted");
  expect(late.requests).toBe(1);
});
