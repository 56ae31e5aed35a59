// Decodes the lines of a path, many at once. Called by file-ends.
// Invariant: what is kept for a row is the entry on its line; where that cannot be had, nothing is kept for it.

import { type ByteSource, fill } from "../lines/read-lines.ts";
import { decodeEntries, decodeEntry } from "../lines/sound-entry.ts";
import type { PathLines } from "./path-lines.ts";

/** Small enough to stay in the processor's cache between being read and being decoded. */
const chunkBytes = 256 << 10;
const [openBracket, closeBracket, comma] = [0x5b, 0x5d, 0x2c];

/** Rows from one to before another, which lie in these bytes, of which `base` is the place in the file. */
function decodeRows(lines: PathLines, bytes: Buffer, base: number, from: number, to: number): void {
  const start = lines.startOf(to - 1) - base;
  const end = lines.startOf(from) + lines.lengthOf(from) - base;
  let onPath = 0;
  for (let row = from; row < to; row++) onPath += lines.lengthOf(row) + 1;
  if (start > 0 && onPath === end - start + 1 && decodeRun(lines, bytes, base, from, to)) return;
  const text = 2 * onPath > end - start ? bytes.toString("utf8", start, end) : "";
  // Where every character is a byte, slices of one text come cheaper than a text for each line.
  const isAscii = text.length === end - start;
  for (let row = from; row < to; row++) {
    const at = lines.startOf(row) - base;
    const lineEnd = at + lines.lengthOf(row);
    const entry = decodeEntry(isAscii ? text.slice(at - start, lineEnd - start) : bytes.toString("utf8", at, lineEnd));
    if (entry !== undefined) lines.keep(row, entry);
  }
}

/**
 * Lines with none between them that is not on the path, made a list of JSON where they stand: the bytes between lines are not read again.
 * False where they are no such list; a line of two records beside two lines of one record would be found by the ids.
 */
function decodeRun(lines: PathLines, bytes: Buffer, base: number, from: number, to: number): boolean {
  const start = lines.startOf(to - 1) - base - 1;
  bytes[start] = openBracket;
  for (let row = from; row < to; row++) bytes[lines.startOf(row) - base + lines.lengthOf(row)] = row === from ? closeBracket : comma;
  const end = lines.startOf(from) - base + lines.lengthOf(from);
  const entries = decodeEntries(bytes.toString("utf8", start, end + 1), to - from);
  if (entries === undefined) return false;
  for (let row = from; row < to; row++) {
    const entry = entries[to - 1 - row];
    if (entry === undefined || !lines.keep(row, entry)) return false;
  }
  return true;
}

/** Rows from one to before another, as far as they have not been decoded. What is not as it should be stays so. */
export function readRows(source: ByteSource, lines: PathLines, from: number, to: number): void {
  let buffer = Buffer.alloc(0);
  const span = to > from ? lines.startOf(from) + lines.lengthOf(from) + 2 - lines.startOf(to - 1) : 0;
  for (let first = from; first < to; ) {
    const next = runEnd(lines, first, to);
    if (next === first) {
      first++;
      continue;
    }
    // With the line feeds around them.
    const base = Math.max(0, lines.startOf(next - 1) - 1);
    const size = lines.startOf(first) + lines.lengthOf(first) + 1 - base;
    if (buffer.length < size) buffer = Buffer.allocUnsafe(Math.max(size, Math.min(chunkBytes, span)));
    const bytes = buffer.subarray(0, size);
    if (fill(source, bytes, base) === size) decodeRows(lines, bytes, base, first, next);
    first = next;
  }
}

/** Behind the last row that is read together with this one; the row itself where it has been decoded. */
function runEnd(lines: PathLines, first: number, to: number): number {
  const end = lines.startOf(first) + lines.lengthOf(first);
  let row = first;
  for (; row < to && lines.entryIn(row) === undefined; row++) {
    if (row === first) continue;
    const start = lines.startOf(row);
    if (start >= lines.startOf(row - 1) || end - start > chunkBytes) break;
  }
  return row;
}
