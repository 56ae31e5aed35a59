// A host that is killed while a quiet tool runs: nobody says, reads or signals anything more, and still everything ends.

import { describe, expect } from "vitest";
import type { RunningProgram, Way } from "../support/program.ts";
import { answerSteps, callSteps, test, type World } from "../support/world.ts";

const ways: readonly Way[] = ["binary", "node"];
const modes = ["text", "json", "rpc"] as const;
/** Who reads a pipe is known from the first look on, within the first second of a run. */
const quiet = "sleep 1; touch begun; sleep 300 & setsid sleep 300 & sleep 300";
/** Has to be waited for from outside, since nothing is said; a busy machine takes its time. */
const begunLimitMs = 50_000;

async function whenThere(world: World, file: string): Promise<void> {
  const untilMs = performance.now() + begunLimitMs;
  for (;;) {
    try {
      return void world.read(file);
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function argsOf(mode: (typeof modes)[number], model: string): string[] {
  return ["--mode", mode, "--model", model, ...(mode === "rpc" ? [] : ["-p", "go"])];
}

const promptLine = `${JSON.stringify({ id: "p", type: "prompt", message: "go" })}\n`;

/** It has gone by when those it left behind are counted, two seconds after. */
async function expectNobodyLeft(program: RunningProgram): Promise<void> {
  const { survivors, timedOut } = await program.result;
  expect({ survivors, timedOut }).toEqual({ survivors: [], timedOut: false });
}

describe.concurrent.each(modes)("--mode %s", (mode) => {
  test.for(ways)("whose host had pipes, as %s", async (way, { world }) => {
    const model = world.trace(callSteps("bash", { command: quiet }), answerSteps("late"));
    const input = mode === "rpc" ? `echo '${promptLine.trim()}' >&"\${COPROC[1]}"` : `exec {COPROC[1]}>&-`;
    // What the shell waits with must not hold the pipes: it is a builtin.
    const shell = `coproc setsid "$@" 2> /dev/null; ${input}; read -r -u 0`;
    const program = world.start(argsOf(mode, model), { way, shell, stdin: "silent" });
    await whenThere(world, "begun");
    program.signal("SIGKILL");
    await expectNobodyLeft(program);
  });

  test.for(ways)("whose host had sockets, as %s", async (way, { world }) => {
    const model = world.trace(callSteps("bash", { command: quiet }), answerSteps("late"));
    const program = world.start(argsOf(mode, model), { way, shell: 'exec setsid "$@"', stdin: mode === "rpc" ? "silent" : "null" });
    if (mode === "rpc") program.child.stdin?.write(promptLine);
    await whenThere(world, "begun");
    for (const stream of [program.child.stdin, program.child.stdout, program.child.stderr]) stream?.destroy();
    const { status, survivors, timedOut } = await program.result;
    expect({ survivors, timedOut }).toEqual({ survivors: [], timedOut: false });
    expect(status).toBe(mode === "rpc" ? 0 : 1);
  });

  test.for(ways)("a pipeline that has said all and still reads, as %s", async (way, { world }) => {
    const model = world.trace(callSteps("bash", { command: "sleep 2; echo out" }), answerSteps("whole"));
    const text = mode === "rpc" ? promptLine : "more";
    const { stdout } = await world.run(argsOf(mode, model), { way, shell: 'cat | "$@" | cat', stdin: { text } });
    expect(stdout).toContain("whole");
  });
});
