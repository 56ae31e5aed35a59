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
