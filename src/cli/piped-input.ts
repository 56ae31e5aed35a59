// What is piped into a run, to its end. Called by read-input. Invariant: a program that still writes is waited for, an open pipe that nobody
// but a host holds never hangs a run that has a prompt, and endless input never fills memory.

import { timerMs } from "../contracts/duration.ts";
import { messageOf, PiError } from "../contracts/error.ts";
import type { InputStream } from "../platform/host.ts";
import { stdinWriters } from "../platform/pipes/pipe-ends.ts";

/** More than any model takes; a mistake such as `yes | pi` must not eat the machine. */
export const maxInputBytes = 10 * 1024 * 1024;
/** So long nobody is told that there is something to wait for, and a host's silent pipe is listened to. */
const silenceLimitMs = 3000;
/** The same where nobody can tell who holds the pipe. */
const unknownLimitMs = 30_000;

export interface PipedInputDeps {
  stdin: InputStream;
  /** As Node names it. */
  platform: string;
  /** The run can go on without it. */
  mayBeLeft: boolean;
  /** Of the whole run; 0: none. */
  timeoutMs: number;
  warn(line: string): void;
}

/** Nothing where a silent pipe was left alone. Rejects with `usage.input_too_large`, `usage.file_unreadable`, `budget.timeout`. */
export async function readPipedInput(deps: PipedInputDeps): Promise<Uint8Array | undefined> {
  const { stdin } = deps;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const iterator = stdin.chunks()[Symbol.asyncIterator]();
  const patience = new Patience(deps);
  for (;;) {
    const next = iterator.next().catch((error: unknown) => {
      throw new PiError("usage.file_unreadable", `Cannot read stdin (${(error as NodeJS.ErrnoException).code ?? messageOf(error)})`, {
        hint: "Check what it comes from; </dev/null says that nothing is piped in",
        cause: error,
      });
    });
    const result = await patience.wait(next, size > 0);
    if (result === "left") {
      // The read is left pending on purpose; it must not become an unhandled rejection when the stream breaks later.
      next.catch(() => undefined);
      stdin.release();
      return undefined;
    }
    if (result.done) return concatenated(chunks, size);
    chunks.push(result.value);
    size += result.value.length;
    if (size > maxInputBytes) {
      stdin.release();
      throw new PiError("usage.input_too_large", `stdin gave more than ${maxInputBytes} bytes`, {
        hint: "Write it to a file and name the file in the message",
      });
    }
  }
}

/** How long the next piece is waited for, and what is said meanwhile. */
class Patience {
  readonly #deps: PipedInputDeps;
  #waitedMs = 0;
  #isTold = false;

  constructor(deps: PipedInputDeps) {
    this.#deps = deps;
  }

  /** `hasSpoken`: something came already, so that its end is waited for. */
  async wait<T>(next: Promise<T>, hasSpoken: boolean): Promise<T | "left"> {
    const { timeoutMs } = this.#deps;
    for (;;) {
      const leftMs = timeoutMs > 0 ? timeoutMs - this.#waitedMs : Number.POSITIVE_INFINITY;
      const limitMs = Math.min(silenceLimitMs, leftMs);
      const result = await within(next, limitMs);
      if (result !== "silent") return result;
      this.#waitedMs += limitMs;
      if (this.#waitedMs >= timeoutMs && timeoutMs > 0) {
        next.catch(() => undefined);
        this.#deps.stdin.release();
        throw new PiError("budget.timeout", `The time limit of ${timeoutMs} ms was reached before stdin had come to its end`, {
          exitStatus: 3,
        });
      }
      if (this.#isOver(hasSpoken)) {
        this.#deps.warn("stdin is open but silent; going on without it (write - to wait for it, or </dev/null to say there is none)");
        return "left";
      }
    }
  }

  /** What has spoken is never left: half of what was meant would go to the model. */
  #isOver(hasSpoken: boolean): boolean {
    const { stdin, mayBeLeft, platform } = this.#deps;
    // Only a host gives its children sockets; who holds the other end of one the system does not show.
    const writers = stdin.kind === "pipe" ? stdinWriters() : undefined;
    const other = writers?.find((writer) => !writer.isAncestor);
    if (mayBeLeft && !hasSpoken && other === undefined) {
      const isKnown = writers !== undefined || (stdin.kind === "socket" && platform === "linux");
      if (isKnown || this.#waitedMs >= unknownLimitMs) return true;
    }
    if (!this.#isTold && stdin.kind !== "terminal") {
      const whom = other ?? writers?.[0];
      this.#deps.warn(
        whom === undefined ? "Waiting for stdin to end" : `Waiting for ${whom.name} (process ${whom.pid}) to end what it writes to stdin`,
      );
    }
    this.#isTold = true;
    return false;
  }
}

/** The clock is stopped with the first word, or it would hold the process to its end. */
async function within<T>(next: Promise<T>, limitMs: number): Promise<T | "silent"> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<"silent">((resolve) => {
    timer = setTimeout(() => resolve("silent"), timerMs(limitMs));
  });
  try {
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}

export function concatenated(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
