// The process as a value: arguments, environment, streams, clock. Made once in main and passed down, so that nothing below reads globals.
// Invariant: output honours backpressure, and a reader that went away is an event, never an exception.

import { fstatSync, readFileSync, write, writeSync } from "node:fs";
import { drawnText, plainText } from "../contracts/text/plain.ts";
import { withoutUrlSecrets } from "../contracts/text/url-secrets.ts";
import type { HostModules } from "./modules/module-loader.ts";
import type { Env } from "./paths.ts";
import { homeDirectory } from "./paths.ts";
import { liveSecrets } from "./secrets.ts";

export interface OutputStream {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 when there is none, or one that does not know its size. */
  readonly columns: number;
  /**
   * A promise only when the reader is slow: wait for it before writing more. At a terminal nothing in the text can move the cursor or change
   * the terminal; colours and the line written anew stay where they are our own (`drawn`). Pipes and files get the bytes. A secret leaves only where it is what was
   * asked for (`secret`).
   */
  write(text: string, form?: "drawn" | "secret"): Promise<void> | undefined;
  /** Resolves when everything written has left the process, or its reader has gone. */
  flush(): Promise<void>;
  readonly isClosed: boolean;
  /** Why what was written is lost, when it is not that the reader has gone: a full disk, say. */
  readonly failure?: Error | undefined;
  /** Called once when the reader goes away (EPIPE) or the device is full. */
  onClosed(listener: () => void): void;
  /**
   * From now on the reader's going is noticed within a second or so although nothing is written, while `isWanted` says so. Where the system
   * does not show who reads, the next write tells. Returns what stops it.
   */
  watchReader(isWanted: () => boolean): () => void;
}

export interface InputStream {
  readonly isTerminal: boolean;
  /** What stands at the other end, which decides whether silence means "nothing to come". */
  readonly kind: "terminal" | "pipe" | "socket" | "file" | "none";
  chunks(): AsyncIterable<Uint8Array>;
  /** Reading has begun and neither ended nor was released. */
  readonly isReading: boolean;
  /** Stop reading and let the process end although the stream is open. */
  release(): void;
}

export interface Host {
  readonly args: readonly string[];
  readonly env: Env;
  readonly cwd: string;
  readonly homeDir: string;
  readonly pid: number;
  /** As Node names it: `linux`, `darwin`, `win32`. */
  readonly platform: string;
  readonly runtime: "bun" | "node";
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** What extensions may import of us by name. */
  hostModules(): Promise<HostModules>;
  /** Before the first of them is loaded: what they print does not reach stdout, what they throw late goes to `onStray`. */
  admitExtensions(onStray: (error: unknown) => void): Promise<void>;
  /** Whether what they left running could keep the process from ending. */
  readonly hasExtensions: boolean;
  /** Unix ms. */
  now(): number;
  setExitStatus(status: number): void;
  /** Ends at once: only after a second signal, or when everything is flushed and something holds the process open. */
  exitNow(status: number): never;
  /** Returns the remover. */
  onSignal(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): () => void;
}

/** Text waiting for a reader beyond this many characters slows the writer down. */
const slowReaderLimit = 256 * 1024;

/** Twice in the second within which a host may be killed and missed. */
const readerWatchMs = 400;

/**
 * One asynchronous write at a time; what comes meanwhile goes out together in the next. The stream objects of the runtimes cost 10 ms to
 * open and, on a pipe, either block the event loop or grow without bound (docs/decisions/0004).
 */
class FileDescriptorOutput implements OutputStream {
  readonly #descriptor: number;
  readonly #listeners: (() => void)[] = [];
  #waiting = "";
  #isFirst = true;
  #isTerminal: boolean | undefined;
  #isWriting = false;
  #isScheduled = false;
  #idle: { promise: Promise<void>; resolve(): void } | undefined;
  isClosed = false;
  failure: Error | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  get isTerminal(): boolean {
    this.#isTerminal ??= isTerminal(this.#descriptor);
    return this.#isTerminal;
  }

  get columns(): number {
    if (!this.isTerminal) return 80;
    return (this.#descriptor === 1 ? process.stdout : process.stderr).columns || 80;
  }

  write(text: string, form?: "drawn" | "secret"): Promise<void> | undefined {
    if (this.isClosed || text === "") return undefined;
    const clean = form === "secret" ? text : liveSecrets.redactLines(text);
    this.#waiting += this.isTerminal ? (form === "drawn" ? drawnText(clean) : plainText(clean)) : clean;
    if (!this.#isWriting && !this.#isScheduled) {
      // At the end of this turn of the event loop, so that a burst of records costs one system call.
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#writeWaiting();
      });
    }
    return this.#waiting.length > slowReaderLimit ? this.flush() : undefined;
  }

  flush(): Promise<void> {
    if (this.isClosed || (!this.#isWriting && this.#waiting === "")) return Promise.resolve();
    if (!this.#idle) {
      let resolve = (): void => {};
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#idle = { promise, resolve };
    }
    return this.#idle.promise;
  }

  onClosed(listener: () => void): void {
    if (this.isClosed) listener();
    else this.#listeners.push(listener);
  }

  watchReader(isWanted: () => boolean): () => void {
    let watch: { isGone(): boolean } | undefined;
    const timer = setInterval(async () => {
      watch ??= new (await import("./pipe-ends.ts")).ReaderWatch(this.#descriptor);
      // Asked even while unwanted: who reads has to be seen before it can be missed.
      if (watch.isGone() && isWanted() && !this.isClosed) this.#close(undefined);
      if (this.isClosed) clearInterval(timer);
    }, readerWatchMs);
    timer.unref();
    return () => clearInterval(timer);
  }

  #writeWaiting(): void {
    if (this.#isWriting || this.isClosed) return;
    if (this.#waiting === "") {
      this.#idle?.resolve();
      this.#idle = undefined;
      return;
    }
    if (this.#isFirst && wasClosedAtStart(this.#descriptor)) {
      this.#close(new Error("it was closed when pi was started"));
      return;
    }
    this.#isFirst = false;
    this.#isWriting = true;
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = "";
    this.#writeBytes(bytes, 0);
  }

  #writeBytes(bytes: Uint8Array, offset: number): void {
    write(this.#descriptor, bytes, offset, bytes.length - offset, null, (error, written) => {
      // A descriptor that a parent made non-blocking says EAGAIN instead of waiting; there is no event to wait for on a bare descriptor.
      if (error?.code === "EAGAIN") setTimeout(() => this.#writeBytes(bytes, offset), 5);
      else if (error) this.#close(error.code === "EPIPE" ? undefined : error);
      else if (offset + written < bytes.length) this.#writeBytes(bytes, offset + written);
      else {
        this.#isWriting = false;
        this.#writeWaiting();
      }
    });
  }

  #close(failure: Error | undefined): void {
    this.isClosed = true;
    this.failure = failure;
    this.#waiting = "";
    this.#idle?.resolve();
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

/** Device number of /dev/null on Linux. */
const nullDevice = 0x103;

/** Of a descriptor on /dev/null: that it closes when another program is started. None that we were given does. */
const closesOnExec = 0o2000000;

/** Bun puts /dev/null where a standard descriptor is missing; Node does so in a way that nobody can tell from one that was given. */
function wasClosedAtStart(descriptor: number): boolean {
  try {
    if (process.versions.bun === undefined || process.platform !== "linux" || fstatSync(descriptor).rdev !== nullDevice) return false;
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & closesOnExec) !== 0;
  } catch {
    return false;
  }
}

/** The module that can really tell costs 3 ms: pipes, files and /dev/null are told without it. */
function isTerminal(descriptor: number): boolean {
  try {
    const info = fstatSync(descriptor);
    if (!info.isCharacterDevice() || (process.platform === "linux" && info.rdev === nullDevice)) return false;
    return process.getBuiltinModule("node:tty").isatty(descriptor);
  } catch {
    return false;
  }
}

class ProcessInput implements InputStream {
  #kind: InputStream["kind"] | undefined;
  #release: (() => void) | undefined;
  isReading = false;

  get isTerminal(): boolean {
    return this.kind === "terminal";
  }

  get kind(): InputStream["kind"] {
    this.#kind ??= inputKind();
    return this.#kind;
  }

  async *chunks(): AsyncIterable<Uint8Array> {
    this.isReading = true;
    yield* this.#read();
    this.isReading = false;
  }

  async *#read(): AsyncIterable<Uint8Array> {
    if (process.versions.bun === undefined) {
      const { stdin } = process;
      this.#release = () => {
        stdin.pause();
        (stdin as { unref?(): void }).unref?.();
      };
      yield* stdin;
      return;
    }
    // process.stdin costs 10 ms to open in Bun.
    const reader = Bun.stdin.stream().getReader();
    this.#release = () => void reader.cancel().catch(() => undefined);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  }

  release(): void {
    this.#release?.();
  }
}

function inputKind(): InputStream["kind"] {
  try {
    const info = fstatSync(0);
    if (info.isFIFO()) return "pipe";
    if (info.isSocket()) return "socket";
    if (info.isFile()) return "file";
    return isTerminal(0) ? "terminal" : "none";
  } catch {
    return "none";
  }
}

/** The running process. `lent`: what only the program's entry can reach. */
export function processHost(lent: Partial<Pick<Host, "hostModules">> = {}): Host {
  let hasExtensions = false;
  return {
    hostModules: async () => new Map(),
    ...lent,
    admitExtensions: async (onStray) => {
      if (hasExtensions) return;
      hasExtensions = true;
      (await import("./guest-code.ts")).admitGuestCode(onStray);
    },
    get hasExtensions() {
      return hasExtensions;
    },
    args: process.argv.slice(2),
    env: process.env,
    cwd: currentDirectory(),
    homeDir: homeDirectory(process.env),
    pid: process.pid,
    platform: process.platform,
    runtime: process.versions.bun === undefined ? "node" : "bun",
    stdin: new ProcessInput(),
    stdout: new FileDescriptorOutput(1),
    stderr: new FileDescriptorOutput(2),
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
    const clean = liveSecrets.redact(withoutUrlSecrets(text));
    writeSync(2, `${isTerminal(2) ? plainText(clean) : clean}\n`);
  } catch {
    // Nobody reads stderr: there is nobody left to tell.
  }
}
