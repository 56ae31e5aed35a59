// Reads lines of a session file by their places, with as few reads as make sense. Called by file-log.

import type { ByteSource } from "./line-index.ts";

export interface LinePlace {
  start: number;
  /** Bytes, without the LF. */
  length: number;
}

/** Neighbouring lines are read in one go up to this size. */
const readBytes = 1 << 20;
/** Lines this near to each other are read together. */
const gapBytes = 32 << 10;

/** Calls `take` with the number and the text of each place. Places in file order are read fastest. */
export function readLines(
  source: ByteSource,
  count: number,
  placeAt: (number: number) => LinePlace,
  take: (number: number, text: string) => void,
): void {
  let buffer = Buffer.alloc(0);
  for (let from = 0; from < count; ) {
    const first = placeAt(from);
    let end = first.start + first.length;
    let to = from + 1;
    for (; to < count; to++) {
      const { start, length } = placeAt(to);
      if (start < end || start - end > gapBytes || start + length - first.start > readBytes) break;
      end = start + length;
    }
    const size = end - first.start;
    if (buffer.length < size) buffer = Buffer.allocUnsafe(Math.max(size, Math.min(readBytes, source.size)));
    const filled = fill(source, buffer.subarray(0, size), first.start);
    const whole = to - from > 1 ? buffer.toString("utf8", 0, filled) : "";
    // Where every character is a byte, slices of one text come cheaper than a text for each line.
    const isAscii = whole.length === filled;
    for (; from < to; from++) {
      const { start, length } = placeAt(from);
      const at = start - first.start;
      take(from, isAscii ? whole.slice(at, at + length) : buffer.toString("utf8", at, Math.min(at + length, filled)));
    }
    if (size > readBytes) buffer = Buffer.alloc(0);
  }
}

/** Bytes read: fewer than asked for where the file ends. */
export function fill(source: ByteSource, target: Uint8Array, position: number): number {
  let filled = 0;
  while (filled < target.length) {
    const read = source.read(target.subarray(filled), position + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}
