// How RPC mode ends: the end of stdin, signals and their combinations, in every phase; no loss, no child left, the right status.

import { readlinkSync } from "node:fs";
import { describe, expect } from "vitest";
import { type RunningProgram, ways } from "../support/program.ts";
import { soundSession } from "../support/sound-session.ts";
import { answerSteps, callSteps, event, type Json, recordsOf, test, textSteps, type World } from "../support/world.ts";

const family = "echo started; (sleep 60; echo never) & setsid sleep 60 & sleep 60";

const finish = event({ type: "finish", stopReason: "stop" });

interface Phase {
  /** `ends`: what goes on comes to its end by itself, a moment later; otherwise it never does. */
  trace(world: World, ends: boolean): string;
  /** Each stage is sent when the sign of the one before has come. */
  stages(ends: boolean): { commands: Json[]; sign: string }[];
  /** On stdout when the work is done, where it ends by itself. */
  endSign: string;
}

const momentMs = 300;
const hi = { id: "p", type: "prompt", message: "hi" };
const settledSign = "agent_settled";

/** What comes a moment later, or never. */
function later(steps: object[], ends: boolean): object[] {
  if (!ends) return [{ type: "hang" }];
  const [first, ...rest] = steps;
  return [{ ...first, delayMs: momentMs }, ...rest];
}

const shell = (ends: boolean): string => (ends ? `echo started; sleep ${momentMs / 1000}; echo done` : family);

const phases: Record<string, Phase> = {
  idle: {
    trace: (world) => world.trace(answerSteps("x")),
    stages: () => [{ commands: [{ id: "s", type: "get_state" }], sign: '"id":"s"' }],
    endSign: '"id":"s"',
  },
  "before the first word": {
    trace: (world, ends) => world.trace(later(answerSteps("whole"), ends)),
    stages: () => [{ commands: [hi], sign: '"role":"user"' }],
    endSign: settledSign,
  },
  "in the middle of an answer": {
    trace: (world, ends) => world.trace([...textSteps("half"), ...later([event({ type: "text_end", contentIndex: 0 }), finish], ends)]),
    stages: () => [{ commands: [hi], sign: "half" }],
    endSign: settledSign,
  },
  "in the middle of a tool": {
    trace: (world, ends) => world.trace(callSteps("bash", { command: shell(ends) }), answerSteps("whole")),
    stages: () => [{ commands: [hi], sign: '"text":"started' }],
    endSign: settledSign,
  },
  "in the middle of a command of the user": {
    trace: (world) => world.trace(answerSteps("x")),
    stages: (ends) => [{ commands: [hi, { id: "b", type: "bash", command: shell(ends) }], sign: '"delta":"started' }],
    endSign: '"id":"b","type":"response"',
  },
  "in the middle of a compaction": {
    trace: (world, ends) =>
      world.trace(
        answerSteps("long ".repeat(2000)),
        answerSteps("two"),
        later(answerSteps("What was before"), ends),
        answerSteps("So far"),
      ),
    stages: () => [
      { commands: [hi, { id: "f", type: "follow_up", message: "on" }], sign: settledSign },
      { commands: [{ id: "c", type: "compact" }], sign: "compaction_start" },
    ],
    endSign: '"id":"c","type":"response"',
  },
  "between two tries": {
    trace: (world) => {
      const busy = event({ type: "failure", failure: { code: "overloaded", message: "529 busy", status: 529 } });
      return world.trace([busy], answerSteps("whole"));
    },
    stages: () => [{ commands: [hi], sign: "auto_retry_start" }],
    endSign: settledSign,
  },
};

async function reach(world: World, { trace, stages }: Phase, ends = false): Promise<RunningProgram> {
  world.config(`[compaction]\nkeep_recent_tokens = 1\n[retry]\nbase_delay_ms = ${ends ? momentMs : 60_000}\n`);
  const program = world.start(["--mode", "rpc", "--model", trace(world, ends)], { stdin: "silent" });
  for (const { commands, sign } of stages(ends)) {
    say(program, ...commands);
    await program.said(sign);
  }
  return program;
}

function say(program: RunningProgram, ...commands: object[]): void {
  program.child.stdin?.write(commands.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

/** Every command answered, every event out, every run and compaction ended, the session sound. Gives the records. */
function expectWhole(world: World, stdout: string, { stages }: Phase): Json[] {
  expect(stdout === "" || stdout.endsWith("\n")).toBe(true);
  const records = recordsOf(stdout);
  const events = records.filter((one) => one.type !== "response");
  expect(events.map((one) => one.seq)).toEqual(events.map((_, index) => index + 1));
  for (const { id } of stages(false).flatMap(({ commands }) => commands))
    expect(records.filter((one: Json) => one.type === "response" && one.id === id)).toHaveLength(1);
  const ofRuns = events.filter((one) => !/^(bash_execution_update|compaction_)/.test(one.type));
  if (ofRuns.length > 0) expect(ofRuns.at(-1)?.type).toBe(settledSign);
  const count = (type: string): number => events.filter((one) => one.type === type).length;
  expect(count("compaction_end")).toBe(count("compaction_start"));
  expect(count("tool_execution_end")).toBe(count("tool_execution_start"));
  for (const file of world.sessionFiles()) soundSession(file);
  return records;
}

/**
 * From the end of the work, or from what stops it, to the end of the process; a machine on which the way there took long is as slow on the way out.
 * What must not be waited for takes a minute.
 */
const endLimitMs = (reachedMs: number): number => Math.min(2000 + 4 * reachedMs, 50_000);

const ends = {
  SIGTERM: { end: (program: RunningProgram) => program.signal("SIGTERM"), status: 143 },
  SIGHUP: { end: (program: RunningProgram) => program.signal("SIGHUP"), status: 129 },
  "end of stdin and SIGTERM": {
    end: (program: RunningProgram) => {
      program.child.stdin?.end();
      program.signal("SIGTERM");
    },
    status: 143,
  },
  "SIGHUP and end of stdin": {
    end: (program: RunningProgram) => {
      program.signal("SIGHUP");
      program.child.stdin?.end();
    },
    status: 129,
  },
};

describe.concurrent.each(Object.keys(phases))("%s", (name) => {
  const phase = phases[name] as Phase;

  test.for(Object.keys(ends) as (keyof typeof ends)[])("%s", async (how, { world }) => {
    const startedMs = performance.now();
    const program = await reach(world, phase);
    const signalledMs = performance.now() - startedMs;
    ends[how].end(program);
    const { status, stdout, survivors, durationMs } = await program.result;
    // Idle, both are there at once: whichever is seen first decides.
    const isEither = name === "idle" && how.includes("end of stdin") && status === 0;
    expect({ status: isEither ? ends[how].status : status, survivors }).toEqual({ status: ends[how].status, survivors: [] });
    expect(durationMs - signalledMs).toBeLessThan(endLimitMs(signalledMs));
    const records = expectWhole(world, stdout, phase);
    const last = records.filter((one) => one.type === settledSign).at(-1);
    if (phase.endSign === settledSign) expect(last).toMatchObject({ aborted: true });
    if (name.includes("compaction")) {
      expect(records.find((one) => one.type === "compaction_end")).toMatchObject({ aborted: true });
      expect(records.find((one) => one.id === "c")).toMatchObject({ success: false, error: "Compaction cancelled" });
    }
  });

  test("end of stdin: what goes on is finished first", async ({ world }) => {
    const startedMs = performance.now();
    const program = await reach(world, phase, true);
    program.child.stdin?.end();
    await program.said(phase.endSign);
    const doneMs = performance.now() - startedMs;
    const { status, stdout, survivors, durationMs } = await program.result;
    expect({ status, survivors }).toEqual({ status: 0, survivors: [] });
    expect(durationMs - doneMs).toBeLessThan(endLimitMs(doneMs));
    const records = expectWhole(world, stdout, phase);
    expect(records.filter((one) => one.type === "response").map((one) => one.success)).not.toContain(false);
    expect(records.filter((one) => one.type === settledSign).map((one) => one.aborted)).not.toContain(true);
    const [file] = world.sessionFiles();
    if (name.includes("compaction") && file !== undefined) expect(soundSession(file).map(({ type }) => type)).toContain("compaction");
  });

  test("a second signal, at once", async ({ world }) => {
    const program = await reach(world, phase);
    program.signal("SIGTERM");
    program.signal("SIGHUP");
    const { status, survivors } = await program.result;
    expect([129, 143]).toContain(status);
    expect(survivors).toEqual([]);
    for (const file of world.sessionFiles()) soundSession(file);
  });

  test("the reader goes away", async ({ world }) => {
    const program = await reach(world, phase);
    program.child.stdout?.destroy();
    // Something has to be said to notice it, and what is said before the pipe is really closed is not.
    const talk = setInterval(() => say(program, { type: "get_state" }), 20);
    const { status, survivors } = await program.result.finally(() => clearInterval(talk));
    expect({ status, survivors }).toEqual({ status: 0, survivors: [] });
  });
});

describe.concurrent("the end of stdin", () => {
  test.for(ways)("right behind a prompt lets the run finish, as %s", async (way, { world }) => {
    const commands = [
      { id: "p", type: "prompt", message: "Run `echo out`" },
      { id: "b", type: "bash", command: "sleep 0.2; echo late" },
    ];
    const text = commands.map((one) => `${JSON.stringify(one)}\n`).join("");
    const { status, stdout, stderr } = await world.run(["--mode", "rpc", "--model", "demo"], { way, stdin: { text } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const records = recordsOf(stdout);
    expect(records.filter((one) => one.type === "agent_settled")).toMatchObject([{ aborted: false, promptId: "p" }]);
    expect(records.find((one) => one.id === "b" && one.type === "response")?.data).toMatchObject({ output: "late\n", exitCode: 0 });
    expect(stdout).toContain("It printed");
  });

  test("with nothing said, or with half a line, is an end in order", async ({ world }) => {
    expect(await world.run(["--mode", "rpc", "--model", "demo"])).toMatchObject({ status: 0, stdout: "" });
    const half = await world.run(["--mode", "rpc", "--model", "demo"], { stdin: { text: '{"id":"x","type":"get_ver' } });
    expect(half.status).toBe(0);
    expect(recordsOf(half.stdout)).toMatchObject([{ command: "parse", success: false }]);
  });
});

describe.concurrent("a host that has gone", () => {
  test("leaves the number of standard input taken: a file that got it would be lost", async ({ world, expect }) => {
    const program = world.start(["--mode", "rpc", "--model", "demo"], { stdin: "silent" });
    const say = (record: object): unknown => program.child.stdin?.write(`${JSON.stringify(record)}\n`);
    say({ id: "p", type: "prompt", message: "hi" });
    await program.said("agent_settled");
    // The rest waits for a file, so that the other side of the socket is gone before anything is opened.
    say({ id: "b", type: "bash", command: "echo waiting; until [ -e go ]; do sleep 0.02; done" });
    await program.said('"delta":"waiting');
    program.child.stdin?.destroy();
    await expect.poll(() => readlinkSync(`/proc/${program.pid}/fd/0`)).toBe("/dev/null");
    world.write("go", "");
    expect(await program.result).toMatchObject({ status: 0, stderr: "" });
  });

  test("and what it asked for last is done: a page is written", async ({ world }) => {
    const commands = [
      { id: "p", type: "prompt", message: "hi" },
      { id: "e", type: "export_html", outputPath: "page.html" },
    ];
    const text = commands.map((one) => `${JSON.stringify(one)}\n`).join("");
    const { stdout } = await world.run(["--mode", "rpc", "--model", "demo"], { stdin: { text } });
    expect(recordsOf(stdout).find((one) => one.id === "e")).toMatchObject({ success: true });
    expect(world.read("page.html")).toContain("</html>");
  });
});

describe.concurrent("the start", () => {
  test("@file is refused", async ({ world }) => {
    expect(await world.run(["--mode", "rpc", "@notes.txt"])).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("Error: @file arguments are not supported in RPC mode"),
    });
  });

  test("no model and no key are no reason not to start", async ({ world }) => {
    const commands = [
      { id: "s", type: "get_state" },
      { id: "p", type: "prompt", message: "hi" },
    ];
    const text = commands.map((one) => `${JSON.stringify(one)}\n`).join("");
    for (const args of [[], ["--model", "anthropic/claude-sonnet-5"]]) {
      const { status, stdout } = await world.run(["--mode", "rpc", ...args], { stdin: { text } });
      expect(status).toBe(0);
      expect(recordsOf(stdout).find((one) => one.id === "p")?.error).toMatch(/^No API key found for /);
    }
    expect(await world.run(["--mode", "rpc", "--model", "nonsense"], { stdin: { text } })).toMatchObject({ status: 2, stdout: "" });
  });
});
