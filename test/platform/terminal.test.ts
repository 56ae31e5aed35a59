// What is written to a terminal: all of it, in order, also more than it has room for; a frame at once where the system can. On both runtimes.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { bunPath } from "../../scripts/build.mjs";
import { hasPty, startOnTerminal } from "../support/terminal.ts";
import { test } from "../support/world.ts";

let program: string;

beforeAll(() => {
  program = join(mkdtempSync(join(tmpdir(), "pi-test-")), "frame-writer.mjs");
  execFileSync(bunPath(), ["build", join(import.meta.dirname, "../support/frame-writer.ts"), "--target=node", `--outfile=${program}`], {
    stdio: "pipe",
  });
});

afterAll(() => rmSync(dirname(program), { recursive: true, force: true }));

describe.skipIf(!hasPty)("on a pseudo terminal", () => {
  test.for(["bun", "node"] as const)("%s: frames and floods are there in whole and in order", async (runtime, { world }) => {
    const command = [runtime === "bun" ? bunPath() : process.execPath, program];
    const terminal = startOnTerminal(command, { world, env: { PATH: process.env.PATH ?? "" } });
    await terminal.until((screen) => /last (?:waits|is taken)/.test(screen));
    terminal.type("q");
    expect(await terminal.ended).toEqual({ status: 0, flags: "same" });
    const [first, ...rest] = terminal.output().split(/\r+\n/).slice(0, -1);
    const last = rest.pop();
    expect(rest).toEqual(Array.from({ length: 20_000 }, (_, line) => `line ${line}`));
    expect([first, last]).toEqual(["first", "last"].map((name) => `${name}${name} ${process.platform === "linux" ? "is taken" : "waits"}`));
  });
});
