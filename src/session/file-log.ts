// A session in its file: loaded by index, decoded on demand, added to line by line. Called by session.
// Invariant: a line that was written is never changed; the file never lacks its header; `append` never throws for want of storage.

import { messageOf, PiError } from "../contracts/error.ts";
import type { AnyEntry, SessionHeader } from "../contracts/session-entry.ts";
import { AppendFile } from "../platform/append-file.ts";
import { EntryTable } from "./entry-table.ts";
import { type KnownLines, restoreFile } from "./file-restore.ts";
import { encodeLine, isEntry } from "./line-codec.ts";
import type { LineIndex } from "./line-index.ts";
import { indexLines, LineSpans } from "./line-index.ts";
import { decodeStored } from "./salvage.ts";
import { IndexChanged, isWorthKeeping, type SessionLog } from "./session-log.ts";

export interface FileLogOptions {
  onWarning?: ((text: string) => void) | undefined;
  /** Called once, when something appended could not be stored. */
  onStorageLost?: ((error: PiError) => void) | undefined;
}

/** Own entries that are not in use are dropped from memory beyond this many bytes; until then they can mend a truncated file. */
const ownBytesKept = 16 << 20;
/** Neighbouring lines are read in one go up to this size. */
const readBytes = 1 << 20;
/** Lines this near to each other are read together. */
const readGapBytes = 32 << 10;

interface Remembered {
  entry: AnyEntry;
  bytes: number;
  /** Appended by this process. */
  isOwn: boolean;
  /** The round of `forgetOthers` in which it was last asked for. */
  round: number;
}

interface Unsaved {
  entry: AnyEntry;
  /** With its LF. */
  line: string;
}

export class FileLog implements SessionLog {
  readonly filePath: string;
  #header: SessionHeader;
  #table = new EntryTable();
  #spans = new LineSpans();
  #file: AppendFile | undefined;
  #isStrict = false;
  /** Why nothing may be written. */
  #refusal: string | undefined;
  readonly #memory = new Map<string, Remembered>();
  #ownBytes = 0;
  #round = 0;
  /** Entries not yet in the file, as lines; the last ones of the table. */
  #unsaved: Unsaved[] = [];
  #isStarted = false;
  #hasWritten = false;
  #storageLost: PiError | undefined;
  #hasToldLoss = false;
  /** What became of the file was looked at in this turn of the event loop: once is enough for a burst of appends. */
  #isChecked = false;
  #hasUncheckedWrites = false;
  /** Line numbers. */
  readonly #toldDamage = new Set<number>();
  readonly #options: FileLogOptions;

  private constructor(path: string, header: SessionHeader, options: FileLogOptions) {
    this.filePath = path;
    this.#header = header;
    this.#options = options;
  }

  /** A session whose file will be made by the first append worth keeping. */
  static create(path: string, header: SessionHeader, options: FileLogOptions): FileLog {
    return new FileLog(path, header, options);
  }

  /** Takes the open file over, also when it throws. Errors: `session.invalid`. */
  static load(file: AppendFile, access: "append" | "read", options: FileLogOptions): FileLog {
    const index = indexLines(file);
    if (index.header === undefined) {
      file.close();
      throw notASession(file.path);
    }
    const log = new FileLog(file.path, index.header, options);
    log.#file = file;
    log.#isStarted = true;
    if (access === "read") log.#refusal = "it is open for reading only";
    // A parent that is nowhere may stand on a line that was taken for a good one.
    if (index.orphans.length === 0) log.#adoptIndex(index);
    log.#warnOfDamage(index.orphans.length === 0 ? index : log.#reindex());
    return log;
  }

  get header(): SessionHeader {
    return this.#header;
  }

  get table(): EntryTable {
    return this.#table;
  }

  get isPersisted(): boolean {
    return this.#file !== undefined && this.#unsaved.length === 0;
  }

  get storageLost(): PiError | undefined {
    return this.#storageLost;
  }

  entriesAt(indexes: readonly number[], remember = false): (AnyEntry | undefined)[] {
    const entries: (AnyEntry | undefined)[] = new Array(indexes.length);
    const toRead: number[] = [];
    for (let at = 0; at < indexes.length; at++) {
      const index = indexes[at] ?? -1;
      const known = this.#memory.get(this.#table.idOf(index));
      if (known !== undefined) {
        entries[at] = known.entry;
        if (remember) known.round = this.#round;
      } else if (!this.#table.isDamaged(index)) toRead.push(at);
    }
    for (const { position, text, bytes } of this.#readLines(toRead, indexes)) {
      const index = indexes[position] ?? -1;
      const record = decodeStored(text);
      if (!isEntry(record) || record.id !== this.#table.idOf(index)) {
        this.#onUndecodable(index);
        continue;
      }
      entries[position] = record;
      if (remember) this.#memory.set(record.id, { entry: record, bytes, isOwn: false, round: this.#round });
    }
    return entries;
  }

  lineAt(index: number): string {
    const known = this.#memory.get(this.#table.idOf(index));
    if (this.#spans.startOf(index) < 0) {
      const unsaved = this.#unsaved.find(({ entry }) => entry === known?.entry);
      return unsaved === undefined ? "" : unsaved.line.slice(0, -1);
    }
    for (const { text } of this.#readLines([0], [index])) return text;
    return "";
  }

  append(entries: readonly AnyEntry[], lines?: readonly string[]): void {
    const added: Unsaved[] = [];
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at];
      if (entry !== undefined) added.push({ entry, line: lines === undefined ? encodeLine(entry) : `${lines[at] ?? ""}\n` });
    }
    for (const one of added) {
      const { entry, line } = one;
      this.#table.add(entry.id, entry.parentId, entry.type);
      this.#spans.push(-1, 0);
      this.#memory.set(entry.id, { entry, bytes: line.length, isOwn: true, round: this.#round });
      this.#ownBytes += line.length;
      this.#unsaved.push(one);
    }
    if (!this.#isStarted) this.#isStarted = entries.some(isWorthKeeping);
    if (this.#isStarted) this.#save();
  }

  forgetOthers(): void {
    for (const [id, { isOwn, round, bytes }] of this.#memory) {
      if (round === this.#round) continue;
      const canBeRead = this.#spans.startOf(this.#table.find(id) ?? -1) >= 0;
      if (isOwn && (this.#ownBytes <= ownBytesKept || !canBeRead)) continue;
      this.#memory.delete(id);
      if (isOwn) this.#ownBytes -= bytes;
    }
    this.#round++;
  }

  close(): void {
    if (this.#storageLost !== undefined || this.#hasUncheckedWrites) {
      this.#isChecked = false;
      this.#save();
    }
    this.#file?.close();
    this.#file = undefined;
    this.#refusal = "it is closed";
  }

  /** Writes what is not yet in the file. A failure is told once; what failed is tried again with the next append. */
  #save(): void {
    try {
      if (this.#refusal !== undefined) throw new PiError("session.read_only", this.#refusal);
      let text = "";
      for (const { line } of this.#unsaved) text += line;
      const file = this.#file === undefined ? undefined : this.#mended(this.#file);
      if (file === undefined) this.#notePlaces(this.#startFile(text));
      else if (text !== "") this.#notePlaces(file.append(text));
      this.#unsaved = [];
      this.#hasWritten = true;
      this.#storageLost = undefined;
    } catch (error) {
      this.#loseStorage(error);
    }
  }

  /** Where the entries just written stand: at least when no other process wrote in the same moment, which reading them again would show. */
  #notePlaces(start: number): void {
    this.#isStrict = false;
    let at = start;
    let index = this.#table.count - this.#unsaved.length;
    for (const { line } of this.#unsaved) {
      const length = Buffer.byteLength(line);
      this.#spans.set(index++, at, length - 1);
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
    const fate = file.fate();
    if (fate === "same" || fate === "grown") return file;
    const { file: restored, lostCount } = restoreFile(file, fate, this.#header, this.#knownLines());
    this.#file = restored;
    this.#adoptIndex(indexLines(restored));
    const loss = lostCount === 0 ? "" : `; ${lostCount} entries of other branches could not be restored`;
    this.#options.onWarning?.(`Session file ${this.filePath} was ${fate} while in use and has been written again${loss}`);
    return restored;
  }

  #knownLines(): KnownLines {
    const unsaved = new Set(this.#unsaved.map(({ entry }) => entry.id));
    const table = this.#table;
    return {
      count: table.count - unsaved.size,
      idAt: (index) => table.idOf(index),
      parentAt: (index) => table.parentOf(index),
      isDamaged: (index) => table.isDamaged(index),
      entryAt: (index) => this.#memory.get(table.idOf(index))?.entry,
    };
  }

  #loseStorage(cause: unknown): void {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    const full = code === "ENOSPC" || code === "EDQUOT" || code === "EIO";
    const name = this.#hasWritten || full ? "session.storage_lost" : "session.unsaved";
    this.#storageLost = new PiError(name, `The session cannot be saved to ${this.filePath}: ${reasonOf(cause)}`, {
      cause,
      hint: "The run goes on; what is not saved is only in its output.",
    });
    if (this.#hasToldLoss) return;
    this.#hasToldLoss = true;
    this.#options.onStorageLost?.(this.#storageLost);
  }

  #adoptIndex(index: LineIndex): void {
    this.#table = index.table;
    this.#spans = index.spans;
    for (const { entry } of this.#unsaved) {
      this.#table.add(entry.id, entry.parentId, entry.type);
      this.#spans.push(-1, 0);
    }
  }

  #reindex(): LineIndex | undefined {
    if (this.#file === undefined) return undefined;
    this.#isStrict = true;
    const index = indexLines(this.#file, { strict: true });
    this.#adoptIndex(index);
    return index;
  }

  /** A line that looked right is none: read the whole file strictly, once, and let the caller start again. */
  #onUndecodable(index: number): void {
    if (this.#isStrict) {
      this.#table.markDamaged(index);
      return;
    }
    this.#warnOfDamage(this.#reindex());
    throw new IndexChanged();
  }

  #warnOfDamage(index: LineIndex | undefined): void {
    if (index === undefined) return;
    const { torn } = index;
    const lines = index.damagedLineNumbers.filter((line) => !this.#toldDamage.has(line));
    for (const line of lines) this.#toldDamage.add(line);
    if (lines.length > 0) {
      const shown = lines.slice(0, 5).join(", ");
      const more = lines.length > 5 ? ` and ${lines.length - 5} more` : "";
      const text = lines.length === 1 ? `line ${shown} is damaged and is skipped` : `lines ${shown}${more} are damaged and are skipped`;
      this.#options.onWarning?.(`Session file ${this.filePath}: ${text}`);
    }
    if (torn !== undefined && !this.#toldDamage.has(torn.lineNumber)) {
      this.#toldDamage.add(torn.lineNumber);
      this.#options.onWarning?.(`Session file ${this.filePath}: the last line (${torn.lineNumber}) was cut off and is set aside`);
    }
  }

  /** The stored lines at `indexes[position]` for the positions, read in file order with as few reads as make sense. */
  *#readLines(positions: readonly number[], indexes: readonly number[]): Generator<{ position: number; text: string; bytes: number }> {
    const file = this.#file;
    if (file === undefined) return;
    const spans = this.#spans;
    const startAt = (position: number): number => spans.startOf(indexes[position] ?? -1);
    const sorted = positions.filter((position) => startAt(position) >= 0);
    if (sorted.some((position, at) => at > 0 && startAt(position) < startAt(sorted[at - 1] ?? 0))) {
      sorted.sort((a, b) => startAt(a) - startAt(b));
    }
    for (let from = 0; from < sorted.length; ) {
      const start = startAt(sorted[from] ?? 0);
      let to = from;
      let end = start;
      while (to < sorted.length) {
        const position = sorted[to] ?? 0;
        const lineStart = startAt(position);
        const lineEnd = lineStart + spans.lengthOf(indexes[position] ?? -1);
        if (to > from && (lineEnd - start > readBytes || lineStart - end > readGapBytes)) break;
        end = Math.max(end, lineEnd);
        to++;
      }
      const bytes = readRange(file, start, end);
      for (; from < to; from++) {
        const position = sorted[from] ?? 0;
        const at = startAt(position) - start;
        const length = spans.lengthOf(indexes[position] ?? -1);
        yield { position, text: bytes.toString("utf8", at, at + length), bytes: length };
      }
    }
  }
}

function readRange(file: AppendFile, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start);
  let filled = 0;
  while (filled < bytes.length) {
    const read = file.read(bytes.subarray(filled), start + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function notASession(path: string): PiError {
  return new PiError("session.invalid", `Session file is not a valid pi session: ${path}`, { exitStatus: 2 });
}

function reasonOf(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case "ENOSPC":
      return "the disk is full";
    case "EDQUOT":
      return "the disk quota is used up";
    case "EROFS":
      return "the file system is read-only";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOENT":
      return "its directory is gone";
    case "ENOTDIR":
      return "a part of its path is no directory";
    default:
      return messageOf(cause);
  }
}
