// Who stands at the other ends of our stdin and stdout. Called where a run waits for the one, and by the watch over the other.
// Invariant: looks only, at what Linux shows of the user's own processes; what it does not show is not known, never "nobody".

import { fstatSync, readdirSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { brokenOrGone, pollOf } from "./poll.ts";

export interface PipeWriter {
  pid: number;
  /** As the system calls it. */
  name: string;
  /** One of those that started us: a host that keeps a pipe to us open, not a program of a pipeline. */
  isAncestor: boolean;
}

/** Nothing where that cannot be known: no /proc, or all of them belong to others. */
export function stdinWriters(): PipeWriter[] | undefined {
  try {
    const pipe = readlinkSync("/proc/self/fd/0");
    const ancestors = ancestorsOf(process.pid);
    const writers = otherProcesses()
      .filter((pid) => endIn(pid, pipe, "writes") !== undefined)
      .flatMap((pid) => {
        const name = nameOf(pid);
        // Gone meanwhile, it writes no more.
        return name === undefined ? [] : [{ pid: Number(pid), name, isAncestor: ancestors.has(Number(pid)) }];
      });
    return writers.length === 0 ? undefined : writers;
  } catch {
    return undefined;
  }
}

/** Whether the reader of a descriptor has gone, learned without writing a byte: a run whose tools are quiet may not write for hours. */
export interface ReaderWatch {
  /** `true` only when it is certain. */
  isGone(): boolean;
  /** Nothing has to be asked before it matters. */
  readonly isReady: boolean;
}

/** Nothing where there is nothing to be watched: a file, a device. */
export async function readerWatch(descriptor: number): Promise<ReaderWatch | undefined> {
  const info = fstatSync(descriptor);
  if (info.isSocket()) return { isGone: () => isBroken(descriptor), isReady: true };
  if (!info.isFIFO()) return undefined;
  const poll = process.versions.bun === undefined ? undefined : await pollOf(descriptor, 0);
  return poll === undefined ? new SeenReader(descriptor) : { isGone: () => (poll() & brokenOrGone) !== 0, isReady: true };
}

/** Of a pipe where the system can only be looked at: to be missed a reader must have been seen. */
class SeenReader implements ReaderWatch {
  readonly #descriptor: number;
  /** The entry in /proc of the reader seen last. */
  #seen: string | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  get isReady(): boolean {
    return this.#seen !== undefined;
  }

  isGone(): boolean {
    try {
      return this.#hasLostReader(readlinkSync(`/proc/self/fd/${this.#descriptor}`));
    } catch {
      return false;
    }
  }

  #hasLostReader(pipe: string): boolean {
    if (this.#seen !== undefined && pointsTo(this.#seen, pipe)) return false;
    const hadOne = this.#seen !== undefined;
    for (const pid of otherProcesses()) {
      this.#seen = endIn(pid, pipe, "reads");
      if (this.#seen !== undefined) return false;
    }
    return hadOne;
  }
}

/** A stream socket takes no bytes at all as long as somebody is at its other end, and says EPIPE afterwards. */
function isBroken(socket: number): boolean {
  try {
    writeSync(socket, new Uint8Array(0));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPIPE";
  }
}

function otherProcesses(): string[] {
  return readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
}

/** The entry in /proc of the descriptor by which a process reads or writes a pipe. */
function endIn(pid: string, pipe: string, how: "reads" | "writes"): string | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .map((descriptor) => ({ descriptor, entry: `/proc/${pid}/fd/${descriptor}` }))
      .find(({ descriptor, entry }) => {
        if (!pointsTo(entry, pipe)) return false;
        const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "utf8"))?.[1] ?? "0";
        // The last two bits: 0 reads, 1 writes, 2 does both.
        return (Number.parseInt(flags, 8) & 3) !== (how === "writes" ? 0 : 1);
      })?.entry;
  } catch {
    // Gone meanwhile, or another user's.
    return undefined;
  }
}

function pointsTo(entry: string, pipe: string): boolean {
  try {
    return readlinkSync(entry) === pipe;
  } catch {
    return false;
  }
}

function ancestorsOf(pid: number): Set<number> {
  const found = new Set<number>();
  for (let at = parentOf(pid); at !== undefined && at > 0 && !found.has(at); at = parentOf(at)) found.add(at);
  return found;
}

function parentOf(pid: number): number | undefined {
  try {
    // The name in parentheses may hold anything, also parentheses.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\)/s, "").trim().split(" ");
    return Number(fields[1]);
  } catch {
    return undefined;
  }
}

function nameOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8")
      .replace(/[^\x20-\x7e]/g, "")
      .trim();
  } catch {
    return undefined;
  }
}
