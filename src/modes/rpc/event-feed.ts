// Hands events out: to callbacks, to async iterations, and again to those who missed some. Called by the RPC client.
// Invariant: each taker gets each event once, in order; an iteration that nobody reads costs memory, never the pace of the others.

import { defined } from "../../contracts/defined.ts";
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
    handOut(
      event,
      [...this.#takers].map((taker) => taker.onEvent),
    );
  }

  /** No more will come for now: iterations end; callbacks stay for another start. */
  interrupt(): void {
    for (const { onEnd } of [...this.#takers]) onEnd?.();
  }

  /** Returns the remover. */
  listen(onEvent: (event: E) => void, onEnd?: () => void): () => void {
    const taker: Taker<E> = { onEvent, ...defined({ onEnd }) };
    this.#takers.add(taker);
    return () => this.#takers.delete(taker);
  }

  /** @throws PiError `rpc.events_gone` where events behind `sinceSeq` are kept no more. */
  iterate(sinceSeq?: number): AsyncIterableIterator<E> {
    const waiting = sinceSeq === undefined ? [] : this.#behind(sinceSeq);
    const asked: ((result: IteratorResult<E>) => void)[] = [];
    let isOver = false;
    const end = (): void => {
      isOver = true;
      stop();
      for (const resolve of asked.splice(0)) resolve({ done: true, value: undefined });
    };
    const stop = this.listen((value) => {
      const resolve = asked.shift();
      if (resolve === undefined) waiting.push(value);
      else resolve({ done: false, value });
    }, end);
    return {
      next: () => {
        const value = waiting.shift();
        if (value !== undefined) return Promise.resolve({ done: false, value });
        if (isOver) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => asked.push(resolve));
      },
      return: () => {
        waiting.length = 0;
        end();
        return Promise.resolve({ done: true, value: undefined });
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

/** A listener that throws keeps nothing from the others: its error is one that nobody caught, as it would be in any event handler. */
export function handOut<T>(value: T, listeners: Iterable<(value: T) => void>): void {
  for (const listener of listeners) {
    try {
      listener(value);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
