// Hands events out: to callbacks, to async iterations, and again to those who missed some. Called by the RPC client.
// Invariant: each taker gets each event once, in order; an iteration that nobody reads costs memory, never the pace of the others.

import { PiError } from "../../contracts/error.ts";

interface Taker<E> {
  onEvent(event: E): void;
  onEnd?(): void;
}

export class EventFeed<E extends { seq: number }> {
  readonly #keep: number;
  readonly #takers = new Set<Taker<E>>();
  #kept: E[] = [];
  #lastSeq = 0;

  /** `keep`: how many of the newest events can be asked for again. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  push(event: E): void {
    this.#lastSeq = event.seq;
    if (this.#keep > 0) {
      this.#kept.push(event);
      // Now and then, not for every event.
      if (this.#kept.length >= 2 * this.#keep) this.#kept = this.#kept.slice(-this.#keep);
    }
    for (const taker of [...this.#takers]) taker.onEvent(event);
  }

  /** No more will come for now: iterations end; callbacks stay for another start. */
  interrupt(): void {
    for (const taker of [...this.#takers]) taker.onEnd?.();
  }

  /** Returns the remover. */
  listen(onEvent: (event: E) => void, onEnd?: () => void): () => void {
    const taker: Taker<E> = { onEvent, ...(onEnd === undefined ? {} : { onEnd }) };
    this.#takers.add(taker);
    return () => this.#takers.delete(taker);
  }

  /** @throws PiError `rpc.events_gone` where events behind `sinceSeq` are kept no more. */
  iterate(sinceSeq?: number): AsyncIterableIterator<E> {
    const waiting = sinceSeq === undefined ? [] : this.#behind(sinceSeq);
    let isOver = false;
    let wake: (() => void) | undefined;
    const end = (): void => {
      isOver = true;
      stop();
      wake?.();
    };
    const stop = this.listen((event) => {
      waiting.push(event);
      wake?.();
    }, end);
    return {
      next: async () => {
        for (;;) {
          const value = waiting.shift();
          if (value !== undefined) return { done: false, value };
          if (isOver) return { done: true, value: undefined };
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          wake = undefined;
        }
      },
      return: async () => {
        waiting.length = 0;
        end();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #behind(sinceSeq: number): E[] {
    const found = this.#kept.slice(-this.#keep).filter((event) => event.seq > sinceSeq);
    const first = found[0]?.seq ?? this.#lastSeq + 1;
    if (first > sinceSeq + 1) {
      throw new PiError("rpc.events_gone", `Events ${sinceSeq + 1} to ${first - 1} are not kept any more`, {
        hint: "Keep more with keepEvents, or read the session with getEntries",
      });
    }
    return found;
  }
}
