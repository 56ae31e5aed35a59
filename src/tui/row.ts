// One row as it is written: clipped to the screen, without blanks at its end that a terminal would wrap. Used by the screens. Pure.

import { sliceByColumn, visibleWidth } from "@earendil-works/pi-tui";
import { isImageLine } from "./image-line.ts";

const style = /\u001b\[([0-9;]*)m/g;
export const rowEnd = "\u001b[0m\u001b]8;;\u0007";

const linkStart = /\u001b\]8;[^;\u0007\u001b]*;([^\u0007\u001b]*)(?:\u0007|\u001b\\)/g;
const linkFirst = /^(?:\u001b\[[0-9;]*m)*\u001b\]8;[^;\u0007\u001b]*;([^\u0007\u001b]+)(?:\u0007|\u001b\\)/;

/** Whether an address goes on from one row to the next, over the edge: the terminal is to know them as one line, which can be copied. */
export function runsOn(row: string, next: string, width: number): boolean {
  const address = linkFirst.exec(next)?.[1];
  if (address === undefined || visibleWidth(row) !== width) return false;
  // The last that was opened before the end of the text.
  const text = row.replace(/(?:\u001b\[[0-9;]*m|\u001b\]8;;(?:\u0007|\u001b\\))+$/, "");
  return [...text.matchAll(linkStart)].at(-1)?.[1] === address;
}

/** Rows of which those that run on are one line, for whoever wraps them himself. */
export function wholeLines(rows: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const [at, row] of rows.entries()) {
    if (at > 0 && runsOn(rows[at - 1] ?? "", row, width)) lines[lines.length - 1] += row;
    else lines.push(row);
  }
  return lines;
}

/** For a terminal that shows links' marks as text, or does not know them. */
export function withoutLinks(text: string): string {
  return text.includes("\u001b]8;") ? text.replace(linkStart, "") : text;
}

/** Marks of a shell's prompt: on the terminal's own screen they are the shell's. */
const promptMark = /\u001b\]133;[A-D][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;

export function writtenRow(line: string, width: number): string {
  if (isImageLine(line)) return line;
  return fittingRow(line.includes("\u001b]133;") ? line.replace(promptMark, "") : line, width);
}

function fittingRow(line: string, width: number): string {
  const fitting = line.length > width && visibleWidth(line) > width ? sliceByColumn(line, 0, width, true) : line;
  const end = blanksAt(fitting);
  if (end === undefined) return closed(fitting);
  const text = fitting.slice(0, end);
  const look = lookAt(text);
  // A cursor block, an underline: there the blanks are what is seen.
  if (look.isDrawn) return closed(fitting);
  // The terminal fills the row with the colour by itself, and wraps nothing of it.
  return look.hasBackground && text.length > 0 ? `${text}\u001b[K${rowEnd}` : closed(look.hasBackground ? `${text}\u001b[K` : text);
}

const escapeCode = 0x1b;
const bell = 0x07;
const blank = 0x20;

/** Where the blanks at the end begin, behind which only styles and links end. From the end on: rows have long gaps, and each frame has rows. */
function blanksAt(line: string): number | undefined {
  let end = line.length;
  for (let from: number | undefined = end; from !== undefined; from = closingAt(line, end)) end = from;
  if (line.charCodeAt(end - 1) !== blank) return undefined;
  while (line.charCodeAt(end - 1) === blank) end--;
  return end;
}

/** Where the sequence begins that ends there: a style, or the address of a link. */
function closingAt(line: string, end: number): number | undefined {
  const last = line.charCodeAt(end - 1);
  if (last === 0x6d) {
    let at = end - 2;
    while (isParameter(line.charCodeAt(at))) at--;
    return line[at] === "[" && line.charCodeAt(at - 1) === escapeCode ? at - 1 : undefined;
  }
  const textEnd = last === bell ? end - 1 : last === 0x5c && line.charCodeAt(end - 2) === escapeCode ? end - 2 : undefined;
  if (textEnd === undefined) return undefined;
  let at = textEnd - 1;
  while (at >= 0 && line.charCodeAt(at) !== escapeCode && line.charCodeAt(at) !== bell) at--;
  return line.startsWith("\u001b]8;;", at) && at + 5 <= textEnd ? at : undefined;
}

function isParameter(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x3b;
}

function closed(text: string): string {
  return text.includes("\u001b") ? `${text}${rowEnd}` : text;
}

/** What is in force at the end of a text. */
function lookAt(text: string): { hasBackground: boolean; isDrawn: boolean } {
  let hasBackground = false;
  let isDrawn = false;
  for (const [, codes = ""] of text.matchAll(style)) {
    const parts = codes === "" ? ["0"] : codes.split(";");
    for (let at = 0; at < parts.length; at++) {
      const code = Number(parts[at]);
      if (code === 38 || code === 48 || code === 58) {
        if (code === 48) hasBackground = true;
        at += parts[at + 1] === "2" ? 4 : 2;
      } else if (code === 0) {
        hasBackground = false;
        isDrawn = false;
      } else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) hasBackground = true;
      else if (code === 49) hasBackground = false;
      else if (code === 7 || code === 4 || code === 9) isDrawn = true;
      else if (code === 27 || code === 24 || code === 29) isDrawn = false;
    }
  }
  return { hasBackground, isDrawn };
}
