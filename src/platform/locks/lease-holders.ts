// Who holds the leases on many files: what `leaseHolder` says of one. Used by `pi sessions check`. Invariant: all processes are looked at again only
// where a file was written since the last look.

import { statSync } from "node:fs";
import { isLocked, listDirectory } from "./lease.ts";

/** Times of files come from a clock that is read only now and then. */
const clockStepMs = 100;

/** By one look at all processes for as long as none of the files has been written since. */
export class LeaseHolders {
  readonly #pids = new Map<number, number>();
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** The process that had the lease at some moment after the file was last written. */
  of(path: string): number | undefined {
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined) return undefined;
    if (info.mtimeMs > this.#lookedMs - clockStepMs) this.#look();
    return this.#pids.get(info.ino);
  }

  #look(): void {
    this.#lookedMs = Date.now();
    this.#pids.clear();
    for (const pid of listDirectory("/proc")) {
      if (!/^\d+$/.test(pid)) continue;
      for (const descriptor of listDirectory(`/proc/${pid}/fdinfo`)) {
        const inode = lockedInode(`/proc/${pid}`, descriptor);
        if (inode !== undefined && !this.#pids.has(inode)) this.#pids.set(inode, Number(pid));
      }
    }
  }
}

function lockedInode(process: string, descriptor: string): number | undefined {
  try {
    if (!isLocked(process, descriptor)) return undefined;
    return statSync(`${process}/fd/${descriptor}`).ino;
  } catch {
    return undefined;
  }
}
