// The process as a value: arguments, environment, streams, clock. Made once in main and passed down, so that nothing below reads globals.
// Invariant: output honours backpressure, and a reader that went away is an event, never an exception.

import { fstatSync, read, statSync, writeSync } from "node:fs";
import type { InlineExtension } from "../contracts/extension.ts";
import { plainText } from "../contracts/text/plain.ts";
import { withoutUrlSecrets } from "../contracts/text/url-secrets.ts";
import type { HostModules } from "./modules/module-loader.ts";
import type { Env } from "./paths.ts";
import { FileDescriptorOutput, isTerminal, type OutputStream } from "./pipes/descriptor-output.ts";
import type { ChunkReader, ReadResult } from "./pipes/read-socket.ts";
import { processPlace } from "./processes/process-place.ts";
import { killDescendants } from "./processes/process-tree.ts";
import { liveSecrets } from "./secrets.ts";

export interface InputStream {
  readonly isTerminal: boolean;
  /** What stands at the other end, which decides whether silence means "nothing to come". */
  readonly kind: "terminal" | "pipe" | "socket" | "file" | "directory" | "none";
  /** `ours`: nobody reads the descriptor behind us, not even programs that we or our parent start. */
  chunks(of?: "ours"): AsyncIterable<Uint8Array>;
  /** Reading has begun and neither ended nor was released. */
  readonly isReading: boolean;
  /** Resolves when that is over; nothing where it is not so. */
  whileReading(): Promise<void> | undefined;
  /** Stop reading and let the process end although the stream is open. */
  release(): void;
  /** A line that a person types where nothing reads yet; nothing at the end. No stream is opened: whoever reads next finds the terminal as it was. */
  line(): Promise<string | undefined>;
}

export interface Host {
  readonly args: readonly string[];
  /** Of a program that has us run: beside the extensions in files. */
  readonly inlineExtensions: readonly InlineExtension[];
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
  /** What this process has started and left. `attached`: but for what was put into a session of its own. */
  killDescendants(which?: "all" | "attached"): void;
  /** Told when nothing is left that could wake the process, which then ends by itself, whoever still waits for an answer. Returns the remover. */
  onIdle(listener: () => void): () => void;
  /** Returns the remover. */
  onSignal(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): () => void;
}

class ProcessInput implements InputStream {
  #kind: InputStream["kind"] | undefined;
  #release: (() => void) | undefined;
  #reading: { over: Promise<void>; end(): void } | undefined;

  get isReading(): boolean {
    return this.#reading !== undefined;
  }

  whileReading(): Promise<void> | undefined {
    return this.#reading?.over;
  }

  get isTerminal(): boolean {
    return this.kind === "terminal";
  }

  get kind(): InputStream["kind"] {
    this.#kind ??= inputKind();
    return this.#kind;
  }

  chunks(of?: "ours"): AsyncIterable<Uint8Array> {
    let reader: ChunkReader | undefined;
    const begin = async (): Promise<ReadResult> => {
      reader = await this.#open(of);
      return reader.read();
    };
    // A promise less for each piece.
    const next = (): Promise<ReadResult> => reader?.read() ?? begin();
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  async #open(of: "ours" | undefined): Promise<ChunkReader> {
    let end = (): void => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#reading = { over, end };
    const onEnd = (): void => {
      this.#reading?.end();
      this.#reading = undefined;
    };
    const reader = process.versions.bun === undefined ? readerOnNode(onEnd) : await readerOnBun(of, onEnd);
    this.#release = () => void reader.cancel().catch(() => undefined);
    return reader;
  }

  release(): void {
    this.#release?.();
  }

  line(): Promise<string | undefined> {
    const buffer = Buffer.allocUnsafe(maxLineBytes);
    return new Promise((resolve) =>
      // A terminal hands on whole lines.
      read(0, buffer, 0, buffer.length, null, (error, length) =>
        resolve(error !== null || length === 0 ? undefined : buffer.toString("utf8", 0, length).trim()),
      ),
    );
  }
}

/** `onEnd`: nothing more comes, or nobody wants it. */
async function readerOnBun(of: "ours" | undefined, onEnd: () => void): Promise<ChunkReader> {
  const socket = of === "ours" ? await (await import("./pipes/read-socket.ts")).socketReader(0, onEnd) : undefined;
  if (socket !== undefined) return socket;
  // process.stdin costs 10 ms to open in Bun.
  const reader = Bun.stdin.stream().getReader();
  reader.closed.then(onEnd, () => undefined);
  return reader as ChunkReader;
}

function readerOnNode(onEnd: () => void): ChunkReader {
  const { stdin } = process;
  const chunks: AsyncIterator<Uint8Array> = stdin[Symbol.asyncIterator]();
  let release = (): void => {};
  const released = new Promise<{ done: true; value: undefined }>((resolve) => {
    release = () => {
      stdin.pause();
      (stdin as { unref?(): void }).unref?.();
      resolve({ done: true, value: undefined });
    };
  });
  return {
    read: async () => {
      const result = await Promise.race([chunks.next(), released]);
      if (result.done) onEnd();
      return result as ReadResult;
    },
    cancel: async () => release(),
  };
}

/** A terminal takes no longer ones. */
const maxLineBytes = 4096;

function inputKind(): InputStream["kind"] {
  try {
    const info = fstatSync(0);
    if (info.isFIFO()) return "pipe";
    if (info.isSocket()) return "socket";
    if (info.isFile()) return "file";
    if (info.isDirectory()) return "directory";
    if (isTerminal(0)) return "terminal";
    // What comes from a device is read as what lies in a file, but for that of which nothing comes.
    return info.isCharacterDevice() && info.rdev !== statSync("/dev/null").rdev ? "file" : "none";
  } catch {
    return "none";
  }
}

/** The running process. `lent`: what only the program's entry can reach. */
export function processHost(lent: Partial<Pick<Host, "hostModules" | "args" | "inlineExtensions">> = {}): Host {
  let hasExtensions = false;
  return {
    hostModules: async () => new Map(),
    args: process.argv.slice(2),
    inlineExtensions: [],
    ...lent,
    admitExtensions: async (onStray) => {
      if (hasExtensions) return;
      hasExtensions = true;
      (await import("./modules/guest-code.ts")).admitGuestCode(onStray);
    },
    get hasExtensions() {
      return hasExtensions;
    },
    ...processPlace(),
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
    killDescendants,
    onIdle: (listener) => {
      process.once("beforeExit", listener);
      return () => process.off("beforeExit", listener);
    },
    onSignal: (signal, listener) => {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
  };
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
