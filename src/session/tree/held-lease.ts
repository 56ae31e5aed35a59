// The lease that a session has on its file: on the one that it was opened with, then on each new one that takes its place. Owned by the session.
// Invariant: what was given up is never taken again, whatever was still under way.

import { acquireLease, type Lease, type LeaseOutcome, leaseDelayMs } from "../../platform/locks/lease.ts";

export class HeldLease {
  #outcome: Promise<LeaseOutcome | undefined>;
  readonly #isDeferred: boolean;
  /** Ends the wait for a moment to take the lease in. */
  #hurry: (() => void) | undefined;
  isGivenUp = false;

  /** `isDeferred`: on a first file of ours it is taken a moment later. */
  constructor(lease: Lease | undefined, isDeferred: boolean) {
    this.#outcome = Promise.resolve(lease);
    this.#isDeferred = isDeferred;
  }

  /** A new file: from now on others may want to write it. A lease on one that had the name before it is worth nothing. */
  follow({ fileNumber, filePath }: { readonly fileNumber: number; readonly filePath: string | undefined }, fileNumberBefore: number): void {
    if (fileNumber !== fileNumberBefore && filePath !== undefined) this.#outcome = this.#onNewFile(filePath, fileNumberBefore === 0);
  }

  giveUp(): void {
    this.isGivenUp = true;
    this.#hurry?.();
    void this.released();
  }

  /** After `giveUp`: resolves when others may have it. */
  async released(): Promise<void> {
    await this.#outcome.then(release, () => {});
  }

  async #onNewFile(path: string, isFirst: boolean): Promise<LeaseOutcome | undefined> {
    const held = await this.#outcome;
    // Of an empty file that was opened.
    if (isFirst && held !== undefined) return held;
    release(held);
    if (isFirst && this.#isDeferred) await this.#aMoment();
    if (this.isGivenUp) return undefined;
    const lease = await acquireLease(path, "fail").catch(() => undefined);
    if (this.isGivenUp) release(lease);
    return lease;
  }

  #aMoment(): Promise<void> {
    return new Promise((resolve) => {
      this.#hurry = resolve;
      setTimeout(resolve, leaseDelayMs).unref();
    });
  }
}

function release(outcome: LeaseOutcome | undefined): void {
  if (typeof outcome === "object") outcome.release();
}
