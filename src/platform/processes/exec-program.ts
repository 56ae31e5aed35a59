// Runs a program with its arguments and collects what it says, the two streams apart (`pi.exec` of extensions).
// Invariant: resolves however it ends; after a deadline or an abort it is killed.

import { execFile } from "node:child_process";
import { defined } from "../../contracts/defined.ts";
import type { Env } from "../paths.ts";
import { signalStatus } from "./shell-process.ts";

export interface ExecutedProgram {
  stdout: string;
  stderr: string;
  /** 128 + the signal's number where one ended it, 1 where it could not be started or was stopped for what it said. */
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
}

const maxOutputBytes = 64 * 1024 * 1024;

export function executeProgram(command: string, args: readonly string[], options: ExecuteOptions): Promise<ExecutedProgram> {
  const { cwd, signal, timeoutMs = 0, maxBytes = maxOutputBytes } = options;
  const env = Object.fromEntries(Object.entries(options.env).filter(([name]) => !name.startsWith("BUN_")));
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args],
      { cwd, env, timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: maxBytes, ...defined({ signal }) },
      (error, stdout, stderr) => {
        const cause: unknown = error?.code;
        const truncated = cause === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER";
        const reason = typeof cause === "string" && !truncated && stderr === "" ? (error?.message ?? "") : stderr;
        const code = error === null ? 0 : typeof cause === "number" ? cause : error.signal && !truncated ? signalStatus(error.signal) : 1;
        resolve({ stdout, stderr: reason, code, killed: error?.killed === true || signal?.aborted === true, truncated });
      },
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
  });
}
