// Starts the session writer as a process of its own, on Bun or on Node, and reads what it says.

import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { bunPath } from "../../scripts/build.mjs";

const bun = bunPath();

export type Runtime = "bun" | "node";

/** Bundles the writer into a directory; returns the program's path, which runs on both runtimes. */
export function bundleWriter(directory: string): string {
  const program = join(directory, "writer.mjs");
  execFileSync(bun, ["build", join(import.meta.dirname, "session-writer.ts"), "--target=node", `--outfile=${program}`], {
    stdio: "pipe",
  });
  return program;
}

export interface ChildWriter {
  readonly pid: number;
  /** Lines so far. */
  readonly lines: string[];
  /** The first line, past or future, that starts so; rejects when the process ends without it. */
  line(start: string): Promise<string>;
  /** Lets a writer that holds its session end in order. */
  release(): void;
  kill(): void;
  /** After the end of the process, with all its output read. */
  ended: Promise<number | null>;
}

export function startWriter(runtime: Runtime, program: string, args: string[]): ChildWriter {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(runtime === "bun" ? bun : process.execPath, [program, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const waiting: { start: string; resolve(line: string): void; reject(error: Error): void }[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      lines.push(line);
      for (const one of waiting) if (line.startsWith(one.start)) one.resolve(line);
    }
  });
  child.stdin.on("error", () => {});
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (status) => {
      for (const one of waiting) one.reject(new Error(`the writer ended without saying "${one.start}": ${lines.join(" | ")}`));
      resolve(status);
    });
  });
  return {
    pid: child.pid ?? 0,
    lines,
    line: (start) =>
      new Promise((resolve, reject) => {
        const found = lines.find((line) => line.startsWith(start));
        if (found !== undefined) resolve(found);
        else waiting.push({ start, resolve, reject });
      }),
    release: () => child.stdin.write("\n"),
    kill: () => child.kill("SIGKILL"),
    ended,
  };
}
