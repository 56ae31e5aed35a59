// Reads a session file in blocks of whole lines. Called by search and totals, which look at the bytes before they decode a line.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const lf = 0x0a;

/**
 * Each block ends with a line's end, the last one where the file ends, or after `maxBytes`; a block is good until the next one is asked for. Throws
 * Node's errors.
 */
export function* lineBlocks(path: string, blockBytes = 1 << 20, maxBytes = Number.POSITIVE_INFINITY): Generator<Buffer> {
  const descriptor = openSync(path, "r");
  try {
    // One byte more than a short file has, so that its end is found without a larger buffer.
    let buffer = Buffer.allocUnsafe(Math.min(blockBytes, fstatSync(descriptor).size + 1));
    let filled = 0;
    for (let left = maxBytes; ; ) {
      if (filled === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length);
      const read = readSync(descriptor, buffer, filled, Math.min(left, buffer.length - filled), null);
      if (read === 0) break;
      left -= read;
      filled += read;
      const end = buffer.lastIndexOf(lf, filled - 1) + 1;
      if (end === 0) continue;
      yield buffer.subarray(0, end);
      buffer.copyWithin(0, end, filled);
      filled -= end;
    }
    if (filled > 0) yield buffer.subarray(0, filled);
  } finally {
    closeSync(descriptor);
  }
}

/** The line around a byte of a block, without its LF. */
export function lineAround(block: Buffer, at: number): { start: number; end: number } {
  const end = block.indexOf(lf, at);
  return { start: block.lastIndexOf(lf, at - 1 < 0 ? -block.length - 1 : at - 1) + 1, end: end < 0 ? block.length : end };
}
