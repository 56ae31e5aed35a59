// Files that never come to an end, wherever a run reads one that is not its own: it holds up nothing.

import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync } from "node:fs";
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

  test("a file of gigabytes without a line is refused for its beginning or its size", async ({ world }) => {
    world.write("huge", "");
    truncateSync(join(world.cwd, "huge"), 3e9);
    const model = world.trace(answerSteps("whole"));
    const refused = async (...args: string[]): Promise<string> => {
      const { status, stderr, timedOut } = await world.run(["-p", "--timeout", "20s", ...args, "hi"], { way });
      expect({ status, timedOut }).toEqual({ status: args.includes("scripted/huge") ? 1 : 2, timedOut: false });
      return stderr;
    };
    expect(await refused("--model", model, "--session", "./huge")).toMatch(/^Error: Session file is not a valid pi session: .*huge\./);
    expect(await refused("--model", model, "@huge")).toMatch(/^Error: @huge has 3000000000 bytes or more; /);
    expect(await refused("--model", "scripted/huge")).toContain("it has 2861 MB, and at most 256 MB are read");
  });

  test("a pipe in place of stored sign-ins is named", async ({ world }) => {
    const file = join(world.agentDir, "auth.json");
    mkdirSync(world.agentDir, { recursive: true });
    execFileSync("mkfifo", [file]);
    const { status, stderr, timedOut } = await world.run(["-p", "--model", "openai/gpt-5", "hi"], { way });
    expect({ status, timedOut }).toEqual({ status: 2, timedOut: false });
    expect(stderr).toContain(`Error: ${file} cannot be used: it is a named pipe, not a regular file.`);
  });

  test.for(["grep", "find"])("%s passes over ignore files that never end", async (tool, { world }) => {
    world.write("a.txt", "word");
    world.write("late/late/z.txt", "word");
    for (const place of [".gitignore", ".ignore", ".rgignore", "../.gitignore", "late/late/.gitignore"]) fifo(world, place);
    symlinkSync("/dev/zero", join(world.cwd, "late/.gitignore"));
    const model = world.trace(callSteps(tool, { pattern: tool === "grep" ? "word" : "*.txt", path: "." }), answerSteps("whole"));
    const args = ["--mode", "json", "--tools", "+grep,+find", "--timeout", "10s", "--model", model, "-p", "look"];
    const { stdout, status, survivors, timedOut } = await world.run(args, { way });
    expect({ status, survivors, timedOut }).toEqual({ status: 0, survivors: [], timedOut: false });
    const ended = stdout.split("\n").find((line) => line.includes('"tool_execution_end"')) ?? "";
    expect(JSON.parse(ended).result.content[0].text).toMatch(
      /^a\.txt.*\nlate\/late\/z\.txt.*\n\n\[Not everything could be searched: .*is no list of what to ignore/,
    );
  });
});
