// Reads texts that somebody else may have made: what lies in a repository, in a directory above it, in the agent directory. Called by
// configuration and resources. Invariant: only a regular file is opened and at most `maxBytes` of it are read, so no pipe, device or endless
// file can hold a start; within a boundary nothing is read that is not the repository's own.

import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isInside } from "../paths.ts";
import { ownUserId } from "./user-id.ts";

/** Of texts that a model is told, and of configuration. */
const maxTextBytes = 1024 * 1024;
/** What goes to a model with every request and is longer is told. */
const noticedBytes = 64 * 1024;

/** `leftOut`: one line that names the file and says why it does not count; `why`: the reason alone. */
interface LeftOut {
  leftOut: string;
  why: string;
}
export type BoundedText = { text: string; bytes: number } | LeftOut;

export interface ReadBounds {
  /** Default: 1 MB. */
  maxBytes?: number;
  /** Of what is not the user's own. */
  boundary?: RepositoryBoundary | undefined;
  /** Default: followed. `refused`: the name itself must be the file, so that nobody who can make links there chooses what is read. */
  links?: "refused";
}

/** `undefined` where nothing is. UTF-8, or UTF-16 with its byte order mark, as some shells write what is redirected; without the mark. */
export function readBoundedText(path: string, bounds: ReadBounds = {}): BoundedText | undefined {
  const found = readBoundedBytes(path, bounds);
  if (found === undefined || "leftOut" in found) return found;
  return { text: textIn(found.content), bytes: found.content.length };
}

/** Decoders take the mark away. What knows bytes and texts besides, `Buffer`, is made by the runtime when somebody first asks for it. */
function textIn(bytes: Uint8Array): string {
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe;
  // UTF-32 begins alike, and goes on with a NUL.
  const whole = bytes.subarray(0, bytes.length & ~1);
  if (isLittle && !(bytes[2] === 0 && bytes[3] === 0)) return new TextDecoder("utf-16le").decode(whole);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(whole);
  return new TextDecoder().decode(bytes);
}

/** `undefined` where nothing is. */
export function readBoundedBytes(
  path: string,
  { maxBytes = maxTextBytes, boundary, links }: ReadBounds = {},
): { content: Uint8Array } | LeftOut | undefined {
  const named = lstatIfThere(path);
  if (named === undefined) return undefined;
  let target = path;
  let descriptor: number | undefined;
  try {
    // From here on a link is followed no more: what was judged is what is opened.
    target = links === "refused" ? path : realpathSync(path);
    const info = target === path ? named : lstatSync(target);
    const stranger = boundary?.problemOf(path, target, info);
    if (stranger !== undefined) return leftOut(path, stranger);
    const kind = kindProblem(info);
    if (kind !== undefined) return leftOut(path, kind);
    descriptor = openSync(target, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const opened = fstatSync(descriptor);
    const swapped = kindProblem(opened) ?? boundary?.ownerProblem(opened);
    if (swapped !== undefined) return leftOut(path, swapped);
    if (opened.size > maxBytes) return leftOut(path, `it has ${sizeText(opened.size)}, and at most ${sizeText(maxBytes)} are read`);
    const bytes = readUpTo(descriptor, opened.size, maxBytes);
    if (bytes === undefined) return leftOut(path, `it has more than the ${sizeText(maxBytes)} that are read`);
    return { content: bytes };
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code ?? "unknown");
    // A link to nothing holds nothing, like a name that is not there.
    return code === "ENOENT" ? undefined : leftOut(path, `it cannot be read (${code})`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** A line on a text that every request carries, where it is a long one. */
export function sizeNotice(path: string, bytes: number): string | undefined {
  return bytes > noticedBytes ? `${namedPath(path)} has ${sizeText(bytes)}, which go to the model with every request.` : undefined;
}

/** `cwd` and those above it up to the root of its repository, the one that holds `.git`; outside of one `cwd` alone. */
export function repositoryDirectories(cwd: string): [string, ...string[]] {
  const directories: [string, ...string[]] = [resolve(cwd)];
  for (let at = directories[0]; ; directories.push(at)) {
    if (existsSync(join(at, ".git"))) return directories;
    if (dirname(at) === at) return [directories[0]];
    at = dirname(at);
  }
}

/** The nearest directory, from this one up, where others may put things and take away what is not theirs; one of the user's own is the user's matter. */
export function openDirectoryAbove(directory: string, isOwn: (uid: number) => boolean = (uid) => uid === ownUserId()): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (isOpenDirectory(at, isOwn)) return at;
    if (dirname(at) === at) return undefined;
  }
}

function isOpenDirectory(directory: string, isOwn: (uid: number) => boolean): boolean {
  if (ownUserId() === undefined) return false;
  const { mode, uid } = statSync(directory);
  return (mode & 0o002) !== 0 && (mode & 0o1000) === 0 && !isOwn(uid);
}

/**
 * What belongs to a repository. A path counts when it really lies in the repository of `cwd` (outside of one: in `cwd`; above both: in the
 * directory it is looked for in) or in the agent directory; when it, its links and its directories belong to the user, to root or to the owner of `cwd`; and when
 * nobody else may write to a directory above it, sticky ones and the user's own aside.
 */
export class RepositoryBoundary {
  /** The working directory and those above it up to the root of the repository; outside of one it alone. */
  readonly directories: readonly string[];
  readonly #root: string;
  readonly #agentDir: string;
  readonly #user: number | undefined = ownUserId();
  readonly #cwdOwner: number | undefined;
  readonly #real = new Map<string, string>();
  /** By directory: the one above that is open. */
  readonly #open = new Map<string, string | undefined>();
  /** By what lies on the way to a file. */
  readonly #strange = new Map<string, string | undefined>();

  constructor({ cwd, agentDir }: { cwd: string; agentDir: string }) {
    const directories = repositoryDirectories(cwd);
    this.directories = directories;
    this.#root = directories.at(-1) ?? directories[0];
    this.#agentDir = resolve(agentDir);
    this.#cwdOwner = statSync(cwd, { throwIfNoEntry: false })?.uid;
  }

  /** One line on a file or directory that does not count; `undefined`: it does, or is not there. */
  leftOut(path: string): string | undefined {
    try {
      if (lstatIfThere(path) === undefined) return undefined;
      const problem = this.problemOf(path, realpathSync(path));
      return problem === undefined ? undefined : leftOutLine(path, problem);
    } catch (error) {
      const code = String((error as NodeJS.ErrnoException).code ?? "unknown");
      return code === "ENOENT" ? undefined : leftOutLine(path, `it cannot be read (${code})`);
    }
  }

  /** Why the path, which really is `target`, does not count. `info`: of the target, where somebody has looked at it. */
  problemOf(path: string, target: string, info?: { uid: number }): string | undefined {
    const root = this.#rootOf(path);
    const home = [root, this.#agentDir].find((one) => isInside(target, this.#realOf(one)));
    if (home === undefined) {
      return `it leads out of ${namedPath(root)}, to ${namedPath(target)}`;
    }
    const realHome = this.#realOf(home);
    const isReached = path === target && root === realHome;
    for (const [from, to] of [[root, path], ...(isReached ? [] : [[realHome, target]])] as [string, string][]) {
      for (let at = to; at !== from && isInside(at, from); at = dirname(at)) {
        const problem = at === target && info !== undefined ? this.ownerProblem(info) : this.#strangeAt(at);
        if (problem !== undefined) return at === to ? problem : `${namedPath(at)} ${problem.replace(/^it /, "")}`;
      }
    }
    const open = this.#openAbove(dirname(target));
    return open === undefined ? undefined : `others may write to ${namedPath(open)}`;
  }

  ownerProblem({ uid }: { uid: number }): string | undefined {
    if (this.#user === undefined || uid === 0 || uid === this.#user || uid === this.#cwdOwner) return undefined;
    return `it belongs to somebody else (user ${uid})`;
  }

  #rootOf(path: string): string {
    return isInside(path, this.#root) ? this.#root : dirname(path);
  }

  #realOf(directory: string): string {
    let real = this.#real.get(directory);
    if (real === undefined) {
      try {
        real = realpathSync(directory);
      } catch {
        real = directory;
      }
      this.#real.set(directory, real);
    }
    return real;
  }

  #strangeAt(path: string): string | undefined {
    if (!this.#strange.has(path)) this.#strange.set(path, this.ownerProblem(lstatSync(path)));
    return this.#strange.get(path);
  }

  #openAbove(directory: string): string | undefined {
    if (!this.#open.has(directory)) {
      const isOwn = (uid: number): boolean => uid === this.#user || (uid === this.#cwdOwner && uid !== 0);
      const above = dirname(directory);
      const open = isOpenDirectory(directory, isOwn) ? directory : above === directory ? undefined : this.#openAbove(above);
      this.#open.set(directory, open);
    }
    return this.#open.get(directory);
  }
}

/** A path in a line: what would break the line is escaped. */
function namedPath(path: string): string {
  return /[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(path) ? JSON.stringify(path) : path;
}

function leftOutLine(path: string, why: string): string {
  return `${namedPath(path)} is left out: ${why}.`;
}

function leftOut(path: string, why: string): LeftOut {
  return { leftOut: leftOutLine(path, why), why };
}

function lstatIfThere(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // Below a file, or below a directory that is closed to us: the same as not there.
    return undefined;
  }
}

function kindProblem(info: Stats): string | undefined {
  if (info.isFile()) return undefined;
  const kind = info.isDirectory()
    ? "a directory"
    : info.isFIFO()
      ? "a named pipe"
      : info.isSocket()
        ? "a socket"
        : info.isSymbolicLink()
          ? "a link"
          : "a device";
  return `it is ${kind}, not a regular file`;
}

/** `undefined` where there is more. A size of 0 says nothing: files that the kernel makes up have it. */
function readUpTo(descriptor: number, size: number, maxBytes: number): Uint8Array | undefined {
  let buffer = new Uint8Array(Math.min(Math.max(size, 4096), maxBytes) + 1);
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (read === 0) return buffer.subarray(0, length);
    length += read;
    if (length > maxBytes) return undefined;
    if (length === buffer.length) {
      const larger = new Uint8Array(Math.min(2 * buffer.length, maxBytes + 1));
      larger.set(buffer);
      buffer = larger;
    }
  }
}

function sizeText(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${Math.round(bytes / (1024 * 1024))} MB` : `${Math.round(bytes / 1024)} KB`;
}
