// The lock on a file that the npm agent changes too (auth.json, trust.json): a lease of the kernel's among our own processes, and inside it the
// directory that agent looks for (`<real path>.lock`, made by mkdir, touched while it is held). Called by auth-file and trust.
// Invariants: a lock of another program is broken only when it is stale; one that a dead process of ours left is broken at once.

import {
  appendFileSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { PiError } from "../../contracts/error.ts";
import { acquireLease } from "./lease.ts";

/** The npm agent takes a lock that was not touched for so long for a dead process's; its synchronous readers do after 10 s. */
const staleMs = 30_000;
const touchMs = 3000;
const pollMs = 50;
/** Between saying that a directory will be made and making it, on a busy machine. */
const momentMs = 1000;
/** The clock of files lags behind that of processes by up to one tick of the kernel. */
const tickMs = 20;
/** The longest wait for whoever holds it. */
const patienceMs = 30_000;

/** What the file is about: of errors. */
export type LockArea = "auth" | "config";

const codes = {
  auth: { failed: "auth.lock", busy: "auth.lock_busy", lost: "auth.lock_lost" },
  config: { failed: "config.lock", busy: "config.lock_busy", lost: "config.lock_lost" },
} as const;

export interface HeldLock {
  /** @throws PiError `<area>.lock_lost` where somebody has taken it for stale meanwhile: nothing may be written then. */
  requireHeld(): void;
}

interface LockPlace {
  path: string;
  leaseFile: string;
  area: LockArea;
}

/**
 * What our lease file says of the directory that its holder makes, a line each, before the directory becomes so: by this a later process of ours
 * knows a dead one's, wherever it died. Inode 0: it is about to be made, at that time; without a time: it was not after all.
 */
interface Mark {
  inode: number;
  mtimeMs: number;
}

/**
 * Runs `work` while the lock on `path` (a real path) is held. Rejects with `<area>.lock`, with `<area>.lock_busy` after 30 s, with the signal's
 * reason, with what `work` rejects with.
 */
export async function withSharedLock<T>(
  path: string,
  { area, signal }: { area: LockArea; signal?: AbortSignal | undefined },
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const patience = AbortSignal.timeout(patienceMs);
  const waiting = signal === undefined ? patience : AbortSignal.any([signal, patience]);
  const leaseFile = `${path}.lease`;
  touchPlainFile(leaseFile, area);
  const lease = await acquireLease(leaseFile, "wait", waiting).catch((error: unknown) => {
    throw patience.aborted ? busy(path, area) : error;
  });
  try {
    const directory = await LockDirectory.make({ path: `${path}.lock`, leaseFile, area }, waiting).catch((error: unknown) => {
      throw patience.aborted ? busy(path, area) : error;
    });
    try {
      return await work(directory);
    } finally {
      directory.remove();
    }
  } finally {
    if (typeof lease === "object") lease.release();
  }
}

class LockDirectory implements HeldLock {
  readonly #path: string;
  readonly #leaseFile: string;
  readonly #area: LockArea;
  #mark: Mark;
  readonly #touching: NodeJS.Timeout;

  private constructor({ path, leaseFile, area }: LockPlace) {
    this.#path = path;
    this.#leaseFile = leaseFile;
    this.#area = area;
    this.#mark = this.#found();
    addMark(leaseFile, this.#mark);
    this.#touching = setInterval(() => {
      try {
        // A lock that was taken away stays with who has it.
        if (this.#isOurs()) this.#touch();
      } catch {
        // A full disk, a directory that is gone: whether the lock is still ours is asked before anything is written.
      }
    }, touchMs);
  }

  static async make(place: LockPlace, signal: AbortSignal): Promise<LockDirectory> {
    const { path, leaseFile, area } = place;
    // Of whoever held our lease before: one that is gone.
    const marks = readMarks(leaseFile);
    for (;;) {
      signal.throwIfAborted();
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
        addMark(leaseFile, { inode: 0, mtimeMs: Date.now() });
        try {
          mkdirSync(path, 0o700);
          return new LockDirectory(place);
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if (code !== "EEXIST") throw cannotLock(path, code, area);
        }
        // Another program was faster.
        addMark(leaseFile, { inode: 0, mtimeMs: 0 });
      }
      breakIfDead(path, marks, area);
      await pause(signal);
    }
  }

  requireHeld(): void {
    if (this.#isOurs()) return;
    throw new PiError(codes[this.#area].lost, `Another program took over the lock ${this.#path}`, {
      hint: "Nothing was written; run it again.",
    });
  }

  remove(): void {
    clearInterval(this.#touching);
    if (this.#isOurs()) rmdirSync(this.#path);
    writeFileSync(this.#leaseFile, "");
  }

  #isOurs(): boolean {
    const found = lstatSync(this.#path, { throwIfNoEntry: false });
    return found !== undefined && found.ino === this.#mark.inode && found.mtimeMs === this.#mark.mtimeMs;
  }

  #found(): Mark {
    const { ino, mtimeMs } = lstatSync(this.#path);
    return { inode: ino, mtimeMs };
  }

  #touch(): void {
    const now = new Date();
    addMark(this.#leaseFile, { ...this.#mark, mtimeMs: now.getTime() });
    utimesSync(this.#path, now, now);
    this.#mark = this.#found();
    // A file system with a coarser clock.
    if (this.#mark.mtimeMs !== now.getTime()) addMark(this.#leaseFile, this.#mark);
  }
}

/** `marks`: what the last holder of the lease, which is gone, said of its directory. */
function breakIfDead(path: string, marks: readonly Mark[], area: LockArea): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) throw cannotLock(path, found.isSymbolicLink() ? "it is a link" : "it is no directory", area);
  const isStale = Date.now() - found.mtimeMs > staleMs;
  const last = marks.at(-1);
  const isOfDead =
    (last !== undefined && madeJustAfter(last, found.mtimeMs)) ||
    marks.some((mark) => mark.inode === found.ino && mark.mtimeMs === found.mtimeMs);
  if (!isStale && !isOfDead) return;
  try {
    rmdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw cannotLock(path, code, area);
  }
}

/** A last mark without a directory: its process died at most a moment after it said that it would make one. */
function madeJustAfter(mark: Mark, mtimeMs: number): boolean {
  return mark.inode === 0 && mtimeMs >= mark.mtimeMs - tickMs && mtimeMs <= mark.mtimeMs + momentMs;
}

function readMarks(leaseFile: string): Mark[] {
  let text: string;
  try {
    text = readFileSync(leaseFile, "utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap(markIn);
}

/** Nothing for a line that was not written to its end. */
function markIn(line: string): Mark[] {
  try {
    const { inode, mtimeMs } = JSON.parse(line) as Partial<Mark>;
    return typeof inode === "number" && typeof mtimeMs === "number" ? [{ inode, mtimeMs }] : [];
  } catch {
    return [];
  }
}

/** On a line of its own, also behind one that was not written to its end. */
function addMark(leaseFile: string, mark: Mark): void {
  appendFileSync(leaseFile, `\n${JSON.stringify(mark)}`);
}

/** There, ours, and no link that leads elsewhere. */
function touchPlainFile(path: string, area: LockArea): void {
  const { O_CREAT, O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  try {
    closeSync(openSync(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0o600));
  } catch (error) {
    throw cannotLock(path, (error as NodeJS.ErrnoException).code, area);
  }
}

function cannotLock(path: string, reason: string | undefined, area: LockArea): PiError {
  return new PiError(codes[area].failed, `The lock ${path} cannot be taken: ${reason ?? "unknown reason"}`, {
    hint: "Its directory must be yours and writable.",
  });
}

function busy(path: string, area: LockArea): PiError {
  return new PiError(codes[area].busy, `Another program has held the lock on ${path} for ${patienceMs / 1000} s`, {
    hint: `End it, or remove ${path}.lock where no program runs.`,
  });
}

async function pause(signal: AbortSignal): Promise<void> {
  const { setTimeout } = await import("node:timers/promises");
  await setTimeout(pollMs, undefined, { signal });
}
