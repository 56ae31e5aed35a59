// Where the suite's temporary files lie: in memory, where the machine has a place for them that programs can be started from. A disk makes each
// new file look past those just deleted, of which the suite has tens of thousands. Run by the runner before all workers.
// Invariant: a place that the user has named is used; nothing is left of ours, not even of a run that was killed.

import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

const memory = "/dev/shm";
/** By the process whose they are. Short: paths of sockets are, and those on a screen of a test. */
const ours = /^pi-(\d+)$/;
/** The largest files of a test have some 100 MB, and several tests run at once. */
const minBytes = 4 * 2 ** 30;

export default function useMemory(): (() => void) | undefined {
  if (process.env.TMPDIR !== undefined || !isRoomy()) return undefined;
  for (const name of readdirSync(memory)) {
    const pid = ours.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) remove(name);
  }
  const directory = join(memory, `pi-${process.pid}`);
  mkdirSync(directory, { mode: 0o700 });
  process.env.TMPDIR = directory;
  return () => {
    delete process.env.TMPDIR;
    rmSync(directory, { recursive: true, force: true });
  };
}

function isRoomy(): boolean {
  try {
    accessSync(memory, constants.W_OK);
    const options = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" "))
      .findLast(([, place, kind]) => place === memory && kind === "tmpfs")?.[3];
    const { bavail, bsize } = statfsSync(memory);
    return (
      options !== undefined && !options.split(",").includes("noexec") && Math.min(bavail * bsize, process.availableMemory()) >= minBytes
    );
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function remove(name: string): void {
  try {
    rmSync(join(memory, name), { recursive: true });
  } catch {
    // Another user's.
  }
}
