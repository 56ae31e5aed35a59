// Bytes into lines, split at LF only: U+2028 and its kin are legal inside JSON strings. A byte order mark at the very start belongs to none.
// Called by RPC mode and its client.
// Invariant: memory holds at most one unfinished line, and no more of that than the limit.

export interface SplitLine {
  text: string;
  /** The line was longer than the limit; `text` is empty then. */
  isTooLong: boolean;
}

const lineFeed = 10;

export class LineSplitter {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #isAtStart = true;
  #unfinished: Uint8Array[] = [];
  #unfinishedBytes = 0;
  #isTooLong = false;

  /** `maxBytes`: of one line; a longer one is dropped as it comes and reported by its end. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that this chunk finishes, without their LF and one CR before it. */
  push(chunk: Uint8Array): SplitLine[] {
    const firstEnd = chunk.indexOf(lineFeed);
    if (firstEnd < 0) {
      this.#keep(chunk);
      return [];
    }
    const lines: SplitLine[] = [];
    let start = 0;
    if (this.#unfinishedBytes > 0 || this.#isTooLong) {
      this.#keep(chunk.subarray(0, firstEnd));
      lines.push(this.#finish());
      start = firstEnd + 1;
    }
    const lastEnd = chunk.lastIndexOf(lineFeed);
    if (lastEnd >= start) {
      // One decoding for all whole lines of the chunk: LF is never part of a longer character.
      for (const text of this.#decoder.decode(chunk.subarray(start, lastEnd)).split("\n")) lines.push(this.#lineOf(text));
    }
    if (lastEnd + 1 < chunk.length) this.#keep(chunk.subarray(lastEnd + 1));
    return lines;
  }

  /** What stands behind the last LF, if anything. */
  end(): SplitLine[] {
    return this.#unfinishedBytes > 0 || this.#isTooLong ? [this.#finish()] : [];
  }

  #keep(bytes: Uint8Array): void {
    if (this.#isTooLong || bytes.length === 0) return;
    this.#unfinishedBytes += bytes.length;
    if (this.#unfinishedBytes > this.#maxBytes) {
      this.#isTooLong = true;
      this.#unfinished = [];
      return;
    }
    // A copy: the reader may use its buffer again.
    this.#unfinished.push(bytes.slice());
  }

  #finish(): SplitLine {
    const line = this.#isTooLong ? { text: "", isTooLong: true } : this.#lineOf(this.#decoder.decode(this.#joined()));
    this.#unfinished = [];
    this.#unfinishedBytes = 0;
    this.#isTooLong = false;
    return line;
  }

  #joined(): Uint8Array {
    const [only, ...more] = this.#unfinished;
    if (only !== undefined && more.length === 0) return only;
    const whole = new Uint8Array(this.#unfinishedBytes);
    let at = 0;
    for (const part of this.#unfinished) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #lineOf(text: string): SplitLine {
    const start = this.#isAtStart && text.startsWith("\ufeff") ? 1 : 0;
    this.#isAtStart = false;
    return { text: text.slice(start, text.endsWith("\r") ? -1 : undefined), isTooLong: false };
  }
}
