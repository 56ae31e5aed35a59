// Runs a shell line with a text on its standard input and collects what it says, the two streams apart (hooks of the configuration; by way of
// capture-command, keys that come from a secret manager).
// Invariants: resolves however it ends, also where the line reads nothing or leaves something behind; the line and all that it has started are
// killed after the deadline or an abort.

import { spawn } from "node:child_process";
import { timerMs } from "../../contracts/duration.ts";
import type { Env } from "../paths.ts";
import { findDescendants, signalAll } from "./process-tree.ts";

export interface FedCommand {
  stdout: string;
  stderr: string;
  /** `undefined`: it could not be started, or was killed. */
  exitCode: number | undefined;
  timedOut: boolean;
}

export interface FeedOptions {
  cwd: string;
  env: Env;
  input: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** It may ask the user at the terminal, which a process group of its own could not. */
  isAtTerminal?: boolean;
}

const maxOutputBytes = 1024 * 1024;

export function feedCommand(command: string, options: FeedOptions): Promise<FedCommand> {
  const { cwd, env, input, timeoutMs, signal, isAtTerminal = false } = options;
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("BUN_")));
  const [shell, flags] = process.platform === "win32" ? ["cmd.exe", ["/d", "/s", "/c"]] : ["/bin/sh", ["-c"]];
  return new Promise((resolve) => {
    const child = spawn(shell, [...flags, command], {
      cwd,
      env: own,
      stdio: ["pipe", "pipe", "pipe"],
      detached: !isAtTerminal,
      windowsHide: true,
    });
    let timedOut = false;
    const kill = (): void => {
      const { pid } = child;
      // Its number may be another's once it has ended.
      if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      if (isAtTerminal) signalAll(undefined, [...findDescendants(pid), pid], "SIGKILL");
      else signalAll(pid, [], "SIGKILL");
    };
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, timerMs(timeoutMs));
    signal?.addEventListener("abort", kill, { once: true });
    if (signal?.aborted === true) kill();
    const [stdout, stderr] = [collected(child.stdout), collected(child.stderr)];
    // One that does not read what it is told, or ends before, is in its right.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const end = (exitCode: number | undefined, problem?: string): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", kill);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      resolve({ stdout: stdout(), stderr: problem ?? stderr(), exitCode, timedOut });
    };
    child.once("error", (error) => end(undefined, error.message));
    child.once("exit", (code) => {
      // What it has written is in the pipe; who holds that open behind it is not waited for.
      const done = (): void => end(timedOut ? undefined : (code ?? undefined));
      const closed = new Promise<void>((close) => child.once("close", () => close()));
      let lingering: NodeJS.Timeout | undefined;
      void Promise.race([closed, new Promise<void>((late) => (lingering = setTimeout(late, lingerMs)))]).then(() => {
        clearTimeout(lingering);
        done();
      });
    });
  });
}

const lingerMs = 100;

function collected(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    if (bytes < maxOutputBytes) chunks.push(chunk);
    bytes += chunk.length;
  });
  stream.on("error", () => {});
  return () => Buffer.concat(chunks).toString("utf8").slice(0, maxOutputBytes);
}
