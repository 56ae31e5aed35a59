// One outcome: however a run ends, stdout, the last event, the result record and the exit status say the same, in every mode.

import { readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { exitStatusOf, type OutcomeKind } from "../../src/contracts/outcome.ts";
import type { ProgramResult, Way } from "../support/program.ts";
import { services } from "../support/served.ts";
import { answerSteps, callSteps, event, type Json, recordsOf, test, textSteps, type World } from "../support/world.ts";

interface Case {
  name: string;
  outcome: OutcomeKind;
  /** Steps of each call; none: no model is reached. */
  calls?: object[][];
  args?: string[];
  /** The outcome's text. */
  text: string;
  /** What of it print mode shows; all when absent. */
  stdout?: string;
  code?: string;
  stderr?: RegExp;
  retryAt?: number;
  turns: number;
  toolCalls?: number;
  /** Sent while a service does not answer. */
  signal?: NodeJS.Signals;
  status?: number;
}

const failure = (code: string, message: string, more: object = {}): object =>
  event({ type: "failure", failure: { code, message, ...more } });
const usage = (total: number): object =>
  event({
    type: "usage",
    usage: {
      input: 10,
      output: 5,
      cacheRead: 0,
      cacheWrite: 0,
      totalTokens: 15,
      cost: { input: total, output: 0, cacheRead: 0, cacheWrite: 0, total },
    },
  });
const finish = (stopReason: string): object => event({ type: "finish", stopReason });
const hang = { type: "hang" };
const listing = callSteps("bash", { command: "echo listed" });
const retryAt = 4_102_444_800_000;

const cases: Case[] = [
  { name: "an answer", outcome: "done", calls: [answerSteps("Hello")], text: "Hello", turns: 1 },
  { name: "an answer after a tool call", outcome: "done", calls: [listing, answerSteps("Listed")], text: "Listed", turns: 2, toolCalls: 1 },
  {
    name: "cut off at the output limit",
    outcome: "length",
    calls: [answerSteps("Half", { type: "finish", stopReason: "length" })],
    text: "Half",
    code: "model.length",
    stderr: /truncated/,
    turns: 1,
  },
  { name: "an empty answer", outcome: "error", calls: [[finish("stop")]], text: "", code: "model.empty", stderr: /empty answer/, turns: 1 },
  {
    name: "an answer of blanks",
    outcome: "error",
    calls: [answerSteps(" \n\n ")],
    text: "",
    code: "model.empty",
    stderr: /empty answer/,
    turns: 1,
  },
  {
    name: "a refused request",
    outcome: "error",
    calls: [[failure("bad_request", "400 no")]],
    text: "",
    code: "model.bad_request",
    stderr: /^scripted refused the request \(400\): no \(/,
    turns: 0,
  },
  {
    name: "a failure after half an answer",
    outcome: "error",
    calls: [[...textSteps("Half"), failure("refusal", "The model refused to complete the request")]],
    text: "Half",
    stdout: "",
    code: "model.refusal",
    stderr: /refused/,
    turns: 0,
  },
  {
    name: "a full window",
    outcome: "overflow",
    calls: [[failure("overflow", "prompt is too long")]],
    text: "",
    code: "model.overflow",
    stderr: /too long \(Start a new session/,
    turns: 0,
  },
  {
    name: "stopped for length without a word",
    outcome: "overflow",
    calls: [[finish("length")]],
    text: "",
    code: "model.overflow",
    stderr: /leaves it no room \(/,
    turns: 1,
  },
  {
    name: "a spent quota",
    outcome: "quota",
    calls: [[failure("quota", "spent", { retryAt })]],
    text: "",
    code: "model.quota",
    stderr: /^scripted says that what was paid for is spent: spent \(Try again after 2100-01-01T00:00:00Z, or name another model/,
    retryAt,
    turns: 0,
  },
  {
    name: "a limit that is lifted later than one waits for",
    outcome: "error",
    calls: [[failure("rate_limited", "429 slow down", { retryAt })]],
    text: "",
    code: "model.rate_limited",
    stderr: /2100-01-01/,
    retryAt,
    turns: 0,
  },
  {
    name: "silence after half an answer",
    outcome: "stalled",
    calls: [[...textSteps("Half"), hang]],
    args: ["--stall", "model=1s"],
    text: "Half",
    stdout: "",
    code: "model.stalled",
    stderr: /sent nothing for 1 s/,
    turns: 0,
  },
  {
    name: "--max-turns",
    outcome: "budget",
    calls: [[...textSteps("Let me look."), ...listing.map((step) => renumbered(step))]],
    args: ["--max-turns", "1"],
    text: "Let me look.",
    code: "budget.turns",
    stderr: /1 turn \(--max-turns 1\)/,
    turns: 1,
    toolCalls: 1,
  },
  {
    name: "--max-cost",
    outcome: "budget",
    calls: [[...listing.slice(0, -1), usage(0.5), finish("toolUse")]],
    args: ["--max-cost", "0.4"],
    text: "",
    code: "budget.cost",
    stderr: /0\.5000 USD/,
    turns: 1,
    toolCalls: 1,
  },
  {
    name: "--timeout",
    outcome: "budget",
    calls: [[...textSteps("Half"), hang]],
    args: ["--timeout", "1s"],
    text: "Half",
    code: "budget.timeout",
    stderr: /1 s \(--timeout\)/,
    turns: 0,
  },
  {
    name: "stopped by a signal",
    outcome: "aborted",
    text: "",
    code: "model.aborted",
    stderr: /aborted/,
    turns: 0,
    signal: "SIGTERM",
    status: 143,
  },
  { name: "no such model", outcome: "usage", args: ["--model", "nonsense/none"], text: "", code: "usage.unknown_model", turns: 0 },
  { name: "no such option", outcome: "usage", args: ["--nonsense"], text: "", code: "usage.unknown_option", turns: 0 },
];

/** The text stands in the first block, the call in the second. */
function renumbered(step: object): object {
  const { event: inner } = step as { event: { type: string } };
  return inner.type.startsWith("toolcall") ? event({ ...inner, contentIndex: 1 }) : step;
}

async function run(item: Case, args: string[], world: World, way: Way, stdin?: string): Promise<ProgramResult> {
  const changes = { way, ...(stdin === undefined ? {} : { stdin: { text: stdin } }) };
  world.config("[retry]\nbase_delay_ms = 1\n");
  if (item.signal === undefined) {
    const model = item.calls === undefined ? [] : ["--model", world.trace(...item.calls)];
    return world.run([...model, ...(item.args ?? []), ...args], changes);
  }
  const [service] = services;
  if (service === undefined) throw new Error("no service");
  const server = await world.strict(service.format, [{ wire: { hang: true } }]);
  const program = world.start(["--model", service.model, ...args], { ...changes, env: service.env(server.baseUrl) });
  await server.received(1);
  program.signal(item.signal);
  return program.result;
}

function checkRecord(record: Json, item: Case): void {
  expect(record).toMatchObject({
    type: "result",
    outcome: item.outcome,
    text: item.text,
    turns: item.turns,
    toolCalls: item.toolCalls ?? 0,
    retries: 0,
  });
  expect(record.error?.code).toBe(item.code);
  expect(record.retryAt).toBe(item.retryAt);
  expect(typeof record.durationMs).toBe("number");
  if (item.outcome === "usage") expect(record.sessionId).toBeUndefined();
  else expect(record).toMatchObject({ sessionId: expect.any(String), sessionFile: expect.any(String), model: expect.any(String) });
}

function checkEvents(records: readonly Json[], item: Case): void {
  if (item.outcome === "usage") {
    expect(records).toEqual([]);
    return;
  }
  expect(records.at(-1)).toMatchObject({ type: "agent_settled", aborted: item.outcome === "aborted", outcome: item.outcome });
}

function checkEnd(result: ProgramResult, item: Case): void {
  const { stderr, status, survivors } = result;
  expect({ status, survivors }).toEqual({ status: item.status ?? exitStatusOf[item.outcome], survivors: [] });
  const lines = stderr.split("\n").filter((line) => line !== "");
  expect(lines).toHaveLength(item.outcome === "done" ? 0 : 1);
  if (item.stderr !== undefined) expect(lines[0]).toMatch(item.stderr);
}

async function checkAll(item: Case, world: World, way: Way): Promise<void> {
  const file = world.write("result.json", "of an earlier run");
  const written = (): Json => JSON.parse(readFileSync(file, "utf8"));

  const text = await run(item, ["--result", file, "-p", "hi"], world, way);
  checkEnd(text, item);
  const shown = item.stdout ?? item.text;
  expect(text.stdout).toBe(shown === "" ? "" : `${shown}\n`);
  checkRecord(written(), item);

  const json = await run(item, ["--mode", "json", "--result", file, "hi"], world, way);
  checkEnd(json, item);
  checkEvents(recordsOf(json.stdout), item);
  checkRecord(written(), item);

  const last = await run(item, ["--mode", "json", "--result", "-", "hi"], world, way);
  checkEnd(last, item);
  const records = recordsOf(last.stdout);
  checkRecord(records.at(-1), item);
  checkEvents(records.slice(0, -1), item);

  const alone = await run(item, ["-p", "hi", "--result=-"], world, way);
  checkEnd(alone, item);
  expect(recordsOf(alone.stdout)).toHaveLength(1);
  checkRecord(recordsOf(alone.stdout)[0], item);

  const rpc = await run(item, ["--mode", "rpc", "--result", file], world, way, '{"type":"prompt","message":"hi"}\n');
  if (item.outcome === "usage") expect(rpc.status).toBe(2);
  else expect(rpc.status).toBe(item.status ?? 0);
  checkEvents(recordsOf(rpc.stdout), item);
  checkRecord(written(), item);
}

describe.concurrent("the binary", () => {
  test.for(cases)("$name is $outcome", async (item, { world }) => checkAll(item, world, "binary"));
});

describe.concurrent("the rest of a session that could not be stored", () => {
  // 8 KiB: enough for the beginning of the session and for the record.
  const shell = 'ulimit -f 8; exec "$@"';

  test("is said once; the answer is there, and no success", async ({ world }) => {
    world.write("long.txt", "a line of text\n".repeat(1500));
    const text = await world.run(["-p", "--model", "demo", "--result", "result.json", "read long.txt"], { shell });
    expect(text).toMatchObject({ status: 1, stdout: expect.stringMatching(/^long\.txt has/) });
    expect(text.stderr.trimEnd().split("\n")).toEqual([expect.stringMatching(/cannot be saved.*as long as a file may be/)]);
    const stored = JSON.parse(world.read("result.json"));
    expect(stored).toMatchObject({ outcome: "error", text: text.stdout.trimEnd(), error: { code: "session.storage_lost" } });
    expect(stored.error.message).toMatch(/cannot be saved/);
    const json = await world.run(["--mode", "json", "--model", "demo", "--result", "-", "read long.txt"], { shell });
    expect(json.status).toBe(1);
    expect(recordsOf(json.stdout).slice(-2)).toMatchObject([
      { type: "agent_settled", aborted: false, outcome: "error" },
      { type: "result", outcome: "error" },
    ]);
  });
});

describe.concurrent("on Node", () => {
  const some = cases.filter(({ name }) => ["an answer", "a spent quota", "--max-turns", "no such model"].includes(name));
  test.for(some)("$name is $outcome", async (item, { world }) => checkAll(item, world, "node"));
});
