// A key that a command gives: what becomes of the command and of what it has started.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CapturedCommand, captureCommand } from "../../../src/platform/processes/capture-command.ts";
import { isAlive, untilDead } from "../../support/shell-checks.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const capture = (command: string, cwd: string, timeoutMs = 60_000): Promise<CapturedCommand> =>
  captureCommand(command, { env: { PATH: process.env.PATH, BUN_BE_BUN: "1" }, cwd, timeoutMs });

test("what it says and how it ends; it has no input, and nothing that turns our binary into another program", async () => {
  const cwd = temporaryDirectory();
  expect(await capture('cat; echo "key[$BUN_BE_BUN]"; echo why >&2; exit 3', cwd)).toEqual({ exitCode: 3, stdout: "key[]\n" });
  expect(await capture("kill -9 $$", cwd)).toEqual({ exitCode: undefined, stdout: "" });
});

test("after its time nothing of it lives, also what it has started and waits for", async () => {
  const cwd = temporaryDirectory();
  const pids = (): number[] => readFileSync(join(cwd, "pids"), "utf8").trim().split("\n").map(Number);
  const command = 'echo $$ > pids; { echo key; exec sleep 600; } & echo $! >> pids; (trap "" TERM; sleep 600); true';
  for (let timeoutMs = 200; ; timeoutMs *= 2) {
    const captured = await capture(command, cwd, timeoutMs);
    expect(captured.exitCode).toBeUndefined();
    // It has to have got as far, which takes a busy machine longer.
    if (captured.stdout === "" || pids().length < 2) continue;
    for (const pid of pids()) await untilDead(pid);
    return;
  }
});

test("what it leaves behind is not waited for, and is let live", async () => {
  const cwd = temporaryDirectory();
  // It would be waited for until the command's time is over.
  const captured = await capture("sleep 600 & echo $! > pid; echo key", cwd, 300_000);
  const pid = Number(readFileSync(join(cwd, "pid"), "utf8"));
  expect({ ...captured, lives: isAlive(pid) }).toEqual({ exitCode: 0, stdout: "key\n", lives: true });
  process.kill(pid, "SIGKILL");
});

test("it stays where it can ask at the terminal: in the session of who runs it", async () => {
  const { stdout } = await capture("cut -d' ' -f1,6 /proc/$$/stat", temporaryDirectory());
  const [pid, session] = stdout.trim().split(" ");
  expect(pid).toMatch(/^\d+$/);
  expect(session).not.toBe(pid);
});
