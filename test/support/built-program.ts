// A program of this folder, bundled for Node and Bun alike: for tests of what a process does with its streams, its terminal or its memory.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { bunPath } from "../../scripts/build.mjs";

export const runtimes = ["bun", "node"] as const;
export type Runtime = (typeof runtimes)[number];

export interface BuiltProgram {
  /** What starts it on a runtime, without its arguments. */
  on(runtime: Runtime): [command: string, program: string];
  /** Gone with it, when the file's tests are over. */
  directory: string;
}

/** Built before the tests of the file that asks for it. `source`: named relative to this folder. */
export function builtProgram(source: string): BuiltProgram {
  const built: BuiltProgram = {
    on: (runtime) => [runtime === "bun" ? bunPath() : process.execPath, join(built.directory, "program.mjs")],
    directory: "",
  };
  beforeAll(() => {
    built.directory = mkdtempSync(join(tmpdir(), "pi-test-"));
    const [bun, program] = built.on("bun");
    const flags = ["--target=node", "--format=esm", `--outfile=${program}`];
    execFileSync(bun, ["build", join(import.meta.dirname, source), ...flags], { stdio: "pipe" });
  });
  afterAll(() => rmSync(built.directory, { recursive: true, force: true }));
  return built;
}
