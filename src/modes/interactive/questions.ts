// Questions that are asked one after another, whoever asks them. Owned by the dialogs of a screen and by those of lines. Invariant: each is answered
// exactly once: by the user, its timeout, its signal, or the end of what it belongs to, all but the first with nothing; one that cannot be shown fails by
// itself.

import { timeLimitMs } from "../../contracts/duration.ts";

export interface QuestionOptions {
  timeout?: number;
  signal?: AbortSignal;
}

export class Questions {
  readonly #tick: () => void;
  #last: Promise<unknown> = Promise.resolve();
  readonly #open = new Set<() => void>();

  /** `tick`: the time that is left is another second. */
  constructor(tick: () => void) {
    this.#tick = tick;
  }

  /** All that are open or wait get nothing. */
  cancelAll(): void {
    for (const cancel of [...this.#open]) cancel();
  }

  /** `show` gives the way to close it; `left`: how long there is still time, in words. */
  ask<T>(
    show: (answer: (value: T | undefined) => void, left: () => string) => () => void,
    { timeout: said, signal }: QuestionOptions,
  ): Promise<T | undefined> {
    const timeout = timeLimitMs(said);
    if (signal?.aborted) return Promise.resolve(undefined);
    let settle: (value: T | undefined) => void = () => {};
    let isSettled = false;
    let close = (): void => {};
    const answered = new Promise<T | undefined>((resolve) => {
      settle = (value) => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        clearInterval(ticks);
        signal?.removeEventListener("abort", cancel);
        this.#open.delete(cancel);
        close();
        resolve(value);
      };
    });
    const cancel = (): void => settle(undefined);
    const timer = timeout === undefined ? undefined : setTimeout(cancel, timeout);
    // How long there is still time: said in whole seconds.
    const endsMs = performance.now() + (timeout ?? 0);
    const left = (): string => (timeout === undefined ? "" : ` (${Math.max(0, Math.ceil((endsMs - performance.now()) / 1000))} s)`);
    const ticks = timeout === undefined ? undefined : setInterval(this.#tick, 1000);
    signal?.addEventListener("abort", cancel, { once: true });
    this.#open.add(cancel);
    const shown = this.#last.then(() => {
      if (isSettled) return undefined;
      close = show(settle, left);
      return answered;
    });
    // Those behind it have their turn.
    this.#last = shown.catch(cancel);
    return shown.then(() => answered);
  }
}

/** How long there is still time stands beside what is asked, which may have more to say below. What extensions ask may be no text. */
export function timed(question: string, left: string): string {
  return String(question).replace(/^.*/, (first) => first + left);
}
