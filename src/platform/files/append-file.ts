// A file that is only ever added to, by several processes if need be. Called by the session's file log.
// Invariant: one `write` an append, on an O_APPEND descriptor; before it, what became of the file since the last one is found out.

import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "./make-directory.ts";

/** What became of the file since this process last wrote to it. `grown`: somebody else added something; `overwritten`: it begins otherwise. */
export type FileFate = "same" | "grown" | "truncated" | "deleted" | "replaced" | "overwritten";

/** So much of its beginning is enough to know a file again. */
const knownBytes = 64;

export class AppendFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #device: number;
  readonly #inode: number;
  /** Bytes known to be there. */
  #size: number;
  #needsLineEnd: boolean;
  /** The first bytes. */
  #beginning: Buffer;
  #isOpen = true;

  private constructor(path: string, descriptor: number) {
    const info = fstatSync(descriptor);
    this.path = path;
    this.#descriptor = descriptor;
    this.#device = info.dev;
    this.#inode = info.ino;
    this.#size = info.size;
    this.#needsLineEnd = info.size > 0 && !this.#endsWithLf(info.size);
    this.#beginning = this.#readBeginning(info.size);
  }

  /** Throws Node's errors. */
  static open(path: string, access: "append" | "read"): AppendFile {
    return new AppendFile(path, openSync(path, access === "append" ? constants.O_RDWR | constants.O_APPEND : constants.O_RDONLY));
  }

  /** A new file (or an empty one), 0600; `directory: "make"`: in a directory made when missing, 0700. EEXIST rather than take over a file. */
  static create(path: string, directory: "make" | "must be there"): AppendFile {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL;
    try {
      return new AppendFile(path, openSync(path, flags, 0o600));
    } catch (error) {
      const isEmptyFile = (error as NodeJS.ErrnoException).code === "EEXIST" && statSync(path).size === 0;
      if (isEmptyFile) return AppendFile.open(path, "append");
      if (directory !== "make" || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    makeDirectory(dirname(path), 0o700);
    return new AppendFile(path, openSync(path, flags, 0o600));
  }

  /** Bytes known to be there. */
  get size(): number {
    return this.#size;
  }

  /** Not for every write of many: since Linux 6.13 a write after a `stat` costs several times one after another write. */
  fate(): FileFate {
    const named = statSync(this.path, { throwIfNoEntry: false });
    if (named === undefined) return "deleted";
    if (named.ino !== this.#inode || named.dev !== this.#device) return "replaced";
    if (named.size === this.#size) return "same";
    if (!this.#beginsAsBefore(named.size)) return "overwritten";
    if (named.size < this.#size) return "truncated";
    this.#size = named.size;
    this.#needsLineEnd = !this.#endsWithLf(named.size);
    return "grown";
  }

  /**
   * Writes at the end, on a line of its own. When the device takes only a part, the part is taken back and the error thrown.
   * Returns the position of the first byte, right unless another process wrote in the same moment.
   */
  append(lines: string): number {
    const start = this.#size + (this.#needsLineEnd ? 1 : 0);
    const text = this.#needsLineEnd ? `\n${lines}` : lines;
    const byteLength = Buffer.byteLength(text);
    let written = 0;
    try {
      written = writeSync(this.#descriptor, text);
      // After a partial write the rest is tried for its error, which says why.
      if (written < byteLength) {
        const bytes = Buffer.from(text);
        while (written < byteLength) written += writeSync(this.#descriptor, bytes, written, byteLength - written);
      }
    } catch (error) {
      if (written > 0) this.#takeBack(written);
      throw error;
    }
    if (this.#size === 0) this.#beginning = Buffer.from(text.slice(0, knownBytes)).subarray(0, knownBytes);
    this.#size += written;
    this.#needsLineEnd = false;
    return start;
  }

  /** Adds all bytes of another file as they are. */
  copyFrom(other: AppendFile): void {
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let position = 0; ; ) {
      const read = other.read(buffer, position);
      if (read === 0) break;
      for (let written = 0; written < read; ) written += writeSync(this.#descriptor, buffer, written, read - written);
      position += read;
    }
    this.accept();
  }

  /** Bytes read; 0 at the end. Works as long as the file is open, also when its name is gone. */
  read(target: Uint8Array, position: number): number {
    return readSync(this.#descriptor, target, 0, target.length, position);
  }

  /** Cuts off what cannot be read any more. */
  cut(size: number): void {
    ftruncateSync(this.#descriptor, size);
    this.accept();
  }

  /** Gives a file that was written under another name its own; fails with EEXIST when the name is taken. The object stays good. */
  static publish(temporary: string, path: string): void {
    linkSync(temporary, path);
    unlinkSync(temporary);
  }

  static remove(path: string): void {
    rmSync(path, { force: true });
  }

  static removeEmpty(path: string): void {
    if (statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path, { force: true });
  }

  /** Forget what was there: from now on the file is as it is. */
  accept(): void {
    this.#size = fstatSync(this.#descriptor).size;
    this.#needsLineEnd = this.#size > 0 && !this.#endsWithLf(this.#size);
    this.#beginning = this.#readBeginning(this.#size);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#descriptor);
  }

  #readBeginning(size: number): Buffer {
    const bytes = Buffer.alloc(Math.min(size, knownBytes));
    return bytes.subarray(0, bytes.length === 0 ? 0 : readSync(this.#descriptor, bytes, 0, bytes.length, 0));
  }

  /** As far as it goes: of a file that was cut short, too. */
  #beginsAsBefore(size: number): boolean {
    const now = this.#readBeginning(Math.min(size, this.#beginning.length));
    return now.equals(this.#beginning.subarray(0, now.length));
  }

  #takeBack(written: number): void {
    try {
      if (fstatSync(this.#descriptor).size === this.#size + written) ftruncateSync(this.#descriptor, this.#size);
    } catch {
      // The torn piece stays; the next append starts a line of its own.
    }
    this.accept();
  }

  #endsWithLf(size: number): boolean {
    const last = Buffer.alloc(1);
    return readSync(this.#descriptor, last, 0, 1, size - 1) === 1 && last[0] === 0x0a;
  }
}
