// Reads lines of a session file by their places, with as few reads as make sense. Called by file-log.

export interface ByteSource {
  /** Bytes, as far as known. */
  readonly size: number;
  /** Bytes read; 0 at the end. */
  read(target: Uint8Array, position: number): number;
}

export interface LinePlace {
  start: number;
  /** Bytes, without the LF. */
  length: number;
}

/** Places by number, told without making an object for each. */
export interface LinePlaces {
  count: number;
  startOf(number: number): number;
  lengthOf(number: number): number;
}

export function onePlace({ start, length }: LinePlace): LinePlaces {
  return { count: 1, startOf: () => start, lengthOf: () => length };
}

/** Neighbouring lines are read in one go up to this size. */
const readBytes = 1 << 20;
/** Lines this near to each other are read together. */
const gapBytes = 32 << 10;

/** Calls `take` with the number and the text of each place. Places in file order are read fastest. */
export function readLines(source: ByteSource, places: LinePlaces, take: (number: number, text: string) => void): void {
  let buffer = Buffer.alloc(0);
  const last = places.count - 1;
  const span = places.startOf(last) + places.lengthOf(last) - places.startOf(0);
  for (let from = 0; from < places.count; ) {
    const base = places.startOf(from);
    let end = base + places.lengthOf(from);
    let to = from + 1;
    for (; to < places.count; to++) {
      const start = places.startOf(to);
      const lineEnd = start + places.lengthOf(to);
      if (start < end || start - end > gapBytes || lineEnd - base > readBytes) break;
      end = lineEnd;
    }
    const size = end - base;
    if (buffer.length < size) buffer = Buffer.allocUnsafe(Math.max(size, Math.min(readBytes, span)));
    const filled = fill(source, buffer.subarray(0, size), base);
    const whole = to - from > 1 ? buffer.toString("utf8", 0, filled) : "";
    // Where every character is a byte, slices of one text come cheaper than a text for each line.
    const isAscii = whole.length === filled;
    for (; from < to; from++) {
      const at = places.startOf(from) - base;
      const lineEnd = Math.min(at + places.lengthOf(from), filled);
      take(from, isAscii ? whole.slice(at, lineEnd) : buffer.toString("utf8", at, lineEnd));
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
