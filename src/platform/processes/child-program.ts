// A child process that is talked to over its pipes. Called by the RPC client, and by the host runtime for another agent.
// Invariant: nothing of a dead child is left pending: `exited` settles, writes are dropped.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defined } from "../../contracts/defined.ts";
import { signalAll } from "./process-tree.ts";

export interface ChildProgram {
  readonly pid: number | undefined;
  write(text: string): void;
  /** No more input will come. */
  end(): void;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
  /** How it ended; never rejects. */
  readonly exited: Promise<{ code: number | null; signal: string | null; error?: Error }>;
}

export interface ChildProgramOptions {
  command: string;
  args: readonly string[];
  cwd?: string;
  /** Added to the environment of this process. */
  env?: Readonly<Record<string, string>>;
  /** It has this environment alone, and is a process group of its own. */
  isApart?: boolean;
  /** A promise where it is to be slowed down. */
  onStdout(chunk: Uint8Array): Promise<void> | undefined | void;
  onStderr(text: string): void;
}

/** How long what was started by a child that has ended may keep its pipes open without saying anything. */
const lingerMs = 500;

export function startChildProgram(options: ChildProgramOptions): ChildProgram {
  // Who imports the client does not pay for it, and a start has no moment in which it cannot be stopped.
  const { spawn } = process.getBuiltinModule("node:child_process");
  const child = spawn(options.command, [...options.args], {
    ...defined({ cwd: options.cwd }),
    env: options.isApart ? { ...options.env } : { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: options.isApart === true,
  });
  let linger: ReturnType<typeof setTimeout> | undefined;
  const resume = (): void => {
    linger?.refresh();
    child.stdout.resume();
  };
  child.stdout.on("data", (chunk: Uint8Array) => {
    linger?.refresh();
    const slow = options.onStdout(chunk);
    if (!slow) return;
    child.stdout.pause();
    slow.then(resume, resume);
  });
  child.stderr.setEncoding("utf8").on("data", options.onStderr);
  // Writing to a child that has gone: its end is told by `exited`.
  child.stdin.on("error", () => undefined);
  const exited = new Promise<{ code: number | null; signal: string | null; error?: Error }>((resolve) => {
    child.once("error", (error) => {
      const isNowhere = options.cwd !== undefined && !existsSync(options.cwd);
      resolve({ code: null, signal: null, error: isNowhere ? new Error(`no such working directory: ${options.cwd}`) : error });
    });
    // What it wrote last may still be in the pipe, which somebody else may hold open.
    child.once("exit", () => {
      linger = setTimeout(() => {
        // Who is slow still has what it wrote before.
        if (child.stdout.isPaused()) return void linger?.refresh();
        child.stdout.destroy();
        child.stderr.destroy();
      }, lingerMs);
    });
    child.once("close", (code, signal) => {
      clearTimeout(linger);
      resolve({ code, signal });
    });
  });
  return {
    pid: child.pid,
    write: (text) => {
      if (!child.stdin.destroyed) child.stdin.write(text);
    },
    end: () => void child.stdin.end(),
    kill: (signal) => {
      if (options.isApart && child.pid !== undefined) signalAll(child.pid, [], signal);
      else child.kill(signal);
    },
    exited,
  };
}

/** How to start the `pi` that this module belongs to: its binary, else its program for this runtime, else what PATH has. */
export function ownProgram(): { command: string; args: string[] } {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const manifest = join(directory, "package.json");
    if (existsSync(manifest) && (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name === "pi") {
      const binary = join(directory, "dist", process.platform === "win32" ? "pi.exe" : "pi");
      if (existsSync(binary)) return { command: binary, args: [] };
      const script = join(directory, "dist", "node", "main.cjs");
      if (existsSync(script)) return { command: process.execPath, args: [script] };
      break;
    }
    if (directory === dirname(directory)) break;
  }
  return { command: "pi", args: [] };
}

/** A script runs on the runtime we run on ourselves; anything else is a program. */
export function programAt(path: string): { command: string; args: string[] } {
  return /\.[cm]?[jt]s$/.test(path) ? { command: process.execPath, args: [path] } : { command: path, args: [] };
}
