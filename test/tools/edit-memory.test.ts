// What is not found in a large file costs little more than the file: in a process of its own, since a peak is that of all that a process does.

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { builtProgram, type Runtime } from "../support/built-program.ts";

const probe = builtProgram("edit-memory-probe.ts");

test.each(
  ["some line of a large file\n", "some line of a large file, grün\n", "„some“ line of a – large file\n"].flatMap(
    (line): [Runtime, string, number][] => [
      ["node", line, 4],
      // Lets rubbish lie longer.
      ["bun", line, 6],
    ],
  ),
)("on %s, of lines like %j: less than %d times the file", (runtime, line, limit) => {
  const [command, program] = probe.on(runtime);
  const { stdout, stderr } = spawnSync(command, [program, line], { encoding: "utf8", cwd: import.meta.dirname });
  expect(stderr).toBe("");
  const { grown, text } = JSON.parse(stdout) as { grown: number; text: string };
  expect(text).toContain("Could not find the exact text");
  expect(grown).toBeLessThan(limit);
});
