// The way from a leaf to its root as places in a file, in flat columns. Filled by scan-back and file-ends from the leaf on, read by file-log from the root on.
// Invariant: rows count from the leaf, positions from the root; positions mean something only when the root is there.

import type { AnyEntry } from "../../contracts/session-entry.ts";

export class PathLines {
  #count = 0;
  #starts: Float64Array;
  #lengths: Uint32Array;
  #types: Uint16Array;
  /** Ids of eight ASCII characters as two words of four bytes each. */
  #ids: Int32Array;
  /** The other ids, by row. */
  readonly #longIds = new Map<number, string>();
  readonly #typeNames: string[] = [];
  /** By row; what has been decoded. */
  readonly #entries: (AnyEntry | undefined)[] = [];
  #decodedCount = 0;

  /** Room is made for so many; it is used, and costs memory, only as they come. */
  constructor(capacity: number) {
    this.#starts = new Float64Array(capacity);
    this.#lengths = new Uint32Array(capacity);
    this.#types = new Uint16Array(capacity);
    this.#ids = new Int32Array(2 * capacity);
  }

  get length(): number {
    return this.#count;
  }

  typeCode(type: string): number {
    const known = this.#typeNames.indexOf(type);
    return known < 0 ? this.#typeNames.push(type) - 1 : known;
  }

  /** One step further from the leaf. `first` and `second`: the words of the id. */
  addShort(first: number, second: number, typeCode: number, start: number, length: number): void {
    const row = this.#count++;
    if (row === this.#starts.length) this.#grow();
    this.#ids[2 * row] = first;
    this.#ids[2 * row + 1] = second;
    this.#types[row] = typeCode;
    this.#starts[row] = start;
    this.#lengths[row] = length;
  }

  add(id: string, type: string, start: number, length: number): void {
    const words = idWords(id);
    if (words === undefined) this.#longIds.set(this.#count, id);
    this.addShort(words?.[0] ?? 0, words?.[1] ?? 0, this.typeCode(type), start, length);
  }

  /** Keeps what was decoded from the line of a row; false when it is another entry. */
  keep(row: number, entry: AnyEntry): boolean {
    if (!this.hasId(row, entry.id)) return false;
    this.#makeRoom(row + 1);
    if (this.#entries[row] === undefined) this.#decodedCount++;
    this.#entries[row] = entry;
    return true;
  }

  rowAt(position: number): number {
    return this.#count - 1 - position;
  }

  positionOf(row: number): number {
    return this.#count - 1 - row;
  }

  entryIn(row: number): AnyEntry | undefined {
    return this.#entries[row];
  }

  /** Rows between two positions that have not been decoded, root first. */
  undecoded(from: number, to: number): number[] {
    const rows: number[] = [];
    if (this.#decodedCount === this.#count) return rows;
    for (let position = from; position < to; position++) {
      const row = this.rowAt(position);
      if (this.#entries[row] === undefined) rows.push(row);
    }
    return rows;
  }

  /** From one position to before another; `undefined` for what has not been decoded. */
  entries(from: number, to: number): (AnyEntry | undefined)[] {
    this.#makeRoom(this.#count);
    return this.#entries.slice(this.#count - to, this.#count - from).reverse();
  }

  /** Without holes: an array with holes is a slow one for good. */
  #makeRoom(count: number): void {
    for (let row = this.#entries.length; row < count; row++) this.#entries.push(undefined);
  }

  startOf(row: number): number {
    return this.#starts[row] ?? 0;
  }

  lengthOf(row: number): number {
    return this.#lengths[row] ?? 0;
  }

  idAt(position: number): string {
    const row = this.rowAt(position);
    return this.#longIds.get(row) ?? textOfWords(this.#ids[2 * row] ?? 0, this.#ids[2 * row + 1] ?? 0);
  }

  typeAt(position: number): string {
    return this.#typeNames[this.#types[this.rowAt(position)] ?? -1] ?? "";
  }

  /** Position of the last one before a position; -1: none. */
  lastOfType(type: string, before: number): number {
    const code = this.#typeNames.indexOf(type);
    const row = code < 0 ? -1 : this.#types.subarray(0, this.#count).indexOf(code, this.#count - before);
    return row < 0 ? -1 : this.positionOf(row);
  }

  hasId(row: number, id: string): boolean {
    const longId = this.#longIds.get(row);
    if (longId !== undefined || id.length !== 8) return longId === id;
    return this.#ids[2 * row] === wordAt(id, 0) && this.#ids[2 * row + 1] === wordAt(id, 4);
  }

  /** -1: none. */
  positionWith(id: string): number {
    for (let row = 0; row < this.#count; row++) if (this.hasId(row, id)) return this.positionOf(row);
    return -1;
  }

  #grow(): void {
    const capacity = 2 * this.#starts.length;
    const [starts, lengths, types, ids] = [this.#starts, this.#lengths, this.#types, this.#ids];
    this.#starts = new Float64Array(capacity);
    this.#lengths = new Uint32Array(capacity);
    this.#types = new Uint16Array(capacity);
    this.#ids = new Int32Array(2 * capacity);
    this.#starts.set(starts);
    this.#lengths.set(lengths);
    this.#types.set(types);
    this.#ids.set(ids);
  }
}

/** The bytes of an id as two big-endian words; `undefined` for one that is not eight plain characters. */
export function idWords(id: string): [number, number] | undefined {
  return /^[\w.-]{8}$/.test(id) ? [wordAt(id, 0), wordAt(id, 4)] : undefined;
}

export function textOfWords(first: number, second: number): string {
  return String.fromCharCode(...[first, second].flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]));
}

function wordAt(id: string, at: number): number {
  return (id.charCodeAt(at) << 24) | (id.charCodeAt(at + 1) << 16) | (id.charCodeAt(at + 2) << 8) | id.charCodeAt(at + 3);
}
