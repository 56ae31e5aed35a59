// Runs a program with its arguments and collects what it says, the two streams apart (`pi.exec` of extensions).
// Invariant: resolves however it ends, also where it leaves something behind; after a deadline, an abort or too much output it is asked to end, and a
// while later killed.

import { execFile } from "node:child_process";
import { timeLimitMs } from "../../contracts/duration.ts";
import type { Env } from "../paths.ts";
import { signalStatus } from "./shell-process.ts";

export interface ExecutedProgram {
  stdout: string;
  stderr: string;
  /** 128 + the signal's number where one ended it, 1 where it could not be started. */
  code: number;
  killed: boolean;
  /** There was more than was kept. */
  truncated: boolean;
}

export interface ExecuteOptions {
  cwd: string;
  env: Env;
  signal?: AbortSignal;
  timeoutMs?: number;
  /** For its standard input. */
  input?: string;
  /** Of each stream; default 64 MB. */
  maxBytes?: number;
  killGraceMs?: number;
}

const maxOutputBytes = 64 * 1024 * 1024;

/** How long what it has left behind may hold its pipes without saying anything. */
const lingerMs = 100;

/** Between the wish and the end: what a program needs to put its own affairs in order. */
const defaultKillGraceMs = 5000;

export function executeProgram(command: string, args: readonly string[], options: ExecuteOptions): Promise<ExecutedProgram> {
  const { cwd, signal, timeoutMs = 0, maxBytes = maxOutputBytes, killGraceMs = defaultKillGraceMs } = options;
  const env = Object.fromEntries(Object.entries(options.env).filter(([name]) => !name.startsWith("BUN_")));
  return new Promise((resolve) => {
    let killing: NodeJS.Timeout | undefined;
    const killLater = (): void => {
      killing ??= setTimeout(() => child.kill("SIGKILL"), killGraceMs);
    };
    let lingering: NodeJS.Timeout | undefined;
    const close = (): void => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    };
    const end = (): void => {
      if (lingering !== undefined) close();
      else {
        child.kill();
        killLater();
      }
    };
    const child = execFile(
      command,
      [...args],
      { cwd, env, timeout: timeLimitMs(timeoutMs) ?? 0, maxBuffer: maxBytes },
      (error, stdout, stderr) => {
        clearTimeout(killing);
        clearTimeout(lingering);
        signal?.removeEventListener("abort", end);
        const cause: unknown = error?.code;
        const truncated = cause === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER";
        const isUnstarted = typeof cause === "string" && !truncated;
        const reason = isUnstarted && stderr === "" ? (error?.message ?? "") : stderr;
        const killed = error?.killed === true || child.killed || signal?.aborted === true;
        resolve({ stdout, stderr: reason, code: status(isUnstarted, killed, truncated), killed, truncated });
      },
    );
    const status = (isUnstarted: boolean, killed: boolean, truncated: boolean): number => {
      if (isUnstarted) return 1;
      // The pipe that nobody reads any more may be quicker than the signal.
      if (truncated && killed && child.signalCode !== "SIGKILL") return signalStatus("SIGTERM");
      const code = child.signalCode ? signalStatus(child.signalCode) : (child.exitCode ?? 1);
      return code === 0 && killed ? signalStatus("SIGTERM") : code;
    };
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
    let isSilent = true;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", () => {
        isSilent = false;
      });
    const linger = (): void => {
      isSilent = true;
      // Where this process was held up, what has come meanwhile is read between the timer and the look.
      lingering = setTimeout(() => setImmediate(() => (isSilent ? close() : linger())), lingerMs);
    };
    child.once("exit", linger);
    if (signal?.aborted) end();
    signal?.addEventListener("abort", end, { once: true });
    // Its streams are torn down where it has said too much or taken too long.
    child.stdout?.once("close", () => child.killed && killLater());
  });
}
