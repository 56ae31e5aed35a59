// What brings the end before a mode has come to it: SIGINT, SIGTERM, SIGHUP, or that the reader of stdout has gone. The one owner of signals,
// made by run-mode. Invariant: the first signal ends in order, the second at once; a SIGINT that means something else to the mode is none.

import type { Host } from "../platform/host.ts";

const statusOfSignal = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof statusOfSignal;

/** What has not ended in order by then, after a signal, is ended. */
const graceMs = 4000;

export class Ending {
  /** Of the first signal. */
  status: number | undefined;
  /** KILL to all that commands have started, for the second signal. Before there is anything to kill: nothing. */
  killAllNow: () => void = () => {};
  /** What SIGINT means to the mode, where that is not the end. */
  #interrupt: (() => boolean) | undefined;
  readonly #begun = new AbortController();
  readonly #removers: (() => void)[];
  #grace: NodeJS.Timeout | undefined;
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
    this.#removers = (Object.keys(statusOfSignal) as Signal[]).map((signal) =>
      host.onSignal(signal, () => {
        if (this.status !== undefined) this.endNow(this.status);
        if (signal === "SIGINT" && this.#interrupt?.() === true) return;
        this.status = statusOfSignal[signal];
        this.#begun.abort();
        this.#grace = setTimeout(() => this.endNow(this.status ?? 1), graceMs);
        this.#grace.unref();
      }),
    );
    host.stdout.onClosed(() => this.#begun.abort());
  }

  /** Fires when the end begins. */
  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  /** `take`: whether a SIGINT meant something else. Gives the way back. */
  onInterrupt(take: () => boolean): () => void {
    this.#interrupt = take;
    return () => {
      this.#interrupt = undefined;
    };
  }

  /** Without any order: nothing is waited for, nothing that was started lives on. */
  endNow(status: number): never {
    this.killAllNow();
    this.#host.killDescendants();
    return this.#host.exitNow(status);
  }

  /** The mode has ended by itself: neither a signal nor the time after one concerns it any more. */
  release(): void {
    clearTimeout(this.#grace);
    for (const remove of this.#removers) remove();
  }
}
