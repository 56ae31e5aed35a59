// Which session one run goes on with, by the map of its host. Made by the router for each runtime that it tries; asked where the run is prepared.
// Invariant: of runs whose group has no session, or one that is gone, one at a time begins it, also of several processes: the others would each
// begin their own, of which one is remembered.

import type { Lease } from "../../platform/locks/lease.ts";
import type { RunAt } from "../hosted-run.ts";
import type { RuntimeKind } from "../result.ts";
import type { SessionMap } from "./session-map.ts";

/** A runtime asks it; without one, a session is what the request says. */
export interface SessionPlace {
  /** May wait for a run that begins one. */
  find(at: RunAt): Promise<string | undefined>;
  /** That one is not there: what another run has begun in its place, or nothing where this run is to begin it. May wait as well. */
  replacing(id: string, at: RunAt): Promise<string | undefined>;
}

export interface RememberedAt {
  map: SessionMap | undefined;
  group: string;
  runtime: RuntimeKind;
  /** As the host has said. */
  said: string | undefined;
  isFresh: boolean;
  /** Of a map that cannot be read: it costs the memory, not the run. */
  onBroken(error: unknown): void;
}

export class RememberedSession implements SessionPlace {
  readonly #at: RememberedAt;
  #known: string | undefined;
  #beginning: Lease | undefined;
  #isOver = false;

  constructor(at: RememberedAt) {
    this.#at = at;
  }

  async find(at: RunAt): Promise<string | undefined> {
    const { map, said, isFresh } = this.#at;
    if (isFresh || map === undefined) return said;
    this.#known = await this.#remembered();
    return said ?? this.#known ?? this.#begun(undefined, at);
  }

  async replacing(id: string, at: RunAt): Promise<string | undefined> {
    // What the host has said against the map is its own affair: nobody else begins it anew.
    return this.#at.isFresh || this.#known !== id ? undefined : this.#begun(id, at);
  }

  /** The run is over, and remembered. */
  leave(): void {
    this.#isOver = true;
    this.#beginning?.release();
    this.#beginning = undefined;
  }

  /** What the map has in place of `gone`; where that is nothing new, this run is alone with beginning one until it is over. */
  async #begun(gone: string | undefined, { signal, warn }: RunAt): Promise<string | undefined> {
    const { map, group, runtime } = this.#at;
    this.#beginning ??= await map?.begin(group, runtime, {
      signal,
      onWait: (holder) => warn(`The run waits for ${holder}, which begins the session of group ${group} with ${runtime}`),
    });
    if (this.#isOver) this.leave();
    this.#known = await this.#remembered();
    if (this.#known === gone) return undefined;
    this.#beginning?.release();
    this.#beginning = undefined;
    return this.#known;
  }

  async #remembered(): Promise<string | undefined> {
    const { map, group, runtime, onBroken } = this.#at;
    try {
      return await map?.get(group, runtime);
    } catch (error) {
      onBroken(error);
      return undefined;
    }
  }
}
