// The last resort of `--timeout`: what the run itself does not end (an extension that is being loaded, a hook at a start, a reader that takes
// nothing) ends the program; and the limit of what waits before the run begins. Made by run-mode where there is a limit. Invariant: while something goes on (`touch`) it does nothing.

import { timerMs } from "../contracts/duration.ts";
import { PiError } from "../contracts/error.ts";

/**
 * What waits for another process, and no longer than the run may take: `work` is given a signal that comes with `signal`, or when the time is over.
 * Rejects with `budget.timeout`. `limitMs` 0: no limit; `spentMs`: of it, before.
 */
export async function withinLimit<T>(
  { limitMs, spentMs }: { limitMs: number; spentMs: number },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (limitMs === 0) return work(signal);
  const over = new AbortController();
  const what = `Stopped after ${limitMs / 1000} s (--timeout): another process still uses the session`;
  const timer = setTimeout(
    () => over.abort(new PiError("budget.timeout", what, { hint: "--on-busy fork goes on in a copy" })),
    timerMs(Math.max(0, limitMs - spentMs)),
  );
  try {
    return await work(AbortSignal.any([signal, over.signal]));
  } catch (error) {
    // Some waits fail with an error of their own.
    throw over.signal.aborted ? over.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** How much longer than its limit a run may take to end in order. */
const graceMs = 4000;

export class TimeLimit {
  readonly #timer: NodeJS.Timeout;

  constructor(limitMs: number, passed: () => void) {
    this.#timer = setTimeout(passed, timerMs(limitMs + graceMs));
    this.#timer.unref();
  }

  /** Something has happened: what comes next has its own time. */
  touch(): void {
    this.#timer.refresh();
  }

  release(): void {
    clearTimeout(this.#timer);
  }
}
