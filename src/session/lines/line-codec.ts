// One line of a session file: entry to bytes and back, and what can be told from the head of a line without parsing it.
// Called by the logs, line-index and the listing. Invariant: what is encoded here has `type, id, parentId, timestamp` first, one LF at the end.

import { PiError } from "../../contracts/error.ts";
import type { AnyEntry, NewEntry, SessionEntry, SessionHeader, UnknownEntry } from "../../contracts/session-entry.ts";

/** With its LF. */
export function encodeLine(record: SessionHeader | AnyEntry): string {
  try {
    return `${JSON.stringify(record)}\n`;
  } catch (error) {
    throw new PiError("session.unencodable", `An entry of type ${record.type} cannot be written as JSON`, { cause: error });
  }
}

/** Puts id, parent and timestamp where they belong: right behind the type. */
export function completeEntry(entry: NewEntry, id: string, parentId: string | null, timestamp: string): SessionEntry {
  const { type, ...body } = entry;
  const complete = { type, id, parentId, timestamp, ...body };
  if (complete.type === "compaction" && entry.type === "compaction")
    return { ...complete, firstKeptEntryId: entry.firstKeptEntryId ?? id } as SessionEntry;
  return complete as SessionEntry;
}

const headText = /^\{"type":"[^"\\]*"(?:,"id":"[^"\\]*","parentId":(?:null|"[^"\\]*"))?(?=[,}])/;

/**
 * The stored line of an entry that has another id or parent now, without LF. Where its head is the usual one the head alone is written anew, since
 * numbers as other writers have them would not survive being read.
 */
export function lineWithHead(text: string, entry: AnyEntry): string {
  const { type, id, parentId } = entry;
  const head = headText.exec(text)?.[0];
  const line = head === undefined ? "" : `${JSON.stringify({ type, id, parentId }).slice(0, -1)}${text.slice(head.length)}`;
  // Of a key that stands there twice the last one counts.
  const read = decodeLine(line);
  const isRight = read !== undefined && read.type === type && read.id === id && read.parentId === parentId;
  return isRight ? line : encodeLine(entry).slice(0, -1);
}

/** The object on a line, or `undefined` when the line is not a JSON object. */
export function decodeLine(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a decoded line is an entry that has its place in a tree. A missing `parentId` counts as a root. */
export function isEntry(record: Record<string, unknown> | undefined): record is Record<string, unknown> & UnknownEntry {
  return (
    record !== undefined &&
    typeof record.type === "string" &&
    record.type !== "session" &&
    record.type !== "" &&
    typeof record.id === "string" &&
    (typeof record.parentId === "string" || record.parentId === null || record.parentId === undefined)
  );
}

export function isHeader(record: Record<string, unknown> | undefined): record is SessionHeader & Record<string, unknown> {
  return record !== undefined && record.type === "session" && typeof record.id === "string";
}

/** A header in which what other writers left out, or wrote as something else, is a text as well. */
export function withTexts(header: SessionHeader): SessionHeader {
  const { cwd, timestamp } = header as { cwd: unknown; timestamp: unknown };
  if (typeof cwd === "string" && typeof timestamp === "string") return header;
  return { ...header, cwd: typeof cwd === "string" ? cwd : "", timestamp: typeof timestamp === "string" ? timestamp : "" };
}

/** What `parseHead` found. One object is used again and again: 100,000 of them would cost more than the scan. */
export interface LineHead {
  /** `undefined`: not eight lower-case hex digits, see `id`. */
  shortId: number | undefined;
  id: string;
  /** `undefined`: see `parentId`. */
  shortParent: number | undefined;
  /** Meaningful when `shortParent` is undefined; `null` is a root. */
  parentId: string | null;
  /** Of the type's name in the buffer. */
  typeStart: number;
  typeEnd: number;
}

/** No head that we or other writers make is longer than this; longer ones are parsed whole. */
export const maxHeadBytes = 512;

const quote = 0x22;
const backslash = 0x5c;

/**
 * Reads `{"type":"…","id":"…","parentId":"…"|null,` at `start`. False for any other form, also for a perfectly good line in another
 * order, or with a longer head: that one has to be parsed.
 */
export function parseHead(bytes: Uint8Array, start: number, lineEnd: number, head: LineHead): boolean {
  const end = Math.min(lineEnd, start + maxHeadBytes);
  let at = matchAscii(bytes, start, end, '{"type":"');
  if (at < 0) return false;
  head.typeStart = at;
  at = stringEnd(bytes, at, end);
  if (at < 0 || at === head.typeStart) return false;
  head.typeEnd = at;
  at = matchAscii(bytes, at, end, '","id":"');
  if (at < 0) return false;
  const idStart = at;
  at = stringEnd(bytes, at, end);
  if (at < 0) return false;
  head.shortId = shortIdAt(bytes, idStart, at);
  if (head.shortId === undefined) head.id = asciiSlice(bytes, idStart, at);
  at = matchAscii(bytes, at, end, '","parentId":');
  if (at < 0) return false;
  if (bytes[at] === quote) {
    const parentStart = at + 1;
    at = stringEnd(bytes, parentStart, end);
    if (at < 0) return false;
    head.shortParent = shortIdAt(bytes, parentStart, at);
    head.parentId = head.shortParent === undefined ? asciiSlice(bytes, parentStart, at) : "";
    at++;
  } else {
    at = matchAscii(bytes, at, end, "null");
    if (at < 0) return false;
    head.shortParent = undefined;
    head.parentId = null;
  }
  return bytes[at] === 0x2c || bytes[at] === 0x7d;
}

export function newLineHead(): LineHead {
  return { shortId: undefined, id: "", shortParent: undefined, parentId: null, typeStart: 0, typeEnd: 0 };
}

/** Whether the head's type is `message`, by far the most frequent one. */
export function isMessageHead(bytes: Uint8Array, head: LineHead): boolean {
  return head.typeEnd - head.typeStart === 7 && matchAscii(bytes, head.typeStart, head.typeEnd, "message") > 0;
}

export function headType(bytes: Uint8Array, head: LineHead): string {
  return asciiSlice(bytes, head.typeStart, head.typeEnd);
}

function matchAscii(bytes: Uint8Array, start: number, end: number, text: string): number {
  if (start + text.length > end) return -1;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return -1;
  return start + text.length;
}

/** Index of the closing quote of a plain ASCII string without escapes; -1 for anything else. */
function stringEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) return at;
    if (byte === backslash || byte < 0x20 || byte > 0x7e) return -1;
  }
  return -1;
}

function shortIdAt(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start !== 8) return undefined;
  let value = 0;
  for (let at = start; at < end; at++) {
    const code = bytes[at] ?? 0;
    if (code >= 48 && code <= 57) value = value * 16 + code - 48;
    else if (code >= 97 && code <= 102) value = value * 16 + code - 87;
    else return undefined;
  }
  return value;
}

function asciiSlice(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
