// The blob store in files: `<directory>/<sha256>`, one a picture. Made by the harness and by the session commands.
// Invariants: a blob has its name only when its bytes are on disk; only regular files are read, no link is followed out of the directory.
// Who removes and who puts may meet at any moment, also from two machines, and neither waits for the other: a blob is put aside, looked at once
// more and only then removed; a `put` that comes before makes it young, one that comes after finds nothing and writes it anew, and whoever reads
// meanwhile finds it aside.

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { type BlobStore, isBlobHash } from "../contracts/blob-store.ts";
import { makeDirectory } from "../platform/files/make-directory.ts";
import { sha256Hex } from "../platform/files/sha256.ts";

/** No picture that a model takes comes near it. */
const maxBytes = 256 * 1024 * 1024;

export function blobDirectory(agentDir: string): string {
  return join(agentDir, "blobs");
}

export class BlobFiles implements BlobStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  put(bytes: Uint8Array): string {
    const hash = sha256Hex(bytes);
    const path = join(this.#directory, hash);
    if (this.get(hash) !== undefined && isMadeYoung(path)) return hash;
    makeDirectory(this.#directory, 0o700);
    const temporary = join(this.#directory, `.${hash.slice(0, 12)}.${crypto.randomUUID()}.new`);
    try {
      writeWhole(temporary, bytes);
      this.#name(temporary, path, hash);
    } finally {
      rmSync(temporary, { force: true });
    }
    syncDirectory(this.#directory);
    return hash;
  }

  get(hash: string): Uint8Array | undefined {
    if (!isBlobHash(hash)) return undefined;
    const path = join(this.#directory, hash);
    // The third: one that was put aside, and was back before it was looked for there.
    for (const place of [path, asideOf(path), path]) {
      const bytes = readRegular(place);
      if (bytes !== undefined && sha256Hex(bytes) === hash) return bytes;
    }
    return undefined;
  }

  has(hash: string): boolean {
    return isBlobHash(hash) && this.#info(hash) !== undefined;
  }

  list(): { hash: string; size: number; usedAt: number }[] {
    const names = namesIn(this.#directory).map((name) => asideName.exec(name)?.[1] ?? name);
    return [...new Set(names)].filter(isBlobHash).flatMap((hash) => {
      const info = this.#info(hash);
      return info === undefined ? [] : [{ hash, size: info.size, usedAt: info.mtimeMs }];
    });
  }

  remove(hash: string, unusedSince = Number.POSITIVE_INFINITY): boolean {
    if (!isBlobHash(hash)) return false;
    const path = join(this.#directory, hash);
    const aside = asideOf(path);
    const info = this.#info(hash);
    if (info === undefined || info.mtimeMs > unusedSince) return false;
    // Of one that was left there by a process that was killed the name is free.
    if (lstatSync(aside, { throwIfNoEntry: false }) !== undefined) putBack(aside, path);
    try {
      renameSync(path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
    if ((lstatSync(aside, { throwIfNoEntry: false })?.mtimeMs ?? 0) > unusedSince) {
      putBack(aside, path);
      return false;
    }
    rmSync(aside, { force: true });
    return true;
  }

  /** Removes what was never finished by a process that was killed, and is older than that. */
  removePieces(unusedSince: number): void {
    for (const name of namesIn(this.#directory)) {
      const path = join(this.#directory, name);
      const info = pieceName.test(name) ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
      if (info?.isFile() === true && info.mtimeMs <= unusedSince) rmSync(path, { force: true });
    }
  }

  #info(hash: string): Stats | undefined {
    const path = join(this.#directory, hash);
    const infos = [path, asideOf(path)].map((place) => lstatSync(place, { throwIfNoEntry: false }));
    return infos.find((info) => info?.isFile() === true);
  }

  /** By a link, which never replaces what another writer has put there; what is there and is no such blob gives way. */
  #name(temporary: string, path: string, hash: string): void {
    for (let attempt = 0; ; attempt++) {
      try {
        linkSync(temporary, path);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt === 2) throw error;
      }
      if (this.get(hash) !== undefined) return;
      // A directory stays, and the picture in its line.
      unlinkSync(path);
    }
  }
}

const asideName = /^\.([0-9a-f]{64})\.aside$/;
const pieceName = /^\.[0-9a-f]{12}\.[0-9a-f-]{36}\.new$/;

function asideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.aside`);
}

/** False: it is gone meanwhile. */
function isMadeYoung(path: string): boolean {
  const now = new Date();
  try {
    utimesSync(path, now, now);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Never over one that somebody has put there since. */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    if (!["EEXIST", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
  rmSync(aside, { force: true });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function writeWhole(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, "wx", 0o600);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Not every file system lets directories be synchronised. */
function syncDirectory(path: string): void {
  try {
    const descriptor = openSync(path, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // The blob itself is on disk.
  }
}

function readRegular(path: string): Uint8Array | undefined {
  let descriptor: number | undefined;
  try {
    // Without O_NONBLOCK a pipe would hold the program until somebody writes to it.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const info = fstatSync(descriptor);
    if (!info.isFile() || info.size > maxBytes) return undefined;
    const bytes = Buffer.allocUnsafe(info.size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(descriptor, bytes, at, bytes.length - at, at);
      if (read === 0) return undefined;
      at += read;
    }
    return bytes;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
