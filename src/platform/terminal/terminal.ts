// The one owner of the terminal while something draws on it: raw bytes in, text out, size, suspension, and all of it given back. Opened by
// the interactive mode. Invariant: the way back is known before anything is switched on; `restore` is synchronous, may be called any number of
// times from anywhere, and undoes exactly what was switched on. To a terminal that is gone nothing is written.

import { closeSync, fstatSync, openSync, statSync, write, writeSync } from "node:fs";
import type { ReadStream, WriteStream } from "node:tty";
import { UnwaitingWriter } from "../pipes/unwaiting-descriptor.ts";
import { capturePrinting } from "./captured-printing.ts";

export interface TerminalListeners {
  /** What came from the keyboard, or from the terminal in reply; whole characters. */
  input(text: string): void;
  resize(): void;
  /** The terminal has taken all that was written. */
  drain(): void;
  /** Something printed past the screen: a library, an extension, the runtime. */
  printed(line: string): void;
  /** Back from a suspension, or from a program that had the terminal: nothing is as it was. */
  resumed(): void;
}

/** Long enough for a terminal over a slow line to answer what it still owes. */
const drainMs = 150;
const drainIdleMs = 30;
/** While it is stopped no time passes for it. */
const stoppedWithinMs = 100;
/** So long a terminal may take for what it has been given last. */
const unreadMs = 1_000;
/** Within which the system tells of a terminal that has gone. */
const hangUpMs = 100;

/** Another program has the terminal. */
interface Loan {
  /** Fires when the terminal is wanted back for good. */
  ending: AbortController;
  /** It has been given back. */
  over: Promise<unknown>;
}

export class Terminal {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  #listeners: TerminalListeners | undefined;
  readonly #off = new Map<string, string>();
  #waiting = "";
  #isWriting = false;
  /** Takes what the terminal has room for. */
  readonly #atOnce = new UnwaitingWriter(1);
  #isRaw = false;
  #isGone = false;
  #isUnread = false;
  #isStarted = false;
  /** The shell's, as long as we are stopped. */
  #isLeft = false;
  #loan: Loan | undefined;
  #hasEnded = false;
  #isHungUp = false;
  #hangUpTimer: NodeJS.Timeout | undefined;
  #decoder = new TextDecoder();
  #idle: (() => void)[] = [];
  #givePrintingBack: (() => void) | undefined;
  #draining: (() => void) | undefined;

  constructor() {
    const { WriteStream } = process.getBuiltinModule("node:tty");
    // A stream of its own on the descriptor would hold the process on Bun, however it is closed.
    this.#input = process.stdin;
    // Of its own: extensions are given another `process.stdout`.
    this.#output = new WriteStream(1);
    this.#input.on("error", () => this.#lose());
    this.#output.on("error", () => this.#lose());
    this.#input.on("end", () => this.#lose());
    this.#input.on("data", (bytes: Uint8Array) => {
      if (this.#draining !== undefined) this.#draining();
      else if (!this.isElsewhere) this.#listeners?.input(this.#decoder.decode(bytes, { stream: true }));
    });
  }

  get columns(): number {
    return this.#size()[0] || 80;
  }

  get rows(): number {
    return this.#size()[1] || 24;
  }

  /** Raw from here on. */
  start(listeners: TerminalListeners): void {
    this.#listeners = listeners;
    if (this.#isStarted) return;
    this.#isStarted = true;
    process.on("exit", this.#restoreAtEnd);
    process.on("SIGHUP", this.#hungUp);
    process.on("uncaughtExceptionMonitor", this.#restoreAtEnd);
    process.on("SIGWINCH", this.#resized);
    process.on("SIGTSTP", this.#suspendFromOutside);
    this.#take();
  }

  /** `off` undoes it; written by `restore` where it is still on then. */
  switchOn(on: string, off: string): void {
    this.#off.set(on, off);
    this.write(on);
  }

  switchOff(on: string): void {
    const off = this.#off.get(on);
    this.#off.delete(on);
    if (off !== undefined) this.write(off);
  }

  /** The shell has it, or a program that it was lent to: nothing is written then, and no key is ours. */
  get isElsewhere(): boolean {
    return this.#isLeft || this.#loan !== undefined;
  }

  /** A frame drawn now would only wait behind what was written before, or would be lost. */
  get isBusy(): boolean {
    return this.#isWriting || this.isElsewhere;
  }

  write(text: string): void {
    if (text === "" || this.#isGone || this.isElsewhere) return;
    this.#waiting += text;
    this.#writeOn();
  }

  /** All that was written has been taken, or nobody is there to take it. */
  flush(): Promise<void> {
    if (!this.#isWriting) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** As it was before `start`; `owesReplies`: what the terminal was asked and has not answered is waited for, so that no shell gets it. */
  async end(owesReplies: boolean): Promise<void> {
    this.#hasEnded = true;
    this.#loan?.ending.abort();
    await this.#loan?.over;
    await this.#flushInTime();
    if (owesReplies && this.#isRaw && !this.#isGone) await this.#drain();
    this.restore();
    process.off("exit", this.#restoreAtEnd);
    process.off("SIGHUP", this.#hungUp);
    clearTimeout(this.#hangUpTimer);
    process.off("uncaughtExceptionMonitor", this.#restoreAtEnd);
    process.off("SIGWINCH", this.#resized);
    process.off("SIGTSTP", this.#suspendFromOutside);
    this.#atOnce.close();
    this.#input.pause();
    this.#input.unref?.();
  }

  /** Where nobody reads what is written (a connection that hangs) the end is not held up: what is left is dropped. */
  async #flushInTime(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, unreadMs);
    });
    await Promise.race([this.flush(), late]);
    clearTimeout(timer);
    if (!this.#isWriting) return;
    this.#isUnread = true;
    this.#waiting = "";
    // The write that nobody takes would hold the process for ever.
    setTimeout(endHeld, unreadMs).unref();
  }

  restore(): void {
    const text = [...this.#off.values()].reverse().join("");
    this.#off.clear();
    const waiting = this.#waiting;
    this.#waiting = "";
    if (!this.#isGone && !this.#isUnread && waiting + text !== "") {
      try {
        writeSync(1, waiting + text);
      } catch {
        // Full or gone: either way nobody is there to read it.
      }
    }
    this.#cook();
    this.#givePrintingBack?.();
    this.#givePrintingBack = undefined;
  }

  /** Stops the process as the shell's Ctrl-Z would; goes on when the shell says so. */
  suspend(): void {
    this.restore();
    this.#isLeft = true;
    // The whole group, as the terminal would: who started us with a script in between is stopped with us.
    this.#stop(0, () => {
      this.#isLeft = false;
      this.#take();
      this.#listeners?.resumed();
    });
  }

  /** `back`: it goes on. */
  #stop(whom: number, back: () => void): void {
    process.off("SIGTSTP", this.#suspendFromOutside);
    let isBack = false;
    const goOn = (): void => {
      if (isBack) return;
      isBack = true;
      process.off("SIGCONT", goOn);
      process.on("SIGTSTP", this.#suspendFromOutside);
      back();
    };
    process.on("SIGCONT", goOn);
    // Where no shell could wake it the system does not stop it.
    setTimeout(goOn, stoppedWithinMs);
    process.kill(whom, "SIGTSTP");
  }

  /** The terminal is another program's while `work` goes on, which is to end soon once `ending` has fired. */
  async lend<T>(work: (ending: AbortSignal) => Promise<T>): Promise<T> {
    await this.flush();
    this.restore();
    this.#input.pause();
    const ending = new AbortController();
    const lent = work(ending.signal);
    this.#loan = { ending, over: lent.catch(() => undefined) };
    try {
      return await lent;
    } finally {
      this.#loan = undefined;
      if (!this.#hasEnded) {
        this.#take();
        this.#listeners?.resumed();
      }
    }
  }

  #take(): void {
    try {
      this.#input.setRawMode(true);
      this.#isRaw = true;
    } catch {
      this.#lose();
      return;
    }
    // Whoever is not in the foreground is not told of another size.
    this.#measure();
    this.#input.resume();
    this.#givePrintingBack ??= capturePrinting((line) => this.#listeners?.printed(line));
  }

  #cook(): void {
    if (!this.#isRaw) return;
    this.#isRaw = false;
    // The system would wait for what is written to be read.
    if (this.#isUnread) return;
    try {
      this.#input.setRawMode(false);
    } catch {
      // Gone.
    }
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(whole);
        clearTimeout(idle);
        this.#draining = undefined;
        resolve();
      };
      const whole = setTimeout(done, drainMs);
      let idle: NodeJS.Timeout | undefined;
      this.#draining = () => {
        clearTimeout(idle);
        idle = setTimeout(done, drainIdleMs);
      };
    });
  }

  #size(): readonly [number, number] {
    try {
      const { columns, rows } = this.#output;
      return [columns, rows];
    } catch {
      return [0, 0];
    }
  }

  readonly #hungUp = (): void => {
    this.#isHungUp = true;
  };

  readonly #restoreAtEnd = (): void => this.restore();

  readonly #resized = (): void => {
    this.#measure();
    this.#listeners?.resize();
  };

  #measure(): void {
    (this.#output as { _refreshSize?(): void })._refreshSize?.();
  }

  /** A program that has the terminal stops all of us, and has it again when we go on. */
  readonly #suspendFromOutside = (): void => {
    if (this.#loan === undefined) this.suspend();
    else this.#stop(process.pid, () => {});
  };

  #writeOn(): void {
    if (this.#isWriting || this.#waiting === "") return;
    const rest = this.#atOnce.restOf(Buffer.from(this.#waiting));
    this.#waiting = "";
    if (rest === undefined) return;
    this.#isWriting = true;
    this.#writeBytes(rest, 0);
  }

  #writeBytes(bytes: Uint8Array, offset: number): void {
    write(1, bytes, offset, bytes.length - offset, null, (error, written) => {
      if (error?.code === "EAGAIN") setTimeout(() => this.#writeBytes(bytes, offset), 5);
      else if (error !== null && error !== undefined) this.#lose();
      else if (offset + written < bytes.length) this.#writeBytes(bytes, offset + written);
      else this.#written();
    });
  }

  #written(): void {
    this.#isWriting = false;
    this.#writeOn();
    if (this.#isWriting) return;
    for (const resolve of this.#idle.splice(0)) resolve();
    this.#listeners?.drain();
  }

  #lose(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#atOnce.close();
    letGoOfDescriptors();
    this.#isWriting = false;
    this.#waiting = "";
    for (const resolve of this.#idle.splice(0)) resolve();
    // A terminal that is gone is a hang-up, whether or not the system says so; mostly it does, and then once is enough.
    this.#hangUpTimer = setTimeout(() => {
      if (!this.#isHungUp) process.emit("SIGHUP");
    }, hangUpMs);
  }
}

/** With the status that is set. Node's own exit would wait for the write. */
function endHeld(): void {
  if (process.versions.bun !== undefined) process.exit();
  const signals: Readonly<Record<number, NodeJS.Signals>> = { 129: "SIGHUP", 130: "SIGINT", 143: "SIGTERM" };
  const signal = signals[Number(process.exitCode)] ?? "SIGKILL";
  if (signal !== "SIGKILL") process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** Node ends with an abort where it cannot set a terminal that is gone back to what it was: it must find none. */
function letGoOfDescriptors(): void {
  if (process.versions.bun !== undefined || process.platform === "win32") return;
  const { isatty } = process.getBuiltinModule("node:tty");
  for (const descriptor of [0, 1, 2]) {
    if (!isGoneTerminal(descriptor, isatty)) continue;
    closeSync(descriptor);
    // The lowest that is free: the very same.
    openSync("/dev/null", "r+");
  }
}

function isGoneTerminal(descriptor: number, isatty: (descriptor: number) => boolean): boolean {
  try {
    // A terminal that hung up is none any more, but still a character device that only it can be.
    return fstatSync(descriptor).isCharacterDevice() && (isatty(descriptor) || fstatSync(descriptor).rdev !== statSync("/dev/null").rdev);
  } catch {
    return false;
  }
}
