// Programs that drive us: our client, the npm agent's, the one in the documentation.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { RpcClient, type RpcClientOptions } from "../../src/modes/rpc/client.ts";
import { npmAgentNode, npmAgentPackage } from "../support/npm-agent-place.ts";
import { commandOf, projectRoot } from "../support/program.ts";
import { callSteps, test, type World } from "../support/world.ts";

function clientIn(world: World, more: RpcClientOptions = {}): RpcClient {
  const client = new RpcClient({
    cliPath: commandOf("binary")[0] ?? "",
    cwd: world.cwd,
    env: { HOME: world.home, PI_CODING_AGENT_DIR: world.agentDir, PI_OFFLINE: "1" },
    model: "demo",
    ...more,
  });
  onTestFinished(() => client.stop());
  return client;
}

test("our client: calls, events, a run from prompt to text", async ({ world }) => {
  world.write("notes.txt", "first line\n");
  const client = clientIn(world);
  await client.start();
  const heard: string[] = [];
  client.onEvent((event) => heard.push(event.type));
  const events = await client.promptAndWait("read notes.txt");
  expect(events.at(-1)).toMatchObject({ type: "agent_settled", aborted: false });
  expect(heard.at(-1)).toBe("agent_settled");
  expect(await client.getLastAssistantText()).toContain("notes.txt has");
  await client.waitForIdle();
  expect((await client.bash("echo hi")).output).toBe("hi\n");
  expect((await client.getVersion()).name).toBe("pi");
  expect(await client.cycleModel()).toBeNull();
  await client.setSessionName("mine");
  expect((await client.listSessions())[0]).toMatchObject({ name: "mine" });
  const [first] = await client.getForkMessages();
  expect(await client.fork(first?.entryId ?? "")).toEqual({ text: "read notes.txt", cancelled: false });
  await expect(client.setModel("no", "such")).rejects.toMatchObject({ code: "rpc.refused" });
});

test("our client: events as an iteration, and again from a number on", async ({ world }) => {
  const client = clientIn(world, { keepEvents: 1000 });
  await client.start();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const event of client.events()) {
      seen.push(event.type);
      if (event.type === "agent_settled") break;
    }
  })();
  const events = await client.promptAndWait("hello");
  await reading;
  expect(seen).toEqual(events.map((event) => event.type));
  const again: number[] = [];
  for await (const event of client.events({ sinceSeq: 2 })) {
    again.push(event.seq);
    if (event.type === "agent_settled") break;
  }
  expect(again).toEqual(events.slice(2).map((event) => event.seq));
});

test("our client: a restart goes on with the session and its model; the numbers go on, and what was missed can be had", async ({
  world,
}) => {
  const env = { HOME: world.home, PI_CODING_AGENT_DIR: world.agentDir, PI_OFFLINE: "1", ANTHROPIC_API_KEY: "none" };
  const client = clientIn(world, { keepEvents: 1000, env });
  await client.start();
  const before = await client.promptAndWait("hello");
  const { sessionId } = await client.getState();
  await client.setModel("anthropic", "claude-sonnet-5");
  await client.restart();
  expect(await client.getState()).toMatchObject({ sessionId, model: { id: "claude-sonnet-5" }, messageCount: 3 });
  await client.setModel("scripted", "demo");
  const after = await client.promptAndWait("hello again");
  const all: number[] = [];
  for await (const { seq } of client.events({ sinceSeq: 0 })) if (all.push(seq) === after.at(-1)?.seq) break;
  expect(all).toEqual(all.map((_, index) => index + 1));
  expect(all.length).toBeGreaterThanOrEqual(before.length + after.length);
});

test("our client: when the child dies, everything that waits hears of it", async ({ world }) => {
  const client = clientIn(world, { model: world.trace(callSteps("bash", { command: "kill -9 $PPID; sleep 5" })) });
  await client.start();
  const calls = [client.promptAndWait("hi", undefined, 20_000), client.bash("sleep 30")];
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: "rpc.exited" });
  await expect(client.getState()).rejects.toMatchObject({ code: "rpc.not_running" });
});

test("our client: a program that is none, an option that is none, a time that is up", async ({ world }) => {
  await expect(clientIn(world, { cliPath: join(world.cwd, "nothing") }).start()).rejects.toMatchObject({ code: "rpc.exited" });
  const wrong = clientIn(world, { args: ["--nonsense"] });
  await expect(wrong.start()).rejects.toMatchObject({ code: "rpc.exited", hint: expect.stringContaining("--nonsense") });
  const mute = world.write("mute.mjs", "setInterval(() => {}, 1000);");
  await expect(clientIn(world, { cliPath: mute, startTimeoutMs: 100 }).start()).rejects.toMatchObject({ code: "rpc.timeout" });
});

const hasPython = spawnSync("python3", ["--version"]).status === 0;

test("the Python client of the documentation", async ({ world, skip }) => {
  skip(!hasPython, "python3 is not there");
  const bin = join(world.home, "bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(commandOf("binary")[0] ?? "", join(bin, "pi"));
  const { status, stdout, stderr } = spawnSync(
    "python3",
    [join(projectRoot, "docs/rpc-client.py"), "Run `echo from-python`", "--model", "scripted/demo", "--no-session"],
    { cwd: world.cwd, env: { PATH: `${bin}:${process.env.PATH}`, HOME: world.home, PI_OFFLINE: "1" }, encoding: "utf8", timeout: 20_000 },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/from-python[\s\S]*\[\d+ messages\]/);
});

const peerClient = join(npmAgentPackage, "dist/modes/rpc/rpc-client.js");

/** Calls every method of the npm agent's client; what it does not know of us is left to the other tests. */
const peerProgram = `
const { RpcClient } = await import(process.argv[2]);
const client = new RpcClient({ cliPath: process.argv[3], cwd: process.argv[4], provider: "scripted", model: "demo" });
await client.start();
const done = {};
const call = async (name, ...args) => { done[name] = (await client[name](...args)) ?? null; return done[name]; };
const off = client.onEvent(() => {});
await call("promptAndWait", "Run \`echo one\`");
const collecting = client.collectEvents();
await call("prompt", "hello");
await collecting;
await call("steer", "s"); await call("followUp", "f"); await call("clearQueue");
const idle = client.waitForIdle();
await client.prompt("hello again");
await idle;
done.waitForIdle = true;
done.collectEvents = (await collecting).at(-1).type;
await call("abort"); await call("getState"); await call("getMessages"); await call("getEntries"); await call("getTree");
await call("getLastAssistantText"); await call("getCommands"); await call("getSessionStats"); await call("getForkMessages");
await call("setModel", "scripted", "demo"); await call("cycleModel"); await call("getAvailableModels");
await call("setThinkingLevel", "high"); await call("cycleThinkingLevel"); await call("getAvailableThinkingLevels");
await call("setSteeringMode", "all"); await call("setFollowUpMode", "all");
await call("setAutoCompaction", false); await call("setAutoRetry", false); await call("abortRetry");
await call("bash", "echo two"); await call("abortBash"); await call("setSessionName", "peer"); await call("exportHtml", "page.html");
done.compact = await client.compact().then(() => "done", (error) => error.message);
const file = done.getState.sessionFile;
await call("clone"); await call("fork", done.getForkMessages[0].entryId); await call("newSession"); await call("switchSession", file);
done.wrongModel = await client.setModel("no", "such").then(() => "done", (error) => error.message);
done.getStderr = client.getStderr();
off();
await client.stop();
const methods = Object.getOwnPropertyNames(RpcClient.prototype);
console.log(JSON.stringify({ done, methods }));
`;

test("the npm agent's client drives us through all of its methods", async ({ world, skip }) => {
  skip(!existsSync(peerClient), `the npm agent is not at ${npmAgentPackage}`);
  const script = world.write("drive.mjs", peerProgram);
  // It starts a script with \`node\`; this one becomes the binary.
  const launcher = world.write(
    "launch.mjs",
    `import { spawn } from "node:child_process";
const child = spawn(${JSON.stringify(commandOf("binary")[0])}, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));
`,
  );
  writeFileSync(join(world.cwd, "notes.txt"), "x");
  const env = { PATH: `${dirname(npmAgentNode)}:/usr/bin:/bin`, HOME: world.home, PI_OFFLINE: "1" };
  for (const cliPath of [launcher, join(projectRoot, "dist/node/main.mjs")]) {
    const { status, stdout, stderr } = spawnSync(npmAgentNode, [script, peerClient, cliPath, world.cwd], {
      cwd: world.cwd,
      env,
      encoding: "utf8",
      timeout: 60_000,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { done, methods } = JSON.parse(stdout) as { done: Record<string, unknown>; methods: string[] };
    const inner = [
      "constructor",
      "start",
      "stop",
      "onEvent",
      "handleLine",
      "createProcessExitError",
      "rejectPendingRequests",
      "send",
      "getData",
    ];
    expect(methods.filter((name) => !inner.includes(name) && !(name in done))).toEqual([]);
    expect(done).toMatchObject({
      prompt: "started",
      steer: "queued",
      followUp: "queued",
      clearQueue: { steering: ["s"], followUp: ["f"] },
      collectEvents: "agent_settled",
      cycleModel: null,
      bash: { output: "two\n", exitCode: 0 },
      newSession: { cancelled: false },
      exportHtml: { path: "page.html" },
      getStderr: "",
    });
    expect(done.compact).toMatch(/^Nothing to compact/);
    expect(done.wrongModel).toMatch(/^Model not found: no\/such/);
  }
});
