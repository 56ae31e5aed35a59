// Session files as power cuts, editors and mistakes leave them, met by the built program: none of them hangs it, crashes it or locks the others.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Way } from "../support/program.ts";
import { answerSteps, callSteps, recordsOf, test, type World } from "../support/world.ts";

const header = (cwd: string): string =>
  `${JSON.stringify({ type: "session", version: 3, id: "odd", timestamp: "2026-01-01T00:00:00.000Z", cwd })}\n`;
const line = (id: string, parentId: string | null): string =>
  `${JSON.stringify({ type: "message", id, parentId, timestamp: "2026-01-01T00:00:00.000Z", message: { role: "user", content: id, timestamp: 1 } })}\n`;
const body = line("00000001", null) + line("00000002", "00000001");

/** Each makes a file; the text is what opening it says, nothing where it opens. */
const odd: Record<string, { make(path: string, cwd: string): void; error?: string }> = {
  empty: { make: (path) => writeFileSync(path, ""), error: "not a valid pi session" },
  "NULs only": { make: (path) => writeFileSync(path, "\0".repeat(5000)), error: "not a valid pi session" },
  "a torn header": { make: (path, cwd) => writeFileSync(path, header(cwd).slice(0, 40)), error: "not a valid pi session" },
  "no header": { make: (path) => writeFileSync(path, body), error: "`pi sessions repair` saves" },
  "a newer version": { make: (path, cwd) => writeFileSync(path, header(cwd).replace(":3,", ":4,") + body), error: "has version 4" },
  "a directory": { make: (path) => mkdirSync(path), error: "It is a directory" },
  "a pipe": { make: (path) => void execFileSync("mkfifo", [path]), error: "It is a pipe" },
  "a device": { make: (path) => symlinkSync("/dev/zero", path), error: "It is a device" },
  "a circle of links": { make: (path) => symlinkSync(path, path), error: "circle of links" },
  "a byte order mark": { make: (path, cwd) => writeFileSync(path, `\ufeff${header(cwd)}${body}`) },
  "NULs before the header": { make: (path, cwd) => writeFileSync(path, `${"\0".repeat(512)}${header(cwd)}${body}`) },
  "a record glued to the header": { make: (path, cwd) => writeFileSync(path, header(cwd).trim() + body) },
  "NULs at the end": { make: (path, cwd) => writeFileSync(path, `${header(cwd)}${body}${"\0".repeat(5000)}`) },
  "a header without directory and time": { make: (path) => writeFileSync(path, `{"type":"session","version":3,"id":"odd"}\n${body}`) },
  "a message that is null": {
    make: (path, cwd) =>
      writeFileSync(path, `${header(cwd)}${body}{"type":"message","id":"00000003","parentId":"00000002","timestamp":"t","message":null}\n`),
  },
};

function makeAll(directory: string, cwd: string): string[] {
  mkdirSync(directory, { recursive: true });
  return Object.values(odd).map(({ make }, at) => {
    const path = join(directory, `2026-01-01T00-00-${String(at).padStart(2, "0")}-000Z_odd-${at}.jsonl`);
    make(path, cwd);
    return path;
  });
}

describe.concurrent("odd files", () => {
  test.for<Way>(["binary", "node"])("switched to one after another, run as %s", async (way, { world }) => {
    const paths = makeAll(join(world.home, "odd"), world.cwd);
    const text = paths.map((sessionPath, at) => `${JSON.stringify({ id: `${at}`, type: "switch_session", sessionPath })}\n`).join("");
    const { stdout, stderr, status } = await world.run(["--mode", "rpc", "--model", "demo"], { way, stdin: { text } });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const answers = recordsOf(stdout).filter(({ type }) => type === "response");
    for (const [at, [name, { error }]] of Object.entries(odd).entries()) {
      const answer = answers.find(({ id }) => id === `${at}`);
      if (error === undefined) expect(answer, name).toMatchObject({ success: true });
      else expect(answer, name).toMatchObject({ success: false, error: expect.stringContaining(error) });
    }
  });

  test.for<Way>(["binary", "node"])("among the sessions: they keep nobody from the others, run as %s", async (way, { world }) => {
    const directory = join(world.home, "odd");
    makeAll(directory, world.cwd);
    const run = (...args: string[]) => world.run([...args, "--session-dir", directory], { way });
    expect(await run("-c", "--model", "demo", "-p", "hello")).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(/^Hello/),
    });
    expect(await run("sessions", "list")).toMatchObject({ status: 0, stderr: "" });
    expect(await run("sessions", "show", "last")).toMatchObject({ status: 0, stderr: "" });
    expect(await run("sessions", "check")).toMatchObject({ status: 1, stderr: expect.stringContaining("damaged") });
  });

  test("imported: what is no file is refused at once, and no id leads out of the directory", async ({ world }) => {
    const evil = world.write("evil.jsonl", header(world.cwd).replace('"odd"', '"../../../evil"') + body);
    const { stdout, status } = await world.run(["sessions", "import", evil]);
    expect({ stdout, status }).toEqual({ stdout: expect.stringMatching(/^evil \S+_evil\.jsonl\n$/), status: 0 });
    expect(world.sessionFiles()).toHaveLength(1);
    execFileSync("mkfifo", [join(world.cwd, "pipe.jsonl")]);
    const refused = await world.run(["sessions", "import", "pipe.jsonl"]);
    expect(refused).toMatchObject({ status: 2, timedOut: false, stderr: expect.stringContaining("It is a pipe") });
  });
});

test("warnings of a damaged file come before the error", async ({ world }) => {
  const path = join(world.home, "torn.jsonl");
  writeFileSync(path, `${header(world.cwd)}${body}{"type":"mess`);
  const { stderr, status } = await world.run(["sessions", "show", path, "--branch", "nobody"]);
  expect({ stderr, status }).toEqual({
    stderr: expect.stringMatching(/^Warning: .+ cut off .+\nError: No entry found/),
    status: expect.any(Number),
  });
});

describe.concurrent("two writers", () => {
  const hanging = (world: World, ...commands: string[]): string =>
    world.trace(...commands.map((command, at) => callSteps("bash", { command }, `c${at}`)), [
      ...answerSteps("Holding").slice(0, 2),
      { type: "hang" },
    ]);
  const next = ["--session", "held", "--model", "demo", "-p", "hello"];
  const hold = async (world: World, way: Way, ...commands: string[]) => {
    const holder = world.start(["--session-id", "held", "--mode", "json", "--model", hanging(world, ...commands), "-p", "hi"], { way });
    await holder.said("Holding");
    return holder;
  };

  test.for<Way>(["binary", "node"])("a file that was made anew in use is still held, run as %s", async (way, { world }) => {
    const holder = await hold(world, way, "rm $HOME/.pi/agent/sessions/*/*.jsonl");
    expect(await world.run(next)).toMatchObject({ status: 1, stderr: expect.stringContaining(`in use by process ${holder.pid}`) });
  });

  test.for<Way>(["binary", "node"])("what a killed holder had started holds nothing, run as %s", async (way, { world }) => {
    const holder = await hold(world, way, "env -i setsid sleep 20 > /dev/null 2>&1 < /dev/null & echo $! > pid");
    holder.signal("SIGKILL");
    await holder.result;
    const { status, stderr } = await world.run(next, { way });
    const pid = Number(readFileSync(join(world.cwd, "pid"), "utf8"));
    try {
      expect({ status, stderr, isAlive: process.kill(pid, 0) }).toEqual({ status: 0, stderr: "", isAlive: true });
    } finally {
      process.kill(pid);
    }
  });

  test("SIGTERM ends an RPC run that waits for a busy session at its start", async ({ world }) => {
    const holder = await hold(world, "binary");
    const waiting = world.start(["-c", "--mode", "rpc", "--on-busy", "wait", "--model", "demo"], { stdin: "silent" });
    const told = /^pi: Waiting for process \d+ to let go of session file \S+\n$/;
    await waiting.said(told, "stderr");
    waiting.signal("SIGTERM");
    expect(await waiting.result).toMatchObject({ status: 143, timedOut: false, stdout: "", stderr: expect.stringMatching(told) });
    holder.signal("SIGKILL");
  });

  test("SIGTERM ends an RPC client's wait for a busy session", async ({ world }) => {
    const holder = await hold(world, "binary");
    const [sessionPath] = world.sessionFiles();
    const waiting = world.start(["--mode", "rpc", "--on-busy", "wait", "--model", "demo"], { stdin: "silent" });
    waiting.child.stdin?.write(`${JSON.stringify({ id: "1", type: "switch_session", sessionPath })}\n{"id":"2","type":"get_version"}\n`);
    await waiting.said('"id":"2"');
    waiting.signal("SIGTERM");
    expect(await waiting.result).toMatchObject({ status: 143, timedOut: false, stdout: expect.stringContaining('"id":"1"') });
    holder.signal("SIGKILL");
  });
});
