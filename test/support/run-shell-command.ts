// Runs one command through createShellOperations and waits for it: a parent to be killed. Arguments: directory, command.
// Writes its process id to `ready` in the directory once the command runs.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createShellOperations } from "../../src/platform/spawn.ts";

const [, , directory = "", command = ""] = process.argv;
const shell = createShellOperations({ env: process.env, envPolicy: "inherit" });
const running = shell.run({ command, cwd: directory, signal: new AbortController().signal, onData: () => {} });
// The guard starts behind the command; its command line carries our process id.
while (!guardRuns()) await new Promise((resolve) => setTimeout(resolve, 5));
writeFileSync(join(directory, "ready"), String(process.pid));
await running;

function guardRuns(): boolean {
  return readdirSync("/proc").some((name) => {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8");
      return words.includes("while read") && words.includes(`${process.pid}-`);
    } catch {
      return false;
    }
  });
}
