// Files that never come to an end, wherever a run reads one that is not its own: the time limit ends it, and nothing is left running.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import type { Way } from "../support/program.ts";
import { answerSteps, callSteps, test, type World } from "../support/world.ts";

const ways: readonly Way[] = ["binary", "node"];

function fifo(world: World, path: string): void {
  const file = join(world.cwd, path);
  mkdirSync(dirname(file), { recursive: true });
  execFileSync("mkfifo", [file]);
}

describe.concurrent.each(ways)("as %s", (way) => {
  test("pipes in place of all that a start reads hold up nothing", async ({ world }) => {
    const places = ["AGENTS.md", "CLAUDE.md", ".gitignore", ".pi/config.toml", ".pi/SYSTEM.md", ".pi/APPEND_SYSTEM.md"];
    for (const place of [...places, ".pi/skills/one/SKILL.md", ".pi/prompts/two.md"]) fifo(world, place);
    const model = world.trace(answerSteps("whole"));
    const { status, stdout, timedOut } = await world.run(["-p", "--approve", "--timeout", "5s", "--model", model, "hi"], { way });
    expect({ status, stdout, timedOut }).toEqual({ status: 0, stdout: "whole\n", timedOut: false });
  });

  test.for(["grep", "find"])("%s among ignore files that never end is over with the time limit", async (tool, { world }) => {
    world.write("a.txt", "word");
    for (const place of [".gitignore", ".ignore", ".rgignore", "deep/.gitignore"]) fifo(world, place);
    const model = world.trace(callSteps(tool, { pattern: tool === "grep" ? "word" : "*.txt", path: "." }), answerSteps("whole"));
    const { status, survivors, timedOut } = await world.run(["-p", "--tools", "+grep,+find", "--timeout", "2s", "--model", model, "look"], {
      way,
    });
    expect({ survivors, timedOut }).toEqual({ survivors: [], timedOut: false });
    expect([0, 3]).toContain(status);
  });

  test.for(["SIGTERM", "SIGINT"] as const)("%s ends a search that waits for an ignore file", async (signal, { world }) => {
    fifo(world, ".gitignore");
    const model = world.trace(callSteps("grep", { pattern: "word", path: "." }), answerSteps("whole"));
    const program = world.start(["--mode", "json", "--tools", "+grep", "--model", model, "-p", "look"], { way });
    await program.said("tool_execution_start");
    program.signal(signal);
    const { status, survivors, timedOut } = await program.result;
    expect({ status, survivors, timedOut }).toEqual({ status: signal === "SIGTERM" ? 143 : 130, survivors: [], timedOut: false });
  });
});
