// A session in its file: loaded by index, decoded on demand, added to line by line. Called by session.
// Invariant: a line that was written is never changed; the file never lacks its header; `append` never throws for want of storage.

import { PiError } from "../../contracts/error.ts";
import type { AnyEntry, SessionHeader } from "../../contracts/session-entry.ts";
import { AppendFile } from "../../platform/files/append-file.ts";
import { liveSecrets } from "../../platform/secrets.ts";
import { EntryMemory } from "../index/entry-memory.ts";
import { EntryTable, noParent } from "../index/entry-table.ts";
import { beginsWithLine, FileEnds, minFileBytes, tableOf } from "../index/file-ends.ts";
import { indexLines, type LineIndex } from "../index/line-index.ts";
import type { PathLines } from "../index/path-lines.ts";
import { notASession, storageLoss, unreadable } from "../lines/file-errors.ts";
import { offsetsOf } from "../lines/find-text.ts";
import { encodeLine, withTexts } from "../lines/line-codec.ts";
import { withNote } from "../lines/opening-note.ts";
import { type LinePlaces, onePlace, readLines } from "../lines/read-lines.ts";
import { decodeEntry } from "../lines/sound-entry.ts";
import { DamageReport } from "./damage-report.ts";
import { EndReadings } from "./end-readings.ts";
import { type KnownLines, restoreFile } from "./file-restore.ts";
import { LateEntries, type LateEntry } from "./late-entries.ts";
import { openingNote } from "./note-opening.ts";
import type { PathEnd, PathView } from "./session-log.ts";
import { entryOf, IndexChanged, isWorthKeeping, lastEntryOfType, lastIdOf, pathOf, type SessionLog } from "./session-log.ts";

export interface FileLogOptions {
  /** An empty file that nothing was written to goes when the log is closed. */
  removesUnused?: boolean | undefined;
  onWarning?: ((text: string) => void) | undefined;
  /** Called once, when something appended could not be stored. */
  onStorageLost?: ((error: PiError) => void) | undefined;
}

export class FileLog implements SessionLog {
  readonly filePath: string;
  #header: SessionHeader;
  /** Empty as long as `#ends` stands for them. */
  #table = new EntryTable();
  /** Of a long file whose middle has not been needed yet. */
  #ends: EndReadings | undefined;
  #file: AppendFile | undefined;
  #isStrict = false;
  #fileNumber = 0;
  /** Why nothing may be written. */
  #refusal: string | undefined;
  #memory = new EntryMemory();
  /** Entries not yet in the file, as lines; the last ones of the table. */
  #unsaved: LateEntry[] = [];
  /** Appended while only the ends stand for the rest. */
  readonly #late = new LateEntries();
  #isStarted = false;
  #hasWritten = false;
  #storageLost: PiError | undefined;
  #hasToldLoss = false;
  /** What became of the file was looked at in this turn of the event loop: once is enough for a burst of appends. */
  #isChecked = false;
  #hasUncheckedWrites = false;
  /** It was found so and could not be written again: the rest is missing still, whatever it looks like. */
  #isTruncated = false;
  readonly #damage: DamageReport;
  readonly #options: FileLogOptions;

  private constructor(path: string, header: SessionHeader, options: FileLogOptions) {
    this.filePath = path;
    this.#header = header;
    this.#options = options;
    this.#damage = new DamageReport(path, options.onWarning);
  }

  /** A session whose file will be made by the first append worth keeping. */
  static create(path: string, header: SessionHeader, options: FileLogOptions): FileLog {
    return new FileLog(path, header, options);
  }

  /** Takes the open file over, also when it throws. `refusal`: why nothing may be written. Errors: `session.invalid`, `session.unreadable`. */
  static load(file: AppendFile, access: "append" | { refusal: string }, options: FileLogOptions): FileLog {
    try {
      const ends = FileEnds.of(file);
      if (ends === undefined && !beginsWithLine(file)) throw notASession(file.path);
      const index = ends === undefined ? indexLines(file) : undefined;
      const header = ends?.header ?? index?.header;
      if (header === undefined) throw notASession(file.path);
      const log = new FileLog(file.path, withTexts(header), options);
      log.#file = file;
      log.#fileNumber = 1;
      log.#isStarted = true;
      if (access !== "append") log.#refusal = access.refusal;
      log.#ends = ends && log.#readingsOf(ends);
      // Version 1 has no ids: there is nothing to index, and nothing damaged about it.
      if (index !== undefined && (header.version ?? 1) > 1) log.#takeIndex(index);
      return log;
    } catch (error) {
      file.close();
      throw unreadable(file.path, error);
    }
  }

  get header(): SessionHeader {
    return this.#header;
  }

  get table(): EntryTable {
    if (this.#ends !== undefined && this.#file !== undefined) {
      const { known } = this.#ends;
      this.#ends = undefined;
      if (known !== undefined && this.#file.fate() === "truncated") {
        this.#table = tableOf(known);
        for (const { entry } of this.#late) this.#table.add(entry.id, entry.parentId, entry.type);
        this.#rememberLate();
      } else this.#takeIndex(indexLines(this.#file));
      if (known !== undefined) this.#rememberPath(known.lines);
    }
    return this.#table;
  }

  get isIndexed(): boolean {
    return this.#ends === undefined;
  }

  get isPersisted(): boolean {
    return this.#file !== undefined && this.#unsaved.length === 0;
  }

  get storageLost(): PiError | undefined {
    return this.#storageLost;
  }

  get fileNumber(): number {
    return this.#fileNumber;
  }

  entriesAt(indexes: ArrayLike<number>, remember = false): readonly (AnyEntry | undefined)[] {
    const { table } = this;
    const memory = this.#memory;
    const entries: (AnyEntry | undefined)[] = new Array(indexes.length);
    const toRead: number[] = [];
    for (let at = 0; at < indexes.length; at++) {
      const index = indexes[at] ?? noParent;
      const known = memory.get(index);
      if (known !== undefined) entries[at] = known;
      else if (!table.isDamaged(index) && table.startOf(index) >= 0) toRead.push(at);
    }
    sortByIndex(toRead, indexes);
    const indexAt = (number: number): number => indexes[toRead[number] ?? -1] ?? noParent;
    const places = {
      count: toRead.length,
      startOf: (number: number) => table.startOf(indexAt(number)),
      lengthOf: (number: number) => table.lengthOf(indexAt(number)),
    };
    this.#readPlaces(places, (number, text) => {
      const record = decodeEntry(text);
      const index = indexAt(number);
      if (record === undefined || !table.hasId(index, record.id)) {
        this.#onUndecodable(index);
        return;
      }
      entries[toRead[number] ?? -1] = record;
    });
    if (remember) memory.remember(indexes, entries);
    return entries;
  }

  lastId(): string | null {
    return this.#ends?.lastId() ?? lastIdOf(this);
  }

  verifyLast(): void {
    if (this.#ends === undefined) this.entriesAt([this.#table.lastIndex()]);
    else this.#ends.verifyLast();
  }

  path(leafId: string | null, remember: boolean): PathView {
    return this.#ends?.path(leafId, remember) ?? pathOf(this, leafId, remember);
  }

  contextPath(leafId: string | null, remember: boolean): PathView {
    return this.#ends?.contextPath(leafId, remember) ?? pathOf(this, leafId, remember);
  }

  pathEnd(leafId: string | null, count: number): PathEnd {
    return this.#ends?.pathEnd(leafId, count) ?? { view: pathOf(this, leafId, false), before: 0 };
  }

  entryWith(id: string): AnyEntry | undefined {
    return this.#ends?.entryWith(id) ?? entryOf(this, id);
  }

  lastOfType(type: string): AnyEntry | undefined {
    const found = this.#ends === undefined ? "unsure" : this.#ends.lastOfType(type);
    return found === "unsure" ? lastEntryOfType(this, type) : found;
  }

  offsetsOf(text: string, from: number): number[] {
    return this.#file === undefined ? [] : offsetsOf(this.#file, text, from);
  }

  lineAt(index: number): string {
    const { table } = this;
    let line = "";
    if (table.startOf(index) < 0) {
      const id = table.idOf(index);
      line = this.#unsaved.find(({ entry }) => entry.id === id)?.line.slice(0, -1) ?? "";
    } else {
      const place = { start: table.startOf(index), length: table.lengthOf(index) };
      this.#readPlaces(onePlace(place), (_, text) => {
        line = text;
      });
      // Where another process wrote in the same moment, ours stands elsewhere than where it was put.
      const own = this.#memory.own(index);
      if (own !== undefined && decodeEntry(line)?.id !== own.id) line = liveSecrets.redactLines(encodeLine(own)).slice(0, -1);
    }
    return line;
  }

  append(entries: readonly AnyEntry[], lines?: readonly string[]): void {
    const added: LateEntry[] = [];
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at];
      if (entry !== undefined)
        added.push({ entry, line: liveSecrets.redactLines(lines === undefined ? this.#encoded(entry) : `${lines[at] ?? ""}\n`) });
    }
    // To begin with, so that what an opened conversation is asked first does not wait for its index.
    if (this.#ends !== undefined && this.#late.hasRoomFor(added.length)) {
      this.#late.add(added);
      this.#unsaved.push(...added);
    } else {
      const { table } = this;
      for (const one of added) {
        const index = table.add(one.entry.id, one.entry.parentId, one.entry.type);
        this.#memory.addOwn(index, one.entry, one.line.length);
        this.#unsaved.push(one);
      }
    }
    if (!this.#isStarted) this.#isStarted = entries.some(isWorthKeeping);
    if (this.#isStarted) this.#save();
  }

  /** With a note for the next opening, where that is worth a note and nothing else is to be written before it. */
  #encoded(entry: AnyEntry): string {
    const line = encodeLine(entry);
    const at = this.#file?.size ?? 0;
    if (entry.type !== "compaction" || this.#unsaved.length > 0 || at < minFileBytes) return line;
    try {
      const note = openingNote(this, entry.parentId, at);
      return note === undefined ? line : withNote(line, note, this.#header.id, entry.id);
    } catch (error) {
      if (!(error instanceof IndexChanged)) throw error;
      return line;
    }
  }

  forgetOthers(): void {
    if (this.#ends === undefined) this.#memory.forgetOthers((index) => this.#table.startOf(index) >= 0);
  }

  flush(): void {
    if (this.#storageLost === undefined && !this.#hasUncheckedWrites) return;
    this.#isChecked = false;
    this.#save();
  }

  close(): void {
    this.flush();
    if (this.#options.removesUnused && this.#file === undefined && !this.#hasWritten) AppendFile.removeEmpty(this.filePath);
    this.#file?.close();
    this.#file = undefined;
    this.#refusal = "it is closed";
  }

  /** Writes what is not yet in the file. A failure is told once; what failed is tried again with the next append. */
  #save(): void {
    const fileNumber = this.#fileNumber;
    try {
      if (this.#refusal !== undefined) throw new PiError("session.read_only", this.#refusal);
      let text = "";
      for (const { line } of this.#unsaved) text += line;
      const file = this.#file === undefined ? undefined : this.#mended(this.#file);
      if (file === undefined) this.#notePlaces(this.#startFile(text));
      else if (text !== "") this.#notePlaces(file.append(text));
      this.#unsaved = [];
      this.#hasWritten = true;
      // A file that was made anew was told of already.
      if (this.#hasToldLoss && this.#fileNumber === fileNumber) {
        this.#options.onWarning?.(`What could not be saved to ${this.filePath} is saved now`);
      }
      this.#hasToldLoss = false;
      this.#storageLost = undefined;
    } catch (error) {
      this.#loseStorage(error);
    }
  }

  /** Where the entries just written stand: at least when no other process wrote in the same moment, which reading them again would show. */
  #notePlaces(start: number): void {
    this.#isStrict = false;
    if (this.#ends !== undefined) return;
    let at = start;
    let index = this.#table.count - this.#unsaved.length;
    for (const { line } of this.#unsaved) {
      const length = Buffer.byteLength(line);
      this.#table.setPlace(index++, at, length - 1);
      at += length;
    }
  }

  #startFile(text: string): number {
    const file = AppendFile.create(this.filePath, "make");
    const header = encodeLine(this.#header);
    try {
      file.append(header + text);
    } catch (error) {
      // An empty file would be one without a header.
      file.close();
      AppendFile.remove(this.filePath);
      throw error;
    }
    this.#file = file;
    this.#fileNumber++;
    return Buffer.byteLength(header);
  }

  /** Before a write: whatever was done to the file from outside is mended first. */
  #mended(file: AppendFile): AppendFile {
    if (this.#isChecked && this.#storageLost === undefined) {
      this.#hasUncheckedWrites = true;
      return file;
    }
    this.#hasUncheckedWrites = false;
    this.#isChecked = true;
    queueMicrotask(() => {
      this.#isChecked = false;
    });
    const found = file.fate();
    const fate = this.#isTruncated && (found === "same" || found === "grown") ? "truncated" : found;
    if (fate === "same" || fate === "grown") return file;
    this.#isTruncated = fate === "truncated";
    const { table } = this;
    const { file: restored, lostCount } = restoreFile(file, fate, this.#header, this.#knownLines(table));
    this.#isTruncated = false;
    if (restored !== file) this.#fileNumber++;
    this.#file = restored;
    this.#adoptIndex(indexLines(restored));
    const loss = lostCount === 0 ? "" : `; ${lostCount} entries of other branches could not be restored`;
    this.#options.onWarning?.(`Session file ${this.filePath} was ${fate} while in use and has been written again${loss}`);
    return restored;
  }

  #knownLines(table: EntryTable): KnownLines {
    return {
      count: table.count - this.#unsaved.length,
      idAt: (index) => table.idOf(index),
      parentAt: (index) => table.parentOf(index),
      isDamaged: (index) => table.isDamaged(index),
      entryAt: (index) => this.#memory.get(index),
    };
  }

  #loseStorage(cause: unknown): void {
    this.#storageLost = storageLoss(this.filePath, cause, this.#hasWritten);
    if (this.#hasToldLoss) return;
    this.#hasToldLoss = true;
    this.#options.onStorageLost?.(this.#storageLost);
  }

  /** A parent that is nowhere may stand on a line that was taken for a good one: then every line is looked at. */
  #takeIndex(index: LineIndex): void {
    if (index.orphans.length > 0) this.#reindex();
    else {
      this.#adoptIndex(index);
      this.#damage.tell(index);
    }
  }

  #adoptIndex(index: LineIndex): void {
    this.#table = index.table;
    for (const { entry } of this.#unsaved) this.#table.add(entry.id, entry.parentId, entry.type);
    this.#memory = this.#memory.movedTo(this.#table);
    this.#rememberLate();
  }

  #rememberLate(): void {
    for (const { entry, line } of this.#late.takeAll()) {
      const index = this.#table.find(entry.id);
      if (index !== undefined) this.#memory.addOwn(index, entry, line.length);
    }
  }

  #reindex(): void {
    if (this.#file === undefined) return;
    this.#ends = undefined;
    this.#isStrict = true;
    const index = indexLines(this.#file, { strict: true });
    this.#adoptIndex(index);
    this.#damage.tell(index);
  }

  /** A line that looked right is none: read the whole file strictly, once, and let the caller start again. */
  #onUndecodable(index: number): void {
    if (this.#isStrict) {
      this.#table.markDamaged(index);
      return;
    }
    this.#reindex();
    throw new IndexChanged();
  }

  #readingsOf(ends: FileEnds): EndReadings {
    return new EndReadings(ends, {
      late: this.#late,
      readPlaces: (places, take) => this.#readPlaces(places, take),
      onUndecodable: () => this.#onUndecodable(noParent),
    });
  }

  /** What was decoded while only the ends stood for the table. */
  #rememberPath(path: PathLines): void {
    const indexes: number[] = [];
    const entries: AnyEntry[] = [];
    for (let position = 0; position < path.length; position++) {
      const entry = path.entryIn(path.rowAt(position));
      const index = entry === undefined ? undefined : this.#table.find(entry.id);
      if (entry === undefined || index === undefined) continue;
      indexes.push(index);
      entries.push(entry);
    }
    this.#memory.remember(indexes, entries);
  }

  #readPlaces(places: LinePlaces, take: (number: number, text: string) => void): void {
    if (this.#file !== undefined) readLines(this.#file, places, take);
  }
}

/** Reading goes fastest in file order. */
function sortByIndex(positions: number[], indexes: ArrayLike<number>): void {
  for (let at = 1; at < positions.length; at++) {
    if ((indexes[positions[at] ?? 0] ?? 0) >= (indexes[positions[at - 1] ?? 0] ?? 0)) continue;
    positions.sort((a, b) => (indexes[a] ?? 0) - (indexes[b] ?? 0));
    return;
  }
}
