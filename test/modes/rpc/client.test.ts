// The client against children that behave and children that do not. What it does with the real program is in test/e2e/rpc-clients.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { RpcClient, type RpcClientOptions } from "../../../src/modes/rpc/client.ts";
import { rpcMethods } from "../../../src/modes/rpc/methods.ts";
import { RpcCalls } from "../../../src/modes/rpc/rpc-calls.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** Answers every command; `prompt` with the records of one run, `bash` never, `settle` with the end of a run before its answer. */
const child = `
let seq = 0;
const say = (...records) => process.stdout.write(records.map((one) => JSON.stringify(one) + "\\n").join(""));
const told = (type, more) => ({ type, seq: ++seq, ...more });
let rest = "";
process.stdin.on("data", (chunk) => {
  const lines = (rest + chunk).split("\\n");
  rest = lines.pop();
  for (const line of lines) {
    const { id, type, message } = JSON.parse(line);
    const answer = (data) => ({ id, type: "response", command: type, success: true, data });
    if (type === "bash") continue;
    if (type === "prompt" && message === "refuse") say({ id, type: "response", command: type, success: false, error: "no" });
    else if (type === "prompt")
      say(told("agent_settled", { promptId: "earlier" }), answer({ disposition: "started" }), told("agent_start", { promptId: id }), told("agent_settled", { promptId: id }));
    else if (type === "get_version") process.exit(7);
    else if (type === "get_messages") say(told("agent_settled", {}), answer({ messages: [] }));
    else if (type === "get_state") say(answer({ isStreaming: process.argv.includes("--busy"), sessionFile: process.cwd() + "/s.jsonl", argv: process.argv }));
    else say(answer({ type }));
  }
});
process.on("SIGTERM", () => process.exit(0));
`;

function clientOf(source: string, more: RpcClientOptions = {}): RpcClient {
  const directory = temporaryDirectory();
  const cliPath = join(directory, "child.mjs");
  writeFileSync(cliPath, source);
  const client = new RpcClient({ cliPath, cwd: directory, ...more });
  onTestFinished(() => client.stop({ graceMs: 0 }));
  return client;
}

async function started(source = child, more: RpcClientOptions = {}): Promise<RpcClient> {
  const client = clientOf(source, more);
  await client.start();
  return client;
}

test("every method of the table can be called by its name in camel case, and sends what it is called", async () => {
  const sent: string[] = [];
  class Sink extends RpcCalls {
    override async request(type: string): Promise<never> {
      sent.push(type);
      return {} as never;
    }
  }
  const names = (rpcMethods as readonly { name: string }[]).map((one) => one.name);
  const sink = new Sink() as unknown as Record<string, () => Promise<unknown>>;
  for (const name of names) await sink[name.replace(/_(.)/g, (_all, letter: string) => letter.toUpperCase())]?.();
  expect(sent).toEqual(names);
});

describe("the order of starts and stops", () => {
  test("one start at a time; a stop is needed before another", async () => {
    const client = clientOf(child);
    const both = await Promise.allSettled([client.start(), client.start()]);
    expect(both).toMatchObject([{ status: "fulfilled" }, { status: "rejected", reason: { code: "rpc.started" } }]);
    await Promise.all([client.stop(), client.stop()]);
    await client.stop();
    expect(client.isRunning).toBe(false);
    await client.start();
    expect(client.isRunning).toBe(true);
  });

  test("a stop that lets finish waits for what was accepted, and sends no signal", async () => {
    const client = await started(child.replace('process.on("SIGTERM", () => process.exit(0));', ""));
    const answers = [client.getMessages(), client.getTools()];
    await client.stop({ finish: true });
    expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect(client.isRunning).toBe(false);
  });

  test("a stop ends in order what does not look at the end of its input, by a signal", async () => {
    const client = await started(`${child}; setInterval(() => {}, 1000);`);
    await client.stop({ graceMs: 3_600_000 });
    expect(client.isRunning).toBe(false);
  });

  test("a call before the start and one after the stop say that pi is not running", async () => {
    const client = clientOf(child);
    for (const call of [
      () => client.getState(),
      () => client.promptAndWait("hi"),
      () => client.collectEvents(),
      () => client.waitForIdle(),
    ])
      await expect(call()).rejects.toMatchObject({ code: "rpc.not_running", hint: expect.stringContaining("start()") });
    await client.stop();
    await client.start();
    await client.stop();
    await expect(client.getState()).rejects.toMatchObject({ code: "rpc.not_running" });
  });

  test("a stop during the start ends both", async () => {
    const client = clientOf("process.stdin.resume()");
    const starting = client.start();
    const failed = expect(starting).rejects.toMatchObject({ code: "rpc.exited" });
    await client.stop();
    await failed;
    expect(client.isRunning).toBe(false);
  });

  test("two restarts at once are one, and what waited for the child before hears of its end", async () => {
    const client = await started();
    const waiting = client.bash("never answered");
    const failed = expect(waiting).rejects.toMatchObject({ code: "rpc.exited" });
    await Promise.all([client.restart(), client.restart()]);
    await failed;
    expect(client.isRunning).toBe(true);
  });

  test("a restart names the session and leaves out what would choose another, the model it began with among that", async () => {
    const args = ["--continue", "--fork", "other", "--session=third", "--name", "mine", "--thinking", "low"];
    const client = await started(child, { args, model: "m", provider: "p" });
    const argsNow = async (): Promise<string[]> => ((await client.getState()) as unknown as { argv: string[] }).argv.slice(2);
    expect(await argsNow()).toEqual(["--mode", "rpc", "--provider", "p", "--model", "m", ...args]);
    // As long as the session has no file, there is nothing to go on with.
    await client.restart();
    expect(await argsNow()).toEqual(["--mode", "rpc", "--provider", "p", "--model", "m", ...args]);
    const { sessionFile = "" } = await client.getState();
    writeFileSync(sessionFile, "");
    await client.restart();
    expect(await argsNow()).toEqual(["--mode", "rpc", "--thinking", "low", "--session", sessionFile]);
  });
});

describe("children that do not behave", () => {
  /** Answers nothing but the first question, and hears neither the end of its input nor a TERM. */
  const deaf = `
process.on("SIGTERM", () => {});
setInterval(() => {}, 1000);
process.stdin.once("data", () => process.stdout.write('{"id":"call-1","type":"response","success":true,"data":{}}\\n'));
`;

  test("one that does not end is killed after its grace, however short, and not before one that has no end", async () => {
    const client = await started(deaf);
    let isOver = false;
    const stopping = client.stop({ graceMs: Number.POSITIVE_INFINITY }).then(() => {
      isOver = true;
    });
    // A timer that is too long is over at once.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect({ isOver, isRunning: client.isRunning }).toEqual({ isOver: false, isRunning: true });
    await client.stop({ graceMs: 1 });
    await stopping;
    expect(client.isRunning).toBe(false);
  });

  test("one that answers nothing any more is no reason not to start another", async () => {
    const client = await started(deaf, { timeoutMs: 50 });
    const restarting = client.restart();
    // Its end would take five seconds.
    await expect(client.getState()).rejects.toMatchObject({ code: "rpc.timeout" });
    await client.stop({ graceMs: 1 });
    await restarting;
    expect(client.isRunning).toBe(true);
  });

  test("one that is none, in a folder that is none", async () => {
    await expect(new RpcClient({ cliPath: "/nothing/there" }).start()).rejects.toMatchObject({
      code: "rpc.exited",
      message: expect.stringMatching(/^pi could not be started \(.*\/nothing\/there/),
    });
    await expect(new RpcClient({ cliPath: "/bin/cat", cwd: "/nothing/there" }).start()).rejects.toMatchObject({
      message: "pi could not be started (no such working directory: /nothing/there)",
    });
  });

  test("one that ends at once: status and last words", async () => {
    const client = clientOf("process.stderr.write('broken settings\\n'); process.exit(3)");
    await expect(client.start()).rejects.toMatchObject({
      code: "rpc.exited",
      message: "pi has ended (exit status 3)",
      hint: "broken settings",
    });
    expect(client.getStderr()).toBe("broken settings\n");
  });

  test("noise between the records is passed over", async () => {
    const noise = [
      "hello",
      "null",
      "1",
      "[]",
      "{}",
      '"x"',
      '{"type":"response"}',
      '{"type":"response","id":"call-9"}',
      '{"type":5}',
      "\\u0000",
    ];
    const client = await started(`process.stdout.write(${JSON.stringify(`${noise.join("\n")}\n`)});${child}`);
    expect(await client.getMessages()).toEqual([]);
  });

  test("one whose own child keeps the pipe open has ended all the same", async () => {
    const client = await started(
      `import { spawn } from "node:child_process";
       const sleeper = spawn("sleep", ["600"], { stdio: "inherit" });
       sleeper.unref();
       process.stderr.write(sleeper.pid + "\\n");
       ${child}`,
    );
    onTestFinished(() => void process.kill(Number(client.getStderr()), "SIGKILL"));
    const waiting = client.bash("never answered");
    const ending = client.getVersion();
    await expect(waiting).rejects.toMatchObject({ code: "rpc.exited", message: "pi has ended (exit status 7)" });
    await expect(ending).rejects.toMatchObject({ code: "rpc.exited" });
  });

  test("one that ends takes the limits of the calls along that wait for it", async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const client = await started();
    const before = timers();
    const calls = Array.from({ length: 20 }, () => client.request("bash", { command: "x" }, 3_600_000));
    const failed = Promise.allSettled(calls);
    await client.stop();
    expect((await failed).every(({ status }) => status === "rejected")).toBe(true);
    expect(timers() - before).toBeLessThan(20);
  });

  test("one that says nothing: the start and a call have their limits, and nothing is left behind", async () => {
    await expect(clientOf("process.stdin.resume()", { startTimeoutMs: 100 }).start()).rejects.toMatchObject({ code: "rpc.timeout" });
    const client = await started();
    await expect(client.request("bash", { command: "x" }, 50)).rejects.toMatchObject({
      code: "rpc.timeout",
      message: "bash was not answered within 50 ms",
    });
    await client.stop();
    expect(client.isRunning).toBe(false);
  });
});

describe("events", () => {
  test("a listener that throws keeps nothing from the others", async () => {
    const caught: unknown[] = [];
    const client = await started();
    vi.stubGlobal("queueMicrotask", (task: () => void) => {
      try {
        task();
      } catch (error) {
        caught.push(error);
      }
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    const heard: string[] = [];
    client.onEvent(() => {
      throw new Error("broken");
    });
    client.onEvent((event) => heard.push(event.type));
    expect(await client.promptAndWait("hi")).toHaveLength(2);
    expect(heard).toEqual(["agent_settled", "agent_start", "agent_settled"]);
    expect(caught).toMatchObject([{ message: "broken" }, { message: "broken" }, { message: "broken" }]);
  });

  test("several who ask an iteration at once get one event each, and all hear of the end", async () => {
    const client = await started();
    const events = client.events();
    const asked = [events.next(), events.next(), events.next(), events.next()];
    await client.prompt("hi");
    await client.stop();
    const got = await Promise.all(asked);
    expect(got.map(({ value }) => value?.seq)).toEqual([1, 2, 3, undefined]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("promptAndWait gives its own run, not the end of one before", async () => {
    const client = await started();
    const events = await client.promptAndWait("hi");
    expect(events.map((event) => [event.type, event.promptId])).toEqual([
      ["agent_start", "call-2"],
      ["agent_settled", "call-2"],
    ]);
    await expect(client.promptAndWait("refuse")).rejects.toMatchObject({ code: "rpc.refused", message: "no" });
  });

  test("waiting for idle is waiting for the run that goes on, and hears of the child's end", async () => {
    const client = await started(child, { args: ["--busy"] });
    const idle = client.waitForIdle();
    await client.getMessages();
    await idle;
    const lost = expect(client.waitForIdle()).rejects.toMatchObject({ code: "rpc.exited" });
    await client.getState();
    await client.getVersion().catch(() => undefined);
    await lost;
  });

  test("a run that takes too long is told as such, once", async () => {
    const client = await started(child, { args: ["--busy"] });
    await expect(client.waitForIdle(50)).rejects.toMatchObject({ code: "rpc.timeout" });
    await expect(client.collectEvents(50)).rejects.toMatchObject({ code: "rpc.timeout" });
  });

  test("what cannot be said in JSON is refused, and nothing waits for it", async () => {
    const client = await started();
    const circle: Record<string, unknown> = {};
    circle.circle = circle;
    await expect(client.request("prompt", { message: "x", images: [circle as never] })).rejects.toThrow();
    expect(await client.getMessages()).toEqual([]);
  });
});
