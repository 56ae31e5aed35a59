// Follows a path through a session file from its end towards its beginning, past everything that is not on it. Called by file-ends.
// Invariant: a line off the path is looked at no closer than its head; whatever is not as it should be ends the scan without an answer.

import { headType, isEntry, newLineHead, parseHead } from "../lines/line-codec.ts";
import type { ByteSource } from "../lines/read-lines.ts";
import { fill, type LinePlace } from "../lines/read-lines.ts";
import { decodeStored } from "../lines/salvage.ts";
import { headBytes, parentHead, typeHead, wordsOf } from "../lines/usual-head.ts";
import { shortIdText } from "./entry-table.ts";
import { idWords, type PathLines, textOfWords } from "./path-lines.ts";

/** Small enough to stay in the processor's cache while it is looked at. */
const usualChunkBytes = 256 << 10;
/** Reads that begin on a page cost less. */
const pageBytes = 4096;

export interface BackScan {
  /** Up to here, from the end, every line was seen. */
  position: number;
  /** Where the path goes on, beyond what was asked for; `null`: it ended at its root. */
  nextId: string | null;
  /** The last line of each type but messages, as far as seen. */
  lastOfType: Map<string, LinePlace>;
}

interface Range {
  /** Both are beginnings of lines. */
  from: number;
  to: number;
}

/**
 * Adds to `lines` the way from `wantedId` on, as far as it lies in the range. It ends where `isElsewhere` knows the next id. `undefined`: the path
 * leaves the range, or a line is irregular.
 */
export function scanBack(
  source: ByteSource,
  { from, to }: Range,
  wantedId: string,
  lines: PathLines,
  isElsewhere: (id: string) => boolean,
  chunkBytes = usualChunkBytes,
): BackScan | undefined {
  const scan = new Scan(lines, wantedId);
  let buffer = Buffer.allocUnsafe(chunkBytes);
  for (let end = to; end > from; ) {
    if (scan.wantedId === null || isElsewhere(scan.wantedId)) return scan.resultAt(end);
    const exactStart = end - buffer.length;
    const start = Math.max(from, buffer.length < pageBytes ? exactStart : Math.ceil(exactStart / pageBytes) * pageBytes);
    const bytes = buffer.subarray(0, end - start);
    if (fill(source, bytes, start) < bytes.length) return undefined;
    // The first line is probably a part of one.
    const first = start === from ? 0 : bytes.indexOf(0x0a) + 1;
    if (first === bytes.length) {
      buffer = Buffer.allocUnsafe(2 * buffer.length);
      continue;
    }
    if (!scan.takeChunk(bytes, start, first)) return undefined;
    end = start + first;
  }
  return scan.wantedId === null || isElsewhere(scan.wantedId) ? scan.resultAt(from) : undefined;
}

class Scan {
  readonly #lines: PathLines;
  readonly #messageCode: number;
  readonly #head = newLineHead();
  readonly #typeWords = wordsOf(typeHead);
  readonly #parentWords = wordsOf(parentHead);
  readonly #lastOfType = new Map<string, LinePlace>();
  /** The wanted id as words, or, where it is not of eight characters, as it is. */
  #first = 0;
  #second = 0;
  #longId: string | null | undefined;

  constructor(lines: PathLines, wantedId: string) {
    this.#lines = lines;
    this.#messageCode = lines.typeCode("message");
    this.#want(wantedId);
  }

  get wantedId(): string | null {
    return this.#longId === undefined ? textOfWords(this.#first, this.#second) : this.#longId;
  }

  resultAt(position: number): BackScan {
    return { position, nextId: this.wantedId, lastOfType: this.#lastOfType };
  }

  /** False when something is not as it should be. */
  takeChunk(bytes: Buffer, base: number, first: number): boolean {
    const starts: number[] = [first];
    for (let lf = bytes.indexOf(0x0a, first); lf >= 0; lf = bytes.indexOf(0x0a, lf + 1)) starts.push(lf + 1);
    for (let line = starts.length - 2; line >= 0; ) {
      line = this.#takeMessages(bytes, base, starts, line);
      if (line < 0) break;
      const at = starts[line] ?? 0;
      if (!this.#takeLine(bytes, base, at, (starts[line + 1] ?? 0) - 1)) return false;
      line--;
    }
    return true;
  }

  /** The innermost loop: messages with the usual head. Returns the number of the first line, from the end, that is none; -1: all were. */
  #takeMessages(bytes: Buffer, base: number, starts: readonly number[], from: number): number {
    if (this.#longId !== undefined) return from;
    const lines = this.#lines;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const code = this.#messageCode;
    const [t0, t1, t2, t3, t4, t5] = this.#typeWords;
    const [p0, p1, p2] = this.#parentWords;
    let first = this.#first;
    let second = this.#second;
    let line = from;
    for (; line >= 0; line--) {
      const at = starts[line] ?? 0;
      const end = (starts[line + 1] ?? 0) - 1;
      if (end - at < headBytes || bytes[end - 1] !== 0x7d) break;
      if (view.getInt32(at) !== t0 || view.getInt32(at + 4) !== t1 || view.getInt32(at + 8) !== t2) break;
      if (view.getInt32(at + 12) !== t3 || view.getInt32(at + 16) !== t4 || view.getInt32(at + 20) !== t5) break;
      if (view.getInt32(at + 32) !== p0 || view.getInt32(at + 36) !== p1 || view.getInt32(at + 40) !== p2) break;
      if (view.getInt32(at + 24) !== first || view.getInt32(at + 28) !== second) continue;
      // `:"` before and `",` behind the parent's id.
      if (view.getInt16(at + 44) !== 0x3a22 || view.getInt16(at + 54) !== 0x222c) break;
      const nextFirst = view.getInt32(at + 46);
      const nextSecond = view.getInt32(at + 50);
      if (((nextFirst | nextSecond) & 0x80808080) !== 0) break;
      lines.addShort(first, second, code, base + at, end - at);
      first = nextFirst;
      second = nextSecond;
    }
    this.#first = first;
    this.#second = second;
    return line;
  }

  #takeLine(bytes: Buffer, base: number, at: number, end: number): boolean {
    const { type, id, parentId } = this.#headOf(bytes, at, end) ?? {};
    if (type === undefined || id === undefined || parentId === undefined) return end === at;
    const place = { start: base + at, length: end - at };
    if (type !== "message" && !this.#lastOfType.has(type)) this.#lastOfType.set(type, place);
    if (id !== this.wantedId) return true;
    this.#lines.add(id, type, place.start, place.length);
    this.#want(parentId);
    return true;
  }

  #headOf(bytes: Buffer, at: number, end: number): { type: string; id: string; parentId: string | null } | undefined {
    const head = this.#head;
    if (bytes[end - 1] === 0x7d && parseHead(bytes, at, end, head)) {
      return {
        type: headType(bytes, head),
        id: head.shortId === undefined ? head.id : shortIdText(head.shortId),
        parentId: head.shortParent === undefined ? head.parentId : shortIdText(head.shortParent),
      };
    }
    const record = decodeStored(bytes.toString("utf8", at, end));
    return isEntry(record) ? { type: record.type, id: record.id, parentId: record.parentId ?? null } : undefined;
  }

  #want(id: string | null): void {
    const words = id === null ? undefined : idWords(id);
    this.#longId = words === undefined ? id : undefined;
    this.#first = words?.[0] ?? 0;
    this.#second = words?.[1] ?? 0;
  }
}
