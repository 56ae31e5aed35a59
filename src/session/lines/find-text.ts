// Where a text stands in a session file: quicker than looking at its lines, since nothing is made of them. Called by file-log.

import { type ByteSource, fill } from "./read-lines.ts";

const chunkBytes = 256 << 10;

/** Places of the first byte, ascending, from a position on. ASCII only. */
export function offsetsOf(source: ByteSource, text: string, from: number): number[] {
  const needle = Buffer.from(text, "latin1");
  const buffer = Buffer.allocUnsafe(Math.max(needle.length, Math.min(chunkBytes, source.size)));
  const found: number[] = [];
  // Neighbouring reads overlap, so that nothing is missed between them, by too little for anything to be found twice.
  for (let base = from; base < source.size; base += buffer.length - needle.length + 1) {
    const bytes = buffer.subarray(0, fill(source, buffer, base));
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) found.push(base + at);
    if (bytes.length < buffer.length) break;
  }
  return found;
}
