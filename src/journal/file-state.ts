// What stands at a path, as a value that can be compared, kept and put back. Used by the files beside it.
// Invariants: what is kept is named by its content; nothing is written but through a whole file in its place; a state that was not kept is
// never taken for one that was.

import type { Stats } from "node:fs";
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { chmod } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeAtomic } from "../platform/files/files.ts";
import { makeDirectory } from "../platform/files/make-directory.ts";

export type FileState =
  | { kind: "absent" }
  /** `hash` names the bytes; without it they were too many to keep or could not be read, and `mtimeMs` is all that tells one from another. */
  | { kind: "file"; mode: number; size: number; hash?: string; mtimeMs?: number }
  | { kind: "link"; target: string }
  /** What is in it has states of its own. */
  | { kind: "directory" }
  /** A device, a pipe. */
  | { kind: "other" };

/** Of a file that is still to be made: whatever the umask gives it. */
export const anyMode = -1;

/** Larger files are not kept. */
const maxKeptBytes = 16 << 20;
/** Younger stamps say nothing yet. */
const settledMs = 100;
/** Of one session. */
const maxStoreBytes = 512 << 20;

export function isSameState(one: FileState, other: FileState): boolean {
  if (one.kind === "file" && other.kind === "file") {
    const hasSameBytes = one.hash === other.hash && one.size === other.size && (one.hash !== undefined || one.mtimeMs === other.mtimeMs);
    return hasSameBytes && (one.mode === anyMode || other.mode === anyMode || one.mode === other.mode);
  }
  return one.kind === other.kind && (one.kind !== "link" || other.kind !== "link" || one.target === other.target);
}

/** Whether it can be put back. */
export function isKept(state: FileState): boolean {
  return (
    state.kind === "absent" || state.kind === "directory" || state.kind === "link" || (state.kind === "file" && state.hash !== undefined)
  );
}

/** Nothing is there also where a file stands in the place of a directory above. */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** A link that has come into the way: what the path, whose links were resolved, leads to is not what it led to. */
export function linkAbove(path: string): string | undefined {
  let at = dirname(path);
  for (;;) {
    try {
      if (realpathSync(at) === at) return undefined;
      break;
    } catch {
      // Nothing there, or a link that leads nowhere.
      if (lookAt(at)?.isSymbolicLink()) break;
      const parent = dirname(at);
      if (parent === at) return undefined;
      at = parent;
    }
  }
  // The outermost one.
  let link: string | undefined;
  for (; at !== dirname(at); at = dirname(at)) if (lookAt(at)?.isSymbolicLink()) link = at;
  return link;
}

/** Bytes by their hash, in a directory that only its owner can read. */
export class StateStore {
  readonly #directory: string;
  #bytes: number | undefined;
  /** What was read, by path, with what a change would change. */
  readonly #read = new Map<string, { stamp: string; state: FileState }>();

  constructor(directory: string) {
    this.#directory = join(directory, "objects");
  }

  /** Of what is there now; it is kept where it fits. */
  async stateAt(path: string): Promise<FileState> {
    const info = lookAt(path);
    // Behind a link is somebody else's file.
    if (info === undefined || linkAbove(path) !== undefined) return { kind: "absent" };
    if (info.isSymbolicLink()) return { kind: "link", target: readlinkSync(path) };
    if (info.isDirectory()) return { kind: "directory" };
    if (!info.isFile()) return { kind: "other" };
    const about = { kind: "file" as const, mode: info.mode & 0o777, size: info.size };
    const large = { ...about, mtimeMs: info.mtimeMs };
    if (info.size > maxKeptBytes) return large;
    const stamp = [info.dev, info.ino, info.size, info.mode, info.mtimeMs, info.ctimeMs].join();
    const read = this.#read.get(path);
    if (read?.stamp === stamp) return read.state;
    const bytes = readable(path);
    if (bytes === undefined) return large;
    const hash = await this.keep(bytes);
    const state = hash === undefined ? large : { ...about, hash };
    // A file changed a moment ago may change again within the same tick of its clock.
    if (Date.now() - info.ctimeMs > settledMs) this.#read.set(path, { stamp, state });
    return state;
  }

  /** The name of the bytes, or nothing where there is no room for them. */
  async keep(bytes: Uint8Array): Promise<string | undefined> {
    const { createHash } = await import("node:crypto");
    const hash = createHash("sha256").update(bytes).digest("hex");
    const path = this.#pathOf(hash);
    if (lstatSync(path, { throwIfNoEntry: false })?.size === bytes.length) return hash;
    this.#bytes ??= this.#readTotal();
    if (bytes.length > maxKeptBytes || this.#bytes + bytes.length > maxStoreBytes) return undefined;
    makeDirectory(dirname(path), 0o700);
    const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}`;
    try {
      writeFileSync(temporary, bytes, { flag: "wx", mode: 0o600 });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    this.#bytes += bytes.length;
    writeFileSync(join(this.#directory, "total"), String(this.#bytes), { mode: 0o600 });
    return hash;
  }

  /** Nothing where they are gone. */
  bytesOf(state: FileState): Uint8Array | undefined {
    if (state.kind !== "file" || state.hash === undefined) return undefined;
    try {
      return readFileSync(this.#pathOf(state.hash));
    } catch {
      return undefined;
    }
  }

  #pathOf(hash: string): string {
    return join(this.#directory, hash.slice(0, 2), hash.slice(2));
  }

  #readTotal(): number {
    try {
      return Number(readFileSync(join(this.#directory, "total"), "utf8")) || 0;
    } catch {
      return 0;
    }
  }
}

/** Nothing where it belongs to somebody else. */
function readable(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** Puts a state in the place of what is there. `floor`: directories below it that become empty go with a file that goes. Errors are Node's. */
export async function putState(path: string, state: FileState, store: StateStore, floor: string): Promise<void> {
  const present = lookAt(path);
  if (state.kind === "absent") {
    if (present !== undefined && !present.isDirectory()) unlinkSync(path);
    removeEmptyParents(path, floor);
    return;
  }
  if (state.kind === "directory") {
    if (present !== undefined && !present.isDirectory()) unlinkSync(path);
    return makeDirectory(path);
  }
  // Of a directory only an empty one gives way.
  if (present?.isDirectory()) rmdirSync(path);
  else if (present !== undefined && (state.kind === "link" || !present.isFile())) unlinkSync(path);
  makeDirectory(dirname(path));
  if (linkAbove(path) !== undefined) throw new Error(`A link has come into the way to ${path}`);
  if (state.kind === "link") return symlinkSync(state.target, path);
  const bytes = store.bytesOf(state);
  if (state.kind !== "file" || bytes === undefined) throw new Error(`What stood at ${path} was not kept`);
  await writeAtomic(path, bytes, state.mode === anyMode ? undefined : state.mode);
  // One with other names stays the file that it is.
  if (state.mode !== anyMode) await chmod(path, state.mode);
}

export function removeEmptyParents(path: string, floor: string): void {
  for (let at = dirname(path); at.startsWith(`${floor}/`); at = dirname(at)) {
    try {
      rmdirSync(at);
    } catch (error) {
      // One that is gone may have left others above it: it was cut off between the two.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") return;
    }
  }
}

/** The nearest directory above a path that is there. */
export function standingDirectory(path: string): string {
  let at = dirname(path);
  while (at !== dirname(at) && lookAt(at)?.isDirectory() !== true) at = dirname(at);
  return at;
}

export function makePrivate(directory: string): void {
  makeDirectory(dirname(directory), 0o700);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}
