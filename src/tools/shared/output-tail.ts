// The end of a byte stream of any length in bounded memory, with totals over all of it. Used by bash and by RPC `bash`.
// Invariant: what is held is the last `keepBytes` or more, or everything.

import { countNewlines } from "./count-newlines.ts";
import { type Totals, totalsOf } from "./truncate.ts";

/** Many times what is shown, since cleaning may leave little of it (progress bars). */
const keepBytes = 256 * 1024;
/** Chunks below this are copied together: a reference each would cost more than the bytes. */
const smallBytes = 16 * 1024;
const blockBytes = 64 * 1024;

export class OutputTail {
  #chunks: Uint8Array[] = [];
  #heldBytes = 0;
  #block: Uint8Array = new Uint8Array(0);
  #blockUsed = 0;
  #endsWithNewline = true;
  totalBytes = 0;
  newlines = 0;
  /** Of the last line, without its LF. */
  lastLineBytes = 0;

  /** The chunk is kept by reference: the caller does not write to it again. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.totalBytes += chunk.length;
    const newlines = countNewlines(chunk);
    this.newlines += newlines;
    if (this.#endsWithNewline) this.lastLineBytes = 0;
    this.#endsWithNewline = chunk[chunk.length - 1] === 10;
    const bodyEnd = this.#endsWithNewline ? chunk.length - 1 : chunk.length;
    if (newlines > (this.#endsWithNewline ? 1 : 0)) this.lastLineBytes = bodyEnd - 1 - chunk.lastIndexOf(10, bodyEnd - 1);
    else this.lastLineBytes += bodyEnd;
    this.#heldBytes += chunk.length;
    if (chunk.length < smallBytes) this.#pushSmall(chunk);
    else this.#chunks.push(chunk);
    for (let first = this.#chunks[0]; first !== undefined && this.#heldBytes - first.length >= keepBytes; first = this.#chunks[0]) {
      this.#chunks.shift();
      this.#heldBytes -= first.length;
    }
  }

  /** Grows the last chunk while that is a block of our own with room in it. */
  #pushSmall(chunk: Uint8Array): void {
    const last = this.#chunks.at(-1);
    const continues = last !== undefined && last.buffer === this.#block.buffer && this.#blockUsed + chunk.length <= blockBytes;
    if (!continues) {
      this.#block = new Uint8Array(blockBytes);
      this.#blockUsed = 0;
    }
    this.#block.set(chunk, this.#blockUsed);
    const start = continues ? last.byteOffset : 0;
    this.#blockUsed += chunk.length;
    const grown = this.#block.subarray(start, this.#blockUsed);
    if (continues) this.#chunks[this.#chunks.length - 1] = grown;
    else this.#chunks.push(grown);
  }

  get heldAll(): boolean {
    return this.#heldBytes === this.totalBytes;
  }

  /** The chunks held, oldest first. */
  held(): readonly Uint8Array[] {
    return this.#chunks;
  }

  /**
   * The text held, cleaned by `clean`, from the start of a line where something is missing before it; with the totals of everything:
   * exact when all is held, else those of the raw bytes.
   */
  text(clean: (text: string) => string): { text: string; totals: Totals } {
    const bytes = Buffer.concat(this.#chunks);
    if (this.heldAll) {
      const text = clean(bytes.toString("utf8"));
      return { text, totals: totalsOf(text) };
    }
    const lineStart = bytes.indexOf(10) + 1;
    let start = lineStart < bytes.length ? lineStart : 0;
    while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
    return {
      text: clean(bytes.toString("utf8", start)),
      totals: { lines: this.newlines + (this.#endsWithNewline ? 0 : 1), bytes: this.totalBytes },
    };
  }
}
