// What a session keeps when it is gone on with: its tools, its one file, a conversation without its model.

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect } from "vitest";
import type { ProgramResult, Way } from "../support/program.ts";
import { type Json, test, type World } from "../support/world.ts";

const demo = ["--model", "scripted/demo", "-p", "hi"];
const lines = (path: string): Json[] =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

async function activeTools(world: World, args: readonly string[]): Promise<string[]> {
  const { status, stderr } = await world.run([...args, ...demo]);
  expect([status, stderr]).toEqual([0, ""]);
  const state = new Set<string>();
  for (const { message } of lines(world.sessionFiles().at(-1) ?? "").filter(({ type }) => type === "message")) {
    for (const { name } of message.toolsRemoved ?? []) state.delete(name);
    for (const { name } of message.toolsAdded ?? []) state.add(name);
  }
  return [...state].sort();
}

test("the tools it was begun with, unless options say otherwise", async ({ world }) => {
  await world.run(["--tools", "read,grep", ...demo]);
  expect(await activeTools(world, ["-c"])).toEqual(["grep", "read"]);
  expect(await activeTools(world, ["-c", "--tools", "+ls"])).toEqual(["grep", "ls", "read"]);
  expect(await activeTools(world, ["-c", "--exclude-tools", "grep"])).toEqual(["ls", "read"]);
  expect(await activeTools(world, ["-c", "--tools", "read,bash"])).toEqual(["bash", "read"]);
  world.config('tools.enabled = ["read", "write"]\n');
  expect(await activeTools(world, ["-c"])).toEqual(["bash", "read"]);
  await world.run(["--no-tools", ...demo]);
  expect(await activeTools(world, ["-c"])).toEqual([]);
});

test("a list of tools of which nothing is known is a mistake; one that is known in part is told", async ({ world }) => {
  for (const list of ["nonsense", "+nonsense", "raed,wrtie"]) {
    const { status, stdout, stderr } = await world.run(["--tools", list, ...demo]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^Error: Unknown tools? (nonsense|raed, wrtie)\. There are read, bash/);
  }
  const partly = await world.run(["--tools", "read,nonsense", ...demo]);
  expect(partly.status).toBe(0);
  expect(partly.stderr).toContain("Unknown tool nonsense");
});

describe.each<Way>(["binary", "node"])("one id, begun by many at once, on %s", (way) => {
  const many = 6;
  const begin = (world: World, how: string): Promise<ProgramResult[]> =>
    Promise.all(
      Array.from({ length: many }, (_, at) =>
        world.run(["--session-id", "one", "--on-busy", how, "--model", "scripted/demo", "-p", `turn ${at}`], { way }),
      ),
    );
  const prompts = (path: string): string[] =>
    lines(path)
      .flatMap(({ message }) => (message?.role === "user" ? message.content[0].text : []))
      .sort();

  test("waiting, all turns come into one file", async ({ world }) => {
    const ran = await begin(world, "wait");
    expect(ran.map(({ status }) => status)).toEqual(ran.map(() => 0));
    expect(world.sessionFiles()).toHaveLength(1);
    const [path = ""] = world.sessionFiles();
    expect(prompts(path)).toEqual(Array.from({ length: many }, (_, at) => `turn ${at}`));
    expect(lines(path)[0]).toMatchObject({ type: "session", id: "one" });
  });

  test("as copies of another, one is made, and the others name it", async ({ world }) => {
    await world.run(["--session-id", "from", ...demo], { way });
    const copies = await Promise.all(
      Array.from({ length: many }, () => world.run(["--fork", "from", "--session-id", "copy", ...demo], { way })),
    );
    expect(copies.map(({ status }) => status).sort()).toEqual([0, ...Array.from({ length: many - 1 }, () => 2)]);
    for (const { status, stderr } of copies) if (status !== 0) expect(stderr).toMatch(/^Error: There is a session copy already: .*\.jsonl/);
    expect(world.sessionFiles()).toHaveLength(2);
  });

  test("else one has it, and the others say that it is busy; nothing is lost without a word", async ({ world }) => {
    const ran = await begin(world, "fail");
    expect(world.sessionFiles()).toHaveLength(1);
    const done = ran.flatMap(({ status }, at) => (status === 0 ? `turn ${at}` : []));
    expect(done.length).toBeGreaterThan(0);
    expect(prompts(world.sessionFiles()[0] ?? "")).toEqual(done);
    for (const { status, stderr } of ran) if (status !== 0) expect(stderr).toContain("in use by");
  });
});

test("an id that is begun and fails before a word leaves no file; two files of one id are ambiguous", async ({ world }) => {
  const failed = await world.run(["--session-id", "one", "--model", "scripted/nowhere.json", "-p", "hi"]);
  expect(failed.status).toBe(2);
  expect(world.sessionFiles()).toEqual([]);
  await world.run(["--session-id", "one", ...demo]);
  const [path = ""] = world.sessionFiles();
  const other = join(path, "..", basename(path).replace(/^\d{4}/, "2001"));
  writeFileSync(other, readFileSync(path));
  for (const ref of [
    ["--session-id", "one"],
    ["--session", "one"],
  ]) {
    const { status, stderr } = await world.run([...ref, ...demo]);
    expect(status).toBe(2);
    expect(stderr).toContain("Session 'one' is ambiguous: 2 files have this id");
    expect(stderr).toContain(path);
    expect(stderr).toContain(other);
  }
});

test("a session whose model is gone, or has no credential, goes on with the default one and says so", async ({ world }) => {
  for (const [provider, reason] of [
    ["vanished", "which is not known here"],
    ["anthropic", "for which there is no credential"],
  ] as const) {
    await world.run(["--session-id", provider, ...demo]);
    const path = world.sessionFiles().find((one) => one.includes(provider)) ?? "";
    writeFileSync(
      path,
      readFileSync(path, "utf8")
        .replaceAll('"provider":"scripted"', `"provider":"${provider}"`)
        .replaceAll(/"(model|modelId)":"demo"/g, '"$1":"claude-fable-5"'),
    );
    const model = readFileSync(path, "utf8").match(/"modelId":"([^"]+)"/)?.[1];
    world.config(`model = "scripted/demo"\n`);
    const stored = readFileSync(path, "utf8");
    for (const mode of ["text", "json", "rpc"]) {
      const said = mode === "rpc" ? [] : ["-p", "again"];
      const strict = await world.run(["--strict", "--mode", mode, "--session", path, ...said]);
      const line = `Error: Could not restore model ${provider}/${model}, ${reason}. Name one with --model\n`;
      expect(strict, mode).toMatchObject({ status: 2, stdout: "", stderr: line });
    }
    expect(readFileSync(path, "utf8")).toBe(stored);
    const rpc = await world.run(["--mode", "rpc", "--session", path], { stdin: { text: '{"id":"1","type":"get_state"}\n' } });
    expect(rpc.stderr).toContain(`Could not restore model ${provider}/${model}`);
    expect(JSON.parse(rpc.stdout.split("\n")[0] ?? "")).toMatchObject({ success: true, data: { model: { id: "demo" } } });
    const { status, stdout, stderr } = await world.run(["--session", path, "-p", "again"]);
    expect(status).toBe(0);
    expect(stdout).not.toBe("");
    expect(stderr).toContain(`Could not restore model ${provider}/${model}, ${reason}; using scripted/demo`);
  }
});

test("inspect shows what a session that is gone on with would have: its tools, its model, its level", async ({ world }) => {
  const inspect = async (...args: string[]): Promise<Json> => JSON.parse((await world.run(["inspect", "--json", ...args])).stdout);
  const active = ({ tools }: Json): string[] => tools.flatMap((one: Json) => (one.active ? one.name : []));
  await world.run(["--session-id", "kept", "--tools", "read,grep", ...demo]);
  const [path = ""] = world.sessionFiles();
  const before = readFileSync(path, "utf8");
  for (const how of [["-c"], ["--session", "kept"], ["--session-id", "kept"], ["--fork", "kept"]]) {
    const shown = await inspect(...how);
    expect(active(shown)).toEqual(["read", "grep"]);
    expect(shown.model).toMatchObject({ provider: "scripted", id: "demo", why: "the session's model" });
    expect(shown.session.file).toBe(path);
  }
  expect(active(await inspect("-c", "--tools", "+ls"))).toEqual(["read", "grep", "ls"]);
  expect(active(await inspect())).toEqual(["read", "bash", "edit", "write"]);
  expect((await inspect("--session-id", "other")).session.file).toBeUndefined();
  expect(readFileSync(path, "utf8")).toBe(before);
  expect(world.sessionFiles()).toHaveLength(1);
});
