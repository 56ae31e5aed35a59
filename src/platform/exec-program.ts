// Runs a program with its arguments and collects what it says, the two streams apart (`pi.exec` of extensions).
// Invariant: resolves however it ends; after a deadline or an abort it is killed.

import { execFile } from "node:child_process";
import { defined } from "../contracts/defined.ts";
import type { Env } from "./paths.ts";

export interface ExecutedProgram {
  stdout: string;
  stderr: string;
  /** 1 where it could not be started or was killed. */
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
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        const reason = error !== null && stderr === "" && typeof error.code !== "number" ? error.message : stderr;
        const truncated = (error as { code?: unknown } | null)?.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER";
        resolve({ stdout, stderr: reason, code, killed: error?.killed === true || signal?.aborted === true, truncated });
      },
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
  });
}
