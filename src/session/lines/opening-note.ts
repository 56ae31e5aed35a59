// What opening a long session has to know of everything before its last compaction, noted in the compaction's own line. Written by file-log,
// read by file-ends. Invariant: a note holds places, never what stands there; one that was not made for this line of this file is none.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { decodeLine } from "./line-codec.ts";
import type { LinePlace } from "./read-lines.ts";

/** The field of a compaction's line. Entries do not have it: it goes where a line is decoded. */
const noteField = "opening";

/** What the settings of a context can come from. */
export const settingKinds = ["thinking_level_change", "model_change", "answer"] as const;
export type SettingKind = (typeof settingKinds)[number];

/** `null`: there is none before the compaction. */
export interface OpeningNote {
  /** Where the compaction's own line begins. */
  at: number;
  /** The last name that was given, anywhere in the tree. */
  name: LinePlace | null;
  /** The last of each kind on the way to the compaction. */
  settings: Record<SettingKind, LinePlace | null>;
}

/** The compaction's line with the note in it. Both end with LF. */
export function withNote(line: string, note: OpeningNote, sessionId: string, entryId: string): string {
  const places = [note.name, ...settingKinds.map((kind) => note.settings[kind])];
  const numbers = [note.at, ...places.map((place) => (place === null ? null : [place.start, place.length]))];
  const field = JSON.stringify([...numbers, checkSum(numbers, sessionId, entryId)]);
  return `${line.slice(0, line.lastIndexOf("}"))},"${noteField}":${field}}\n`;
}

/** The note in a compaction's line that begins at `at`. */
export function noteOf(line: string, at: number, sessionId: string): OpeningNote | undefined {
  const record = decodeLine(line);
  const stored = record?.[noteField];
  if (record === undefined || !Array.isArray(stored) || stored.length !== settingKinds.length + 3) return undefined;
  const numbers = stored.slice(0, -1);
  if (numbers[0] !== at || stored.at(-1) !== checkSum(numbers, sessionId, String(record.id))) return undefined;
  const places = numbers.slice(1).map((place) => placeOf(place, at));
  const [name, level, model, answer] = places;
  if (name === undefined || level === undefined || model === undefined || answer === undefined) return undefined;
  return { at, name, settings: { thinking_level_change: level, model_change: model, answer } };
}

/** An entry as it was before it got its note. */
export function withoutNote<E extends AnyEntry>(entry: E): E {
  if (!(noteField in entry)) return entry;
  const { [noteField]: _, ...rest } = entry as E & { [noteField]?: unknown };
  return rest as unknown as E;
}

function placeOf(stored: unknown, before: number): LinePlace | null | undefined {
  if (stored === null) return null;
  if (!Array.isArray(stored)) return undefined;
  const [start, length]: unknown[] = stored;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length)) return undefined;
  const place = { start: start as number, length: length as number };
  return place.start > 0 && place.length > 0 && place.start + place.length < before ? place : undefined;
}

/** Against what happens to files; whoever can write a session can write a note. FNV-1a: a better hash would have to be loaded. */
function checkSum(numbers: unknown[], sessionId: string, entryId: string): number {
  const text = JSON.stringify([sessionId, entryId, ...numbers]);
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum >>> 0;
}
