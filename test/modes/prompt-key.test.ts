// A prompt with a key on the command line: run once in its session, in print and JSON mode; then answered as the first time.

import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { parseOptions } from "../../src/cli/options.ts";
import { runMode } from "../../src/cli/run-mode.ts";
import { exitStatusOf, type OutcomeKind } from "../../src/contracts/outcome.ts";
import { fakeHost } from "../support/fake-host.ts";
import { soundSession } from "../support/sound-session.ts";
import { answerSteps, callSteps, event, type Json, recordsOf, test, textSteps, type World } from "../support/world.ts";

interface Ran {
  status: number;
  out: string;
  record: Json;
}

async function run(world: World, mode: string, calls: object[][], ...more: string[]): Promise<Ran> {
  const args = ["--mode", mode, "--model", world.trace(...calls), "--session-id", "jobs", "--result", "result.json", ...more];
  const host = fakeHost({ cwd: world.cwd, homeDir: world.home, env: { PATH: process.env.PATH, HOME: world.home } });
  const status = await runMode(parseOptions(args), host);
  return { status, out: host.out(), record: JSON.parse(world.read("result.json")) };
}

const userTexts = (world: World): string[] =>
  soundSession(world.sessionFiles()[0] ?? "").flatMap((entry) => (entry.message?.role === "user" ? entry.message.content[0].text : []));

const failure = event({ type: "failure", failure: { code: "refusal", message: "The model refused" } });

const cases: { name: string; kind: OutcomeKind; calls: object[][]; more?: string[] }[] = [
  { name: "an answer behind a tool call", kind: "done", calls: [callSteps("bash", { command: "echo x >> done" }), answerSteps("Done.")] },
  { name: "half an answer", kind: "length", calls: [answerSteps("Half", { type: "finish", stopReason: "length" })] },
  { name: "a refusal", kind: "error", calls: [[...textSteps("Half"), failure]] },
  {
    name: "a limit",
    kind: "budget",
    calls: [callSteps("bash", { command: "echo x >> done" }), answerSteps("never")],
    more: ["--max-turns", "1"],
  },
  {
    name: "a checked answer",
    kind: "done",
    calls: [answerSteps('Here it is:\n```json\n{"n": 1}\n```')],
    more: ["--output-schema", "schema.json"],
  },
];

test.for(cases.flatMap((one) => ["text", "json"].map((mode) => ({ ...one, mode }))))(
  "$mode: $name is the answer of the second run, too",
  async ({ mode, kind, calls, more = [] }, { world }) => {
    world.write("schema.json", '{"type":"object","properties":{"n":{"type":"number"}},"required":["n"]}');
    const args = ["--prompt-key", "k", ...more, "--", "do it"];
    const first = await run(world, mode, calls, ...args);
    expect(first.status).toBe(exitStatusOf[kind]);
    const second = await run(world, mode, [answerSteps("not this")], ...args);
    expect(second.status).toBe(first.status);
    const { outcome, text, value, error } = first.record;
    expect(second.record).toMatchObject({ outcome, text, turns: 0, toolCalls: 0, ...(value === undefined ? {} : { value }) });
    expect(second.record.error).toEqual(error);
    if (mode === "text") expect(second.out).toBe(first.out);
    else {
      expect(recordsOf(second.out)[0]).toMatchObject({ type: "session" });
      expect(recordsOf(second.out).at(-1)).toEqual({ type: "agent_settled", aborted: false, outcome: kind, seq: 1 });
    }
    expect(userTexts(world)[0]).toBe("do it");
    expect(userTexts(world)).toHaveLength(1);
    // Another key, or none, is another prompt.
    expect((await run(world, mode, [answerSteps("again")], "--prompt-key", "other", "--", "do it")).record.text).toBe("again");
  },
);

test("a run that a kill cut off is not begun again, and says so", async ({ world }) => {
  await run(world, "text", [answerSteps("one")], "--prompt-key", "k", "go");
  const [file = ""] = world.sessionFiles();
  const lines = readFileSync(file, "utf8").split("\n");
  const user = lines.findIndex((line) => line.includes('"role":"user"'));
  writeFileSync(file, `${lines.slice(0, user + 1).join("\n")}\n`);
  const again = await run(world, "text", [answerSteps("two")], "--prompt-key", "k", "go");
  expect(again).toMatchObject({ status: 1, out: "", record: { outcome: "error", error: { code: "session.prompt_interrupted" } } });
  expect(userTexts(world)).toEqual(["go"]);
});

test("killed while a compaction went before its prompt, the prompt is run the next time; behind it, it is not", async ({ world }) => {
  const usage = { input: 90_000, output: 5, cacheRead: 0, cacheWrite: 0, totalTokens: 90_005 };
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
  const [last, ...before] = answerSteps("one").reverse();
  await run(world, "text", [[...before.reverse(), event({ type: "usage", usage: { ...usage, cost } }), last as object]], "first");
  world.config("[compaction]\nkeep_recent_tokens = 1\nreserve_tokens = 195000\n");
  await run(world, "text", [answerSteps("A summary"), answerSteps("one")], "--prompt-key", "k", "go");
  const [file = ""] = world.sessionFiles();
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const compaction = lines.findIndex((line) => line.includes('"type":"compaction"'));
  expect(compaction).toBeGreaterThan(0);
  writeFileSync(file, `${lines.slice(0, compaction + 1).join("\n")}\n`);
  expect((await run(world, "text", [answerSteps("two")], "--prompt-key", "k", "go")).record).toMatchObject({
    outcome: "done",
    text: "two",
  });
  const whole = readFileSync(file, "utf8").trimEnd().split("\n");
  const user = whole.findLastIndex((line) => line.includes('"role":"user"'));
  writeFileSync(file, `${whole.slice(0, user + 1).join("\n")}\n`);
  expect((await run(world, "text", [answerSteps("three")], "--prompt-key", "k", "go")).status).toBe(1);
});

test.for([
  { args: ["--no-session", "-p", "hi"], says: "--no-session" },
  { args: ["-p", "one", "two"], says: "there are 2" },
  { args: ["--mode", "rpc"], says: "--mode rpc" },
])("$says is a conflict", async ({ args, says }, { world }) => {
  const host = fakeHost({ cwd: world.cwd, homeDir: world.home, env: { HOME: world.home } });
  await expect(runMode(parseOptions(["--model", "demo", "--prompt-key", "k", ...args]), host)).rejects.toMatchObject({
    code: "usage.conflict",
    exitStatus: 2,
    message: expect.stringContaining(says),
  });
  expect(world.sessionFiles()).toEqual([]);
});

test("an answer of a first run without a schema has to fit that of the second", async ({ world }) => {
  world.write("schema.json", '{"type":"object","properties":{"n":{"type":"number"}},"required":["n"]}');
  const key = ["--prompt-key", "k"];
  const schema = ["--output-schema", "schema.json"];
  expect(await run(world, "text", [answerSteps("Three, I think.")], ...key, "--", "how many?")).toMatchObject({
    status: 0,
    out: "Three, I think.\n",
  });
  const second = await run(world, "text", [answerSteps('{"n":3}')], ...key, ...schema, "--", "how many?");
  expect(second).toMatchObject({ status: 1, out: "", record: { outcome: "error", turns: 0, error: { code: "model.invalid_output" } } });
  const fitting = ["--prompt-key", "other"];
  await run(world, "text", [answerSteps('It is {"n": 3}.')], ...fitting, "--", "how many?");
  expect(await run(world, "text", [], ...fitting, ...schema, "--", "how many?")).toMatchObject({
    status: 0,
    out: '{"n":3}\n',
    record: { outcome: "done", value: { n: 3 }, turns: 0 },
  });
});
