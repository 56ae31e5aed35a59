// Calls the host's callbacks one at a time, in order, each awaited. Made by reply-stream, one a run.
// Invariant: none is lost but what a later one says whole (`latest`); one that throws or never ends is a warning and holds up nothing for good.

import { messageOf } from "../../contracts/error.ts";

interface Job {
  name: string;
  call(): unknown;
}

/** One that takes longer is not waited for. */
const longestCallMs = 60_000;
/** Whoever has so many before him is not to bring more. */
const crowded = 200;

export class CallbackQueue {
  readonly #warn: (line: string) => void;
  readonly #jobs: Job[] = [];
  /** Those that wait and may still be said anew: nothing else has come behind them but their like. */
  readonly #renewable = new Map<string, Job>();
  #running: Promise<void> | undefined;

  constructor(warn: (line: string) => void) {
    this.#warn = warn;
  }

  add(name: string, call: () => unknown): void {
    this.#renewable.clear();
    this.#push({ name, call });
  }

  /** In place of the one of this key that waits, if there is one. */
  latest(key: string, name: string, call: () => unknown): void {
    const waiting = this.#renewable.get(key);
    if (waiting !== undefined) {
      waiting.call = call;
      return;
    }
    const job = { name, call };
    this.#renewable.set(key, job);
    this.#push(job);
  }

  /** Whether one of this key waits, so that `latest` would take its place. */
  isWaiting(key: string): boolean {
    return this.#renewable.has(key);
  }

  get isCrowded(): boolean {
    return this.#jobs.length > crowded;
  }

  /** All that was added so far has been called. */
  flush(): Promise<void> | undefined {
    return this.#running;
  }

  #push(job: Job): void {
    this.#jobs.push(job);
    this.#running ??= this.#work();
  }

  async #work(): Promise<void> {
    // Not from within the event that brought it: what comes in the same moment may take its place.
    await null;
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      for (const [key, one] of this.#renewable) if (one === job) this.#renewable.delete(key);
      try {
        const given = job.call();
        if (given instanceof Promise) await this.#bounded(job.name, given);
      } catch (error) {
        this.#warn(`${job.name} failed: ${messageOf(error)}`);
      }
    }
    this.#running = undefined;
  }

  async #bounded(name: string, call: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#warn(`${name} has not ended in ${longestCallMs / 1000} s and is not waited for`);
        resolve();
      }, longestCallMs);
    });
    try {
      await Promise.race([call, tooLong]);
    } finally {
      clearTimeout(timer);
    }
  }
}
