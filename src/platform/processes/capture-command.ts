// Runs one shell command for its output: keys that come from a secret manager. Called by accounts/credentials through a lazy import.
// Invariant: nothing the command writes appears in an error.

import { execFile } from "node:child_process";
import type { Env } from "../paths.ts";

export interface CapturedCommand {
  /** Absent: it could not be started, or was ended by a signal or the deadline. */
  exitCode: number | undefined;
  stdout: string;
}

export function captureCommand(command: string, options: { env: Env; cwd: string; timeoutMs: number }): Promise<CapturedCommand> {
  const isWindows = process.platform === "win32";
  const [shell, flags] = isWindows ? ["cmd.exe", ["/d", "/s", "/c"]] : ["/bin/sh", ["-c"]];
  const env = Object.fromEntries(Object.entries(options.env).filter(([name]) => !name.startsWith("BUN_")));
  return new Promise((resolve) => {
    const child = execFile(
      shell,
      [...flags, command],
      { env, cwd: options.cwd, timeout: options.timeoutMs, killSignal: "SIGKILL", maxBuffer: 1 << 20, windowsHide: true },
      (error, stdout) => {
        const code = error === null ? 0 : error.code;
        resolve({ exitCode: typeof code === "number" ? code : undefined, stdout });
      },
    );
    child.stdin?.end();
  });
}
