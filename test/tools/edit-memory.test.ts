// What is not found in a large file costs little more than the file: in a process of its own, since a peak is that of all that a process does.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { bunPath } from "../../scripts/build.mjs";

const probe = join(import.meta.dirname, "../support/edit-memory-probe.ts");
let program = "";

beforeAll(() => {
  const directory = mkdtempSync(join(tmpdir(), "pi-test-"));
  program = join(directory, "probe.mjs");
  execFileSync(bunPath(), ["build", probe, "--target=node", `--outfile=${program}`], { stdio: "pipe" });
  return () => rmSync(directory, { recursive: true, force: true });
});

test.each(
  ["some line of a large file\n", "some line of a large file, grün\n", "„some“ line of a – large file\n"].flatMap((line) => [
    ["node", line, 4],
    // Lets rubbish lie longer.
    ["bun", line, 6],
  ]),
)("on %s, of lines like %j: less than %d times the file", (runtime, line, limit) => {
  const { stdout, stderr } = spawnSync(runtime === "bun" ? bunPath() : process.execPath, [program, String(line)], {
    encoding: "utf8",
    cwd: import.meta.dirname,
  });
  expect(stderr).toBe("");
  const { grown, text } = JSON.parse(stdout) as { grown: number; text: string };
  expect(text).toContain("Could not find the exact text");
  expect(grown).toBeLessThan(Number(limit));
});
