// A session file read strictly: every line parsed, every damage found, what can be saved at hand. Called by check, repair, import and raw output.
// Invariant: works on any file; without a header of its own the entries are read as if one stood before them.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { SessionHeader } from "../../contracts/session-entry.ts";
import { indexLines, type LineIndex } from "../index/line-index.ts";
import { requireRegularFile, unreadable } from "../lines/file-errors.ts";
import { decodeLine } from "../lines/line-codec.ts";
import { type ByteSource, fill, readLines } from "../lines/read-lines.ts";
import { decodeStored } from "../lines/salvage.ts";

const batchLines = 256;

export class ExaminedFile {
  readonly path: string;
  /** `undefined`: the file has none. */
  readonly header: SessionHeader | undefined;
  /** Line numbers and positions are those of the file, header or not. */
  readonly index: LineIndex;
  readonly #descriptor: number;
  readonly #source: ByteSource;
  /** Positions of line ends; made when first needed. */
  #lineEnds: number[] | undefined;

  /** Errors: `session.not_found`, `session.invalid` for what is no file, `session.unreadable`. */
  constructor(path: string) {
    this.path = path;
    requireRegularFile(path);
    try {
      this.#descriptor = openSync(path, "r");
    } catch (error) {
      throw unreadable(path, error);
    }
    try {
      const { size } = fstatSync(this.#descriptor);
      this.#source = { size, read: (target, position) => readSync(this.#descriptor, target, 0, target.length, position) };
      const index = indexLines(this.#source, { strict: true });
      this.header = index.header;
      this.index = index.header === undefined ? indexLines(this.#source, { strict: true, isPart: true }) : index;
    } catch (error) {
      closeSync(this.#descriptor);
      throw unreadable(path, error);
    }
  }

  get sizeBytes(): number {
    return this.#source.size;
  }

  /** What stands on the line of each entry, in file order; damaged ones are left out. */
  *entryTexts(): Generator<{ at: number; text: string }> {
    const { table } = this.index;
    for (let from = 0; from < table.count; from += batchLines) {
      const wanted: number[] = [];
      for (let at = from; at < Math.min(table.count, from + batchLines); at++) if (!table.isDamaged(at)) wanted.push(at);
      const texts: string[] = [];
      const places = {
        count: wanted.length,
        startOf: (number: number) => table.startOf(wanted[number] ?? 0),
        lengthOf: (number: number) => table.lengthOf(wanted[number] ?? 0),
      };
      readLines(this.#source, places, (_, text) => texts.push(text));
      for (const [number, at] of wanted.entries()) yield { at, text: texts[number] ?? "" };
    }
  }

  /** What stands on the line of one entry, which is not a damaged one. */
  textOf(at: number): string {
    const { table } = this.index;
    let found = "";
    const place = { count: 1, startOf: () => table.startOf(at), lengthOf: () => table.lengthOf(at) };
    readLines(this.#source, place, (_, text) => {
      found = text;
    });
    return found;
  }

  /** From 1. */
  lineNumberOf(at: number): number {
    this.#lineEnds ??= this.#findLineEnds();
    const start = this.index.table.startOf(at);
    let low = 0;
    let high = this.#lineEnds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#lineEnds[middle] ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #findLineEnds(): number[] {
    const ends: number[] = [];
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let base = 0; ; ) {
      const filled = fill(this.#source, buffer, base);
      if (filled === 0) return ends;
      const block = buffer.subarray(0, filled);
      for (let at = block.indexOf(0x0a); at >= 0; at = block.indexOf(0x0a, at + 1)) ends.push(base + at);
      base += filled;
    }
  }
}

/** The JSON of an entry as it stands in the file, or as it must have been meant. */
export function soundJson(text: string): string {
  return decodeLine(text) === undefined ? JSON.stringify(decodeStored(text)) : text;
}
