// Programs that have the package run the whole of it: `main`, the modes over a session of their own, the client, the registry. On Node, as the
// package is delivered, and from an extension, on the binary.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import { commandOf } from "../support/program.ts";
import { test, type World } from "../support/world.ts";

const library = (): string => join(commandOf("node")[1] ?? "", "../lib/index.mjs");

interface Ran {
  stdout: string;
  stderr: string;
  status: number | null;
}

/** A program of somebody else's, run by Node in the world. */
async function runs(world: World, code: string, stdin = ""): Promise<Ran> {
  const { spawn } = await import("node:child_process");
  const file = world.write("../program.mjs", code.replaceAll("LIBRARY", JSON.stringify(library())));
  const env = { PATH: process.env.PATH ?? "", HOME: world.home };
  const child = spawn(process.execPath, [file], { cwd: world.cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.end(stdin);
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), status };
}

const session = `import { createAgentSessionFromServices, createAgentSessionRuntime, createAgentSessionServices, SessionManager, runPrintMode, runRpcMode } from LIBRARY;
  const make = async ({ cwd, agentDir, sessionManager, sessionStartEvent }) => {
    const services = await createAgentSessionServices({ cwd, agentDir });
    return { ...(await createAgentSessionFromServices({ services, sessionManager, sessionStartEvent, model: MODEL })), services, diagnostics: [] };
  };
  const runtime = await createAgentSessionRuntime(make, { cwd: process.cwd(), agentDir: process.env.HOME + "/.pi/agent", sessionManager: SessionManager.create(process.cwd()) });
`;

test("main is the program: arguments in, exit status out, extensions of the caller's own", async ({ world }) => {
  const code = (args: string[], options = "{}"): string =>
    `import { main } from LIBRARY; await main(${JSON.stringify(args)}, ${options}); console.error("returned", process.exitCode ?? 0);`;
  const printed = await runs(world, code(["--model", "demo", "-p", "hello"]));
  expect(printed).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Hello/), stderr: "returned 0\n" });
  expect(world.sessionFiles()).toHaveLength(1);
  const refused = await runs(world, code(["--model", "nowhere/none", "-p", "hello"]));
  expect(refused).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(/^Error: .*nowhere.*\nreturned 2\n$/) });
  const version = await runs(world, code(["--version"]));
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const own = '{ extensionFactories: [(pi) => pi.on("session_start", () => console.error("own extension"))] }';
  expect((await runs(world, code(["--model", "demo", "-p", "hello"], own))).stderr).toBe("own extension\nreturned 0\n");
});

test("runPrintMode prints the last answer, or all events, and gives the exit status", async ({ world }) => {
  const program = (model: string, options: object): string =>
    `${session.replace("MODEL", JSON.stringify(model))} process.exitCode = await runPrintMode(runtime, ${JSON.stringify(options)});`;
  const text = await runs(world, program("demo", { mode: "text", initialMessage: "hello", messages: ["hello again"] }));
  expect(text).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Hello[^\n]*\n$/), stderr: "" });
  const json = await runs(world, program("demo", { mode: "json", initialMessage: "hello" }));
  const types = json.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  expect(types).toContain("agent_start");
  expect(types.at(-1)).toBe("agent_settled");
  const failing = await runs(
    world,
    program(`scripted/${world.write("../empty.jsonl", '{"type":"trace","version":1}\n')}`, { mode: "text", initialMessage: "hello" }),
  );
  expect(failing).toMatchObject({ status: 1, stdout: "" });
  expect(failing.stderr).not.toBe("");
});

test("runPrintMode does not call an answer given that a full disk did not take", async ({ world }) => {
  const options = JSON.stringify({ mode: "text", initialMessage: "hello" });
  const code = `${session.replace("MODEL", '"demo"')} process.exitCode = await runPrintMode(runtime, ${options});`;
  const file = world.write("../program.mjs", code.replaceAll("LIBRARY", JSON.stringify(library())));
  const env = { PATH: process.env.PATH ?? "", HOME: world.home };
  const { status, stderr } = spawnSync("sh", ["-c", 'exec "$0" "$1" > /dev/full', process.execPath, file], {
    cwd: world.cwd,
    env,
    encoding: "utf8",
  });
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining("Cannot write to stdout: ENOSPC") });
});

test("runRpcMode serves stdin over a session of the program's own", async ({ world }) => {
  const stdin = '{"id":"1","type":"prompt","message":"hello"}\n';
  const { stdout, status } = await runs(world, `${session.replace("MODEL", '"demo"')} await runRpcMode(runtime);`, stdin);
  expect(status).toBe(0);
  const records = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(records.find(({ id }) => id === "1")).toMatchObject({ type: "response", command: "prompt", success: true });
  expect(records.at(-1).type).toBe("agent_settled");
});

test("ModelRegistry, parseArgs and RpcClient of the package", async ({ world }) => {
  const { stdout, stderr } = await runs(
    world,
    `import { ModelRegistry, ModelRuntime, parseArgs, RpcClient } from LIBRARY;
    const registry = new ModelRegistry(await ModelRuntime.create());
    registry.registerProvider("mine", { baseUrl: "http://127.0.0.1:1/v1", apiKey: "k", api: "openai-completions", models: [{ id: "m", name: "M", reasoning: false, input: ["text"], cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }, contextWindow: 1000, maxTokens: 100 }] });
    const model = registry.find("mine", "m");
    const answer = await registry.complete(model, { messages: [{ role: "user", content: "hi", timestamp: 0 }] });
    const client = new RpcClient({ command: ${JSON.stringify(commandOf("binary"))}, args: ["--model", "demo"] });
    await client.start();
    const state = await client.getState();
    await client.stop();
    console.log(JSON.stringify({ known: registry.getAll().length > 100, available: registry.getAvailable().map((one) => one.id), auth: registry.hasConfiguredAuth(model),
      key: await registry.getApiKeyForProvider("mine"), error: registry.getError() ?? null, stop: answer.stopReason, ids: registry.getRegisteredProviderIds(),
      oauth: registry.isUsingOAuth(model), args: parseArgs(["-p", "--model=x/y", "-xt", "a,b", "@f.md", "--own", "flag", "hi"]), state: state.model.id }, (_, value) => value instanceof Map ? [...value] : value));`,
  );
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    known: true,
    available: expect.arrayContaining(["m"]),
    auth: true,
    key: "k",
    error: null,
    stop: "error",
    ids: ["mine"],
    oauth: false,
    args: {
      print: true,
      model: "x/y",
      excludeTools: ["a", "b"],
      fileArgs: ["f.md"],
      messages: ["hi"],
      unknownFlags: [["own", "flag"]],
      diagnostics: [],
    },
    state: "demo",
  });
});

test.for(["binary", "node"] as const)("an extension has the same names, on %s", async (way, { world }) => {
  const file = world.write(
    "../names.ts",
    `import { ModelRegistry, ModelRuntime, parseArgs, RpcClient, main, runPrintMode, runRpcMode } from "@earendil-works/pi-coding-agent";
    export default (pi: any) => pi.on("session_start", async () => {
      const registry = new ModelRegistry(await ModelRuntime.create());
      console.error("NAMES", parseArgs(["--thinking", "loud"]).diagnostics[0].message, registry.find("scripted", "demo")?.id, [RpcClient, main, runPrintMode, runRpcMode].map((one) => typeof one).join());
    });`,
  );
  const { stderr, status } = await world.run(["-e", file, "--model", "demo", "-p", "hello"], { way });
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: 'NAMES --thinking "loud" is none of off, minimal, low, medium, high, xhigh, max demo function,function,function,function\n',
  });
});
