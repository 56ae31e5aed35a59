// What a long file's ends and the entries appended since answer, as long as the middle has not been needed. Held by file-log, which falls back on
// the table of the whole where there is no answer here. Invariant: whoever gets no answer has lost nothing but the time of asking.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import type { FileEnds } from "../index/file-ends.ts";
import type { PathLines } from "../index/path-lines.ts";
import { type LinePlaces, onePlace } from "../lines/read-lines.ts";
import { decodeEntry } from "../lines/sound-entry.ts";
import type { LateEntries } from "./late-entries.ts";
import { longerPath, type PathEnd, type PathView } from "./session-log.ts";

export interface EndReadingsDeps {
  late: LateEntries;
  readPlaces(places: LinePlaces, take: (number: number, text: string) => void): void;
  /** A line that looked right is none: throws IndexChanged when the whole file has been looked at. */
  onUndecodable(): void;
}

export class EndReadings {
  readonly #ends: FileEnds;
  readonly #deps: EndReadingsDeps;

  constructor(ends: FileEnds, deps: EndReadingsDeps) {
    this.#ends = ends;
    this.#deps = deps;
  }

  get known(): FileEnds["known"] {
    return this.#ends.known;
  }

  lastId(): string {
    return this.#deps.late.lastId ?? this.#ends.lastId;
  }

  /** Of those in the file. */
  verifyLast(): void {
    this.#deps.readPlaces(onePlace(this.#ends.lastPlace), (_, text) => {
      if (decodeEntry(text) === undefined) this.#deps.onUndecodable();
    });
  }

  path(leafId: string | null, remember: boolean): PathView | undefined {
    return this.#pathFrom(leafId, remember, () => this.#ends.path());
  }

  contextPath(leafId: string | null, remember: boolean): PathView | undefined {
    return this.#pathFrom(leafId, remember, () => this.#ends.contextPath());
  }

  pathEnd(leafId: string | null, count: number): PathEnd | undefined {
    let before = 0;
    const view = this.#pathFrom(leafId, false, () => {
      const end = this.#ends.pathEnd(count);
      before = end?.before ?? 0;
      return end?.lines;
    });
    return view && { view, before };
  }

  entryWith(id: string): AnyEntry | undefined {
    const late = this.#deps.late.find(id);
    const lines = this.#ends.known?.lines;
    const position = lines?.positionWith(id) ?? -1;
    if (late !== undefined || lines === undefined || position < 0) return late;
    return this.#entriesAt(lines, position, position + 1, false)[0];
  }

  /** `"unsure"`: the word stood there for something else, and only the whole index can tell. */
  lastOfType(type: string): AnyEntry | undefined | "unsure" {
    const late = this.#deps.late.lastOfType(type);
    const place = late === undefined ? this.#ends.lastOfType(type) : undefined;
    if (place === undefined) return late;
    let found: AnyEntry | undefined;
    this.#deps.readPlaces(onePlace(place), (_, text) => {
      found = decodeEntry(text);
    });
    return found?.type === type ? found : "unsure";
  }

  /** Where the way leads over what was appended since, if anything, to the entry that was the file's last. */
  #pathFrom(leafId: string | null, remember: boolean, linesToLast: () => PathLines | undefined): PathView | undefined {
    if (leafId === null) return undefined;
    const { behind, from } = this.#deps.late.wayTo(leafId);
    const lines = from === this.#ends.lastId ? linesToLast() : undefined;
    if (lines === undefined) return undefined;
    const view = this.#viewOf(lines, remember);
    return behind.length === 0 ? view : longerPath(view, behind);
  }

  #viewOf(lines: PathLines, remember: boolean): PathView {
    return {
      length: lines.length,
      typeAt: (position) => lines.typeAt(position),
      idAt: (position) => lines.idAt(position),
      startAt: (position) => lines.startOf(lines.rowAt(position)),
      lastOfType: (type, before) => lines.lastOfType(type, before),
      entries: (from, to) => this.#entriesAt(lines, from, to, remember),
    };
  }

  #entriesAt(lines: PathLines, from: number, to: number, remember: boolean): (AnyEntry | undefined)[] {
    if (remember) this.#ends.decode(lines, lines.rowAt(to - 1), lines.rowAt(from) + 1);
    const entries = lines.entries(from, to);
    const toRead = lines.undecoded(from, to);
    const rowOf = (number: number): number => toRead[number] ?? -1;
    const places = {
      count: toRead.length,
      startOf: (number: number) => lines.startOf(rowOf(number)),
      lengthOf: (number: number) => lines.lengthOf(rowOf(number)),
    };
    this.#deps.readPlaces(places, (number, text) => {
      const record = decodeEntry(text);
      if (record === undefined || !lines.hasId(rowOf(number), record.id)) return this.#deps.onUndecodable();
      entries[lines.positionOf(rowOf(number)) - from] = record;
      if (remember) lines.keep(rowOf(number), record);
    });
    return entries;
  }
}
