// Gives memory back while a service has nothing to do: what was compiled, and what nobody refers to any more. Called by RPC mode, which lives on
// between its runs. Invariant: nothing is given back while there is work, and only once until there was some; what is needed again is compiled again.

/** So long nothing has happened. */
const quietMs = 2000;

export class IdleMemory {
  readonly #isBusy: () => boolean;
  #activity = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy;
    this.worked();
  }

  /** Somebody is there: not now. What only looks makes nothing that is worth giving back, and may come again and again. */
  touched(): void {
    this.#activity++;
  }

  /** Something was done, and has left something behind. */
  worked(): void {
    this.#activity++;
    if (this.#timer === undefined) this.#wait();
  }

  #wait(): void {
    // Only Bun has something to ask for it.
    if (process.versions.bun === undefined || Bun.shrink === undefined) return;
    const seen = this.#activity;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#activity !== seen || this.#isBusy()) this.#wait();
      else Bun.shrink?.();
    }, quietMs);
    this.#timer.unref();
  }
}
