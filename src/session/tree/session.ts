// A session: a tree of entries and the leaf where the next one hangs. Called by the harness and by the session commands.
// Invariant: what `append` returned is in the file (or said to be lost), and the leaf is always an entry that is there.

import { dirname, join, resolve } from "node:path";
import type { SessionStores } from "../../contracts/blob-store.ts";
import type { EntrySource, Surveyed } from "../../contracts/entry-source.ts";
import type { PiError } from "../../contracts/error.ts";
import type { AnyEntry, NewEntry, SessionEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { atOnce } from "../../platform/in-slices.ts";
import type { Lease } from "../../platform/locks/lease.ts";
import { noParent } from "../index/entry-table.ts";
import { requireKnownVersion } from "../lines/file-errors.ts";
import { completeEntry } from "../lines/line-codec.ts";
import { sessionFileName } from "../lines/locate.ts";
import { newHeader } from "../lines/new-header.ts";
import { newEntryId, newSureEntryId } from "../lines/new-id.ts";
import { FileLog } from "../log/file-log.ts";
import { MemoryLog } from "../log/memory-log.ts";
import { openLog } from "../log/open-log.ts";
import { IndexChanged, indexOf, type PathView, type SessionLog } from "../log/session-log.ts";
import { buildContext, type SessionContext } from "./build-context.ts";
import { copyOf, indexesToCopy, readable, storedLines } from "./copy-lines.ts";
import { HeldLease } from "./held-lease.ts";
import { outlineOf, type SessionOutline } from "./outline.ts";
import { type BackOptions, type PathBatch, pathBack } from "./path-back.ts";
import { makeWhole, wholeEntry } from "./pictures.ts";
import { readAhead } from "./read-ahead.ts";
import { StoresInForce } from "./stores-in-force.ts";
import { batchesOf, surveyed } from "./survey.ts";
import { childrenOf, indexesOfType, type Label, labelsOf, type TreeNode, treeSteps } from "./tree.ts";

export type { SessionContext } from "./build-context.ts";
export type { SessionOutline } from "./outline.ts";
export type { TreeNode } from "./tree.ts";

export interface SessionOptions extends SessionStores {
  /** Unix ms. */
  clock?: () => number;
  /** Of entries; asked again while the id it gives is taken. */
  newId?: () => string;
  /** The lease on a file of ours that nobody knows of yet is taken a moment later, when the first request is out. */
  defersLease?: boolean;
  /** One line each: damaged lines, files mended. */
  onWarning?: (text: string) => void;
  /** Called once: `session.unsaved` when nothing could be stored from the start, `session.storage_lost` when storing stopped midway. */
  onStorageLost?: (error: PiError) => void;
}

export interface OpenOptions extends SessionOptions {
  /** What to do while another process writes the session. Default `fail`: `session.busy`, naming its pid. */
  onBusy?: "fail" | "wait" | "fork";
  /** Never writes, never waits, takes no lease, and reads newer versions as well. */
  readOnly?: boolean;
  /** Working directory of the session that an empty file becomes; without it an empty file is refused. */
  cwd?: string;
  /** Of the session that an empty file becomes. */
  id?: string;
  /** An empty file that has not become a session goes when it is closed. */
  removesUnused?: boolean;
  /** Ends waiting. */
  signal?: AbortSignal | undefined;
}

/** Entries read at a time by `walk`: few, so that the first ones are there at once. */
const walkBatch = 64;

export interface ForkPlace {
  /** Last entry to copy; the leaf when absent. `null`: an empty session. */
  leafId?: string | null;
  /** `undefined`: memory only. */
  directory: string | undefined;
  /** Default: that of this session. */
  cwd?: string;
  id?: string;
}

export class Session implements EntrySource {
  readonly #log: SessionLog;
  readonly #options: SessionOptions;
  #leafId: string | null;
  #isLeafChosen = false;
  readonly #lease: HeldLease;
  readonly #stores: StoresInForce;

  private constructor(log: SessionLog, options: SessionOptions, lease?: Lease) {
    this.#log = log;
    this.#options = options;
    this.#lease = new HeldLease(lease, options.defersLease === true);
    this.#leafId = log.lastId();
    this.#stores = new StoresInForce(log.header.id, options, (text) => options.onWarning?.(text));
  }

  /** A new session. Nothing touches the disk before the first entry that is worth keeping (a message, a summary) is appended. */
  static create(
    where: { cwd: string; directory: string | undefined; id?: string; parentSession?: string; filePath?: string },
    options: SessionOptions = {},
  ): Session {
    const header = newHeader(where, options);
    const path = where.filePath ?? (where.directory === undefined ? undefined : join(where.directory, sessionFileName(header)));
    return new Session(path === undefined ? new MemoryLog(header) : FileLog.create(path, header, options), options);
  }

  /** In memory only, with entries that come from elsewhere; the last one is the leaf. */
  static fromEntries(header: SessionHeader, entries: readonly AnyEntry[], options: SessionOptions = {}): Session {
    return new Session(new MemoryLog(header, entries), options);
  }

  /** Errors: `session.not_found`, `session.invalid`, `session.version`, `session.busy`, `session.unreadable`. */
  static async open(path: string, options: OpenOptions = {}): Promise<Session> {
    const { onBusy = "fail", readOnly = false } = options;
    const { cwd, id } = options;
    const makeHeader = cwd === undefined ? undefined : () => newHeader({ cwd, ...(id !== undefined && { id }) }, options);
    const { log, lease, isBusy } = await openLog(resolve(path), { ...options, onBusy, readOnly, newHeader: makeHeader });
    const session = new Session(log, options, lease);
    session.#read(() => log.verifyLast());
    if (!isBusy) return session;
    const fork = session.fork({ directory: dirname(resolve(path)) });
    session.close();
    return fork;
  }

  get header(): SessionHeader {
    return this.#log.header;
  }

  get id(): string {
    return this.#log.header.id;
  }

  /** Also before the file is there; `undefined` in memory. */
  get filePath(): string | undefined {
    return this.#log.filePath;
  }

  /** Whether the file holds everything appended so far. */
  get isPersisted(): boolean {
    return this.#log.isPersisted;
  }

  /** Whether the file has been let go of; nothing may be appended any more. */
  get isClosed(): boolean {
    return this.#lease.isGivenUp;
  }

  /** Set while something that was appended could not be stored. */
  get storageLost(): PiError | undefined {
    return this.#log.storageLost;
  }

  /** Where the next entry hangs; `null`: it becomes a root. */
  get leafId(): string | null {
    return this.#leafId;
  }

  /** Whether all of it has been looked at; of a long file only the end has, as long as nobody asks for more. */
  get isIndexed(): boolean {
    return this.#log.isIndexed;
  }

  get entryCount(): number {
    return this.#log.table.count;
  }

  /** Of the last `session_info` in the file. */
  get name(): string | undefined {
    return this.#read(() => {
      const entry = this.#log.lastOfType("session_info");
      return isA(entry, "session_info") && entry.name ? entry.name : undefined;
    });
  }

  /** Durable when it returns. */
  append(entry: NewEntry): SessionEntry {
    const timestamp = isoTime((this.#options.clock ?? Date.now)());
    const complete = completeEntry(entry, this.#newId(), this.#leafId, timestamp);
    this.#appendTo([complete]);
    this.#leafId = complete.id;
    this.#isLeafChosen = true;
    return complete;
  }

  /** A chain of entries, in one write. */
  appendAll(entries: readonly NewEntry[]): SessionEntry[] {
    const timestamp = isoTime((this.#options.clock ?? Date.now)());
    const taken = new Set<string>();
    let parentId = this.#leafId;
    const completed = entries.map((entry) => {
      const id = this.#newId(taken);
      taken.add(id);
      const complete = completeEntry(entry, id, parentId, timestamp);
      parentId = id;
      return complete;
    });
    this.#appendTo(completed);
    this.#leafId = parentId;
    this.#isLeafChosen = true;
    return completed;
  }

  /** Of the leaf; what it says without all of its messages. */
  outline(): SessionOutline {
    return this.#read(() => outlineOf(this.#log.contextPath(this.#leafId, true), (text, from) => this.#log.offsetsOf(text, from)));
  }

  /** Reads what the context of an entry is made of, step by step. */
  readAhead(leafId: string | null): Generator<undefined> {
    return readAhead(this.#log, leafId, (reader) => this.#read(reader));
  }

  /** `remember`: what it is made of stays in memory, and by that outlives what befalls the file. */
  context(leafId?: string | null, remember = leafId === undefined || leafId === this.#leafId): SessionContext {
    const context = this.#read(() => buildContext(this.#log.contextPath(leafId === undefined ? this.#leafId : leafId, remember)));
    if (remember) this.#log.forgetOthers();
    if (context.hasPictures) makeWhole(context.messages, this.#stores);
    return context;
  }

  /** Root to leaf. */
  branch(leafId?: string | null): AnyEntry[] {
    return this.#read(() => {
      const path = this.#log.path(leafId === undefined ? this.#leafId : leafId, false);
      return this.#whole(path.entries(0, path.length));
    });
  }

  /** The same a batch at a time, for readers that let go of what they have read. */
  *walk(leafId?: string | null): Generator<AnyEntry> {
    let path: PathView | undefined;
    for (let from = 0, length = 1; from < length; from += walkBatch) {
      const entries = this.#read(() => {
        const view = path ?? this.#log.path(leafId === undefined ? this.#leafId : leafId, false);
        // Stays so when a damage is found: the path is taken anew, and goes as before up to here.
        path = undefined;
        const found = view.entries(from, Math.min(from + walkBatch, view.length));
        path = view;
        length = view.length;
        return found;
      });
      yield* this.#whole(entries);
    }
  }

  /** From the leaf (or `leafId`) towards the root. */
  *back({ leafId = this.#leafId, from = 0, batch = walkBatch }: Partial<BackOptions> = {}): Generator<PathBatch> {
    for (const one of pathBack(this.#log, { leafId, from, batch }, (reader) => this.#read(reader))) {
      yield { ...one, entries: this.#whole(one.entries) };
    }
  }

  /** Ids, root to leaf; decodes nothing. Errors: `session.entry_not_found`. */
  branchIds(leafId?: string | null): string[] {
    return this.#read(() => {
      const path = this.#log.path(leafId === undefined ? this.#leafId : leafId, false);
      return range(path.length).map((position) => path.idAt(position));
    });
  }

  entry(id: string): AnyEntry | undefined {
    return this.#read(() => wholeEntry(this.#log.entryWith(id), this.#stores));
  }

  /** The first so many, in file order, some at a time, for readers that have other things to do in between. Ends with the session. */
  *batches(count: number): Generator<AnyEntry[]> {
    for (const batch of batchesOf(Int32Array.from(range(count)))) {
      if (this.isClosed) return;
      yield this.#whole(this.#read(() => this.#log.entriesAt(batch)));
    }
  }

  /** All, in file order. */
  entries(): AnyEntry[] {
    return this.#read(() => this.#whole(this.#log.entriesAt(range(this.#log.table.count))));
  }

  /**
   * What `take` makes of every entry, in file order, beside the position of its parent (-1: a root). `begin` gives `take`, and is called
   * again when a damage found midway makes the survey begin anew.
   */
  survey<T>(begin: () => (entry: AnyEntry) => T): Surveyed<T>[] {
    return this.#read(() => surveyed(this.#log, begin()));
  }

  /** The entry of a row of a survey. Appending does not disturb it. */
  entryAt(row: Surveyed<unknown>): AnyEntry | undefined {
    return wholeEntry(
      this.#read(() => this.#log.entriesAt([row.index])[0]),
      this.#stores,
    );
  }

  /**
   * The stored lines without LF, byte for byte where nothing was damaged and no picture is but referred to: of `"all"`, or of the way to an entry (default: the leaf). Behind
   * a way come the labels of its entries and the session's name where they were set elsewhere in the tree.
   */
  *lines(of: "all" | { leafId?: string | null } = {}): Generator<string> {
    const log = this.#log;
    const indexes = this.#read(() => {
      const wanted =
        of === "all" ? range(log.table.count) : indexesToCopy(log, of.leafId === undefined ? this.#leafId : of.leafId, { name: true });
      return readable(log, Int32Array.from(wanted));
    });
    yield* storedLines(log, indexes, {
      parents: of === "all" ? "recorded" : "chained",
      whole: (entry) => wholeEntry(entry, this.#stores),
    });
  }

  /** Ids, in file order. */
  children(id: string | null): string[] {
    const table = this.#log.table;
    const index = id === null ? noParent : table.find(id);
    return index === undefined ? [] : childrenOf(table, index).map((child) => table.idOf(child));
  }

  tree(): TreeNode[] {
    return atOnce(this.treeSteps());
  }

  /** The same a little at a time; what is appended meanwhile is not in it. */
  treeSteps(): Generator<undefined, TreeNode[]> {
    return treeSteps(
      this.#log,
      (reader) => this.#read(reader),
      (entry) => wholeEntry(entry, this.#stores),
    );
  }

  label(id: string): string | undefined {
    return this.#read(() => this.#labels().get(id)?.text);
  }

  /** The next append hangs on this entry. Errors: `session.entry_not_found`. */
  navigate(entryId: string | null): void {
    if (entryId !== null) indexOf(this.#log.table, entryId);
    this.#leafId = entryId;
    this.#isLeafChosen = true;
  }

  /** A new session with the path to one entry and the labels in force on it; entries keep their ids. Errors: `session.version`. */
  fork(at: ForkPlace): Session {
    requireKnownVersion(this.filePath ?? this.id, this.header);
    const leafId = at.leafId === undefined ? this.#leafId : at.leafId;
    const fork = Session.create(
      {
        cwd: at.cwd ?? this.header.cwd,
        directory: at.directory,
        ...(at.id !== undefined && { id: at.id }),
        ...(this.filePath !== undefined && { parentSession: this.filePath }),
      },
      { ...this.#options, ...this.#stores.current },
    );
    const { entries, lines } = this.#read(() => copyOf(this.#log, leafId));
    if (fork.filePath !== undefined) this.#stores.current.onDependent?.(fork.filePath);
    fork.#appendTo(entries, lines);
    fork.#leafId = entries.at(-1)?.id ?? null;
    return fork;
  }

  /** From now on, in place of what it was opened with; pictures that are only there stay to be had. */
  useStores(stores: SessionStores): void {
    this.#stores.use(stores);
  }

  /** Tries once more to store what is not stored, and sees that the file still holds what was: `storageLost` is right then. */
  flush(): void {
    const before = this.#log.fileNumber;
    this.#log.flush();
    this.#lease.follow(this.#log, before);
  }

  /** Lets go of the file and of the lease. What could not be stored is tried once more. */
  close(): void {
    if (this.isClosed) return;
    this.#lease.isGivenUp = true;
    this.#log.close();
    this.#lease.giveUp();
  }

  /** After `close`: resolves when the file may be opened again, also by this very process. */
  released(): Promise<void> {
    return this.#lease.released();
  }

  #whole(entries: readonly (AnyEntry | undefined)[]): AnyEntry[] {
    return present(entries).map((entry) => wholeEntry(entry, this.#stores));
  }

  #appendTo(entries: readonly AnyEntry[], lines?: readonly string[]): void {
    const before = this.#log.fileNumber;
    this.#log.append(entries, lines ?? this.#stores.referringLines(entries, this.filePath));
    this.#lease.follow(this.#log, before);
  }

  #newId(taken?: ReadonlySet<string>): string {
    if (this.#options.newId === undefined && !this.#log.isIndexed) return newSureEntryId();
    const make = this.#options.newId ?? newEntryId;
    let id = make();
    while (taken?.has(id) || this.#log.table.find(id) !== undefined) id = make();
    return id;
  }

  #labels(): Map<string, Label> {
    return labelsOf(this.#log.entriesAt(indexesOfType(this.#log.table, "label")));
  }

  /** Runs a reader again when what it read made the log look at the file anew. */
  #read<T>(reader: () => T): T {
    try {
      return reader();
    } catch (error) {
      if (!(error instanceof IndexChanged)) throw error;
    }
    this.#settleLeaf();
    return reader();
  }

  /** A leaf that turned out to be damaged gives way: to the last sound entry when nobody chose it, else to its nearest sound ancestor. */
  #settleLeaf(): void {
    if (this.#leafId === null) return;
    const { table } = this.#log;
    const index = table.find(this.#leafId);
    if (index !== undefined && !table.isDamaged(index)) return;
    this.#leafId = index === undefined || !this.#isLeafChosen ? this.#log.lastId() : table.parentIdOf(index);
  }
}

function present(entries: readonly (AnyEntry | undefined)[]): AnyEntry[] {
  return entries.filter((entry) => entry !== undefined);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
