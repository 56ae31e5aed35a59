// What is written to a terminal: all of it, in order, also more than it has room for; a frame at once where the system can. On both runtimes.

import { describe, expect } from "vitest";
import { builtProgram, runtimes } from "../support/built-program.ts";
import { hasPty, startOnTerminal } from "../support/terminal.ts";
import { test } from "../support/world.ts";

const program = builtProgram("frame-writer.ts");

describe.skipIf(!hasPty)("on a pseudo terminal", () => {
  test.for(runtimes)("%s: frames and floods are there in whole and in order", async (runtime, { world }) => {
    const terminal = startOnTerminal(program.on(runtime), { world, env: { PATH: process.env.PATH ?? "" } });
    await terminal.until((screen) => /last (?:waits|is taken)/.test(screen));
    terminal.type("q");
    expect(await terminal.ended).toEqual({ status: 0, flags: "same" });
    const [first, ...rest] = terminal.output().split(/\r+\n/).slice(0, -1);
    const last = rest.pop();
    expect(rest).toEqual(Array.from({ length: 20_000 }, (_, line) => `line ${line}`));
    expect([first, last]).toEqual(["first", "last"].map((name) => `${name}${name} ${process.platform === "linux" ? "is taken" : "waits"}`));
  });
});
