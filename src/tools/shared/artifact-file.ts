// A file that takes output too long to show. Used by bash and by RPC `bash`.
// Invariant: a disk that is full or read-only costs the file, never the command.

import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";

export class ArtifactFile {
  readonly path: string;
  readonly #descriptor: number;
  #open = true;
  /** Why the file is incomplete. */
  failure: unknown;

  /** Throws what opening throws. */
  constructor(directory: string, prefix: string) {
    const random = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
    this.path = join(directory, `${prefix}-${random}.log`);
    this.#descriptor = openSync(this.path, "wx", 0o600);
  }

  write(bytes: Uint8Array): void {
    if (!this.#open) return;
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      this.failure = error;
      this.close();
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#descriptor);
  }

  discard(): void {
    this.close();
    try {
      unlinkSync(this.path);
    } catch {
      // Removed by someone else.
    }
  }
}
