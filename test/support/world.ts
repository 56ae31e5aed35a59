// A world of its own for one end-to-end test: home, project folder, configuration, servers, programs; all gone when the test is over.
// Used by test/e2e. Invariant: nothing of the user's own environment reaches the program.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test as baseTest } from "vitest";
import type { ProgramInput, ProgramResult, RunningProgram } from "./program.ts";
import { startProgram } from "./program.ts";
import { type Script, type StrictFormat, type StrictServer, startStrictServer } from "./strict/script.ts";
import { startWireServer, type WireAnswer, type WireServer } from "./wire-server.ts";

export type RunChanges = Partial<Omit<ProgramInput, "args" | "env">> & { env?: Record<string, string | undefined> };

export interface World {
  home: string;
  /** Where the program is started. */
  cwd: string;
  agentDir: string;
  /** Writes a file, named relative to cwd; gives its absolute path. */
  write(path: string, content: string | Uint8Array): string;
  read(path: string): string;
  /** The user's config.toml. */
  config(toml: string): void;
  /** A trace in the home directory; each call is a list of steps. Gives what stands behind `--model`. */
  trace(...calls: object[][]): string;
  start(args: readonly string[], changes?: RunChanges): RunningProgram;
  run(args: readonly string[], changes?: RunChanges): Promise<ProgramResult>;
  strict(format: StrictFormat, scripts: readonly Script[]): Promise<StrictServer>;
  wire(answer: WireAnswer): Promise<WireServer>;
  /** Before the directories go. */
  atEnd(end: () => Promise<unknown>): void;
  /** Paths of the session files, oldest first. */
  sessionFiles(): string[];
}

// biome-ignore lint/suspicious/noExplicitAny: records of any shape
export type Json = any;

export const test = baseTest.extend<{ world: World }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures used from this pattern
  world: async ({}, use) => {
    const { world, close } = createWorld();
    try {
      await use(world);
    } finally {
      await close();
    }
  },
});

/** For what several tests share; `close` ends and removes everything. */
export function createWorld(): { world: World; close(): Promise<void> } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "pi-e2e-")));
  const home = join(root, "home");
  const cwd = join(root, "project");
  const agentDir = join(home, ".pi/agent");
  for (const directory of [home, cwd, join(root, "tmp")]) mkdirSync(directory, { recursive: true });
  const ends: (() => Promise<unknown>)[] = [];
  const running = new Set<RunningProgram>();
  const put = (path: string, content: string | Uint8Array): string => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  const world: World = {
    home,
    cwd,
    agentDir,
    write: (path, content) => put(join(cwd, path), content),
    read: (path) => readFileSync(join(cwd, path), "utf8"),
    config: (toml) => chmodSync(put(join(agentDir, "config.toml"), toml), 0o600),
    trace: (...calls) => {
      const records = [{ type: "trace", version: 1 }, ...calls.flatMap((steps) => [{ type: "call", model: "test/test" }, ...steps])];
      return `scripted/${put(join(home, "trace.jsonl"), records.map((record) => `${JSON.stringify(record)}\n`).join(""))}`;
    },
    start: (args, { env, ...changes } = {}) => {
      const all = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: home, LANG: "C.UTF-8", TMPDIR: join(root, "tmp"), ...env };
      const given = Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
      const program = startProgram({ cwd, ...changes, env: given, args });
      running.add(program);
      // What it left behind has been killed by then.
      const gone = (): void => void running.delete(program);
      program.result.then(gone, gone);
      return program;
    },
    run: (args, changes) => world.start(args, changes).result,
    strict: async (format, scripts) => {
      const server = await startStrictServer(format, scripts);
      ends.push(() => server.close());
      return server;
    },
    wire: async (answer) => {
      const server = await startWireServer(() => answer);
      ends.push(() => server.close());
      return server;
    },
    atEnd: (end) => void ends.push(end),
    sessionFiles: () => sessionFilesIn(join(agentDir, "sessions")),
  };
  const close = async (): Promise<void> => {
    for (const program of running) {
      for (const pid of program.family()) process.kill(pid, "SIGKILL");
      await program.result.catch(() => undefined);
    }
    for (const end of ends) await end();
    rmSync(root, { recursive: true, force: true });
  };
  return { world, close };
}

function sessionFilesIn(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl"))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [];
  }
}

/** A text answer as steps of a trace. */
export function answerSteps(text: string, finish: object = { type: "finish", stopReason: "stop" }): object[] {
  return [...textSteps(text), event({ type: "text_end", contentIndex: 0 }), event(finish)];
}

/** The beginning of a text answer. */
export function textSteps(text: string): object[] {
  return [event({ type: "text_start", contentIndex: 0 }), event({ type: "text_delta", contentIndex: 0, delta: text })];
}

/** A tool call as steps of a trace; `args` as the text that came. */
export function callSteps(toolName: string, args: object | string, id = "call_1"): object[] {
  const delta = typeof args === "string" ? args : JSON.stringify(args);
  return [
    event({ type: "toolcall_start", contentIndex: 0, id, toolName }),
    event({ type: "toolcall_delta", contentIndex: 0, delta }),
    event({ type: "toolcall_end", contentIndex: 0 }),
    event({ type: "finish", stopReason: "toolUse" }),
  ];
}

export function event(streamEvent: object): object {
  return { type: "event", event: streamEvent };
}

export function recordsOf(lines: string): Json[] {
  return lines
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
