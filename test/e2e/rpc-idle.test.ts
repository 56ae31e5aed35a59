// RPC mode that waits for its client gives memory back, and answers afterwards as before.

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { test } from "../support/world.ts";

const anonymousKb = (pid: number): number => Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);

test.runIf(process.platform === "linux")("what a start has left behind is given back once nothing happens", async ({ world }) => {
  const program = world.start(["--mode", "rpc", "--no-session", "--model", "scripted/demo"], { way: "binary", stdin: "silent" });
  const ask = async (record: object, answer: string): Promise<void> => {
    program.child.stdin?.write(`${JSON.stringify(record)}\n`);
    await program.said(answer);
  };
  await ask({ id: "first", type: "get_state" }, '"id":"first"');
  const atStart = anonymousKb(program.pid);
  await expect.poll(() => atStart - anonymousKb(program.pid), { timeout: 30_000, interval: 100 }).toBeGreaterThan(300);
  await ask({ id: "second", type: "get_state" }, '"id":"second"');
  await ask({ id: "prompt", type: "prompt", message: "hi" }, '"agent_settled"');
  program.child.stdin?.end();
  expect(await program.result).toMatchObject({ status: 0, stderr: "" });
});
