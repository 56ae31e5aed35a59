// The process as a value: arguments, environment, streams, clock. Made once in main and passed down, so that nothing below reads globals.
// Invariant: output honours backpressure, and a reader that went away is an event, never an exception.

import { writeSync } from "node:fs";
import type { Env } from "./paths.ts";
import { homeDirectory } from "./paths.ts";

export interface OutputStream {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 when there is none. */
  readonly columns: number;
  /** Resolves when the text may be followed by more; false once the reader has gone. */
  write(text: string | Uint8Array): Promise<boolean>;
  /** Resolves when everything written has left the process. */
  flush(): Promise<void>;
  /** Called once when the reader goes away (EPIPE). */
  onClosed(listener: () => void): void;
}

export interface InputStream {
  readonly isTerminal: boolean;
  /** What stands at the other end, which decides whether silence means "nothing to come". */
  readonly kind: "terminal" | "pipe" | "socket" | "file" | "none";
  chunks(): AsyncIterable<Uint8Array>;
  /** Stop reading and let the process end although the stream is open. */
  release(): void;
}

export interface Host {
  readonly args: readonly string[];
  readonly env: Env;
  readonly cwd: string;
  readonly homeDir: string;
  readonly pid: number;
  readonly platform: NodeJS.Platform;
  readonly runtime: "bun" | "node";
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Unix ms. */
  now(): number;
  setExitStatus(status: number): void;
  /** Ends at once: only after a second signal, or when everything is flushed and something holds the process open. */
  exitNow(status: number): never;
  /** Returns the remover. */
  onSignal(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): () => void;
}

class ProcessOutput implements OutputStream {
  readonly #stream: NodeJS.WriteStream;
  readonly #listeners: (() => void)[] = [];
  #closed = false;
  #pending: Promise<boolean> | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.on("error", () => this.#close());
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns ?? 80;
  }

  write(text: string | Uint8Array): Promise<boolean> {
    if (this.#closed) return closedWrite;
    if (this.#stream.write(text)) return this.#pending ?? openWrite;
    this.#pending ??= new Promise((resolve) => {
      const settle = (): void => {
        this.#pending = undefined;
        resolve(!this.#closed);
      };
      this.#stream.once("drain", settle);
      this.#listeners.push(settle);
    });
    return this.#pending;
  }

  flush(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#listeners.push(resolve);
      this.#stream.write("", () => resolve());
    });
  }

  onClosed(listener: () => void): void {
    if (this.#closed) listener();
    else this.#listeners.push(listener);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

const openWrite = Promise.resolve(true);
const closedWrite = Promise.resolve(false);

class ProcessInput implements InputStream {
  #kind: InputStream["kind"] | undefined;

  get isTerminal(): boolean {
    return this.kind === "terminal";
  }

  get kind(): InputStream["kind"] {
    this.#kind ??= inputKind();
    return this.#kind;
  }

  chunks(): AsyncIterable<Uint8Array> {
    return process.stdin;
  }

  release(): void {
    process.stdin.pause();
    process.stdin.unref?.();
  }
}

function inputKind(): InputStream["kind"] {
  try {
    const { fstatSync } = process.getBuiltinModule("node:fs");
    const { isatty } = process.getBuiltinModule("node:tty");
    if (isatty(0)) return "terminal";
    const info = fstatSync(0);
    if (info.isFIFO()) return "pipe";
    if (info.isSocket()) return "socket";
    return info.isFile() ? "file" : "none";
  } catch {
    return "none";
  }
}

/** The running process. Streams are opened on first use: opening stdout costs milliseconds that a failing run need not pay. */
export function processHost(): Host {
  let stdout: OutputStream | undefined;
  let stderr: OutputStream | undefined;
  return {
    args: process.argv.slice(2),
    env: process.env,
    cwd: currentDirectory(),
    homeDir: homeDirectory(process.env),
    pid: process.pid,
    platform: process.platform,
    runtime: process.versions.bun === undefined ? "node" : "bun",
    stdin: new ProcessInput(),
    get stdout() {
      stdout ??= new ProcessOutput(process.stdout);
      return stdout;
    },
    get stderr() {
      stderr ??= new ProcessOutput(process.stderr);
      return stderr;
    },
    now: () => Date.now(),
    setExitStatus: (status) => {
      process.exitCode = status;
    },
    exitNow: (status) => process.exit(status),
    onSignal: (signal, listener) => {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
  };
}

/** The directory may have been removed under us; the name the shell knew is then the best there is. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return process.env.PWD ?? "/";
  }
}

/** A line on stderr that must not be lost even if the process is about to die. */
export function writeErrorLine(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // Nobody reads stderr: there is nobody left to tell.
  }
}
