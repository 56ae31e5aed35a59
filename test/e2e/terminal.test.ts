// Print mode on a terminal: the answer on stdout, one live line on stderr that is gone at the end. The terminal is script's (util-linux).

import { existsSync } from "node:fs";
import { describe, expect } from "vitest";
import { answerSteps, callSteps, test } from "../support/world.ts";

const hasScript = existsSync("/usr/bin/script");
const onTerminal = (redirections = ""): string => `script -qefc "$(printf '%q ' "$@")${redirections}" /dev/null < /dev/null`;
const clear = "\r\u001b[2K";

/** What stands on the screen in the end: each line from its last return on, colours taken off. */
function screen(output: string): string {
  return output
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => line.slice(line.lastIndexOf(clear) < 0 ? 0 : line.lastIndexOf(clear) + clear.length))
    .join("\n");
}

describe.skipIf(!hasScript)("on a terminal", () => {
  const run = ["-p", "go", "--model"];

  test("a live line, gone at the end; the answer is all that stays", async ({ world }) => {
    const model = world.trace(callSteps("bash", { command: "echo hi" }), answerSteps("The answer."));
    const { stdout, status } = await world.run([...run, model], { shell: onTerminal() });
    expect(status).toBe(0);
    expect(stdout).toContain("turn 1");
    expect(screen(stdout)).toBe("The answer.\n");
  });

  test("says turn, tool, time, tokens and cost while it goes", async ({ world }) => {
    const usage = {
      type: "event",
      event: {
        type: "usage",
        usage: {
          input: 1000,
          output: 20,
          cacheRead: 0,
          cacheWrite: 0,
          totalTokens: 1020,
          cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0.25 },
        },
      },
    };
    const [first, ...rest] = callSteps("bash", { command: "sleep 0.7" });
    const { stdout } = await world.run([...run, world.trace([first ?? {}, usage, ...rest], answerSteps("Done."))], { shell: onTerminal() });
    expect(stdout).toMatch(/turn 1 · bash · \d+ s · 1020 tokens · \$0\.2500/);
    expect(screen(stdout)).toBe("Done.\n");
  });

  test("the line goes to stderr alone", async ({ world }) => {
    const { stdout } = await world.run([...run, world.trace(answerSteps("The answer."))], { shell: onTerminal(` > ${world.home}/out`) });
    expect(stdout).toContain("turn 1");
    expect(screen(stdout)).toBe("");
    expect(world.read("../home/out")).toBe("The answer.\n");
  });

  test.for([
    ["NO_COLOR", { env: { NO_COLOR: "1" } }, []],
    ["--quiet", {}, ["--quiet"]],
  ] as const)("no line with %s", async ([, changes, args], { world }) => {
    const { stdout } = await world.run([...args, ...run, world.trace(answerSteps("The answer."))], { ...changes, shell: onTerminal() });
    expect(stdout).toBe("The answer.\r\n");
  });

  test("no line when stderr is no terminal", async ({ world }) => {
    const { stdout } = await world.run([...run, world.trace(answerSteps("The answer."))], { shell: onTerminal(` 2> ${world.home}/err`) });
    expect(stdout).toBe("The answer.\r\n");
    expect(world.read("../home/err")).toBe("");
  });

  test("a failure stands alone on its line", async ({ world }) => {
    const failure = { type: "event", event: { type: "failure", failure: { code: "bad_request", message: "400 no" } } };
    const { stdout, status } = await world.run([...run, world.trace([failure])], { shell: onTerminal() });
    expect(status).toBe(1);
    expect(screen(stdout)).toBe("400 no\n");
  });

  test("pi alone shows a short help", async ({ world }) => {
    const { stdout, status } = await world.run([], { shell: onTerminal() });
    expect(status).toBe(0);
    expect(stdout).toContain('pi --model demo -p "What is in this folder?"');
    expect(stdout.split("\n").length).toBeLessThan(15);
  });
});

test("JSON mode and pipes see no line", async ({ world }) => {
  const { stdout, stderr } = await world.run(["--model", "demo", "--mode", "json", "-p", "hello"]);
  expect(stderr).toBe("");
  expect(stdout).not.toContain("\u001b");
});

test.skipIf(!hasScript)("nothing that a model, a service or a file says can speak to it; a pipe gets the bytes", async ({ world }) => {
  const asked = ["-p", "go", "--model"];
  const evil = "\u001b]0;title\u0007a\u001b[2J\u001b[31mred\u001b[0m\u009b5A\u001bP1;1|x\u001b\\b\r\u202ec";
  const answer = world.trace(answerSteps(evil));
  expect((await world.run(["--quiet", ...asked, answer], { shell: onTerminal() })).stdout).toBe("ared5Abc\r\n");
  expect((await world.run([...asked, answer])).stdout).toBe(`${evil}\n`);
  const failure = world.trace([{ type: "event", event: { type: "failure", failure: { code: "bad_request", message: `400 ${evil}` } } }]);
  const failed = await world.run(["--quiet", ...asked, failure], { shell: onTerminal() });
  expect(failed.stdout).toContain("400 ared5Abc");
  world.config('["\\u001b[31munknown\\u001b]0;x\\u0007"]\na = 1\n');
  const warned = await world.run(["--quiet", ...asked, world.trace(callSteps("\u001b[2Jtool", {}), answerSteps("Done."))], {
    shell: onTerminal(),
  });
  expect(warned.stdout).toMatch(/unknown/);
  for (const { stdout } of [failed, warned]) expect(stdout).not.toMatch(/[\u001b\u009b\u202e\u0007]/);
});
