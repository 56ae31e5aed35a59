// A name that one holder at a time has, where there is no file of its own to lock: an empty file made for it, locked, and gone with its holder.
// Called by whatever begins a session, or goes on with one that another program keeps. Invariant: who holds it is alone with it, and one that
// has died holds nothing.

import { closeSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { PiError } from "../../contracts/error.ts";
import { makeDirectory } from "../files/make-directory.ts";
import { acquireLease, holderOf, type Lease } from "./lease.ts";

export interface ClaimWait {
  signal?: AbortSignal | undefined;
  /** Told once of a wait that takes longer than a moment: what holds the name, in words. */
  onWait?(holder: string): void;
}

/** Each is a holder that has let go while we waited, so this many is for ever. */
const maxAttempts = 1000;
const noticeMs = 2000;

/**
 * Nothing where no such file can be made, or locked: one goes on without. Rejects with the signal's reason, and with `session.busy` where the
 * name stays in use.
 */
export async function claim(path: string, { signal, onWait }: ClaimWait = {}): Promise<Lease | undefined> {
  const timer = onWait === undefined ? undefined : setTimeout(() => onWait(holderOf(path)), noticeMs);
  try {
    return await claimed(path, signal);
  } finally {
    clearTimeout(timer);
  }
}

async function claimed(path: string, signal: AbortSignal | undefined): Promise<Lease | undefined> {
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    signal?.throwIfAborted();
    try {
      makeDirectory(dirname(path), 0o700);
      closeSync(openSync(path, "a", 0o600));
      const lease = await acquireLease(path, "wait", signal);
      if (lease === "busy") continue;
      return {
        release() {
          // Before it is let go: afterwards it may be another's.
          rmSync(path, { force: true });
          if (lease !== "unsupported") lease.release();
        },
      };
    } catch (error) {
      if (signal?.aborted) throw error;
      // Removed by the one before us between two steps.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      return undefined;
    }
  }
  throw new PiError("session.busy", `The name of a session could not be had: ${path} stays in use`, { hint: "Try again." });
}
