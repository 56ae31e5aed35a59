// Bytes of a text as characters, and back: BOMs, UTF-16, 8-bit text. Used by all tools, by `@file` and by piped input.
// Invariant: pure; what `encode` gives for what `decode` gave are the same bytes, or `decode` gave nothing.

import { isUtf8 } from "node:buffer";

export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

export interface DetectedText {
  encoding: TextEncoding;
  /** Length of the byte order mark: 0, 2 or 3. */
  bomBytes: number;
}

/** As far as this is looked for what makes bytes no text. */
export const sniffedBytes = 8192;

/**
 * What kind of text begins like this, or nothing where it is none. `start` may be the whole or the beginning; with `isWhole: false` a character
 * that is cut at its end says nothing.
 */
export function detectText(start: Uint8Array, { isWhole = true }: { isWhole?: boolean } = {}): DetectedText | undefined {
  const [a, b, c, d] = start;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: "utf-8", bomBytes: 3 };
  // UTF-32 begins like UTF-16 and no text goes on with a NUL.
  if (a === 0xff && b === 0xfe && !(c === 0 && d === 0)) return { encoding: "utf-16le", bomBytes: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: "utf-16be", bomBytes: 2 };
  const head = start.subarray(0, sniffedBytes);
  if (head.includes(0)) {
    const encoding = utf16WithoutMark(head);
    return encoding === undefined ? undefined : { encoding, bomBytes: 0 };
  }
  return { encoding: isMostlyUtf8(start, isWhole) ? "utf-8" : "windows-1252", bomBytes: 0 };
}

/** The characters, without the mark. Damaged pieces of UTF-8 and UTF-16 become U+FFFD. */
export function decodeText(bytes: Uint8Array, { encoding, bomBytes }: DetectedText): string {
  const body = bytes.subarray(bomBytes);
  if (encoding === "windows-1252") return fromWindows1252(body);
  if (encoding === "utf-8") return new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
  return new TextDecoder("utf-16le", { ignoreBOM: true }).decode(encoding === "utf-16le" ? evenBytes(body) : evenBytes(body).swap16());
}

/** Those that text has none of; bell, backspace, line ends, tabs and escape stand in what terminals are sent. */
const controls = /[\x00-\x06\x0e-\x1a\x1c-\x1f]/;

/** All of it as text, or nothing where it is none: what no tool can look into in pieces is judged by the whole. */
export function wholeText(bytes: Uint8Array): string | undefined {
  const detected = detectText(bytes);
  if (detected === undefined || beginsAsBinary(bytes)) return undefined;
  const text = decodeText(bytes, detected);
  // Of sound UTF-8 nobody doubts that it is text, unless a NUL comes late.
  const isSound = detected.encoding === "utf-8" && !text.includes("\ufffd");
  return (isSound ? text.includes("\0") : controls.test(text)) ? undefined : text;
}

/** What files begin with that are no text, also where little more has come than that: no control character need be among it. */
const binaryStarts =
  /^(?:\x89PNG|\xff\xd8\xff|%PDF-\d\.\d\s|PK[\x03\x05\x07]|\x7fELF|\x1f\x8b|7z\xbc\xaf|\x28\xb5\x2f\xfd|\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe)/;

function beginsAsBinary(bytes: Uint8Array): boolean {
  return binaryStarts.test(Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString("latin1"));
}

/** The bytes, with the mark; or the first character that the encoding has not. */
export function encodeText(text: string, { encoding, bomBytes }: DetectedText): { bytes: Buffer } | { unencodable: string } {
  const mark = bomBytes === 0 ? "" : "\ufeff";
  if (encoding === "utf-8") return { bytes: Buffer.from(mark + text, "utf8") };
  if (encoding !== "windows-1252") {
    const bytes = Buffer.from(mark + text, "utf16le");
    return { bytes: encoding === "utf-16le" ? bytes : bytes.swap16() };
  }
  const unencodable = /[^\0-\x7f\xa0-\xff]/u;
  if (!unencodable.test(text)) return { bytes: Buffer.from(text, "latin1") };
  let found: string | undefined;
  const latin1 = text.replace(/[^\0-\x7f\xa0-\xff]/gu, (character) => {
    const place = upperControls.indexOf(character);
    if (place < 0) found ??= character;
    return String.fromCharCode(0x80 + place);
  });
  return found === undefined ? { bytes: Buffer.from(latin1, "latin1") } : { unencodable: found };
}

/** How it is called in a message. */
export function encodingName({ encoding }: DetectedText): string {
  return encoding === "windows-1252" ? "8-bit (Latin-1 or Windows-1252)" : encoding.toUpperCase().replace(/(LE|BE)$/, " $1");
}

/** What Windows-1252 has at 0x80 to 0x9f; the five it leaves open stand for themselves (WHATWG Encoding, read 2026-11-27). */
const upperControls =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

function fromWindows1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return latin1.replace(/[\x80-\x9f]/g, (character) => upperControls[character.charCodeAt(0) - 0x80] as string);
}

/** A copy, since the bytes are the caller's. An odd last byte is dropped. */
function evenBytes(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.subarray(0, bytes.length & ~1));
}

/** UTF-16 of mostly Latin letters has a NUL in every other byte, always the same one, and printable characters beside them. */
function utf16WithoutMark(head: Uint8Array): TextEncoding | undefined {
  const pairs = head.length >> 1;
  if (pairs < 2) return undefined;
  const nuls = [0, 0];
  for (let at = 0; at < pairs * 2; at++) {
    const byte = head[at] as number;
    if (byte === 0) nuls[at & 1] = (nuls[at & 1] ?? 0) + 1;
    else if (byte < 0x20 && head[at ^ 1] === 0 && byte !== 9 && byte !== 10 && byte !== 13) return undefined;
  }
  const [even = 0, odd = 0] = nuls;
  if (Math.min(even, odd) > 0 || Math.max(even, odd) < pairs * 0.7) return undefined;
  return odd > even ? "utf-16le" : "utf-16be";
}

/** One damaged byte in a text of many umlauts does not make it another encoding. */
function isMostlyUtf8(bytes: Uint8Array, isWhole: boolean): boolean {
  // Looked at where it lies: decoded, a large text is several times as large.
  if (isUtf8(isWhole ? bytes : bytes.subarray(0, endOfCharacters(bytes)))) return true;
  const { sequences, strays } = countSequences(bytes.subarray(0, 1 << 20));
  return sequences > strays;
}

/** Where the last whole character ends, if the bytes end in the middle of one. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Characters of several bytes, and bytes that belong to none. */
function countSequences(bytes: Uint8Array): { sequences: number; strays: number } {
  let sequences = 0;
  let strays = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x80) continue;
    const following = byte >= 0xc2 && byte < 0xe0 ? 1 : byte >= 0xe0 && byte < 0xf0 ? 2 : byte >= 0xf0 && byte < 0xf5 ? 3 : 0;
    let found = 0;
    while (found < following && ((bytes[at + found + 1] ?? 0) & 0xc0) === 0x80) found++;
    if (following > 0 && found === following) {
      sequences++;
      at += following;
    } else strays++;
  }
  return { sequences, strays };
}
