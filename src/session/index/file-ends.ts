// The head and the tail of a long session file, and what lies on the active path between them: often all that is needed of it.
// Called by file-log, which falls back on the whole index.
// Invariant: says something only where nothing unread could make it wrong; any irregularity in sight makes it step back.

import type { SessionHeader } from "../../contracts/session-entry.ts";
import { type ByteSource, fill, type LinePlace } from "../lines/read-lines.ts";
import { indexLines, type LineIndex, usualLineBytes } from "./line-index.ts";
import { PathLines } from "./path-lines.ts";
import { type BackScan, scanBack } from "./scan-back.ts";

/** Of each end: a bit more than what is mostly asked for, since the loops over it run cold. */
const windowBytes = 64 << 10;
/** Small enough to stay in the processor's cache. */
const searchBytes = 128 << 10;
/** A shorter file is indexed whole in less time than it takes to think about it. */
const minFileBytes = 4 << 20;

interface Window {
  /** File positions: of the first byte, and behind the last one. */
  base: number;
  end: number;
  index: LineIndex;
  /** Entries whose parent is not in this window: id to parent id. */
  parents: ReadonlyMap<string, string>;
}

export class FileEnds {
  readonly header: SessionHeader;
  readonly lastId: string;
  readonly #source: ByteSource;
  readonly #head: Window;
  readonly #tail: Window;
  #path: PathLines | "unknown" | undefined;
  #middle: BackScan | undefined;

  private constructor(source: ByteSource, header: SessionHeader, lastId: string, head: Window, tail: Window) {
    this.#source = source;
    this.header = header;
    this.lastId = lastId;
    this.#head = head;
    this.#tail = tail;
  }

  /** `undefined` for a file that is short, or not as it should be. */
  static of(source: ByteSource): FileEnds | undefined {
    const { size } = source;
    if (size < minFileBytes) return undefined;
    const head = readWindow(source, 0, false);
    const tail = readWindow(source, size - windowBytes, true);
    const last = tail?.index.table.lastIndex() ?? -1;
    if (head?.index.header === undefined || tail === undefined || last < 0) return undefined;
    return new FileEnds(source, head.index.header, tail.index.table.idOf(last), head, tail);
  }

  /** From the file's last entry; `undefined` when it cannot be told from here. `decodes`: its entries will be asked for, and are kept. */
  path(decodes: boolean): PathLines | undefined {
    this.#path ??= this.#findPath(decodes) ?? "unknown";
    return this.knownPath;
  }

  /** Where it has been looked for. */
  get knownPath(): PathLines | undefined {
    return this.#path === "unknown" ? undefined : this.#path;
  }

  /** Of the file's last entry. */
  get lastPlace(): LinePlace {
    const { base, index } = this.#tail;
    const last = index.table.lastIndex();
    return { start: base + index.table.startOf(last), length: index.table.lengthOf(last) };
  }

  #findPath(decodes: boolean): PathLines | undefined {
    const lines = new PathLines(Math.ceil(this.#source.size / usualLineBytes));
    let id: string | null = addFrom(this.#tail, this.lastId, lines);
    if (id === null || isIn(this.#head, id)) return this.#reachedRoot(id, lines);
    const range = { from: this.#head.end, to: this.#tail.base };
    this.#middle = scanBack(this.#source, range, id, lines, (next) => isIn(this.#head, next), { decodes });
    if (this.#middle === undefined) return undefined;
    id = this.#middle.nextId;
    return this.#reachedRoot(id, lines);
  }

  #reachedRoot(id: string | null, lines: PathLines): PathLines | undefined {
    return id === null || addFrom(this.#head, id, lines) === null ? lines : undefined;
  }

  /** Of the last entry of a type; `undefined`: there is none. What the line holds may turn out to be something else. */
  lastOfType(type: string): LinePlace | undefined {
    const { base, index } = this.#tail;
    const { table } = index;
    for (let at = table.count - 1; at >= 0; at--) {
      if (table.typeOf(at) === type) return { start: base + table.startOf(at), length: table.lengthOf(at) };
    }
    return this.#middle?.lastOfType.get(type) ?? this.#lastLineWith(`${type}"`, this.#middle?.position ?? base);
  }

  /** The last line with these bytes before a position; `undefined` when there is none. Reads backwards until it finds one. */
  #lastLineWith(text: string, before: number): LinePlace | undefined {
    const needle = Buffer.from(text);
    const buffer = Buffer.allocUnsafe(searchBytes);
    // Neighbouring reads overlap, so that nothing is missed between them.
    const step = buffer.length - needle.length;
    for (let end = before; end > 0; end -= step) {
      const start = Math.max(0, end - buffer.length);
      const filled = buffer.subarray(0, fill(this.#source, buffer.subarray(0, end - start), start));
      const found = filled.lastIndexOf(needle);
      if (found >= 0) return this.#lineAround(start + found);
      if (start === 0) break;
    }
    return undefined;
  }

  #lineAround(position: number): LinePlace | undefined {
    const around = Buffer.allocUnsafe(64 << 10);
    const from = Math.max(0, position - (around.length >> 1));
    const filled = around.subarray(0, fill(this.#source, around, from));
    const before = filled.lastIndexOf(0x0a, position - from);
    const after = filled.indexOf(0x0a, position - from);
    return before < 0 || after < 0 ? undefined : { start: from + before + 1, length: after - before - 1 };
  }
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

/** The whole lines of a part of the file, with nothing wrong in them. */
function readWindow(source: ByteSource, position: number, isTail: boolean): Window | undefined {
  const bytes = Buffer.allocUnsafe(windowBytes);
  if (fill(source, bytes, position) < bytes.length) return undefined;
  const from = isTail ? bytes.indexOf(0x0a) + 1 : 0;
  const to = bytes.lastIndexOf(0x0a) + 1;
  if (to <= from || (isTail && to < bytes.length)) return undefined;
  const lines = bytes.subarray(from, to);
  const read = (target: Uint8Array, at: number): number => lines.copy(target, 0, at);
  const index = indexLines({ size: lines.length, read }, { isPart: isTail });
  const { damagedLineNumbers, irregularLineNumbers, torn, orphans } = index;
  if (torn !== undefined || damagedLineNumbers.length > 0 || irregularLineNumbers.length > 0) return undefined;
  if (!isTail && orphans.length > 0) return undefined;
  return { base: position + from, end: position + to, index, parents: new Map(orphans.map(({ id, parentId }) => [id, parentId])) };
}
