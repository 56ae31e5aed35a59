// Runs a program that takes over the terminal (an editor). Called by `pi config edit` through a lazy import.

import { spawn } from "node:child_process";
import type { Env } from "../paths.ts";

/** `command` may carry arguments of its own, as `$EDITOR` does; `file` is passed unharmed by any shell. Gives the exit code. */
export function runOnTerminal(command: string, file: string, options: { env: Env; cwd: string }): Promise<number> {
  const env = { ...options.env };
  const child =
    process.platform === "win32"
      ? spawn(`${command} "${file}"`, { shell: true, stdio: "inherit", cwd: options.cwd, env })
      : spawn("/bin/sh", ["-c", `${command} "$1"`, "sh", file], { stdio: "inherit", cwd: options.cwd, env });
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (code) => resolve(code ?? 1));
  });
}
