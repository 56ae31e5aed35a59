// The skeleton of a session: id, parent, type and place in the file of every entry, in file order, in flat arrays (about 35 bytes an entry).
// Filled by line-index (files) and by memory-log; read by tree and session. Invariant: the parents of any entry end at -1, never in a circle.

/** Stands for "no parent": the entry is a root. */
export const noParent = -1;

/** Type of an entry whose line is damaged but whose place in the tree could still be read. */
export const damagedType = "";

/** The columns; all of one length, `count` of it in use. */
export interface EntryRows {
  count: number;
  /** Ids of eight hex digits as numbers; 0 where the id is a long one. */
  ids: Uint32Array;
  /** Indexes, or `noParent`. */
  parents: Int32Array;
  /** Codes of `typeCode`. */
  types: Uint16Array;
  /** Position of the line in the file; below 0 where the entry is not in the file. */
  starts: Float64Array;
  /** Bytes of the line, without the LF. */
  lengths: Uint32Array;
}

export class EntryTable {
  /** For the scanner alone, which adds to it directly. */
  readonly rows: EntryRows;
  readonly #typeNames: string[] = [damagedType, "message"];
  readonly #typeCodes = new Map<string, number>([
    [damagedType, 0],
    ["message", 1],
  ]);
  readonly #longIds = new Map<number, string>();
  readonly #longLookup = new Map<string, number>();
  /** Open addressing over the short ids: index + 1, 0 is free. At most half full. Made on the first search that needs it. */
  #slots = new Int32Array(0);
  /** Entries that have their slot. */
  #placed = 0;
  /** Entries whose parent was not known when they were added: index to parent id. */
  readonly #unresolved = new Map<number, string>();
  readonly #circular = new Map<number, string>();
  /** While parents are found for roots: of each entry one that stands above it; `noParent` for a root. */
  #jumps: Int32Array | undefined;

  constructor(capacity = 64) {
    this.rows = { count: 0, ...newColumns(capacity) };
  }

  get count(): number {
    return this.rows.count;
  }

  /** Index to parent id of the entries whose parent is nowhere in the table. */
  get orphans(): ReadonlyMap<number, string> {
    return this.#unresolved;
  }

  /** Index to parent id of the entries that are roots because that parent descends from them. */
  get circular(): ReadonlyMap<number, string> {
    return this.#circular;
  }

  typeCode(type: string): number {
    let code = this.#typeCodes.get(type);
    if (code === undefined) {
      code = this.#typeNames.length;
      this.#typeNames.push(type);
      this.#typeCodes.set(type, code);
    }
    return code;
  }

  /** Returns the index. A second entry with a known id takes the id over. */
  add(id: string, parentId: string | null, type: string): number {
    return this.addCoded(id, parentId, this.typeCode(type));
  }

  addCoded(id: string, parentId: string | null, typeCode: number): number {
    const shortId = shortIdOf(id);
    const parent = parentId === null ? noParent : this.find(parentId);
    const index = this.addRow(shortId, parent, typeCode);
    if (shortId === undefined) {
      this.#longIds.set(index, id);
      this.#longLookup.set(id, index);
    }
    if (parentId !== null && parent === undefined) this.addOrphan(index, parentId);
    return index;
  }

  /** As `add`, for a scanner that has the numbers. */
  addRow(shortId: number | undefined, parent: number | undefined, typeCode: number): number {
    const { rows } = this;
    if (rows.count === rows.ids.length) this.#grow();
    const index = rows.count++;
    rows.ids[index] = shortId ?? 0;
    rows.parents[index] = parent ?? noParent;
    rows.types[index] = typeCode;
    rows.starts[index] = -1;
    rows.lengths[index] = 0;
    return index;
  }

  addOrphan(index: number, parentId: string): void {
    this.#unresolved.set(index, parentId);
  }

  find(id: string): number | undefined {
    const shortId = shortIdOf(id);
    return shortId === undefined ? this.#longLookup.get(id) : this.findShort(shortId);
  }

  findShort(shortId: number): number | undefined {
    const last = this.rows.count - 1;
    // Mostly it is the leaf, and the slots need not be made for it. An id of 0 may stand for a long one.
    if (shortId !== 0 && this.rows.ids[last] === shortId) return last;
    this.#placeAll();
    const mask = this.#slots.length - 1;
    for (let slot = hash(shortId) & mask; ; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index < 0) return undefined;
      if (this.rows.ids[index] === shortId) return index;
    }
  }

  idOf(index: number): string {
    return this.#longIds.get(index) ?? shortIdText(this.rows.ids[index] ?? 0);
  }

  /** Below 0: the entry is not in the file. */
  startOf(index: number): number {
    return this.rows.starts[index] ?? -1;
  }

  lengthOf(index: number): number {
    return this.rows.lengths[index] ?? 0;
  }

  setPlace(index: number, start: number, length: number): void {
    this.rows.starts[index] = start;
    this.rows.lengths[index] = length;
  }

  hasId(index: number, id: string): boolean {
    const shortId = shortIdOf(id);
    return shortId === undefined ? this.#longIds.get(index) === id : this.rows.ids[index] === shortId && !this.#longIds.has(index);
  }

  typeOf(index: number): string {
    return this.#typeNames[this.rows.types[index] ?? 0] ?? damagedType;
  }

  /** Place among `indexes`, before `before`, of the last one of a type; -1: none. */
  lastOfType(type: string, indexes: Int32Array, before: number): number {
    const code = this.#typeCodes.get(type);
    if (code === undefined) return -1;
    let at = Math.min(before, indexes.length) - 1;
    while (at >= 0 && this.rows.types[indexes[at] ?? noParent] !== code) at--;
    return at;
  }

  isDamaged(index: number): boolean {
    return this.rows.types[index] === 0;
  }

  markDamaged(index: number): void {
    this.rows.types[index] = 0;
  }

  /** The nearest ancestor that is not damaged, or `noParent`. */
  parentOf(index: number): number {
    let parent = this.rows.parents[index] ?? noParent;
    while (parent !== noParent && this.rows.types[parent] === 0) parent = this.rows.parents[parent] ?? noParent;
    return parent;
  }

  parentIdOf(index: number): string | null {
    const parent = this.parentOf(index);
    return parent === noParent ? null : this.idOf(parent);
  }

  /** Root to `index`. */
  pathTo(index: number): Int32Array {
    const path = new Int32Array(this.rows.count);
    let start = path.length;
    for (let at = index; at !== noParent; at = this.parentOf(at)) path[--start] = at;
    return path.slice(start);
  }

  /** The last entry that is not damaged, or `noParent` when there is none. */
  lastIndex(): number {
    let last = this.rows.count - 1;
    while (last >= 0 && this.rows.types[last] === 0) last--;
    return last;
  }

  /**
   * After everything is added: hang entries whose parent came later in the file on it, and the others on what `fallback` says.
   * A link that would close a circle makes a root instead, or goes on from what `fallback` says.
   */
  resolveOrphans(fallback?: (index: number, parentId: string) => number | undefined): void {
    if (this.#unresolved.size === 0 && this.#circular.size === 0) return;
    this.#jumps = this.rows.parents.slice(0, this.count);
    this.#resolve(fallback);
    this.#jumps = undefined;
  }

  /** From where an entry goes on whose parent is nowhere, so that what was said before is not lost: the one before it, unless that hangs on it. */
  before(index: number): number | undefined {
    return index > 0 && !this.isAncestorOrSelf(index, index - 1) ? index - 1 : undefined;
  }

  #resolve(fallback: ((index: number, parentId: string) => number | undefined) | undefined): void {
    for (const [index, parentId] of this.#unresolved) {
      const parent = this.find(parentId) ?? fallback?.(index, parentId);
      if (parent === undefined) continue;
      if (this.isAncestorOrSelf(index, parent)) this.#circular.set(index, parentId);
      else this.#hang(index, parent);
      this.#unresolved.delete(index);
    }
    if (fallback === undefined) return;
    for (const [index, parentId] of this.#circular) {
      if (index === 0 || this.rows.parents[index] !== noParent) continue;
      const parent = fallback(index, parentId);
      if (parent !== undefined && !this.isAncestorOrSelf(index, parent)) this.#hang(index, parent);
    }
  }

  #hang(root: number, parent: number): void {
    this.rows.parents[root] = parent;
    if (this.#jumps !== undefined) this.#jumps[root] = parent;
  }

  /** In steps that grow longer: a file may have as many roots as entries. */
  #rootOf(index: number, jumps: Int32Array): number {
    let at = index;
    for (;;) {
      const next = jumps[at] ?? noParent;
      if (next === noParent) return at;
      const further = jumps[next] ?? noParent;
      if (further === noParent) return next;
      jumps[at] = further;
      at = further;
    }
  }

  /** Whether an entry is another, or before it on its way from the root. */
  isAncestorOrSelf(ancestor: number, index: number): boolean {
    if (this.#jumps !== undefined && this.rows.parents[ancestor] === noParent) return this.#rootOf(index, this.#jumps) === ancestor;
    for (let at = index; at !== noParent; at = this.rows.parents[at] ?? noParent) if (at === ancestor) return true;
    return false;
  }

  #placeAll(): void {
    if (this.#slots.length < 2 * this.rows.count + 2) {
      this.#slots = new Int32Array(slotCountFor(this.rows.ids.length));
      this.#placed = 0;
    }
    for (; this.#placed < this.rows.count; this.#placed++) {
      if (!this.#longIds.has(this.#placed)) this.#place(this.#placed, this.rows.ids[this.#placed] ?? 0);
    }
  }

  #place(index: number, shortId: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash(shortId) & mask;
    for (;;) {
      const there = (this.#slots[slot] ?? 0) - 1;
      if (there < 0 || this.rows.ids[there] === shortId) break;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = index + 1;
  }

  #grow(): void {
    const { rows } = this;
    const columns = newColumns(2 * rows.ids.length);
    columns.ids.set(rows.ids);
    columns.parents.set(rows.parents);
    columns.types.set(rows.types);
    columns.starts.set(rows.starts);
    columns.lengths.set(rows.lengths);
    Object.assign(rows, columns);
  }
}

function newColumns(capacity: number): Omit<EntryRows, "count"> {
  return {
    ids: new Uint32Array(capacity),
    parents: new Int32Array(capacity),
    types: new Uint16Array(capacity),
    starts: new Float64Array(capacity),
    lengths: new Uint32Array(capacity),
  };
}

function slotCountFor(capacity: number): number {
  let count = 16;
  while (count < capacity * 2 + 2) count *= 2;
  return count;
}

function hash(shortId: number): number {
  return Math.imul(shortId ^ (shortId >>> 15), 0x9e3779b1) >>> 7;
}

/** The id that a number stands for. */
export function shortIdText(shortId: number): string {
  return shortId.toString(16).padStart(8, "0");
}

/** The number of an id of exactly eight lower-case hex characters. */
function shortIdOf(id: string): number | undefined {
  if (id.length !== 8) return undefined;
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const code = id.charCodeAt(i);
    if (code >= 48 && code <= 57) value = value * 16 + code - 48;
    else if (code >= 97 && code <= 102) value = value * 16 + code - 87;
    else return undefined;
  }
  return value;
}
