// The head and the tail of a long session file: often all that is needed of it. Called by file-log, which falls back on the whole index.
// Invariant: says something only where nothing unread could make it wrong; any irregularity in sight makes it step back.

import type { SessionHeader } from "../contracts/session-entry.ts";
import { type ByteSource, indexLines, type LineIndex } from "./line-index.ts";
import { fill, type LinePlace } from "./read-lines.ts";

/** Of each end. */
const windowBytes = 256 << 10;
/** A shorter file is indexed whole in less time than it takes to think about it. */
const minFileBytes = 4 << 20;

export interface EndLine extends LinePlace {
  id: string;
  type: string;
}

interface Window {
  /** File position of the first byte. */
  base: number;
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

  /** Root to leaf; `undefined` when a part of the path lies between the ends. */
  path(leafId: string): EndLine[] | undefined {
    const path: EndLine[] = [];
    let window = this.#tail;
    for (let id: string | null = leafId; id !== null; ) {
      let at = window.index.table.find(id);
      if (at === undefined && window === this.#tail) {
        window = this.#head;
        at = window.index.table.find(id);
      }
      if (at === undefined) return undefined;
      const { table } = window.index;
      path.push({ id, type: table.typeOf(at), start: window.base + table.startOf(at), length: table.lengthOf(at) });
      id = table.parentIdOf(at) ?? window.parents.get(id) ?? null;
    }
    return path.reverse();
  }

  /** Where the last line with these bytes begins; `undefined` when there is none. Reads backwards until it finds one. */
  lastLineWith(text: string): LinePlace | undefined {
    const needle = Buffer.from(text);
    const buffer = Buffer.allocUnsafe(1 << 20);
    // Neighbouring reads overlap, so that nothing is missed between them.
    const step = buffer.length - needle.length;
    for (let end = this.#source.size; end > 0; end -= step) {
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
  return { base: position + from, index, parents: new Map(orphans.map(({ id, parentId }) => [id, parentId])) };
}
