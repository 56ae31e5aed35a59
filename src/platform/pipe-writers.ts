// Who could still write into our stdin. Called where a run waits for it. Invariant: looks only, at what Linux shows of the user's own processes.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

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
    const writers = readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid && writesTo(entry, pipe))
      .map((entry) => ({ pid: Number(entry), name: nameOf(entry), isAncestor: ancestors.has(Number(entry)) }));
    return writers.length === 0 ? undefined : writers;
  } catch {
    return undefined;
  }
}

function writesTo(pid: string, pipe: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      if (readlinkSync(`/proc/${pid}/fd/${descriptor}`) !== pipe) return false;
      const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "utf8"))?.[1] ?? "0";
      // The last two bits: 0 reads, 1 writes, 2 does both.
      return (Number.parseInt(flags, 8) & 3) !== 0;
    });
  } catch {
    // Gone meanwhile, or another user's.
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

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8")
      .replace(/[^\x20-\x7e]/g, "")
      .trim();
  } catch {
    return "a program";
  }
}
