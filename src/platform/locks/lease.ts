// One writer at a time: flock(2) on the file itself, which the kernel gives back when its holder dies. Called by the session.
// Bun calls the C library; Node has no such call and lets the program `flock` lock the descriptor it inherits: a lock belongs to the open
// file, not to the process that asked for it, so it is the same lock. See docs/decisions/0003-session-lease.md.

import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import type { CLibrary } from "../bun-ffi.ts";
import type { LockCalls } from "./flock-calls.ts";

/** `unsupported`: this system or file system has no such locks; one goes on without. */
export type LeaseOutcome = Lease | "busy" | "unsupported";

export interface Lease {
  release(): void;
}

/**
 * How long a first file of ours, which nobody knows of yet, goes without: longer than it takes from the first entry to the request, shorter than
 * anybody needs to find the file and begin with it. Node takes longer for both, and to ask for the lock is a program of its own there.
 */
export const leaseDelayMs = process.versions.bun === undefined ? 60 : 20;

type LockResult = "locked" | "busy" | "unsupported";

/**
 * Takes the lease on a file that is there. `wait` resolves when its holder lets go or dies, and rejects with the signal's reason.
 * Throws Node's errors when the file cannot be opened.
 */
export async function acquireLease(path: string, how: "fail" | "wait", signal?: AbortSignal): Promise<LeaseOutcome> {
  for (let attempt = 1; ; attempt++) {
    const result = await tryLease(path, how, signal);
    if (result === "replaced") continue;
    if (result !== "busy") return result;
    if (how === "fail" && (attempt >= passingAttempts || !isHeldByNobodyElse(path))) return "busy";
    await pause(how === "fail" ? passingMs : pollMs, signal);
  }
}

async function tryLease(path: string, how: "fail" | "wait", signal: AbortSignal | undefined): Promise<LeaseOutcome | "replaced"> {
  const opened = openForLease(path);
  if (typeof opened === "string") return opened;
  let result: LockResult = "unsupported";
  try {
    result = opened.isLocked ? "locked" : await lock(opened.descriptor, how, signal);
  } finally {
    if (result !== "locked") closeSync(opened.descriptor);
  }
  if (result !== "locked") return result;
  // The file may have been replaced while we waited for the old one.
  if (namesSameFile(path, opened.descriptor)) return leaseOn(opened.descriptor);
  closeSync(opened.descriptor);
  return "replaced";
}

/**
 * A lock that nobody else is seen to hold goes in a moment: a child of ours that is just being started has it until it becomes another
 * program, or this process is about to let go of it.
 */
function isHeldByNobodyElse(path: string): boolean {
  const holder = leaseHolder(path);
  return holder === undefined || holder === process.pid;
}

/** The process that holds the lease on a file; `undefined` when it cannot be told. */
export function leaseHolder(path: string): number | undefined {
  let inode: number;
  try {
    inode = statSync(path).ino;
  } catch {
    return undefined;
  }
  for (const pid of listDirectory("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    for (const descriptor of listDirectory(`/proc/${pid}/fdinfo`)) {
      if (holdsLock(`/proc/${pid}`, descriptor, inode)) return Number(pid);
    }
  }
  return undefined;
}

/** In words, for people. */
export function holderOf(path: string): string {
  const pid = leaseHolder(path);
  if (pid === process.pid) return "this process";
  return pid === undefined ? "another process" : `process ${pid}`;
}

/** `process`: its directory in /proc. Errors are Node's: it may have ended. */
export function isLocked(process: string, descriptor: string): boolean {
  return /^lock:.*FLOCK.*WRITE/m.test(readFileSync(`${process}/fdinfo/${descriptor}`, "latin1"));
}

function holdsLock(process: string, descriptor: string, inode: number): boolean {
  try {
    const target = readlinkSync(`${process}/fd/${descriptor}`);
    if (!target.startsWith("/") || statSync(`${process}/fd/${descriptor}`).ino !== inode) return false;
    return isLocked(process, descriptor);
  } catch {
    return false;
  }
}

/** Nothing where it cannot be read. */
export function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function leaseOn(descriptor: number): Lease {
  let isHeld = true;
  return {
    release() {
      if (!isHeld) return;
      isHeld = false;
      closeSync(descriptor);
    },
  };
}

/** Not in node:fs: `open` of the BSDs takes the lock at once, and Windows refuses every other opener. */
const openExclusiveLockOfBsd = 0x20;
const openExclusiveOfWindows = 0x10000000;
const openTemporaryOfWindows = 0x40;

/** How often a lock is asked for where nothing tells that it has become free. */
const pollMs = 100;
/** For one that should be free in a moment. */
const passingMs = 20;
const passingAttempts = 5;

function openForLease(path: string): { descriptor: number; isLocked: boolean } | "busy" | "unsupported" {
  const { O_RDWR, O_RDONLY, O_CREAT, O_NONBLOCK } = constants;
  try {
    switch (process.platform) {
      case "linux":
        return { descriptor: openSync(path, O_RDWR), isLocked: false };
      case "win32":
        // On the session itself it would lock out readers; the file beside it is deleted by the system when its holder is gone.
        return {
          descriptor: openSync(`${path}.lease`, O_RDWR | O_CREAT | openTemporaryOfWindows | openExclusiveOfWindows),
          isLocked: true,
        };
      case "darwin":
      case "freebsd":
        return { descriptor: openSync(path, O_RDONLY | O_NONBLOCK | openExclusiveLockOfBsd), isLocked: true };
      default:
        return "unsupported";
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOENT") throw error;
    return ["EAGAIN", "EWOULDBLOCK", "EBUSY"].includes(code) ? "busy" : "unsupported";
  }
}

function namesSameFile(path: string, descriptor: number): boolean {
  if (process.platform === "win32") return true;
  const named = statSync(path, { throwIfNoEntry: false });
  const held = fstatSync(descriptor);
  return named !== undefined && named.ino === held.ino && named.dev === held.dev;
}

async function lock(descriptor: number, how: "fail" | "wait", signal: AbortSignal | undefined): Promise<LockResult> {
  if (process.versions.bun === undefined) return lockByProgram(descriptor, how, signal);
  const library = await (await import("./flock-calls.ts")).lockLibrary;
  if (library === undefined) return lockByProgram(descriptor, how, signal);
  for (;;) {
    const result = lockByCall(library, descriptor);
    if (result !== "busy" || how === "fail") return result;
    await pause(pollMs, signal);
  }
}

function lockByCall({ calls, int32At }: CLibrary<LockCalls>, descriptor: number): LockResult {
  const exclusiveWithoutWaiting = 2 | 4;
  if (calls.flock(descriptor, exclusiveWithoutWaiting) === 0) return "locked";
  const notImplemented = 38;
  const noLocks = 37;
  const notSupported = 95;
  return [notImplemented, noLocks, notSupported].includes(int32At(calls.__errno_location())) ? "unsupported" : "busy";
}

async function lockByProgram(descriptor: number, how: "fail" | "wait", signal: AbortSignal | undefined): Promise<LockResult> {
  const { spawn } = await import("node:child_process");
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    // It says nothing that would have to be in the user's language: to load that is most of its work.
    const env = { PATH: process.env.PATH, LC_ALL: "C" };
    const child = spawn("flock", how === "fail" ? ["-n", "3"] : ["3"], { stdio: ["ignore", "ignore", "ignore", descriptor], env });
    const abort = (): void => {
      child.kill();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    child.once("error", () => resolve("unsupported"));
    child.once("exit", (status) => {
      signal?.removeEventListener("abort", abort);
      resolve(status === 0 ? "locked" : status === 1 ? "busy" : "unsupported");
    });
  });
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { setTimeout } = await import("node:timers/promises");
  await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
}
