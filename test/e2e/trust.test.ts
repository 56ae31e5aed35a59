// Decisions about projects, from the shell: many at once, and beside a lock of the npm agent's.

import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Way } from "../support/program.ts";
import { test } from "../support/world.ts";

describe.each<Way>(["binary", "node"])("on %s", (way) => {
  test("of decisions made at once none is lost", async ({ world }) => {
    const directories = Array.from({ length: 8 }, (_, at) => join(world.cwd, `p${at}`));
    for (const directory of directories) mkdirSync(directory);
    const decided = await Promise.all(directories.map((directory) => world.run(["trust", directory], { way })));
    expect(decided.map(({ status, stderr }) => [status, stderr])).toEqual(decided.map(() => [0, ""]));
    const kept = JSON.parse(readFileSync(join(world.agentDir, "trust.json"), "utf8"));
    expect(Object.keys(kept).sort()).toEqual(directories);
  });

  test("a decision waits for the npm agent's lock", async ({ world }) => {
    const lock = join(world.agentDir, "trust.json.lock");
    mkdirSync(lock, { recursive: true });
    const program = world.start(["trust", world.cwd], { way });
    const first = await Promise.race([program.result.then(() => "decided"), new Promise((resolve) => setTimeout(resolve, 800, "waiting"))]);
    expect(first).toBe("waiting");
    rmdirSync(lock);
    expect(await program.result).toMatchObject({ status: 0, stderr: "" });
  });
});
