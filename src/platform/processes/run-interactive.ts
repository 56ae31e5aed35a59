// Runs a program that takes over the terminal (an editor). Called by `pi config edit` and for a text that is written outside, through lazy imports.
// Invariant: what the terminal sends (Ctrl-C) is the program's; it has ended when this has.

import { spawn } from "node:child_process";
import type { Env } from "../paths.ts";
import { findDescendants, signalAll } from "./process-tree.ts";

export interface OnTerminal {
  env: Env;
  cwd: string;
  /** The program is to end: asked to, and after a moment made to. */
  ending?: AbortSignal;
}

const endedWithinMs = 1_000;

/** `command` may carry arguments of its own, as `$EDITOR` does; `file` is passed unharmed by any shell. Gives the exit code. */
export function runOnTerminal(command: string, file: string, options: OnTerminal): Promise<number> {
  const env = { ...options.env };
  const child =
    process.platform === "win32"
      ? spawn(`${command} "${file}"`, { shell: true, stdio: "inherit", cwd: options.cwd, env })
      : spawn("/bin/sh", ["-c", `${command} "$1"`, "sh", file], { stdio: "inherit", cwd: options.cwd, env });
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const send = (signal: "SIGTERM" | "SIGKILL"): void => {
      const { pid } = child;
      if (pid !== undefined) signalAll(undefined, [...findDescendants(pid), pid], signal);
    };
    const stop = (): void => {
      send("SIGTERM");
      timer = setTimeout(() => send("SIGKILL"), endedWithinMs);
    };
    const done = (code: number): void => {
      clearTimeout(timer);
      options.ending?.removeEventListener("abort", stop);
      process.off("SIGINT", leaveToIt);
      resolve(code);
    };
    process.on("SIGINT", leaveToIt);
    options.ending?.addEventListener("abort", stop, { once: true });
    child.once("error", () => done(127));
    child.once("close", (code) => done(code ?? 1));
    if (options.ending?.aborted === true) stop();
  });
}

/** Of a terminal that the program has not made raw. */
function leaveToIt(): void {}
