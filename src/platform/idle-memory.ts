// Gives memory back while a service has nothing to do: what was compiled, and what nobody refers to any more. Called by RPC mode, which lives on
// between its runs. Invariant: nothing is given back while there is work, and only once until there was some; what is needed again is compiled again.

/** So long nothing has been done. */
const quietMs = 2000;
/** So long nobody has asked for anything: who looks in now and then does not hold it up, who is at it does. */
const pauseMs = 250;

export class IdleMemory {
  readonly #isBusy: () => boolean;
  readonly #giveBack: (() => void) | undefined;
  #workedAt = 0;
  #touchedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(isBusy: () => boolean, giveBack = runtimeShrink()) {
    this.#isBusy = isBusy;
    this.#giveBack = giveBack;
    this.worked();
  }

  /** Somebody is there: not now. What only looks makes nothing that is worth giving back, and may come again and again. */
  touched(): void {
    if (this.#timer !== undefined) this.#touchedAt = performance.now();
  }

  /** Something was done, and has left something behind. */
  worked(): void {
    this.#workedAt = performance.now();
    if (this.#timer === undefined) this.#wait(quietMs);
  }

  #wait(ms: number): void {
    const giveBack = this.#giveBack;
    if (giveBack === undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const rest = this.#isBusy() ? quietMs : this.#restMs();
      if (rest > 0) this.#wait(rest);
      else giveBack();
    }, ms);
    this.#timer.unref();
  }

  #restMs(): number {
    return Math.ceil(Math.max(this.#workedAt + quietMs, this.#touchedAt + pauseMs) - performance.now());
  }
}

/** Only Bun has something to ask for it. */
function runtimeShrink(): (() => void) | undefined {
  return process.versions.bun === undefined ? undefined : Bun.shrink;
}
