// The blob store in files: `<directory>/<sha256>`, one a picture. Made by the harness and by the session commands.
// Invariants: a blob has its name only when its bytes are on disk; only regular files are read, no link is followed out of the directory.

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
  rmSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type BlobStore, isBlobHash } from "../contracts/blob-store.ts";
import { makeDirectory } from "../platform/make-directory.ts";
import { sha256Hex } from "../platform/sha256.ts";

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
    if (this.get(hash) !== undefined) {
      // A blob that somebody is about to name is young again.
      const now = new Date();
      utimesSync(path, now, now);
      return hash;
    }
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
    const bytes = readRegular(join(this.#directory, hash));
    return bytes !== undefined && sha256Hex(bytes) === hash ? bytes : undefined;
  }

  has(hash: string): boolean {
    return isBlobHash(hash) && lstatSync(join(this.#directory, hash), { throwIfNoEntry: false })?.isFile() === true;
  }

  list(): { hash: string; size: number; usedAt: number }[] {
    let names: string[];
    try {
      names = readdirSync(this.#directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    return names.filter(isBlobHash).flatMap((hash) => {
      const info = lstatSync(join(this.#directory, hash), { throwIfNoEntry: false });
      return info?.isFile() === true ? [{ hash, size: info.size, usedAt: info.mtimeMs }] : [];
    });
  }

  remove(hash: string): void {
    if (this.has(hash)) rmSync(join(this.#directory, hash), { force: true });
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
