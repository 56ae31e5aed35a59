// Which model's quota is spent, and until when: kept in the agent directory, so that the next of a thousand short runs need not find out again.
// Called by fallback. Invariant: a memory that cannot be read or written is an empty one, never a failure.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeDirectory } from "../../platform/files/make-directory.ts";

export class QuotaMemory {
  readonly #file: string;
  readonly #now: () => number;

  constructor(agentDir: string, now: () => number) {
    this.#file = join(agentDir, "cache", "spent-quotas.json");
    this.#now = now;
  }

  /** Unix ms; nothing when there is quota as far as is known. `model` is `provider/id`. */
  spentUntil(model: string): number | undefined {
    return this.#load().get(model);
  }

  remember(model: string, untilMs: number): void {
    const spent = this.#load().set(model, untilMs);
    try {
      makeDirectory(dirname(this.#file), 0o700);
      const temporary = `${this.#file}.new`;
      writeFileSync(temporary, JSON.stringify(Object.fromEntries(spent)), { mode: 0o600 });
      renameSync(temporary, this.#file);
    } catch {
      // The next run finds out by itself.
    }
  }

  #load(): Map<string, number> {
    try {
      const stored = JSON.parse(readFileSync(this.#file, "utf8")) as Record<string, unknown>;
      const entries = Object.entries(stored).filter(
        (entry): entry is [string, number] => typeof entry[1] === "number" && entry[1] > this.#now() && entry[1] <= 8.64e15,
      );
      return new Map(entries);
    } catch {
      return new Map();
    }
  }
}
