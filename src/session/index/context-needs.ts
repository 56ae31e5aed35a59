// Says, while a path is followed from its leaf towards its root, when there is enough of it for a context: all from the beginning of what the last
// compaction kept, and where settings come from that were made before. Called by file-ends.
// Invariant: it is enough only when the rest of the path would change nothing.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import { noteOf, type OpeningNote, type SettingKind, settingKinds } from "../lines/opening-note.ts";
import { type ByteSource, fill, type LinePlace } from "../lines/read-lines.ts";
import { decodeEntry } from "../lines/sound-entry.ts";
import type { PathLines } from "./path-lines.ts";

const lineFeed = 0x0a;

interface Compaction {
  id: string;
  firstKeptId: string;
  note: OpeningNote | undefined;
}

export class ContextNeeds {
  readonly #source: ByteSource;
  readonly #lines: PathLines;
  readonly #sessionId: string;
  readonly #hasLevelBefore: (position: number) => boolean;
  #compaction: Compaction | undefined;
  /** Rows before this one are not what the compaction kept first. */
  #firstUnseen = 0;
  #state: "open" | "met" | "never" = "open";
  /** Rows added at the path's end that are no part of it. */
  settingCount = 0;
  /** What the compaction's line notes, where it is right. */
  note: OpeningNote | undefined;

  /** `hasLevelBefore`: whether a level of thinking may have been chosen before a position of the file. */
  constructor(source: ByteSource, lines: PathLines, sessionId: string, hasLevelBefore: (position: number) => boolean) {
    this.#source = source;
    this.#lines = lines;
    this.#sessionId = sessionId;
    this.#hasLevelBefore = hasLevelBefore;
  }

  get isMet(): boolean {
    return this.#state === "met";
  }

  /** To be asked whenever the path has grown. */
  areMet(): boolean {
    if (this.#state === "open") this.#look();
    return this.isMet;
  }

  #look(): void {
    this.#compaction ??= this.#findCompaction();
    if (this.#compaction === undefined || !this.#hasAllKept(this.#compaction)) return;
    this.#state = this.#takeSettings(this.#compaction.note) || this.#areSettingsKnown() ? "met" : "never";
  }

  #findCompaction(): Compaction | undefined {
    const lines = this.#lines;
    const at = lines.lastOfType("compaction", lines.length);
    if (at < 0) return undefined;
    const row = lines.rowAt(at);
    const place = { start: lines.startOf(row), length: lines.lengthOf(row) };
    const text = this.#textAt(place);
    const entry = text === undefined ? undefined : decodeEntry(text);
    this.#firstUnseen = row + 1;
    if (text === undefined || !isA(entry, "compaction") || !lines.hasId(row, entry.id)) {
      this.#state = "never";
      return undefined;
    }
    const { id, firstKeptEntryId } = entry;
    return { id, firstKeptId: firstKeptEntryId, note: noteOf(text, place.start, this.#sessionId) };
  }

  #hasAllKept({ id, firstKeptId }: Compaction): boolean {
    if (id === firstKeptId) return true;
    for (; this.#firstUnseen < this.#lines.length; this.#firstUnseen++) if (this.#lines.hasId(this.#firstUnseen, firstKeptId)) return true;
    return false;
  }

  /** Adds where settings come from. False, and nothing is added, where that is not what is noted. */
  #takeSettings(note: OpeningNote | undefined): boolean {
    if (note === undefined) return false;
    const lines = this.#lines;
    const known = lines.startOf(lines.length - 1);
    const added: { entry: AnyEntry; place: LinePlace }[] = [];
    for (const kind of settingKinds) {
      const place = note.settings[kind];
      if (place === null || place.start >= known) continue;
      const text = this.#textAt(place);
      const entry = text === undefined ? undefined : decodeEntry(text);
      if (entry === undefined || !isOf(kind, entry)) return false;
      added.push({ entry, place });
    }
    added.sort((one, other) => other.place.start - one.place.start);
    for (const { entry, place } of added) {
      lines.add(entry.id, entry.type, place.start, place.length);
      lines.keep(lines.length - 1, entry);
    }
    this.settingCount = added.length;
    this.note = note;
    return true;
  }

  /** Without a note: an answer tells the model, and the level is told here or nowhere. */
  #areSettingsKnown(): boolean {
    const lines = this.#lines;
    if (!this.#hasAnswer()) return false;
    return lines.lastOfType("thinking_level_change", lines.length) >= 0 || !this.#hasLevelBefore(lines.startOf(lines.length - 1));
  }

  #hasAnswer(): boolean {
    const lines = this.#lines;
    for (let row = 0; row < lines.length; row++) {
      if (lines.typeAt(lines.positionOf(row)) !== "message") continue;
      const text = lines.entryIn(row) === undefined ? this.#textAt({ start: lines.startOf(row), length: lines.lengthOf(row) }) : undefined;
      const entry = text === undefined ? lines.entryIn(row) : decodeEntry(text);
      if (entry === undefined || !lines.keep(row, entry)) return false;
      if (isOf("answer", entry)) return true;
    }
    return false;
  }

  /** The text of what is a line there. */
  #textAt({ start, length }: LinePlace): string | undefined {
    const bytes = Buffer.allocUnsafe(length + 2);
    if (fill(this.#source, bytes, start - 1) < bytes.length || bytes[0] !== lineFeed || bytes[length + 1] !== lineFeed) return undefined;
    return bytes.toString("utf8", 1, length + 1);
  }
}

function isOf(kind: SettingKind, entry: AnyEntry): boolean {
  return kind === "answer" ? isA(entry, "message") && entry.message?.role === "assistant" : entry.type === kind;
}
