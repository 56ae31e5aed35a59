// What a busy, broken or silent service makes of a run: what is tried again, when, how often, and what the events tell of it.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect } from "vitest";
import type { ProgramResult } from "../support/program.ts";
import { type Service, services } from "../support/served.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import type { Script, StrictServer } from "../support/strict/script.ts";
import { answerSteps, callSteps, type Json, recordsOf, test, type World } from "../support/world.ts";

const [anthropic, chat, responses, google] = services as [Service, Service, Service, Service];

interface Run extends ProgramResult {
  server: StrictServer;
  records: Json[];
  /** Types of the events between messages. */
  started: Json[];
  ended: Json[];
  result: Json;
}

async function run(service: Service, scripts: readonly Script[], world: World, toml = "", args: string[] = []): Promise<Run> {
  const server = await world.strict(service.format, scripts);
  world.config(`${toml}\n${service.toml(server.baseUrl)}`);
  const env = service.env(server.baseUrl);
  const result = await world.run(["--mode", "json", "--result", "-", "--model", service.model, ...args, "hi"], { env });
  const records = recordsOf(result.stdout);
  expect(server.complaints).toEqual([]);
  return {
    ...result,
    server,
    records,
    started: records.filter((record) => record.type === "auto_retry_start"),
    ended: records.filter((record) => record.type === "auto_retry_end"),
    result: records.at(-1),
  };
}

/** What a strict format needs to know of a request to answer it. */
const anyRequest = { method: "POST", path: "", headers: {}, rawBody: "", body: { messages: [] } };

const fine: Script = { say: [{ text: "Fine" }] };

describe.concurrent("when to come back", () => {
  test("exponential with jitter where the service says nothing", async ({ world }) => {
    const toml = "[retry]\nbase_delay_ms = 20\nmax_delay_ms = 50";
    const { started, ended, status, result } = await run(anthropic, [{ refuse: 529 }, { refuse: 503 }, { refuse: 500 }, fine], world, toml);
    expect(status).toBe(0);
    expect(started.map((one) => [one.attempt, one.maxAttempts])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    for (const [index, least] of [20, 40, 50].entries()) {
      expect(started[index].delayMs).toBeGreaterThanOrEqual(least);
      expect(started[index].delayMs).toBeLessThanOrEqual(Math.ceil(least * 1.1));
      expect(started[index].retryAt).toBeUndefined();
    }
    expect(ended).toMatchObject([{ success: true, attempt: 3 }]);
    expect(result).toMatchObject({ outcome: "done", text: "Fine", retries: 3, turns: 1 });
  });

  const soon = (): string => new Date(Date.now() + 600).toISOString();
  const told: { name: string; service: Service; headers(): Record<string, string>; mostMs: number }[] = [
    { name: "Retry-After in seconds", service: chat, headers: () => ({ "retry-after": "0.2" }), mostMs: 200 },
    {
      name: "retry-after-ms",
      service: responses,
      headers: () => ({ "retry-after-ms": "120", "retry-after": "9" }),
      mostMs: 120,
    },
    {
      name: "Retry-After as a date",
      service: google,
      headers: () => ({ "retry-after": new Date(Date.now() + 1500).toUTCString() }),
      mostMs: 1500,
    },
    {
      name: "a reset header of a limit that is used up",
      service: anthropic,
      headers: () => ({
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": soon(),
        "anthropic-ratelimit-tokens-remaining": "5000",
        "anthropic-ratelimit-tokens-reset": "2100-01-01T00:00:00Z",
      }),
      mostMs: 600,
    },
  ];
  test.for(told)("$name", async ({ service, headers, mostMs }, { world }) => {
    const before = Date.now();
    const { started, status } = await run(service, [{ refuse: 429, headers: headers() }, fine], world, "[retry]\nbase_delay_ms = 5000");
    expect(status).toBe(0);
    expect(started).toHaveLength(1);
    // The step would be 5 s.
    expect(started[0].delayMs).toBeLessThanOrEqual(mostMs);
    expect(started[0].retryAt).toBeGreaterThanOrEqual(before);
    expect(started[0].retryAt).toBeLessThanOrEqual(Date.now() + mostMs);
  });

  test("later than one waits for: final, with the moment", async ({ world }) => {
    const before = Date.now();
    const refusal = { refuse: 429, headers: { "retry-after": "30" } };
    const { server, started, result, status, stderr } = await run(chat, [refusal, fine], world, "[retry]\nmax_delay_ms = 20000");
    expect({ status, requests: server.requests.length, started }).toEqual({ status: 1, requests: 1, started: [] });
    expect(result.outcome).toBe("error");
    expect(result.retryAt).toBeGreaterThanOrEqual(before + 30_000);
    // In whole seconds, and never too early.
    const whole = new Date(Math.ceil(result.retryAt / 1000) * 1000).toISOString();
    expect(stderr).toContain(whole.replace(".000Z", "Z"));
  });
});

describe.concurrent("what is tried again", () => {
  test.for([400, 401, 403, 404, 413])("not %i", async (status, { world }) => {
    const { server, started, ended } = await run(chat, [{ refuse: status }], world);
    expect({ requests: server.requests.length, started, ended }).toEqual({ requests: 1, started: [], ended: [] });
  });

  test("not when it is turned off", async ({ world }) => {
    const { server, status } = await run(chat, [{ refuse: 529 }], world, "[retry]\nenabled = false");
    expect({ requests: server.requests.length, status }).toEqual({ requests: 1, status: 1 });
  });

  test("as often as configured; the last failure counts", async ({ world }) => {
    const toml = "[retry]\nmax_retries = 1\nbase_delay_ms = 1";
    const { server, ended, result, stderr } = await run(chat, [{ refuse: 529 }, { refuse: 500, message: "worse" }], world, toml);
    expect(server.requests).toHaveLength(2);
    expect(ended).toMatchObject([{ success: false, attempt: 1, finalError: expect.stringContaining("worse") }]);
    expect(result).toMatchObject({ outcome: "error", retries: 1, turns: 0, error: { code: "model.overloaded" } });
    expect(stderr).toContain("worse");
  });

  test("a connection cut behind the first words: said, kept in the session, not sent again", async ({ world, onTestFinished }) => {
    const beginning = streamOf(chat, "The beginning of an answer");
    const server = await startDroningServer(
      onTestFinished,
      ": alive\n\n",
      beginning.slice(0, beginning.lastIndexOf("data: {")),
      streamOf(chat, "Fine"),
    );
    const baseUrl = server.url + chat.format.basePath;
    world.config(`[retry]\nbase_delay_ms = 1\n${chat.toml(baseUrl)}`);
    const program = world.start(["--mode", "json", "--result", "-", "--model", chat.model, "hi"], { env: chat.env(baseUrl) });
    // What a runtime has received but not handed over is lost with the connection, so the cut comes when it is seen.
    await program.said('"text_delta"');
    server.cut();
    const { stdout, status } = await program.result;
    const records = recordsOf(stdout);
    const result = records.at(-1);
    expect({ status, text: result.text, retries: result.retries }).toEqual({ status: 0, text: "Fine", retries: 1 });
    const plain = records.filter((record) => !record.type.startsWith("message_update") && record.message?.role !== "system");
    const told = plain.map((record) =>
      record.type === "message_end" ? `${record.message.role} ${record.message.stopReason ?? ""}`.trim() : record.type,
    );
    expect(told).toEqual([
      "session",
      "agent_start",
      "turn_start",
      "message_start",
      "user",
      "message_start",
      "assistant error",
      "turn_end",
      "agent_end",
      "auto_retry_start",
      "agent_start",
      "turn_start",
      "message_start",
      "assistant stop",
      "auto_retry_end",
      "turn_end",
      "agent_end",
      "agent_settled",
      "result",
    ]);
    expect(plain.find((record) => record.type === "agent_end")).toMatchObject({ willRetry: true });
    const [, failed, answer] = messagesOf(soundSession(world.sessionFiles()[0] ?? ""));
    expect(failed).toMatchObject({ stopReason: "error", content: [{ type: "text", text: expect.stringMatching(/^The beginning/) }] });
    expect(answer).toMatchObject({ stopReason: "stop" });
    expect(server.bodies[1]).toContain('"hi"');
    expect(server.bodies[1]).not.toContain("The beginning");
  });
});

interface DroningServer {
  url: string;
  /** Of the requests. */
  bodies: string[];
  cut(): void;
}

/** Opens a stream and says nothing further but that it is alive, for ever; later calls get the answer. */
async function startDroningServer(
  onTestFinished: (close: () => Promise<void>) => void,
  drone: string,
  first: string,
  answer: string,
): Promise<DroningServer> {
  const bodies: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(Buffer.concat(chunks).toString());
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (bodies.length > 1) {
      response.end(answer);
      return;
    }
    response.write(first);
    timers.add(setInterval(() => response.write(drone), 5));
  });
  const cut = (): void => {
    for (const timer of timers) clearInterval(timer);
    server.closeAllConnections();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, cut };
}

function streamOf(service: Service, text: string): string {
  return service.format.stream({ say: [{ text }] }, anyRequest);
}

describe.concurrent("silence", () => {
  const drones: [string, Service, string][] = [
    ["keep-alive comments", chat, ": keep-alive\n\n"],
    ["pings", anthropic, 'event: ping\ndata: {"type": "ping"}\n\n'],
  ];
  test.for(drones)("%s are no sign of life; the call is tried again", async ([, service, drone], { world, onTestFinished }) => {
    const server = await startDroningServer(onTestFinished, drone, drone, streamOf(service, "Awake"));
    const baseUrl = server.url + service.format.basePath;
    world.config(`[retry]\nbase_delay_ms = 1\n${service.toml(baseUrl)}`);
    // So long that a busy machine is not silent for it by itself, in the answer that comes.
    const args = ["--mode", "json", "--model", service.model, "--stall", "model=3s", "hi"];
    const result = await world.run(args, { env: service.env(baseUrl) });
    const records = recordsOf(result.stdout);
    expect({ status: result.status, calls: server.bodies.length }).toEqual({ status: 0, calls: 2 });
    expect(records.find((record) => record.type === "auto_retry_start").errorMessage).toMatch(/sent nothing for 3 s$/);
  });

  test("of a tool: it is stopped, and the model is told", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "echo begun; exec sleep 60" }), answerSteps("Never mind."));
    const run = await world.run(["-p", "--model", model, "--stall", "tool=1s", "hi"]);
    expect(run).toMatchObject({ status: 0, stdout: "Never mind.\n", survivors: [] });
    const result = messagesOf(soundSession(world.sessionFiles()[0] ?? ""))[2];
    expect(result).toMatchObject({ role: "toolResult", isError: true });
    expect(JSON.stringify(result.content)).toMatch(/begun.*showed nothing for 1 s/);
  });

  test("behind half an answer: not tried again, as that would say it twice", async ({ world, onTestFinished }) => {
    const whole = streamOf(chat, "Half of it");
    const server = await startDroningServer(
      onTestFinished,
      ": keep-alive\n\n",
      whole.slice(0, whole.indexOf("\n\n", whole.indexOf("Half")) + 2),
      whole,
    );
    const baseUrl = server.url + chat.format.basePath;
    world.config(chat.toml(baseUrl));
    const args = ["-p", "--model", chat.model, "--stall", "model=1500ms", "--result", "-", "hi"];
    const result = await world.run(args, { env: chat.env(baseUrl) });
    expect({ status: result.status, calls: server.bodies.length }).toEqual({ status: 1, calls: 1 });
    expect(JSON.parse(result.stdout)).toMatchObject({ outcome: "stalled", text: expect.stringMatching(/^Half/), retries: 0 });
  });
});
