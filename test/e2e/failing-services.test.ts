// What a model service can do to a run: each failure has its line on stderr, its exit status, and leaves a session that goes on.

import { createServer } from "node:net";
import { describe, expect } from "vitest";
import type { ProgramResult } from "../support/program.ts";
import { secret, services } from "../support/served.ts";
import { messagesOf, soundSession } from "../support/sound-session.ts";
import type { Script } from "../support/strict/script.ts";
import { answerSteps, callSteps, type Json, test, textSteps, type World } from "../support/world.ts";

const quick = "[retry]\nbase_delay_ms = 1\n";
const impatient = "[retry]\nmax_retries = 0\n[network]\nidle_timeout_ms = 1000\n";

interface Case {
  name: string;
  script: Script;
  /** Model calls made. */
  calls: number;
  stderr: RegExp;
  /** Text on stdout; none when absent. */
  stdout?: string;
  stopReason?: string;
  config?: string;
}

const cases: Case[] = [
  {
    name: "400",
    script: { refuse: 400, message: "No such field" },
    calls: 1,
    stderr: /^\w+ refused the request \(400\): No such field \(.*--verbose.*\)\n$/,
  },
  {
    name: "401",
    script: { refuse: 401, message: `Bad key ${secret}` },
    calls: 1,
    stderr: /^\w+ refused the key \(401\): Bad key \[redacted\] \(Check the key: .*\)\n$/,
  },
  { name: "403", script: { refuse: 403 }, calls: 1, stderr: /^\w+ refused the key \(403\).*\n$/ },
  {
    name: "404",
    script: { refuse: 404, message: "model: nope" },
    calls: 1,
    stderr: /^\w+ knows no such model or address \(404\): model: nope \(Check the model's id .*\)\n$/,
  },
  { name: "413", script: { refuse: 413 }, calls: 1, stderr: /^\w+ takes no conversation that long \(413\).*\n$/ },
  {
    name: "429",
    script: { refuse: 429 },
    calls: 4,
    stderr: /^\w+ takes no more requests for now \(429\): .*; tried 4 times \(Try again .*\)\n$/,
  },
  { name: "500", script: { refuse: 500 }, calls: 4, stderr: /^\w+ failed, .* \(500\): .*; tried 4 times \(Try again .*\)\n$/ },
  { name: "529", script: { refuse: 529 }, calls: 4, stderr: /^\w+ failed, .* \(529\): .*; tried 4 times \(Try again .*\)\n$/ },
  {
    name: "a later Retry-After than one waits for",
    script: { refuse: 429, headers: { "retry-after": "3600" } },
    calls: 1,
    stderr: /^\w+ takes no more requests for now \(429\): [^;]* \(Try again after 2.*\)\n$/,
  },
  {
    name: "a page instead of a stream",
    script: { wire: { headers: { "content-type": "text/html" }, body: "<html>Sign in</html>" } },
    calls: 4,
    stderr: /text\/html.*\n$/,
  },
  {
    name: "a malformed stream",
    script: { wire: { headers: { "content-type": "text/event-stream" }, body: "data: {not json}\n\n" } },
    calls: 4,
    stderr: /malformed.*\n$/,
  },
  { name: "a dropped connection", script: { wire: { drop: true } }, calls: 4, stderr: /^[^\n]+\n$/ },
  { name: "never answering", script: { wire: { hang: true } }, calls: 1, stderr: /sent nothing for 1 s.*\n$/, config: impatient },
  { name: "an empty answer", script: { say: [] }, calls: 1, stderr: /^The model gave an empty answer.*\n$/, stopReason: "stop" },
  {
    name: "an answer cut off at the output limit",
    script: { say: [{ text: "The first half" }], stop: "length" },
    calls: 1,
    stderr: /^Response was truncated: the model reached its output token limit\.\n$/,
    stdout: "The first half\n",
    stopReason: "length",
  },
  {
    name: "a refusal",
    script: { say: [{ text: "I" }], stop: "refusal" },
    calls: 1,
    stderr: /^The model refused to complete the request\n$/,
  },
];

async function goesOn(world: World): Promise<void> {
  const again = await world.run(["-c", "--model", "demo", "-p", "hello"]);
  expect(again).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(/^Hello/) });
  expect(world.sessionFiles()).toHaveLength(1);
  soundSession(world.sessionFiles()[0] ?? "");
}

function last(world: World): Json {
  return messagesOf(soundSession(world.sessionFiles()[0] ?? "")).at(-1);
}

/** Where nobody listens: a port that was ours a moment ago, below those that are given out. */
async function closedPort(): Promise<number> {
  for (let port = 20_000 + (process.pid % 5000); ; port++) {
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer().once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

describe.concurrent.each(services)("$format.api", (service) => {
  async function run(world: World, scripts: Script[], config = quick): Promise<ProgramResult & { calls: number }> {
    const server = await world.strict(service.format, scripts);
    world.config(config + service.toml(server.baseUrl));
    const result = await world.run(["--model", service.model, "-p", "hi"], { env: service.env(server.baseUrl) });
    expect(server.complaints).toEqual([]);
    return { ...result, calls: server.requests.length };
  }

  test.for(cases)("$name", async (item, { world }) => {
    const { stdout, stderr, status, calls, survivors } = await run(world, [item.script], item.config);
    expect({ stdout, status, calls, survivors }).toEqual({ stdout: item.stdout ?? "", status: 1, calls: item.calls, survivors: [] });
    expect(stderr).toMatch(item.stderr);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).not.toContain(secret);
    const entries = messagesOf(soundSession(world.sessionFiles()[0] ?? ""));
    expect(entries).toHaveLength(1 + item.calls);
    expect(entries.at(-1)).toMatchObject({ role: "assistant", stopReason: item.stopReason ?? "error" });
    if (item.stopReason === undefined) expect(entries.at(-1).errorMessage).not.toBe("");
    expect(JSON.stringify(entries)).not.toContain(secret);
    await goesOn(world);
  });

  test("a service that comes back is asked until it answers", async ({ world }) => {
    const { stdout, stderr, status, calls } = await run(world, [{ refuse: 529 }, { refuse: 429 }, { say: [{ text: "Here I am" }] }]);
    expect({ stdout, stderr, status, calls }).toEqual({ stdout: "Here I am\n", stderr: "", status: 0, calls: 3 });
    await goesOn(world);
  });

  test("cut mid-stream: the beginning is kept, and not sent again", async ({ world }) => {
    const server = await world.strict(service.format, [
      { say: [{ text: "The beginning of an answer. ".repeat(20) }], cutAfterBytes: 1500, keepOpen: true },
      { wire: { drop: true } },
    ]);
    world.config(quick + service.toml(server.baseUrl));
    const env = service.env(server.baseUrl);
    const program = world.start(["--model", service.model, "--mode", "json", "-p", "hi"], { env });
    await program.said('_delta","contentIndex":0,"delta":"The beg');
    // What a runtime has received but not handed over is lost with the connection, so the cut comes when it is seen.
    server.hangUp();
    expect(await program.result).toMatchObject({ status: 1, stderr: expect.stringMatching(/^[^\n]+\n$/) });
    const [, cut, ...tries] = messagesOf(soundSession(world.sessionFiles()[0] ?? ""));
    expect(cut).toMatchObject({ stopReason: "error", content: [{ type: "text", text: expect.stringMatching(/^The beg/) }] });
    expect(tries).toHaveLength(3);
    const other = await world.strict(service.format, [{ say: [{ text: "Fine" }] }]);
    world.config(service.toml(other.baseUrl));
    expect(await world.run(["-c", "-p", "and now?"], { env: service.env(other.baseUrl) })).toMatchObject({ status: 0, stdout: "Fine\n" });
    expect(other.requests[0]?.rawBody).not.toContain("The beg");
    expect(other.complaints).toEqual([]);
  });

  test("nobody there", async ({ world }) => {
    const address = `127.0.0.1:${await closedPort()}`;
    const baseUrl = `http://${address}${service.format.basePath}`;
    world.config(service.toml(baseUrl));
    for (const way of ["binary", "node"] as const) {
      // The usual pauses between tries would take longer than a test may.
      const result = await world.run(["--model", service.model, "-p", "hi"], { env: service.env(baseUrl), way });
      expect(result).toMatchObject({ status: 1, stdout: "" });
      expect(result.stderr).toMatch(new RegExp(`^\\w+: nobody listens at ${address} \\(Start the server there, .*\\)\n$`));
    }
    expect(messagesOf(soundSession(world.sessionFiles()[0] ?? ""))).toHaveLength(2);
    await world.run(["-c", "--model", "demo", "-p", "hello"]).then(({ status }) => expect(status).toBe(0));
  });

  test("a proxy on this machine that is not there", async ({ world }) => {
    const address = `127.0.0.1:${await closedPort()}`;
    const baseUrl = `http://service.invalid${service.format.basePath}`;
    world.config(service.toml(baseUrl));
    for (const way of ["binary", "node"] as const) {
      const env = { ...service.env(baseUrl), HTTP_PROXY: `http://${address}` };
      const result = await world.run(["--model", service.model, "-p", "hi"], { env, way });
      expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining(`nobody listens at ${address} (`) });
    }
  });

  test("--verbose: what the service answered, as it came, without the key", async ({ world }) => {
    const server = await world.strict(service.format, [{ refuse: 400, message: `No such field, ${secret}` }]);
    world.config(service.toml(server.baseUrl));
    const result = await world.run(["--model", service.model, "--verbose", "-p", "hi"], { env: service.env(server.baseUrl) });
    const lines = result.stderr.trimEnd().split("\n");
    expect(lines.at(-2)).toMatch(/^\w+ refused the request \(400\): No such field, \[redacted\] \(/);
    expect(lines.at(-1)).toMatch(/^400 \{.*"No such field, \[redacted\]".*\}$/);
    expect(result.stderr).not.toContain(secret);
  });

  test("arguments that do not fit, or are no JSON, come back to the model as results", async ({ world }) => {
    const { status, calls } = await run(world, [
      { say: [{ call: "read", arguments: { path: 5, offset: "one" } }] },
      { say: [{ call: "nothing_of_the_kind", arguments: {} }] },
      { say: [{ text: "I see" }] },
    ]);
    expect({ status, calls }).toEqual({ status: 0, calls: 3 });
    const results = messagesOf(soundSession(world.sessionFiles()[0] ?? "")).filter((message) => message.role === "toolResult");
    expect(results.map((one) => one.isError)).toEqual([true, true]);
    expect(results[0].content[0].text).toMatch(/offset/);
    expect(results[1].content[0].text).toMatch(/Tool nothing_of_the_kind not found.*Tools: /);
  });
});

describe.concurrent("by a trace", () => {
  test("arguments that are no JSON", async ({ world }) => {
    const model = world.trace(callSteps("bash", '{"command": "touch /tmp/x'), answerSteps("Sorry."));
    const { stdout, status } = await world.run(["--model", model, "-p", "hi"]);
    expect({ stdout, status }).toEqual({ stdout: "Sorry.\n", status: 0 });
    const result = messagesOf(soundSession(world.sessionFiles()[0] ?? ""))[2];
    expect(result).toMatchObject({ role: "toolResult", isError: true, details: {} });
    expect(result.content[0].text).toMatch(/^Invalid arguments for tool "bash": .+\n\nReceived arguments:\n\{"command": "touch/s);
  });

  test("half a call at the output limit is not run", async ({ world }) => {
    const steps = callSteps("bash", '{"command": "touch made"}').slice(0, -1);
    const model = world.trace([...steps, { type: "event", event: { type: "finish", stopReason: "length" } }]);
    const { status } = await world.run(["--model", model, "-p", "hi"]);
    expect(status).toBe(1);
    expect(() => world.read("made")).toThrow();
    await goesOn(world);
  });

  test("silence in the middle of an answer is a failure, not tried again", async ({ world }) => {
    world.config("[network]\nidle_timeout_ms = 2000\n");
    const { stdout, stderr, status } = await world.run(["--model", world.trace([...textSteps("Half"), { type: "hang" }]), "-p", "hi"]);
    expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
    expect(stderr).toMatch(/sent nothing for 2 s/);
    expect(last(world)).toMatchObject({ stopReason: "error", content: [{ type: "text", text: "Half" }] });
    await goesOn(world);
  });
});
