// Runs the program under test as a user would: as a process of its own, in one of the three ways it is delivered, with nothing inherited.
// Used by the end-to-end tests. Invariant: every process started carries a mark in its environment, by which what it left behind is found.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { bunPath } from "../../scripts/build.mjs";

export type Way = "binary" | "node" | "bun";
export const ways: readonly Way[] = ["binary", "node", "bun"];

export const projectRoot = resolve(import.meta.dirname, "../..");

/** What is behind stdin: `null`: /dev/null; `closed`: no descriptor; `silent`: a pipe that nobody writes to; else a pipe with this text. */
export type Stdin = "null" | "closed" | "silent" | { text: string };

export interface ProgramInput {
  way?: Way;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  stdin?: Stdin;
  /** A bash command around the program, which stands in it as `"$@"`; its streams and status are what is reported. */
  shell?: string;
  /** Killed, and reported as `timedOut`, after this. */
  timeoutMs?: number;
}

export interface ProgramResult {
  stdout: string;
  stderr: string;
  /** Exit status; null when a signal ended it. */
  status: number | null;
  signal: NodeJS.Signals | null;
  durationMs: number;
  timedOut: boolean;
  /** Command lines of processes it left running. They have been killed. */
  survivors: string[];
}

export interface RunningProgram {
  pid: number;
  child: ChildProcess;
  /** Resolves once the stream holds the text; rejects when the program ends without it. */
  said(text: string | RegExp, stream?: "stdout" | "stderr"): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Processes that carry the mark, the program itself among them. */
  family(): number[];
  result: Promise<ProgramResult>;
}

const commands = new Map<Way, string[]>();

/** The command that starts the program in a way, without its arguments. */
export function commandOf(way: Way): string[] {
  // Looked at once a file of tests: every start would stat all sources otherwise.
  const known = commands.get(way) ?? findCommand(way);
  commands.set(way, known);
  return known;
}

function findCommand(way: Way): string[] {
  if (way === "bun") return [bunPath(), join(projectRoot, "src/main.ts")];
  const built = join(projectRoot, way === "binary" ? "dist/pi" : "dist/node/main.cjs");
  if (!existsSync(built) || statSync(built).mtimeMs < newestSource())
    throw new Error(`${built} is missing or older than src: npm run build`);
  return way === "binary" ? [built] : [process.execPath, built];
}

function newestSource(): number {
  const entries = readdirSync(join(projectRoot, "src"), { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".ts"));
  return Math.max(...sources.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}

export function startProgram(input: ProgramInput): RunningProgram {
  const [name, value] = ["PI_TEST_MARK", `${process.pid}-${Math.random().toString(36).slice(2)}`];
  const program = [...commandOf(input.way ?? "binary"), ...input.args];
  const stdin = input.stdin ?? "null";
  const shell = input.shell ?? (stdin === "closed" ? 'exec "$@" <&-' : undefined);
  const [command = "", ...args] = shell === undefined ? program : ["/bin/bash", "-c", shell, "bash", ...program];
  const mark = new Mark(`${name}=${value}`);
  const startedMs = performance.now();
  const child = spawn(command, args, {
    cwd: input.cwd,
    env: { ...input.env, [name]: value },
    stdio: [stdin === "silent" || typeof stdin === "object" ? "pipe" : "ignore", "pipe", "pipe"],
  });
  // A program that ends before it has read everything closes the pipe on us.
  child.stdin?.on("error", () => undefined);
  if (typeof stdin === "object") child.stdin?.end(stdin.text);
  const output = new CollectedOutput(child);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    for (const pid of mark.processes()) kill(pid);
  }, input.timeoutMs ?? 60_000);
  const result = new Promise<ProgramResult>((done, fail) => {
    child.once("error", fail);
    let survivors: Promise<string[]> = Promise.resolve([]);
    let endedMs = 0;
    child.once("exit", () => {
      endedMs = performance.now();
      survivors = killLeftovers(mark);
    });
    child.once("close", async (status, signal) => {
      clearTimeout(timer);
      done({ ...output.texts(), status, signal, durationMs: endedMs - startedMs, timedOut, survivors: await survivors });
    });
  });
  result.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    child,
    said: (text, stream = "stdout") => output.said(text, stream),
    signal: (one) => void child.kill(one),
    family: () => mark.processes(),
    result,
  };
}

class CollectedOutput {
  readonly #chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  #waiting: { text: string | RegExp; stream: "stdout" | "stderr"; resolve(): void; reject(error: Error): void }[] = [];

  constructor(child: ChildProcess) {
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.on("data", (chunk: Buffer) => {
        this.#chunks[stream].push(chunk);
        if (this.#waiting.length > 0) this.#check();
      });
    }
    child.once("close", () => {
      const texts = this.texts();
      for (const { text, reject } of this.#waiting) reject(new Error(`ended without saying ${text}: ${JSON.stringify(texts)}`));
    });
  }

  texts(): { stdout: string; stderr: string } {
    return { stdout: Buffer.concat(this.#chunks.stdout).toString(), stderr: Buffer.concat(this.#chunks.stderr).toString() };
  }

  said(text: string | RegExp, stream: "stdout" | "stderr"): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, stream, resolve, reject });
      this.#check();
    });
  }

  #check(): void {
    const texts = this.texts();
    this.#waiting = this.#waiting.filter((waiter) => {
      const said = texts[waiter.stream];
      if (typeof waiter.text === "string" ? !said.includes(waiter.text) : !waiter.text.test(said)) return true;
      waiter.resolve();
      return false;
    });
  }
}

/** What is dying is given a moment, on a busy machine too; what is still there then was left behind. */
async function killLeftovers(mark: Mark): Promise<string[]> {
  for (let look = 0; look < 500; look++) {
    if (mark.processes().length === 0) return [];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const pids = mark.processes();
  const lines = pids.map(commandLine);
  for (const pid of pids) kill(pid);
  return lines;
}

/** What a program and all that it starts have in their environment. */
class Mark {
  readonly #bytes: Buffer;
  /** Those that were there before it: they are most, and each look at one costs. Ids go round, so none of them is given out again so soon. */
  readonly #others = new Set(processIds());

  constructor(variable: string) {
    this.#bytes = Buffer.from(`${variable}\0`);
  }

  processes(): number[] {
    return processIds()
      .filter((pid) => !this.#others.has(pid) && this.#isOn(pid))
      .map(Number);
  }

  #isOn(pid: string): boolean {
    try {
      // A zombie has no environment any more: it is not counted, rightly.
      return readFileSync(`/proc/${pid}/environ`).includes(this.#bytes);
    } catch {
      return false;
    }
  }
}

function processIds(): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
  } catch {
    return `process ${pid}`;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
