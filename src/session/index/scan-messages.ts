// The innermost loop of indexing: runs of lines with the head that nearly all have. Called by line-index.
// One small function over local arrays, because it runs once, cold, before the first answer; what it does not know it leaves to its caller.

import { headBytes, parentHead, typeHead, wordsOf } from "../lines/usual-head.ts";
import { type EntryRows, type EntryTable, shortIdText } from "./entry-table.ts";

/** `:"` before and `",` behind the parent's id, as 16 bits. */
const beforeParent = 0x3a22;
const behindParent = 0x222c;

export interface MessageScan {
  view: DataView;
  hexValues: Uint8Array;
  typeWords: Int32Array;
  parentWords: Int32Array;
}

export function prepareMessageScan(buffer: Buffer): MessageScan {
  return {
    view: new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength),
    hexValues: hexValues(),
    typeWords: wordsOf(typeHead),
    parentWords: wordsOf(parentHead),
  };
}

/**
 * Adds the lines of `bytes` from `at` on, as long as they have the usual head and end as an object does, and there is room for them. `bytes`
 * begins at `base` in the file. Returns where the first line begins that is not like that, or not whole.
 */
export function scanMessages(scan: MessageScan, bytes: Buffer, base: number, at: number, table: EntryTable, typeCode: number): number {
  const { view, hexValues: hex } = scan;
  const [t0, t1, t2, t3, t4, t5] = scan.typeWords;
  const [p0, p1, p2] = scan.parentWords;
  const rows: EntryRows = table.rows;
  const { ids, parents, types, starts, lengths } = rows;
  let count = rows.count;
  while (count < ids.length) {
    const end = bytes.indexOf(0x0a, at);
    if (end - at < headBytes || bytes[end - 1] !== 0x7d) break;
    if (view.getInt32(at) !== t0 || view.getInt32(at + 4) !== t1 || view.getInt32(at + 8) !== t2) break;
    if (view.getInt32(at + 12) !== t3 || view.getInt32(at + 16) !== t4 || view.getInt32(at + 20) !== t5) break;
    if (view.getInt32(at + 32) !== p0 || view.getInt32(at + 36) !== p1 || view.getInt32(at + 40) !== p2) break;
    if (view.getInt16(at + 44) !== beforeParent || view.getInt16(at + 54) !== behindParent) break;
    let id = 0;
    let parentId = 0;
    let wrong = 0;
    for (let digit = 0; digit < 8; digit++) {
      const idDigit = hex[bytes[at + 24 + digit] ?? 0] ?? 16;
      const parentDigit = hex[bytes[at + 46 + digit] ?? 0] ?? 16;
      wrong |= idDigit | parentDigit;
      id = (id << 4) | idDigit;
      parentId = (parentId << 4) | parentDigit;
    }
    if (wrong > 15) break;
    id >>>= 0;
    parentId >>>= 0;
    let parent = count - 1;
    // An id of 0 may stand for a long one.
    if (count === 0 || parentId === 0 || ids[parent] !== parentId) {
      rows.count = count;
      parent = table.findShort(parentId) ?? -1;
      if (parent < 0) table.addOrphan(count, shortIdText(parentId));
    }
    ids[count] = id;
    parents[count] = parent;
    types[count] = typeCode;
    starts[count] = base + at;
    lengths[count] = end - at;
    count++;
    at = end + 1;
  }
  rows.count = count;
  return at;
}

/** Value of each byte as a hex digit, 16 where it is none. */
function hexValues(): Uint8Array {
  const values = new Uint8Array(256).fill(16);
  for (const [value, digit] of [..."0123456789abcdef"].entries()) values[digit.charCodeAt(0)] = value;
  return values;
}
