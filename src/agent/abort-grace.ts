// What does not listen to its signal must not hold up the abort for ever. Used for tools and for model calls.

export class AbortGrace {
  readonly #signal: AbortSignal;
  readonly #afterMs: number;
  #timer: NodeJS.Timeout | undefined;
  #onAbort: () => void = () => {};

  /** `afterMs`: how long after the signal the end is still waited for. */
  constructor(signal: AbortSignal, afterMs: number) {
    this.#signal = signal;
    this.#afterMs = afterMs;
  }

  /** Resolves when that time is over, and never without the signal. */
  over<T>(result: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.#onAbort = () => {
        this.#timer = setTimeout(() => resolve(result()), this.#afterMs);
      };
      if (this.#signal.aborted) this.#onAbort();
      else this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    });
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}
