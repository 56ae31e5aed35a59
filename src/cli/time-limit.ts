// The last resort of `--timeout`: what the run itself does not end (an extension that is being loaded, a hook at a start, a reader that takes
// nothing) ends the program. Made by run-mode where there is a limit. Invariant: while something goes on (`touch`) it does nothing.

import { timerMs } from "../contracts/duration.ts";

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
