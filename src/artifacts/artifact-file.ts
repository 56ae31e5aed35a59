// The file of one output. Of a long one the first and the last 32 MB are kept and what is missing between them is said. Made by the
// implementations of Artifacts beside this file. Invariants: a disk that is full or read-only costs the file, never the command; memory holds one
// chunk; no secret that the process knows is written, be it cut into pieces.

import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import type { ArtifactWriter } from "../contracts/artifact.ts";
import { liveSecrets, type PieceRedactor } from "../platform/secrets.ts";

/** Of each end. */
export const keptBytes = 32 * 1024 * 1024;
const copyBytes = 1024 * 1024;

export class ArtifactFile implements ArtifactWriter {
  readonly id: number | undefined;
  readonly path: string;
  readonly #descriptor: number;
  #size = 0;
  #tail: TailFile | undefined;
  readonly #pieces: PieceRedactor = liveSecrets.pieces();
  #isOpen = true;
  failure: unknown;

  /** Throws what opening throws: EEXIST where the name is taken. */
  constructor(path: string, id: number | undefined) {
    this.path = path;
    this.id = id;
    this.#descriptor = openSync(path, "wx", 0o600);
  }

  get leftOutBytes(): number {
    return this.#tail?.leftOutBytes ?? 0;
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    const text = liveSecrets.isEmpty ? undefined : latin1Of(bytes);
    const clean = text === undefined ? undefined : this.#pieces.push(text);
    this.#put(clean === text ? bytes : Buffer.from(clean ?? "", "latin1"));
  }

  #put(bytes: Uint8Array): void {
    try {
      const head = bytes.subarray(0, Math.max(0, keptBytes - this.#size));
      writeAll(this.#descriptor, head);
      this.#size += head.length;
      if (head.length === bytes.length) return;
      this.#tail ??= new TailFile(`${this.path}.tail`);
      this.#tail.write(bytes.subarray(head.length));
    } catch (error) {
      this.failure = error;
      this.close();
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    if (this.failure === undefined) this.#put(Buffer.from(this.#pieces.end(), "latin1"));
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      this.#tail?.appendTo(this.#descriptor);
    } catch (error) {
      this.failure ??= error;
    } finally {
      closeSync(this.#descriptor);
    }
  }

  discard(): void {
    if (this.#isOpen) {
      this.#isOpen = false;
      this.#tail?.close();
      closeSync(this.#descriptor);
    }
    try {
      unlinkSync(this.path);
    } catch {
      // Removed by someone else.
    }
  }
}

/** A character for each byte: what was cut in the middle of one is whole again when it is put together. */
function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** The last bytes of a stream, written round and round in a file that nobody else sees. */
class TailFile {
  readonly #descriptor: number;
  #total = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, "wx+", 0o600);
    unlinkSync(path);
  }

  get leftOutBytes(): number {
    return Math.max(0, this.#total - keptBytes);
  }

  write(bytes: Uint8Array): void {
    // Of a chunk that is longer than all that is kept, the end counts.
    const from = Math.max(0, bytes.length - keptBytes);
    this.#total += from;
    let rest = bytes.subarray(from);
    while (rest.length > 0) {
      const at = this.#total % keptBytes;
      const part = rest.subarray(0, keptBytes - at);
      writeAll(this.#descriptor, part, at);
      this.#total += part.length;
      rest = rest.subarray(part.length);
    }
  }

  appendTo(target: number): void {
    try {
      if (this.leftOutBytes > 0) {
        writeAll(target, Buffer.from(`\n\n[${this.leftOutBytes} bytes are left out here]\n\n`));
        this.#copy(target, this.#total % keptBytes, keptBytes);
      }
      this.#copy(target, 0, this.leftOutBytes > 0 ? this.#total % keptBytes : this.#total);
    } finally {
      this.close();
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #copy(target: number, from: number, to: number): void {
    const buffer = Buffer.allocUnsafe(copyBytes);
    for (let at = from; at < to; ) {
      const read = readSync(this.#descriptor, buffer, 0, Math.min(copyBytes, to - at), at);
      if (read === 0) return;
      writeAll(target, buffer.subarray(0, read));
      at += read;
    }
  }
}

function writeAll(descriptor: number, bytes: Uint8Array, position?: number): void {
  for (let written = 0; written < bytes.length; ) {
    const at = position === undefined ? null : position + written;
    written += writeSync(descriptor, bytes, written, bytes.length - written, at);
  }
}
