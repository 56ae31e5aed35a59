// The head and the tail of a long session file, and what lies on the active path between them: often all that is needed of it.
// Called by file-log, which falls back on the whole index.
// Invariant: says something only where nothing unread could make it wrong; any irregularity in sight makes it step back.

import type { SessionHeader } from "../../contracts/session-entry.ts";
import { decodeLine, isHeader } from "../lines/line-codec.ts";
import type { OpeningNote } from "../lines/opening-note.ts";
import { type ByteSource, fill, type LinePlace } from "../lines/read-lines.ts";
import { ContextNeeds } from "./context-needs.ts";
import { readRows } from "./decode-rows.ts";
import { EntryTable } from "./entry-table.ts";
import { indexLines, type LineIndex, usualLineBytes } from "./line-index.ts";
import { PathLines } from "./path-lines.ts";
import { type BackScan, scanBack } from "./scan-back.ts";

/** Read of the beginning; looked at only where a path leads there. */
const headBytes = 64 << 10;
/** Of the end: little, since the loops over it run cold; more of it where the last line is longer. */
const tailBytes = [16 << 10, 64 << 10, 1 << 20] as const;
const lineFeed = 0x0a;
/** Small enough to stay in the processor's cache. */
const searchBytes = 128 << 10;
/** A shorter file is indexed whole in less time than it takes to think about it. */
export const minFileBytes = 4 << 20;
const longestHeaderBytes = 1 << 20;

interface Window {
  /** File positions: of the first byte, and behind the last one. */
  base: number;
  end: number;
  index: LineIndex;
  /** Entries whose parent is not in this window: id to parent id. */
  parents: ReadonlyMap<string, string>;
}

/** How far the way from the file's last entry was followed. */
interface Followed {
  /** The entry that comes next; `null`: the root was reached. */
  nextId: string | null;
  middle: BackScan | undefined;
}

/** The end of the way to the file's last entry. */
export interface PathEnd {
  lines: PathLines;
  /** How many entries come before it: 0, or about so many. */
  before: number;
}

/** What is known of the way to the file's last entry. */
export interface KnownPath {
  lines: PathLines;
  /** How many of its first rows are no part of the way, but where settings come from. */
  settingCount: number;
  /** The entry before the part that is known, which is not in `lines`; `null`: all of it is known. */
  beforeId: string | null;
}

/** No header is as long. Of a large file that is something else, no more is read. */
export function beginsWithLine(source: ByteSource): boolean {
  if (source.size < minFileBytes) return true;
  const bytes = Buffer.allocUnsafe(longestHeaderBytes);
  return bytes.subarray(0, fill(source, bytes, 0)).includes(lineFeed);
}

export class FileEnds {
  readonly header: SessionHeader;
  readonly lastId: string;
  readonly #source: ByteSource;
  readonly #tail: Window;
  readonly #headBytes: Buffer;
  #head: Window | "irregular" | undefined;
  #path: PathLines | "unknown" | undefined;
  #recent: KnownPath | "unknown" | undefined;
  #end: PathEnd | "unknown" | undefined;
  #note: OpeningNote | undefined;
  /** The last name before what is known, where it has been looked for. */
  #earlierName: { place: LinePlace | undefined } | undefined;
  #middle: BackScan | undefined;

  private constructor(source: ByteSource, headBytes: Buffer, header: SessionHeader, tail: Window) {
    this.#source = source;
    this.#headBytes = headBytes;
    this.#tail = tail;
    this.header = header;
    this.lastId = tail.index.table.idOf(tail.index.table.lastIndex());
  }

  /** `undefined` for a file that is short, or not as it should be. */
  static of(source: ByteSource): FileEnds | undefined {
    if (source.size < minFileBytes) return undefined;
    const bytes = Buffer.allocUnsafe(headBytes);
    if (fill(source, bytes, 0) < bytes.length) return undefined;
    const header = decodeLine(bytes.toString("utf8", 0, Math.max(0, bytes.indexOf(lineFeed))));
    const tail = readTail(source);
    return !isHeader(header) || tail === undefined ? undefined : new FileEnds(source, bytes, header, tail);
  }

  /** From the file's last entry; `undefined` when it cannot be told from here. */
  path(): PathLines | undefined {
    this.#path ??= this.#findPath() ?? "unknown";
    return this.#knownPath();
  }

  /** Sees to it that rows of a path from one to before another are decoded, as far as they are sound. */
  decode(lines: PathLines, from: number, to: number): void {
    readRows(this.#source, lines, from, to);
  }

  /** The same for a context: of what comes before what the last compaction kept, there may be only what settings come from. */
  contextPath(): PathLines | undefined {
    if (this.#path !== undefined) return this.path();
    this.#recent ??= this.#findRecent() ?? "unknown";
    return this.#recent === "unknown" ? this.#knownPath() : this.#recent.lines;
  }

  /** The last so many entries of the way, or a few more; nothing is decoded. `undefined` when they cannot be told from here. */
  pathEnd(count: number): PathEnd | undefined {
    const whole = this.#knownPath();
    if (whole !== undefined) return { lines: whole, before: 0 };
    this.#end ??= this.#findEnd(count) ?? "unknown";
    return this.#end === "unknown" ? undefined : this.#end;
  }

  /** Where it has been looked for. */
  get known(): KnownPath | undefined {
    const lines = this.#knownPath();
    if (lines !== undefined) return { lines, settingCount: 0, beforeId: null };
    return this.#recent === "unknown" ? undefined : this.#recent;
  }

  /** Of the file's last entry. */
  get lastPlace(): LinePlace {
    const { base, index } = this.#tail;
    const last = index.table.lastIndex();
    return { start: base + index.table.startOf(last), length: index.table.lengthOf(last) };
  }

  #findPath(): PathLines | undefined {
    const lines = this.#newLines();
    const followed = this.#follow(lines, () => false);
    this.#middle = followed?.middle;
    return followed === undefined ? undefined : lines;
  }

  #findEnd(count: number): PathEnd | undefined {
    const lines = new PathLines(2 * count);
    const followed = this.#follow(lines, () => lines.length >= count);
    if (followed === undefined || lines.length === 0) return undefined;
    if (followed.nextId === null) return { lines, before: 0 };
    // As many to the byte as there were down to here, whatever else lies between them.
    const start = lines.startOf(lines.length - 1);
    return { lines, before: Math.max(1, Math.round((lines.length * start) / (this.#source.size - start))) };
  }

  /** Nothing where a context needs all of the path, or it cannot be told. */
  #findRecent(): KnownPath | undefined {
    const lines = this.#newLines();
    const needs = new ContextNeeds(this.#source, lines, this.header.id, (position) => this.#hasLevelBefore(position));
    const followed = this.#follow(lines, () => needs.areMet());
    this.#middle = followed?.middle;
    if (followed !== undefined && needs.isMet) {
      this.#note = needs.note;
      return { lines, settingCount: needs.settingCount, beforeId: followed.nextId };
    }
    this.#path = followed?.nextId === null ? lines : "unknown";
    return undefined;
  }

  #knownPath(): PathLines | undefined {
    return this.#path === "unknown" ? undefined : this.#path;
  }

  #newLines(): PathLines {
    return new PathLines(Math.ceil(this.#source.size / usualLineBytes));
  }

  /** From the last entry to the root, or as far as is enough; `undefined` when it cannot be told. */
  #follow(lines: PathLines, isEnough: () => boolean): Followed | undefined {
    let nextId = addFrom(this.#tail, this.lastId, lines);
    let middle: BackScan | undefined;
    if (nextId === null || isEnough()) return { nextId, middle };
    const head = this.#readHead();
    if (head === undefined) return undefined;
    if (!isIn(head, nextId)) {
      const isDone = (next: string): boolean => isIn(head, next) || isEnough();
      middle = scanBack(this.#source, { from: head.end, to: this.#tail.base }, nextId, lines, isDone);
      if (middle === undefined) return undefined;
      nextId = middle.nextId;
    }
    if (nextId === null || !isIn(head, nextId)) return { nextId, middle };
    return addFrom(head, nextId, lines) === null ? { nextId: null, middle } : undefined;
  }

  /** `undefined`: something is wrong there. */
  #readHead(): Window | undefined {
    if (this.#head === undefined) {
      const window = windowOf(this.#headBytes, { from: 0, position: 0 });
      this.#head = window === undefined || window.index.orphans.length > 0 ? "irregular" : window;
    }
    return this.#head === "irregular" ? undefined : this.#head;
  }

  /** Of the last entry of a type; `undefined`: there is none. What the line holds may turn out to be something else. */
  lastOfType(type: string): LinePlace | undefined {
    const { base, index } = this.#tail;
    const { table } = index;
    for (let at = table.count - 1; at >= 0; at--) {
      if (table.typeOf(at) === type) return { start: base + table.startOf(at), length: table.lengthOf(at) };
    }
    const seen = this.#middle?.lastOfType.get(type);
    if (seen !== undefined) return seen;
    if (type === "session_info") {
      if (this.#note !== undefined) return this.#note.name ?? undefined;
      if (this.#earlierName !== undefined) return this.#earlierName.place;
    }
    return this.#lastLinesWith([type], this.#middle?.position ?? base).get(type);
  }

  /** Looks for the name as well, which is asked for next: so the file is read once. */
  #hasLevelBefore(position: number): boolean {
    const [level, name] = ["thinking_level_change", "session_info"];
    const table = this.#readHead()?.index.table;
    if (table === undefined) return true;
    for (let at = 0; at < table.count; at++) if (table.typeOf(at) === level) return true;
    const found = this.#lastLinesWith([level, name], position);
    if (found.has(level)) return true;
    this.#earlierName = { place: found.get(name) };
    return false;
  }

  /** The last line with each of these types before a position, until one with the first of them is found. Reads backwards. */
  #lastLinesWith(types: readonly [string, ...string[]], before: number): Map<string, LinePlace> {
    const wanted = types.map((type) => ({ type, needle: Buffer.from(`${type}"`) }));
    const found = new Map<string, LinePlace>();
    const buffer = Buffer.allocUnsafe(searchBytes);
    // Neighbouring reads overlap, so that nothing is missed between them.
    const step = buffer.length - Math.max(...wanted.map(({ needle }) => needle.length));
    for (let end = before; end > 0 && !found.has(types[0]); end -= step) {
      const start = Math.max(0, end - buffer.length);
      const filled = buffer.subarray(0, fill(this.#source, buffer.subarray(0, end - start), start));
      for (const { type, needle } of wanted) {
        const at = found.has(type) ? -1 : filled.lastIndexOf(needle);
        // Where a line is too long to be seen whole, reading the place shows that it is none.
        if (at >= 0) found.set(type, this.#lineAround(start + at) ?? { start: start + at, length: 0 });
      }
      if (start === 0) break;
    }
    return found;
  }

  #lineAround(position: number): LinePlace | undefined {
    const around = Buffer.allocUnsafe(64 << 10);
    const from = Math.max(0, position - (around.length >> 1));
    const filled = around.subarray(0, fill(this.#source, around, from));
    const before = filled.lastIndexOf(lineFeed, position - from);
    const after = filled.indexOf(lineFeed, position - from);
    return before < 0 || after < 0 ? undefined : { start: from + before + 1, length: after - before - 1 };
  }
}

/** Of a path alone: what is known of a file that is no longer what it was. */
export function tableOf({ lines, settingCount, beforeId }: KnownPath): EntryTable {
  const table = new EntryTable(lines.length + 1);
  let parentId: string | null = null;
  const add = (id: string, type: string): void => {
    table.add(id, parentId, type);
    parentId = id;
  };
  for (let position = 0; position < lines.length; position++) {
    if (position === settingCount && beforeId !== null) add(beforeId, "message");
    add(lines.idAt(position), lines.typeAt(position));
  }
  return table;
}

/** Adds the way from an entry of a window as far as it goes there. Returns the id of the next one; `null` at the root. */
function addFrom({ base, index, parents }: Window, from: string, lines: PathLines): string | null {
  const { table } = index;
  let id: string | null = from;
  for (let at = table.find(from); at !== undefined && id !== null; at = id === null ? undefined : table.find(id)) {
    lines.add(id, table.typeOf(at), base + table.startOf(at), table.lengthOf(at));
    id = table.parentIdOf(at) ?? parents.get(id) ?? null;
  }
  return id;
}

function isIn({ index }: Window, id: string): boolean {
  return index.table.find(id) !== undefined;
}

/** The last lines, one at least; `undefined` where that is not a whole one, or something is wrong with them. */
function readTail(source: ByteSource): Window | undefined {
  for (const length of tailBytes) {
    const bytes = Buffer.allocUnsafe(length);
    const position = source.size - length;
    if (fill(source, bytes, position) < length || bytes[length - 1] !== lineFeed) return undefined;
    const from = bytes.indexOf(lineFeed) + 1;
    if (from === length) continue;
    const window = windowOf(bytes, { from, position });
    return window === undefined || window.index.table.lastIndex() < 0 ? undefined : window;
  }
  return undefined;
}

/** The whole lines of a part of the file that begins at `position`, with nothing wrong in them. `from`: where the first of them begins. */
function windowOf(bytes: Buffer, { from, position }: { from: number; position: number }): Window | undefined {
  const to = bytes.lastIndexOf(lineFeed) + 1;
  if (to <= from) return undefined;
  const lines = bytes.subarray(from, to);
  const read = (target: Uint8Array, at: number): number => lines.copy(target, 0, at);
  const index = indexLines({ size: lines.length, read }, { isPart: position > 0 });
  const { damagedLineNumbers, irregularLineNumbers, torn, orphans } = index;
  if (torn !== undefined || damagedLineNumbers.length > 0 || irregularLineNumbers.length > 0) return undefined;
  return { base: position + from, end: position + to, index, parents: new Map(orphans.map(({ id, parentId }) => [id, parentId])) };
}
