// Programs that extensions run, on the runtime that runs this file: how they end, and what is known of it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type ExecutedProgram, type ExecuteOptions, executeProgram } from "../../../src/platform/processes/exec-program.ts";
import { isAlive, pidFrom } from "../../support/shell-checks.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const bash = (line: string, options: Partial<ExecuteOptions> = {}): Promise<ExecutedProgram> =>
  executeProgram("bash", ["-c", line], { cwd: "/", env: process.env, killGraceMs: 50, ...options });

const stubborn = "trap '' TERM PIPE; while :; do sleep 0.05; done";

test.each<[string, string, Partial<ExecuteOptions>, Partial<ExecutedProgram>]>([
  ["one that ends", "echo out; echo err >&2", {}, { stdout: "out\n", stderr: "err\n", code: 0, killed: false, truncated: false }],
  ["one that fails", "exit 3", {}, { code: 3, killed: false }],
  ["one that a signal ends", "kill -KILL $$", {}, { code: 137, killed: false }],
  ["a character in two pieces", "printf '\\xf0\\x9f'; sleep 0.05; printf '\\x98\\x80'", {}, { stdout: "\u{1f600}", code: 0 }],
  ["one that takes too long", "exec sleep 60", { timeoutMs: 50 }, { code: 143, killed: true, truncated: false }],
  [
    "one that has more time than a timer",
    "sleep 0.1; echo out",
    { timeoutMs: 30 * 86_400_000 },
    { stdout: "out\n", code: 0, killed: false },
  ],
  ["one that ends well when asked to", "trap 'exit 0' TERM; sleep 60 & wait", { timeoutMs: 200 }, { code: 143, killed: true }],
  ["one that says too much", "exec yes", { maxBytes: 1000 }, { code: 143, killed: true, truncated: true }],
  ["one that says too much and does not listen", `trap '' TERM PIPE; yes; ${stubborn}`, { maxBytes: 1000 }, { code: 137, truncated: true }],
])("%s", async (_name, line, options, wanted) => {
  expect(await bash(line, options)).toMatchObject(wanted);
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 30 * 86_400_000, 59_999.5])(
  "a limit of %s ms is none that ends it",
  async (timeoutMs) => {
    expect(await bash("echo out", { timeoutMs })).toMatchObject({ stdout: "out\n", code: 0, killed: false });
  },
);

test("one that does not listen", async () => {
  for (let timeoutMs = 50; ; timeoutMs *= 2) {
    const ended = await bash(`trap '' TERM PIPE; echo deaf; while :; do sleep 0.05; done`, { timeoutMs });
    // It has to have got as far, which takes a busy machine longer.
    if (ended.stdout === "") continue;
    expect(ended).toMatchObject({ stdout: "deaf\n", code: 137, killed: true });
    return;
  }
});

test("an abort is waited for until the program has gone, also where it came before the start", async () => {
  const abort = new AbortController();
  const running = bash("exec sleep 60", { signal: abort.signal });
  abort.abort();
  expect(await running).toMatchObject({ code: 143, killed: true });
  expect(await bash("exec sleep 60", { signal: abort.signal })).toMatchObject({ code: 143, killed: true });
});

/** It would be waited for until it ends. */
const serverIn = (directory: string): string => `cd ${directory}; sleep 600 & echo $! > new; mv new pid`;

test("what a program leaves behind is not waited for, and is let live", async () => {
  const directory = temporaryDirectory();
  expect(await bash(`${serverIn(directory)}; echo out`)).toMatchObject({ stdout: "out\n", code: 0, killed: false });
  const pid = Number(readFileSync(join(directory, "pid"), "utf8"));
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
});

test("an abort does not wait for what the program has started", async () => {
  const directory = temporaryDirectory();
  const abort = new AbortController();
  const running = bash(`${serverIn(directory)}; wait`, { signal: abort.signal });
  const pid = await pidFrom(join(directory, "pid"));
  onTestFinished(() => void process.kill(pid, "SIGKILL"));
  abort.abort();
  expect(await running).toMatchObject({ code: 143, killed: true });
});

test("a program that is not there is an answer", async () => {
  const { stderr, ...rest } = await executeProgram("/no/such/program", [], { cwd: "/", env: process.env });
  expect(rest).toEqual({ stdout: "", code: 1, killed: false, truncated: false });
  expect(stderr).toContain("/no/such/program");
});
