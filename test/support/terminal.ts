// A terminal that a test looks at: a program on a pseudo terminal (python3's pty), what it draws kept by a headless xterm. Used by the tests of the
// interactive mode. Invariant: waiting is for something to be seen, never for time to pass.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import xterm from "@xterm/headless";
import type { World } from "./world.ts";

export const hasPty = existsSync("/usr/bin/python3");

export interface TerminalProgram {
  /** Text of the rows on the screen, blanks at their ends taken off. */
  screen(): string[];
  /** All rows, with those that have scrolled off. */
  scrollback(): string[];
  /** Everything the program wrote. */
  output(): string;
  /** Keys, as a terminal sends them. */
  type(text: string): void;
  resize(columns: number, rows: number): void;
  signal(name: string): void;
  /** Resolves when it has stopped for the first time, and the shell has the terminal. */
  suspended(): Promise<void>;
  /** Nobody reads what is written any more; SIGTERM once it can write no more. */
  unread(): void;
  /** The terminal goes away. */
  hangUp(): void;
  /** Resolves once the screen is so; rejects after a while with what it is. */
  until(is: (screen: string) => boolean, what?: string): Promise<string>;
  /** `flags`: whether the terminal's own settings are as they were. */
  ended: Promise<{ status: number; flags: "same" | "other" | "gone" }>;
}

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** Started in its folder, and ended with it. */
  world: World;
  env: Readonly<Record<string, string>>;
}

const patienceMs = 60_000;

export function startOnTerminal(program: readonly string[], { columns = 80, rows = 24, world, env }: TerminalOptions): TerminalProgram {
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
  const child = spawn("/usr/bin/python3", [join(import.meta.dirname, "pseudo-terminal.py"), String(columns), String(rows), ...program], {
    cwd: world.cwd,
    env: { TERM: "xterm-256color", ...env },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const [stdin, stdout, stderr, control] = child.stdio as unknown as [
    NodeJS.WritableStream,
    NodeJS.ReadableStream,
    NodeJS.ReadableStream,
    NodeJS.WritableStream,
  ];
  let output = "";
  let said = "";
  let stopped = (): void => {};
  const suspended = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  const decoder = new TextDecoder();
  const changed = new Set<() => void>();
  for (const stream of [stdin, control]) stream.on("error", () => {});
  stdout.on("data", (bytes: Uint8Array) => {
    output += decoder.decode(bytes, { stream: true });
    terminal.write(bytes, () => {
      for (const look of [...changed]) look();
    });
  });
  stderr.on("data", (bytes: Buffer) => {
    said += bytes.toString();
    if (said.includes("stopped")) stopped();
  });
  // What the terminal answers when it is asked.
  terminal.onData((text) => stdin.write(text));
  const rowsFrom = (first: number): string[] => {
    const { buffer } = terminal;
    return Array.from(
      { length: buffer.active.length - first },
      (_, at) => buffer.active.getLine(first + at)?.translateToString(true) ?? "",
    );
  };
  const screen = (): string[] => rowsFrom(terminal.buffer.active.baseY);
  const ended = new Promise<{ status: number; flags: "same" | "other" | "gone" }>((resolve, reject) => {
    child.on("close", () => {
      const [, status, flags] = /status (-?\d+) (same|other|gone)/.exec(said) ?? [];
      if (status === undefined) reject(new Error(`the terminal failed: ${said}`));
      else resolve({ status: Number(status), flags: flags as "same" });
    });
  });
  ended.catch(() => undefined);
  world.atEnd(() => {
    control.write("signal SIGKILL\n");
    return ended.catch(() => undefined);
  });
  return {
    screen,
    scrollback: () => rowsFrom(0),
    output: () => output,
    type: (text) => void stdin.write(text),
    resize: (toColumns, toRows) => {
      terminal.resize(toColumns, toRows);
      control.write(`size ${toColumns} ${toRows}\n`);
    },
    signal: (name) => void control.write(`signal ${name}\n`),
    suspended: () => suspended,
    unread: () => void control.write("unread\n"),
    hangUp: () => void control.write("hangup\n"),
    until: (is, what = "the screen") =>
      new Promise((resolve, reject) => {
        const done = (finish: () => void): void => {
          clearTimeout(timer);
          changed.delete(look);
          finish();
        };
        const look = (): void => {
          const text = screen().join("\n");
          if (is(text)) done(() => resolve(text));
        };
        const timer = setTimeout(() => done(() => reject(new Error(`${what} never came:\n${screen().join("\n")}`))), patienceMs);
        changed.add(look);
        // No more will come then.
        ended.then(
          () => done(() => reject(new Error(`${what} never came before the end:\n${screen().join("\n")}`))),
          (error: unknown) => done(() => reject(error)),
        );
        look();
      }),
    ended,
  };
}
