// Standard output and error over their bare descriptors. Made once by host; the modes write through it.
// Invariant: what is written leaves in order, honours backpressure and never blocks on a slow reader; a reader that went away is an event,
// never an exception.

import { fstatSync, readFileSync, write } from "node:fs";
import { drawnText, plainText } from "../../contracts/text/plain.ts";
import { liveSecrets } from "../secrets.ts";
import type { ReaderWatch } from "./pipe-ends.ts";
import { UnwaitingWriter } from "./unwaiting-descriptor.ts";
import type { WriteAtOnce } from "./write-at-once.ts";

export type OutputForm = "drawn" | "secret";

export interface OutputStream {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 when there is none, or one that does not know its size. */
  readonly columns: number;
  /** Rows of the terminal; 24 when there is none, or one that does not know its size. */
  readonly rows: number;
  /**
   * A promise only when the reader is slow: wait for it before writing more. At a terminal nothing in the text can move the cursor or change
   * the terminal; colours and the line written anew stay where they are our own (`drawn`). Pipes and files get the bytes. Secrets are made unreadable in
   * all but what somebody asked for by name (`secret`).
   */
  write(text: string, form?: OutputForm): Promise<void> | undefined;
  /** What is written meanwhile leaves at its end, in one write, and not only when everything else has had its turn. */
  together(act: () => void): void;
  /** Resolves when everything written has left the process, or its reader has gone. */
  flush(): Promise<void>;
  readonly isClosed: boolean;
  /** Why what was written is lost, when it is not that the reader has gone: a full disk, say. */
  readonly failure?: Error | undefined;
  /** Called once when the reader goes away (EPIPE) or the device is full. */
  onClosed(listener: () => void): void;
  /**
   * From now on the reader's going is noticed within a second or so although nothing is written, but for times when it is not wanted:
   * `unwanted` gives the end of such a time. Where the system does not show who reads, the next write tells. Returns what stops it.
   */
  watchReader(unwanted: () => Promise<void> | undefined): () => void;
}

/** What is written of a text at a terminal. */
export function textAtTerminal(text: string, form: OutputForm | undefined): string {
  const clean = withoutSecrets(text, form);
  return form === "drawn" ? drawnText(clean) : plainText(clean);
}

function withoutSecrets(text: string, form: OutputForm | undefined): string {
  return form === "secret" ? text : liveSecrets.redactLines(text);
}

/** Text waiting for a reader beyond this many characters slows the writer down. */
const slowReaderLimit = 256 * 1024;

/** Twice in the second within which a host may be killed and missed. */
const readerWatchMs = 400;

/** A socket whose reader left something unread behind is reset. */
const readerIsGone: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET"]);

/** Whoever writes less often does not pay for what writes at once. */
const writesBeforeAsking = 16;

/** Longer texts, of UTF-16 units that may take three bytes each, wait in the queue. */
const atOnceLength = 16 * 1024;

/**
 * One asynchronous write at a time; what comes meanwhile goes out together in the next. It wakes a thread for each, so what is short is written
 * at once, as far as the descriptor takes it without waiting. The stream objects of the runtimes cost 10 ms to
 * open and, on a pipe, either block the event loop or grow without bound (docs/decisions/0004).
 */
export class FileDescriptorOutput implements OutputStream {
  readonly #descriptor: number;
  readonly #listeners: (() => void)[] = [];
  #waiting = "";
  #writeCount = 0;
  /** On Bun only, once there was reason to ask. */
  #atOnce: { write: WriteAtOnce; bytes: Uint8Array<ArrayBuffer>; encoder: InstanceType<typeof TextEncoder> } | undefined;
  /** For what is written before that. */
  readonly #unwaiting: UnwaitingWriter;
  #isTerminal: boolean | undefined;
  #isWriting = false;
  #isScheduled = false;
  #isTogether = false;
  #idle: { promise: Promise<void>; resolve(): void } | undefined;
  isClosed = false;
  failure: Error | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#unwaiting = new UnwaitingWriter(descriptor);
  }

  get isTerminal(): boolean {
    this.#isTerminal ??= isTerminal(this.#descriptor);
    return this.#isTerminal;
  }

  get columns(): number {
    if (!this.isTerminal) return 80;
    return (this.#descriptor === 1 ? process.stdout : process.stderr).columns || 80;
  }

  get rows(): number {
    if (!this.isTerminal) return 24;
    return (this.#descriptor === 1 ? process.stdout : process.stderr).rows || 24;
  }

  write(text: string, form?: OutputForm): Promise<void> | undefined {
    if (this.isClosed || text === "") return undefined;
    this.#waiting += this.isTerminal ? textAtTerminal(text, form) : withoutSecrets(text, form);
    if (!this.#isWriting && !this.#isScheduled && !this.#isTogether) {
      // At the end of this turn of the event loop, so that a burst of records costs one system call.
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#writeWaiting();
      });
    }
    return this.#waiting.length > slowReaderLimit ? this.flush() : undefined;
  }

  together(act: () => void): void {
    this.#isTogether = true;
    try {
      act();
    } finally {
      this.#isTogether = false;
      this.#writeWaiting();
    }
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

  watchReader(unwanted: () => Promise<void> | undefined): () => void {
    // A terminal says itself that it has gone: nothing wakes an idle one.
    if (this.isTerminal) return () => {};
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    let watch: ReaderWatch | undefined;
    const wait = (): void => {
      if (isOver || this.isClosed) return;
      timer = setTimeout(() => void look().catch(() => undefined), readerWatchMs);
      timer.unref();
    };
    const look = async (): Promise<void> => {
      // Node is asked even while it is unwanted: there a reader has to be seen before it can be missed.
      if (process.versions.bun !== undefined) await unwanted();
      watch ??= await (await import("./pipe-ends.ts")).readerWatch(this.#descriptor);
      if (watch === undefined || isOver || this.isClosed) return;
      const isGone = watch.isGone();
      const later = unwanted();
      if (isGone && later === undefined) return this.#close(undefined);
      // Nothing wakes a program that waits for its input.
      if (watch.isReady) await later;
      wait();
    };
    wait();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }

  #writeWaiting(): void {
    if (this.#isWriting || this.isClosed) return;
    if (this.#waiting === "") {
      this.#idle?.resolve();
      this.#idle = undefined;
      return;
    }
    if (this.#writeCount === 0 && wasClosedAtStart(this.#descriptor)) {
      this.#close(new Error("it was closed when pi was started"));
      return;
    }
    if (++this.#writeCount === writesBeforeAsking) void this.#learnToAsk();
    const text = this.#waiting;
    this.#waiting = "";
    const rest = this.#restAfterWriting(text);
    if (rest === undefined) {
      this.#writeWaiting();
      return;
    }
    this.#isWriting = true;
    this.#writeBytes(rest, 0);
  }

  async #learnToAsk(): Promise<void> {
    if (process.versions.bun === undefined) return;
    const { writeAtOnce } = await import("./write-at-once.ts");
    const write = await writeAtOnce(this.#descriptor);
    if (write !== undefined) this.#atOnce = { write, bytes: new Uint8Array(3 * atOnceLength), encoder: new TextEncoder() };
  }

  /** What the descriptor does not take at once; nothing where it took all. */
  #restAfterWriting(text: string): Uint8Array | undefined {
    if (text.length > atOnceLength) return Buffer.from(text);
    if (this.#atOnce === undefined) return this.#unwaiting.restOf(Buffer.from(text));
    const { write, bytes, encoder } = this.#atOnce;
    const length = encoder.encodeInto(text, bytes).written;
    const written = write(bytes, length);
    return written === length ? undefined : bytes.slice(written, length);
  }

  #writeBytes(bytes: Uint8Array, offset: number): void {
    write(this.#descriptor, bytes, offset, bytes.length - offset, null, (error, written) => {
      // A descriptor that a parent made non-blocking says EAGAIN instead of waiting; there is no event to wait for on a bare descriptor.
      if (error?.code === "EAGAIN") setTimeout(() => this.#writeBytes(bytes, offset), 5);
      else if (error) this.#close(readerIsGone.has(error.code ?? "") ? undefined : error);
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
export function isTerminal(descriptor: number): boolean {
  try {
    const info = fstatSync(descriptor);
    if (!info.isCharacterDevice() || (process.platform === "linux" && info.rdev === nullDevice)) return false;
    return process.getBuiltinModule("node:tty").isatty(descriptor);
  } catch {
    return false;
  }
}
