// Reads a session file once, in chunks, and notes where its lines are and how its entries hang together. Called by file-log and the listing.
// Invariant: no line is parsed whose head stands in our order, unless `strict`; nothing of a line is kept but id, parent, type and place.

import type { AnyEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { decodeLine, headType, isEntry, isHeader, isMessageHead, maxHeadBytes, newLineHead, parseHead } from "../lines/line-codec.ts";
import type { ByteSource } from "../lines/read-lines.ts";
import { damagedHeader, decodeStored, identityOf, splitGlued } from "../lines/salvage.ts";
import { damagedType, EntryTable, shortIdText } from "./entry-table.ts";
import { prepareMessageScan, scanMessages } from "./scan-messages.ts";

export interface LineIndex {
  /** `undefined`: the first line is no session header; nothing else has been read then. */
  header: SessionHeader | undefined;
  table: EntryTable;
  /** Bytes read. */
  size: number;
  endsWithLf: boolean;
  /** Of lines of which something is lost. From 1. */
  damagedLineNumbers: number[];
  /** Of lines that are not as they should be although nothing is lost (glued records, NUL blocks, raw newlines). From 1. */
  irregularLineNumbers: number[];
  /** A last line that is neither whole nor ended; its number counts from 1. */
  torn: { lineNumber: number; start: number } | undefined;
  /** Entries whose parent is nowhere in the file: id and the id of the parent. */
  orphans: { id: string; parentId: string }[];
  /** Of those among them that no damaged line explains. From 1. */
  adriftLineNumbers: number[];
}

const chunkBytes = 1 << 20;
/** Only a guess at how many lines there will be. */
export const usualLineBytes = 512;
/** A record broken by raw newlines is looked for over at most so many lines. */
const maxJoinedLines = 64;

interface BadLine {
  start: number;
  end: number;
  lineNumber: number;
}

/**
 * `strict` parses every line: slow, and finds every damage. Without it a line is trusted whose head and last byte are right.
 * `isPart`: the source begins behind the header.
 */
export function indexLines(source: ByteSource, options: { strict?: boolean; isPart?: boolean } = {}): LineIndex {
  return new LineScan(source, options.strict === true, options.isPart === true).run();
}

class LineScan {
  readonly #source: ByteSource;
  readonly #strict: boolean;
  readonly #isPart: boolean;
  readonly #table: EntryTable;
  readonly #messageCode: number;
  readonly #head = newLineHead();
  readonly #badRun: BadLine[] = [];
  readonly #damaged: number[] = [];
  readonly #irregular: number[] = [];
  /** Number of entries known when a line came of which not even the id could be read. */
  readonly #gaps: number[] = [];
  #header: SessionHeader | undefined;
  #headerSeen: boolean;
  #lineNumber = 0;
  #torn: LineIndex["torn"];

  constructor(source: ByteSource, strict: boolean, isPart: boolean) {
    this.#source = source;
    this.#strict = strict;
    this.#isPart = isPart;
    this.#headerSeen = isPart;
    const capacity = Math.max(64, Math.ceil(source.size / usualLineBytes));
    this.#table = new EntryTable(capacity);
    this.#messageCode = this.#table.typeCode("message");
  }

  run(): LineIndex {
    const chunkSize = Math.min(chunkBytes, this.#source.size + 1);
    const buffer = Buffer.allocUnsafe(chunkSize + maxHeadBytes);
    /** File position of the buffer's first byte. */
    let base = 0;
    /** Bytes at the buffer's start left over from the last chunk: the beginning of a line, too short to read its head. */
    let carried = 0;
    let lineStart = 0;
    let headRead = false;
    let headFound = false;
    let lastByte = 0x0a;
    const scan = prepareMessageScan(buffer);

    for (;;) {
      const read = this.#source.read(buffer.subarray(carried, carried + chunkSize), base + carried);
      if (read === 0) break;
      const end = carried + read;
      const filled = buffer.subarray(0, end);
      let at = carried;
      for (;;) {
        if (this.#headerSeen && !this.#strict && !headRead && this.#badRun.length === 0) {
          const known = this.#table.count;
          const next = scanMessages(scan, filled, base, lineStart - base, this.#table, this.#messageCode);
          this.#lineNumber += this.#table.count - known;
          at = Math.max(at, next);
          lineStart = base + next;
        }
        const lf = filled.indexOf(0x0a, at);
        if (lf < 0) break;
        const previous = lf > 0 ? (filled[lf - 1] ?? 0) : lastByte;
        if (!headRead) headFound = this.#headerSeen && parseHead(filled, lineStart - base, lf, this.#head);
        this.#lineNumber++;
        if (headFound && previous === 0x7d && !this.#strict) this.#addHead(filled, lineStart, base + lf - lineStart);
        else if (!this.#takeLine(lineStart, base + lf, filled, base)) return this.#result(base + end, true);
        at = lf + 1;
        lineStart = base + at;
        headRead = false;
      }
      lastByte = filled[end - 1] ?? 0;
      const rest = base + end - lineStart;
      if (!headRead && rest < maxHeadBytes) {
        filled.copyWithin(0, end - rest, end);
        carried = rest;
        base += end - rest;
      } else {
        if (!headRead) headFound = this.#headerSeen && parseHead(filled, lineStart - base, end, this.#head) && this.#keepHeadType(filled);
        headRead = true;
        carried = 0;
        base += end;
      }
    }

    const size = base + carried;
    if (lineStart < size) {
      this.#lineNumber++;
      if (!this.#takeLine(lineStart, size, undefined, 0)) return this.#result(size, false);
    }
    this.#flushBadRun(lastByte !== 0x0a);
    return this.#result(size, lastByte === 0x0a);
  }

  #result(size: number, endsWithLf: boolean): LineIndex {
    const table = this.#table;
    table.resolveOrphans();
    const orphans = [...table.orphans].map(([index, parentId]) => ({ id: table.idOf(index), parentId }));
    // What was said before a gap is not to be lost: an entry whose parent is gone goes on from the entry before the gap.
    const adrift: number[] = [];
    table.resolveOrphans((index) => {
      const gap = this.#gaps.findLast((count) => count <= index);
      if (gap !== undefined) return gap === 0 ? undefined : gap - 1;
      // Of a part, parents may stand in what comes before it.
      if (this.#isPart) return undefined;
      adrift.push(table.startOf(index));
      return table.before(index);
    });
    return {
      header: this.#header,
      table,
      size,
      endsWithLf,
      damagedLineNumbers: this.#damaged,
      irregularLineNumbers: this.#irregular,
      torn: this.#torn,
      orphans,
      adriftLineNumbers: this.#lineNumbersAt(adrift),
    };
  }

  /** Counted again, since entries do not keep their numbers; few files need it. */
  #lineNumbersAt(starts: readonly number[]): number[] {
    const numbers: number[] = [];
    let position = 0;
    let lineNumber = 1;
    for (const start of [...starts].sort((a, b) => a - b)) {
      while (position < start) {
        const bytes = this.#readRange(position, Math.min(start, position + chunkBytes));
        if (bytes.length === 0) break;
        for (let lf = bytes.indexOf(0x0a); lf >= 0; lf = bytes.indexOf(0x0a, lf + 1)) lineNumber++;
        position += bytes.length;
      }
      numbers.push(lineNumber);
    }
    return numbers;
  }

  /** The type's place in the buffer is lost with the buffer; only types that need no place survive a line longer than a chunk. */
  #keepHeadType(buffer: Uint8Array): boolean {
    this.#longLineType = isMessageHead(buffer, this.#head) ? this.#messageCode : this.#table.typeCode(headType(buffer, this.#head));
    return true;
  }
  #longLineType: number | undefined;

  #addHead(buffer: Uint8Array, start: number, length: number): void {
    if (this.#badRun.length > 0) this.#flushBadRun(false);
    const { shortId, id, shortParent, parentId } = this.#head;
    const table = this.#table;
    const typeCode =
      this.#longLineType ?? (isMessageHead(buffer, this.#head) ? this.#messageCode : table.typeCode(headType(buffer, this.#head)));
    this.#longLineType = undefined;
    if (shortId === undefined) {
      const parent = shortParent === undefined ? parentId : shortIdText(shortParent);
      table.setPlace(table.addCoded(id, parent, typeCode), start, length);
    } else if (shortParent !== undefined) {
      const parent = table.findShort(shortParent);
      const index = table.addRow(shortId, parent, typeCode);
      table.setPlace(index, start, length);
      if (parent === undefined) table.addOrphan(index, shortIdText(shortParent));
    } else {
      const parent = parentId === null ? undefined : table.find(parentId);
      const index = table.addRow(shortId, parent, typeCode);
      table.setPlace(index, start, length);
      if (parent === undefined && parentId !== null) table.addOrphan(index, parentId);
    }
  }

  /** A line that has to be parsed. False when it shows that this is no session file. */
  #takeLine(start: number, end: number, buffer: Buffer | undefined, base: number): boolean {
    this.#longLineType = undefined;
    const bytes = buffer !== undefined && start >= base ? buffer.subarray(start - base, end - base) : this.#readRange(start, end);
    const text = bytes.toString("utf8");
    if (!this.#headerSeen) {
      if (text.trim() === "") return true;
      const record = decodeLine(text);
      if (isHeader(record)) this.#header = record;
      else if (!this.#takeDamagedHeader(bytes.toString("latin1"), start)) return false;
      this.#headerSeen = true;
      return true;
    }
    const record = decodeLine(text);
    if (isEntry(record)) {
      if (this.#badRun.length > 0) this.#flushBadRun(false);
      this.#addEntry(record, start, end - start);
    } else if (text.trim() !== "" && !isHeader(record)) {
      this.#badRun.push({ start, end, lineNumber: this.#lineNumber });
    }
    return true;
  }

  #takeDamagedHeader(text: string, start: number): boolean {
    const found = damagedHeader(text);
    if (found === undefined) return false;
    const { header, end } = found;
    this.#header = header;
    if (end < text.length) this.#badRun.push({ start: start + end, end: start + text.length, lineNumber: this.#lineNumber });
    else this.#irregular.push(this.#lineNumber);
    return true;
  }

  #addEntry({ id, parentId, type }: Pick<AnyEntry, "id" | "parentId" | "type">, start: number, length: number): void {
    this.#table.setPlace(this.#table.add(id, parentId ?? null, type), start, length);
  }

  /** What can be saved of the last consecutive bad lines. */
  #flushBadRun(atTornEnd: boolean): void {
    const run = this.#badRun.splice(0);
    for (let i = 0; i < run.length; ) {
      const line = run[i];
      if (line === undefined) break;
      const joined = this.#joinBrokenRecord(run, i);
      if (joined > 0) {
        i += joined;
        continue;
      }
      this.#splitLine(line, atTornEnd && i === run.length - 1);
      i++;
    }
  }

  /** Lines that are one record with raw newlines in it; their number, 0 when they are not. */
  #joinBrokenRecord(run: readonly BadLine[], from: number): number {
    const first = run[from];
    if (
      first === undefined ||
      identityOf(this.#readRange(first.start, Math.min(first.end, first.start + 1024)).toString("latin1")) === undefined
    )
      return 0;
    for (let count = 1; count <= maxJoinedLines; count++) {
      const last = run[from + count - 1];
      if (last === undefined || last.lineNumber !== first.lineNumber + count - 1) return 0;
      const record = decodeStored(this.#readRange(first.start, last.end).toString("utf8"));
      if (!isEntry(record)) continue;
      this.#addEntry(record, first.start, last.end - first.start);
      this.#irregular.push(first.lineNumber);
      return count;
    }
    return 0;
  }

  #splitLine(line: BadLine, isTornEnd: boolean): void {
    const text = this.#readRange(line.start, line.end).toString("latin1");
    const pieces = splitGlued(text);
    const lost = pieces.filter((piece) => piece.entry === undefined && text.slice(piece.start, piece.end).replace(/[\0\s]+/g, "") !== "");
    for (const piece of pieces) {
      const { start, end, entry } = piece;
      const place = [line.start + start, end - start] as const;
      if (entry !== undefined) {
        this.#addEntry(entry, ...place);
        continue;
      }
      const identity = isTornEnd && end === text.length ? undefined : identityOf(text.slice(start, end));
      if (identity !== undefined && this.#table.find(identity.id) === undefined)
        this.#addEntry({ ...identity, type: damagedType }, ...place);
      else if (lost.includes(piece)) this.#gaps.push(this.#table.count);
    }
    if (isTornEnd && lost.some((piece) => piece.end === text.length)) this.#torn = { lineNumber: line.lineNumber, start: line.start };
    else if (lost.length > 0) this.#damaged.push(line.lineNumber);
    else this.#irregular.push(line.lineNumber);
  }

  #readRange(start: number, end: number): Buffer {
    const bytes = Buffer.allocUnsafe(end - start);
    let filled = 0;
    while (filled < bytes.length) {
      const read = this.#source.read(bytes.subarray(filled), start + filled);
      if (read === 0) break;
      filled += read;
    }
    return bytes.subarray(0, filled);
  }
}
