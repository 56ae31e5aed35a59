// Runs one command through createShellOperations and waits for it: a parent to be killed. Arguments: directory, command,
// and one to run before it, what it leaves in the background being kept.
// Writes its process id to `ready` in the directory once the command runs.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createShellOperations } from "../../src/platform/processes/spawn.ts";

const [, , directory = "", command = "", before] = process.argv;
const shell = createShellOperations({ env: process.env, envPolicy: "inherit", background: before === undefined ? "end" : "keep" });
if (before !== undefined) await shell.run({ command: before, cwd: directory, signal: new AbortController().signal, onData: () => {} });
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
