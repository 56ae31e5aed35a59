// Files that a run is told to write (`--output`, `--result`, `--record`, PI_LOG): none takes the place of a conversation, of the trace that is
// played, or of another of them. What is there is as it was, whatever else is wrong with the command line.

import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { answerSteps, callSteps, recordsOf, test, type World } from "../support/world.ts";

const demo = ["--model", "demo", "-p", "hello"];

async function withSession(world: World): Promise<{ path: string; text: string }> {
  const path = join(world.cwd, "kept.jsonl");
  await world.run(["--session", path, ...demo]);
  return { path, text: readFileSync(path, "utf8") };
}

test.for(["--output", "--result", "--record"])("%s is not written over a session", async (option, { world }) => {
  const { path, text } = await withSession(world);
  symlinkSync(path, join(world.cwd, "link.jsonl"));
  const ways = [["--session", "kept.jsonl"], [], ["--session", "link.jsonl"], ["-c"], ["--model", "none-of-that-name"]];
  for (const others of ways) {
    const { stdout, stderr, status } = await world.run([...demo, ...others, option, "kept.jsonl"]);
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
    expect(stderr).toMatch(/^Error: .*\n$/);
    expect(readFileSync(path, "utf8")).toBe(text);
  }
  const { stderr } = await world.run([...demo, option, "kept.jsonl"]);
  expect(stderr).toMatch(new RegExp(`^Error: ${option} \\S*/kept\\.jsonl holds a session\\. Name another file`));
  expect((await world.run(["--no-such-option", option, "kept.jsonl"])).status).toBe(2);
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("a session that is to begin is not begun where something else is to be written", async ({ world }) => {
  for (const option of ["--output", "--result", "--record"]) {
    const { stderr, status } = await world.run([...demo, "--session", "new.jsonl", option, "./new.jsonl"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(new RegExp(`^Error: ${option} and --session name the same file, \\S*/new\\.jsonl\\. Name another one\\n$`));
  }
  expect(world.sessionFiles()).toEqual([]);
});

test("the trace that is played stays", async ({ world }) => {
  const model = world.trace(answerSteps("From the trace."));
  const path = model.slice("scripted/".length);
  const text = readFileSync(path, "utf8");
  for (const option of ["--output", "--result", "--record"]) {
    const { stdout, stderr, status } = await world.run(["--model", model, option, path, "-p", "hi"]);
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
    expect(stderr).toMatch(new RegExp(`^Error: ${option} and --model name the same file`));
    expect(readFileSync(path, "utf8")).toBe(text);
  }
  const played = await world.run(["--model", model, "--record", "other.jsonl", "-p", "hi"]);
  expect(played).toMatchObject({ stdout: "From the trace.\n", status: 0 });
  // A trace gives way to another one.
  expect(await world.run([...demo, "--record", "other.jsonl"])).toMatchObject({ status: 0 });
});

test("two things are not written to one file; a device takes both", async ({ world }) => {
  mkdirSync(join(world.cwd, "folder"));
  const two = await world.run([...demo, "--output", "folder/../out.txt", "--result", "out.txt"]);
  expect(two).toMatchObject({ stdout: "", status: 2 });
  expect(two.stderr).toMatch(/^Error: --result and --output name the same file/);
  // The record says so, where it was to be.
  expect(JSON.parse(readFileSync(join(world.cwd, "out.txt"), "utf8"))).toMatchObject({
    outcome: "usage",
    error: { code: "usage.conflict" },
  });
  expect(await world.run([...demo, "--output", "/dev/null", "--result", "/dev/null"])).toMatchObject({ stdout: "", stderr: "", status: 0 });
  expect((await world.run([...demo, "--output", "a", "--result", "b", "--record", "c"])).status).toBe(0);
  expect(["a", "b", "c"].filter((name) => !existsSync(join(world.cwd, name)))).toEqual([]);
});

test("a log is not written into a session, and the run goes on", async ({ world }) => {
  const { path } = await withSession(world);
  const run = await world.run(["--session", path, ...demo], { env: { PI_LOG: path } });
  expect(run.status).toBe(0);
  expect(run.stderr).toMatch(/^pi: PI_LOG: \S*\/kept\.jsonl holds a session; name another file\n$/);
  expect((await world.run(["sessions", "check", path])).status).toBe(0);
});

test("a page over RPC is not written over another session", async ({ world }) => {
  const { path, text } = await withSession(world);
  const command = `${JSON.stringify({ id: "1", type: "export_html", outputPath: path })}\n`;
  const { stdout } = await world.run(["--mode", "rpc", "--model", "demo"], { stdin: { text: command } });
  expect(recordsOf(stdout).find((record) => record.id === "1")).toMatchObject({
    success: false,
    error: expect.stringContaining("holds a session"),
  });
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("a trace has all calls of the run, whatever sessions and wire formats it has", async ({ world }) => {
  world.write("trace.jsonl", "an older one");
  const provider = { baseUrl: "http://127.0.0.1:1/v1", api: "openai-completions", apiKey: "k", models: [{ id: "one" }] };
  world.write("../home/.pi/agent/models.json", JSON.stringify({ providers: { gone: provider } }));
  const calls = (): unknown[] =>
    recordsOf(readFileSync(join(world.cwd, "trace.jsonl"), "utf8")).flatMap(({ type, model }) => (type === "event" ? [] : [model ?? type]));
  const record = ["--record", "trace.jsonl"];
  expect((await world.run(["--model", "gone/one", "--fallback-model", "demo", ...record, "-p", "hello"])).status).toBe(0);
  expect(calls()).toEqual(["trace", "gone/one", "scripted/demo"]);
  const program = world.start(["--mode", "rpc", "--model", "demo", ...record], { stdin: "silent" });
  for (const [id, between] of Object.entries({ a: "new_session", b: "reload", c: "get_state" })) {
    program.child.stdin?.write(`${JSON.stringify({ id, type: "prompt", message: "hello" })}\n`);
    await program.said(new RegExp(`"agent_settled".*"promptId":"${id}"`));
    program.child.stdin?.write(`${JSON.stringify({ id: between, type: between })}\n`);
    await program.said(`"id":"${between}"`);
  }
  program.child.stdin?.end();
  expect((await program.result).status).toBe(0);
  expect(calls()).toEqual(["trace", "scripted/demo", "scripted/demo", "scripted/demo"]);
});

test("a trace that cannot be written is told before the prompt goes; one that is cut short costs the success, not the answer", async ({
  world,
}) => {
  const early = await world.run([...demo, "--record", "none/trace.jsonl"]);
  expect(early).toMatchObject({ stdout: "", status: 2 });
  expect(early.stderr).toMatch(/^Error: --record \S*\/none\/trace\.jsonl: there is no directory \S*\/none\. Make it first\n$/);
  expect(world.sessionFiles()).toEqual([]);
  mkdirSync(join(world.cwd, "folder"));
  const model = world.trace(callSteps("bash", { command: "rm -r folder" }), answerSteps("All gone."));
  const place = ["--record", "folder/trace.jsonl"];
  const late = await world.run(["--model", model, ...place, "-o", "answer.txt", "--result", "result.json", "-p", "go"]);
  expect(late).toMatchObject({ stdout: "", status: 1 });
  expect(late.stderr).toMatch(/^Cannot write the trace to \S*\/folder\/trace\.jsonl: .*\(Name another file with --record\)\n$/);
  expect(readFileSync(join(world.cwd, "answer.txt"), "utf8")).toBe("All gone.\n");
  expect(JSON.parse(readFileSync(join(world.cwd, "result.json"), "utf8"))).toMatchObject({
    outcome: "error",
    text: "All gone.",
    turns: 2,
    retries: 0,
    error: { code: "io.trace_file" },
  });
  mkdirSync(join(world.cwd, "folder"));
  const command = `${JSON.stringify({ type: "prompt", message: "go" })}\n`;
  const rpc = await world.run(["--mode", "rpc", "--model", model, ...place], { stdin: { text: command } });
  expect(rpc.status).toBe(1);
  expect(rpc.stderr).toMatch(/^pi: Cannot write the trace to \S*\/folder\/trace\.jsonl: .*\n$/);
});
