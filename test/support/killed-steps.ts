// A program that is killed at any step it takes on the disk: bundled for Node and Bun alike, with a file system that counts. Used by tests that go
// through all steps one by one. Invariant: the step itself is not taken, but for a write, of which half is done.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bunPath } from "../../scripts/build.mjs";

const runtimes = { bun: bunPath(), node: process.execPath };

export type Runtime = keyof typeof runtimes;

/** What changes the disk. */
const changes = [
  ...["openSync", "writeSync", "writeFileSync", "appendFileSync", "fsyncSync", "closeSync", "linkSync", "renameSync", "rmSync"],
  ...["rmdirSync", "unlinkSync", "utimesSync", "mkdirSync", "chmodSync", "symlinkSync", "copyFileSync"],
];

/** A program counts a step of its own by `globalThis.countStep?.()`. */
const countedFs = `
import * as fs from "node:fs";
export * from "node:fs";
export { default } from "node:fs";
const killAt = Number(process.env.KILL_AT);
let steps = 0;
const count = (name, args) => {
  if (++steps !== killAt) return;
  if (name === "writeSync" && typeof args[1] === "object") fs.writeSync(args[0], args[1], args[2] ?? 0, Math.floor((args[3] ?? args[1].length) / 2));
  if (name === "writeFileSync" || name === "appendFileSync") fs[name](args[0], args[1].slice(0, args[1].length / 2), args[2]);
  process.kill(process.pid, "SIGKILL");
  for (;;);
};
globalThis.countStep = () => count("", []);
const counted = (name) => (...args) => { count(name, args); return fs[name](...args); };
${changes.map((name) => `export const ${name} = counted(${JSON.stringify(name)});`).join("\n")}
`;

export interface Killed {
  isKilled: boolean;
  status: number | null;
  stdout: string;
  stderr: string;
  durationMs: number;
}

export interface KillableProgram {
  /** `killAt`: from 1; 0: never. */
  run(runtime: Runtime, args: readonly string[], killAt: number): Promise<Killed>;
  remove(): void;
}

/** `source`: named relative to this folder. */
export function killableProgram(source: string): KillableProgram {
  const directory = mkdtempSync(join(tmpdir(), "pi-killed-"));
  const program = join(directory, "program.mjs");
  execFileSync(bunPath(), ["build", join(import.meta.dirname, source), "--target=node", `--outfile=${program}`], { stdio: "pipe" });
  const bundle = readFileSync(program, "utf8");
  const counted = bundle.replaceAll(/from "(node:)?fs"/g, 'from "./counted-fs.mjs"');
  if (counted === bundle) throw new Error(`${source} touches no file`);
  writeFileSync(program, counted);
  writeFileSync(join(directory, "counted-fs.mjs"), countedFs);
  return {
    run: (runtime, args, killAt) =>
      new Promise((resolve) => {
        const begun = performance.now();
        const env = { PATH: process.env.PATH, KILL_AT: String(killAt) };
        const child = spawn(runtimes[runtime], [program, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
        const said = { stdout: "", stderr: "" };
        for (const name of ["stdout", "stderr"] as const) {
          child[name].setEncoding("utf8").on("data", (text: string) => {
            said[name] += text;
          });
        }
        child.once("close", (status, signal) =>
          resolve({ isKilled: signal === "SIGKILL", status, ...said, durationMs: performance.now() - begun }),
        );
      }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
