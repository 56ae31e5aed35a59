// Takes what groups have left for their host again and again, each second unless it is told otherwise. Made by hosts and by `pi ipc drain --watch`.
// Invariant: one pass at a time; what is being taken is taken to its end, also when it is stopped.

import { timerMs } from "../../contracts/duration.ts";
import type { DrainOptions, DrainResult } from "./ipc-drain.ts";

export interface IpcWatcherOptions extends DrainOptions {
  /** Default 1000. */
  intervalMs?: number;
  /** What ended a pass; the next one tries again. Without it, it ends the watching. */
  onError?(error: unknown): void;
}

export class IpcWatcher {
  readonly #options: IpcWatcherOptions;
  readonly #counts: DrainResult = { taken: 0, parked: 0 };
  #stopping: AbortController | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: IpcWatcherOptions) {
    this.#options = options;
  }

  /** Of all passes so far. */
  get counts(): Readonly<DrainResult> {
    return this.#counts;
  }

  /** The first pass is over. Rejects with `io.ipc` where the directory cannot be had, or another process has it. */
  async start(): Promise<void> {
    if (this.#stopping !== undefined) return;
    const stopping = new AbortController();
    this.#stopping = stopping;
    const { signal: given, intervalMs = 1000, onError } = this.#options;
    const signal = given === undefined ? stopping.signal : AbortSignal.any([given, stopping.signal]);
    try {
      const { openDrain } = await import("./ipc-drain.ts");
      const drain = await openDrain({ ...this.#options, signal });
      const pass = async (): Promise<void> => {
        try {
          await drain.pass(this.#counts);
        } catch (error) {
          if (onError === undefined) throw error;
          onError(error);
        }
      };
      const first = pass();
      this.#ended = first
        .then(async () => {
          while (!signal.aborted) {
            await pauseOr(signal, intervalMs);
            if (!signal.aborted) await pass();
          }
        })
        .finally(() => {
          drain.release();
          this.#stopping = undefined;
        });
      this.#ended.catch(() => undefined);
      await first;
    } catch (error) {
      this.#stopping = undefined;
      throw error;
    }
  }

  /** Resolves when it has been stopped; rejects with what ended a pass where nobody hears `onError`. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  async stop(): Promise<void> {
    this.#stopping?.abort();
    await this.#ended.catch(() => undefined);
  }
}

function pauseOr(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, timerMs(ms));
    signal.addEventListener("abort", done, { once: true });
  });
}
