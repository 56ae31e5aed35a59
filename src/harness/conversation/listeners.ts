// Who is told of a session's events, and how long the session waits for those that are slow. Owned by conversation and session-host.
// Invariant: nobody waits for ever for a listener that itself waits for the session: `release` ends every wait under way.

import type { AgentEvent } from "../../contracts/agent-event.ts";

/** Answers with a promise when it is slow: the run waits for it. */
export type SessionListener = (event: AgentEvent) => Promise<void> | undefined | void;

export class Listeners {
  readonly #listeners = new Set<SessionListener>();
  readonly #waits = new Set<() => void>();
  #releases = 0;

  /** Returns the remover. */
  add(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear(): void {
    this.#listeners.clear();
  }

  /** A promise only when some listener is slow, since this runs for every delta. */
  tell(event: AgentEvent): Promise<void> | undefined {
    const before = this.#releases;
    let slow: Promise<void>[] | undefined;
    for (const listener of this.#listeners) {
      const waiting = listener(event);
      if (!waiting) continue;
      slow ??= [];
      slow.push(waiting);
    }
    return slow === undefined ? undefined : this.#waitFor(Promise.all(slow), before !== this.#releases);
  }

  /** Somebody waits for the run to end, perhaps the very listener that the run waits for: the events being told are waited for no longer. */
  release(): void {
    this.#releases++;
    for (const resolve of this.#waits) resolve();
    this.#waits.clear();
  }

  #waitFor(told: Promise<unknown>, isReleased: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#waits.delete(done);
        resolve();
      };
      this.#waits.add(done);
      told.then(done, (error: unknown) => {
        this.#waits.delete(done);
        reject(error);
      });
      if (isReleased) done();
    });
  }
}
