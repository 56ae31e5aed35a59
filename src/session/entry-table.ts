// The skeleton of a session: id, parent and type of every entry in file order, in flat arrays (about 30 bytes an entry).
// Filled by line-index (files) and by memory-log; read by tree and session. Invariant: the parents of any entry end at -1, never in a circle.

/** Stands for "no parent": the entry is a root. */
export const noParent = -1;

/** Type of an entry whose line is damaged but whose place in the tree could still be read. */
export const damagedType = "";

export class EntryTable {
  #count = 0;
  #capacity: number;
  /** Ids of eight hex digits as numbers; 0 where the id stands in `#longIds`. */
  #ids: Uint32Array;
  #parents: Int32Array;
  #types: Uint16Array;
  readonly #typeNames: string[] = [damagedType, "message"];
  readonly #typeCodes = new Map<string, number>([
    [damagedType, 0],
    ["message", 1],
  ]);
  readonly #longIds = new Map<number, string>();
  readonly #longLookup = new Map<string, number>();
  /** Open addressing over the short ids: index + 1, 0 is free. At most half full. */
  #slots: Int32Array;
  /** Entries whose parent was not known when they were added: index to parent id. */
  readonly #unresolved = new Map<number, string>();

  constructor(capacity = 64) {
    this.#capacity = capacity;
    this.#ids = new Uint32Array(capacity);
    this.#parents = new Int32Array(capacity);
    this.#types = new Uint16Array(capacity);
    this.#slots = new Int32Array(slotCountFor(capacity));
  }

  get count(): number {
    return this.#count;
  }

  /** Index to parent id of the entries whose parent is nowhere in the table. */
  get orphans(): ReadonlyMap<number, string> {
    return this.#unresolved;
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
    if (this.#count === this.#capacity) this.#grow();
    const index = this.#count++;
    this.#ids[index] = shortId ?? 0;
    this.#parents[index] = parent ?? noParent;
    this.#types[index] = typeCode;
    if (shortId !== undefined) this.#place(index, shortId);
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
    const mask = this.#slots.length - 1;
    for (let slot = hash(shortId) & mask; ; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index < 0) return undefined;
      if (this.#ids[index] === shortId) return index;
    }
  }

  idOf(index: number): string {
    return this.#longIds.get(index) ?? this.shortIdText(this.#ids[index] ?? 0);
  }

  shortIdText(shortId: number): string {
    return shortId.toString(16).padStart(8, "0");
  }

  hasId(index: number, id: string): boolean {
    const shortId = shortIdOf(id);
    return shortId === undefined ? this.#longIds.get(index) === id : this.#ids[index] === shortId && !this.#longIds.has(index);
  }

  typeOf(index: number): string {
    return this.#typeNames[this.#types[index] ?? 0] ?? damagedType;
  }

  isDamaged(index: number): boolean {
    return this.#types[index] === 0;
  }

  markDamaged(index: number): void {
    this.#types[index] = 0;
  }

  /** The nearest ancestor that is not damaged, or `noParent`. */
  parentOf(index: number): number {
    let parent = this.#parents[index] ?? noParent;
    while (parent !== noParent && this.#types[parent] === 0) parent = this.#parents[parent] ?? noParent;
    return parent;
  }

  parentIdOf(index: number): string | null {
    const parent = this.parentOf(index);
    return parent === noParent ? null : this.idOf(parent);
  }

  /** Root to `index`. */
  pathTo(index: number): number[] {
    const path: number[] = [];
    for (let at = index; at !== noParent; at = this.parentOf(at)) path.push(at);
    return path.reverse();
  }

  /** The last entry that is not damaged, or `noParent` when there is none. */
  lastIndex(): number {
    let last = this.#count - 1;
    while (last >= 0 && this.#types[last] === 0) last--;
    return last;
  }

  /**
   * After everything is added: hang entries whose parent came later in the file on it, and the others on what `fallback` says.
   * A link that would close a circle makes a root instead.
   */
  resolveOrphans(fallback?: (index: number, parentId: string) => number | undefined): void {
    for (const [index, parentId] of this.#unresolved) {
      const parent = this.find(parentId) ?? fallback?.(index, parentId);
      if (parent === undefined) continue;
      if (!this.#isAncestorOrSelf(index, parent)) this.#parents[index] = parent;
      this.#unresolved.delete(index);
    }
  }

  #isAncestorOrSelf(ancestor: number, index: number): boolean {
    for (let at = index; at !== noParent; at = this.#parents[at] ?? noParent) if (at === ancestor) return true;
    return false;
  }

  #place(index: number, shortId: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash(shortId) & mask;
    for (;;) {
      const there = (this.#slots[slot] ?? 0) - 1;
      if (there < 0 || this.#ids[there] === shortId) break;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = index + 1;
  }

  #grow(): void {
    this.#capacity *= 2;
    const ids = new Uint32Array(this.#capacity);
    ids.set(this.#ids);
    this.#ids = ids;
    const parents = new Int32Array(this.#capacity);
    parents.set(this.#parents);
    this.#parents = parents;
    const types = new Uint16Array(this.#capacity);
    types.set(this.#types);
    this.#types = types;
    this.#slots = new Int32Array(slotCountFor(this.#capacity));
    for (let index = 0; index < this.#count; index++) if (!this.#longIds.has(index)) this.#place(index, ids[index] ?? 0);
  }
}

function slotCountFor(capacity: number): number {
  let count = 16;
  while (count < capacity * 2) count *= 2;
  return count;
}

function hash(shortId: number): number {
  return Math.imul(shortId ^ (shortId >>> 15), 0x9e3779b1) >>> 7;
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
