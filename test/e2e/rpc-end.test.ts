// How RPC mode ends: the end of stdin, signals and their combinations, in every phase; no loss, no child left, the right status.

import { describe, expect } from "vitest";
import { type RunningProgram, ways } from "../support/program.ts";
import { soundSession } from "../support/sound-session.ts";
import { answerSteps, callSteps, event, type Json, recordsOf, test, type World } from "../support/world.ts";

const family = "echo started; (sleep 60; echo never) & setsid sleep 60 & sleep 60";

interface Phase {
  trace(world: World): string;
  commands: object[];
  /** On stdout, when the phase is reached. */
  sign: string;
}

const hanging = [
  event({ type: "text_start", contentIndex: 0 }),
  event({ type: "text_delta", contentIndex: 0, delta: "half" }),
  { type: "hang" },
];

const phases: Record<string, Phase> = {
  idle: { trace: (world) => world.trace(answerSteps("x")), commands: [{ id: "s", type: "get_state" }], sign: '"id":"s"' },
  "in the middle of an answer": {
    trace: (world) => world.trace(hanging),
    commands: [{ id: "p", type: "prompt", message: "hi" }],
    sign: "half",
  },
  "in the middle of a tool": {
    trace: (world) => world.trace(callSteps("bash", { command: family })),
    commands: [{ id: "p", type: "prompt", message: "hi" }],
    sign: '"text":"started',
  },
  "in the middle of a command of the user": {
    trace: (world) => world.trace(answerSteps("x")),
    commands: [
      { id: "p", type: "prompt", message: "hi" },
      { id: "b", type: "bash", command: family },
    ],
    sign: '"delta":"started',
  },
  "between two tries": {
    trace: (world) => world.trace([event({ type: "failure", failure: { code: "overloaded", message: "529 busy", status: 529 } })]),
    commands: [{ id: "p", type: "prompt", message: "hi" }],
    sign: "auto_retry_start",
  },
};

function start(world: World, phase: Phase, way: "binary" | "node" | "bun" = "binary"): RunningProgram {
  const program = world.start(["--mode", "rpc", "--model", phase.trace(world)], { stdin: "silent", way });
  say(program, ...phase.commands);
  return program;
}

function say(program: RunningProgram, ...commands: object[]): void {
  program.child.stdin?.write(commands.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

function expectWhole(world: World, stdout: string, commands: readonly object[]): void {
  expect(stdout === "" || stdout.endsWith("\n")).toBe(true);
  const records = recordsOf(stdout);
  const events = records.filter((one) => one.type !== "response");
  expect(events.map((one) => one.seq)).toEqual(events.map((_, index) => index + 1));
  for (const { id } of commands as { id: string }[])
    expect(records.filter((one: Json) => one.type === "response" && one.id === id)).toHaveLength(1);
  const ofRuns = events.filter((one) => one.type !== "bash_execution_update");
  if (ofRuns.length > 0) expect(ofRuns.at(-1)?.type).toBe("agent_settled");
  for (const file of world.sessionFiles()) soundSession(file);
}

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
};

describe.concurrent.each(Object.keys(phases))("%s", (name) => {
  const phase = phases[name] as Phase;

  test.for(Object.keys(ends) as (keyof typeof ends)[])("%s", async (how, { world }) => {
    const program = start(world, phase);
    await program.said(phase.sign);
    ends[how].end(program);
    const { status, stdout, survivors, durationMs } = await program.result;
    // Idle, both are there at once: whichever is seen first decides.
    const isEither = name === "idle" && how === "end of stdin and SIGTERM" && status === 0;
    expect({ status: isEither ? 143 : status, survivors }).toEqual({ status: ends[how].status, survivors: [] });
    expect(durationMs).toBeLessThan(8000);
    expectWhole(world, stdout, phase.commands);
  });

  test("a second signal, at once", async ({ world }) => {
    const program = start(world, phase);
    await program.said(phase.sign);
    program.signal("SIGTERM");
    program.signal("SIGHUP");
    const { status, survivors } = await program.result;
    expect([129, 143]).toContain(status);
    expect(survivors).toEqual([]);
    for (const file of world.sessionFiles()) soundSession(file);
  });

  test("the reader goes away", async ({ world }) => {
    const program = start(world, phase);
    await program.said(phase.sign);
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

test("a reader that stops for a while loses nothing", async ({ world }) => {
  const program = world.start(["--mode", "rpc", "--model", "demo"], { stdin: "silent" });
  program.child.stdout?.pause();
  const count = 3000;
  for (let index = 0; index < count; index++) say(program, { id: `s${index}`, type: "get_tools" });
  await new Promise((resolve) => setTimeout(resolve, 500));
  program.child.stdout?.resume();
  program.child.stdin?.end();
  const { status, stdout } = await program.result;
  expect(status).toBe(0);
  expect(recordsOf(stdout).map((one) => one.id)).toEqual(Array.from({ length: count }, (_, index) => `s${index}`));
});
