// Whether an undecided project counts is asked once for each, as soon as it is met. Owned by the interaction. Invariant: without an answer nothing of it
// is read; a start without a question loads nothing for it.

import { isUndecided } from "../../../config/trust.ts";
import type { Surface } from "../surface.ts";

export class ProjectQuestion {
  readonly #at: Surface;
  /** By the directory that a decision is for. */
  readonly #asked = new Map<string, Promise<void>>();

  constructor(at: Surface) {
    this.#at = at;
  }

  /** Resolves when there is nothing to ask any more. Never rejects. */
  ask(): Promise<void> {
    const { project } = this.#at.sessions.launch.config;
    const { root } = project;
    if (root === undefined || (!isUndecided(project) && !this.#asked.has(root))) return Promise.resolve();
    const asking = this.#asked.get(root) ?? this.#ask();
    this.#asked.set(root, asking);
    return asking;
  }

  async #ask(): Promise<void> {
    try {
      await (await import("./trust.ts")).offerTrust(this.#at);
    } catch (error) {
      this.#at.fail(error);
    }
  }
}
