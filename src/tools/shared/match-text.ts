// Where a piece of text stands in a file: exactly, else as a person would read it. Used by edit.
// Invariant: a fuzzy match covers the same lines, one for one, as the text looked for.

import { byteLines } from "./byte-lines.ts";

export interface Match {
  /** Byte offsets. */
  start: number;
  end: number;
}

export interface MatchResult {
  matches: number;
  /** The only match. */
  match?: Match;
}

/** All places count, also those that overlap. */
export function findExact(content: Buffer, text: string): MatchResult {
  const wanted = Buffer.from(text);
  const first = content.indexOf(wanted);
  if (first < 0) return { matches: 0 };
  let matches = 1;
  for (let at = content.indexOf(wanted, first + 1); at >= 0; at = content.indexOf(wanted, at + 1)) matches++;
  return matches === 1 ? { matches, match: { start: first, end: first + wanted.length } } : { matches };
}

interface FoldedLine {
  /** Byte offset of the line in the content. */
  start: number;
  original: string;
  /** Nothing where the line cannot be compared: too long, or no UTF-8. */
  text: string | undefined;
}

/**
 * The text with typographic variants, Unicode forms and trailing blanks levelled. Walks the content line by line and keeps only as many lines
 * as the text has, so that a large file costs no more than its bytes.
 */
export function findFolded(content: Buffer, text: string): MatchResult {
  const wanted = text.split("\n").map(foldText);
  if (wanted.every((line) => line.trim() === "")) return { matches: 0 };
  const window: FoldedLine[] = [];
  let matches = 0;
  let match: Match | undefined;
  for (const { start, text: original } of byteLines(content)) {
    window.push(foldedLine(start, original));
    if (window.length > wanted.length) window.shift();
    if (window.length < wanted.length) continue;
    for (const found of matchesIn(window, wanted)) {
      matches++;
      match ??= found;
    }
  }
  return matches === 1 && match !== undefined ? { matches, match } : { matches };
}

function foldedLine(start: number, original: string | undefined): FoldedLine {
  if (original === undefined || original.includes("\ufffd")) return { start, original: "", text: undefined };
  return { start, original, text: foldText(original) };
}

/** Of one line all places; of several only one can be: at the end of the first, over the middle ones, at the beginning of the last. */
function matchesIn(window: readonly FoldedLine[], wanted: readonly string[]): Match[] {
  const [first, last] = [window[0] as FoldedLine, window.at(-1) as FoldedLine];
  const [firstWanted = "", lastWanted = ""] = [wanted[0], wanted.at(-1)];
  if (wanted.length === 1) {
    const found: Match[] = [];
    for (let at = first.text?.indexOf(firstWanted) ?? -1; at >= 0; at = first.text?.indexOf(firstWanted, at + 1) ?? -1) {
      const match = matchBetween(first, at, first, at + firstWanted.length);
      if (match !== undefined) found.push(match);
    }
    return found;
  }
  if (first.text === undefined || !first.text.endsWith(firstWanted) || !last.text?.startsWith(lastWanted)) return [];
  for (let index = 1; index < wanted.length - 1; index++) if (window[index]?.text !== wanted[index]) return [];
  const match = matchBetween(first, first.text.length - firstWanted.length, last, lastWanted.length);
  return match === undefined ? [] : [match];
}

function matchBetween(first: FoldedLine, from: number, last: FoldedLine, to: number): Match | undefined {
  const start = byteOffset(first, from, "start");
  const end = byteOffset(last, to, "end");
  return start === undefined || end === undefined ? undefined : { start, end };
}

/** `undefined` inside of what was one character in the original. At a line's end, cut blanks belong to the match that ends there. */
function byteOffset({ start, original, text = "" }: FoldedLine, column: number, side: "start" | "end"): number | undefined {
  const { map } = foldLine(original);
  let offset = map?.[column] ?? column;
  if (column === text.length) {
    if (side === "end") offset = original.length;
  } else if (map !== undefined && column > 0 && map[column - 1] === map[column]) return undefined;
  return start + Buffer.byteLength(original.slice(0, offset));
}

/** Letters and signs of which folding makes nothing else, alone or side by side: of ASCII, Latin-1, Cyrillic, Han and kana. */
const plainLine = /^[\t\x20-\x7e\u00c0-\u00ff\u0400-\u0482\u048a-\u052f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]*$/;
/** Letters that are put together where they stand side by side. */
const jamo = /[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/;

/** The folded line alone, which is all that most lines are asked for. */
function foldText(line: string): string {
  if (plainLine.test(line)) return trimmedEnd(line);
  return jamo.test(line) ? foldLine(line).text : foldCluster(line).trimEnd();
}

/** Without a pattern that would try each blank in the middle of a line. */
function trimmedEnd(line: string): string {
  let end = line.length;
  while (end > 0 && (line.charCodeAt(end - 1) === 32 || line.charCodeAt(end - 1) === 9)) end--;
  return end === line.length ? line : line.slice(0, end);
}

/** `map`: for each folded character the offset in the line of what it came from; absent when folding only cut blanks. */
function foldLine(line: string): { text: string; map: number[] | undefined } {
  if (plainLine.test(line)) return { text: trimmedEnd(line), map: undefined };
  let text = "";
  const map: number[] = [];
  // A character with its combining marks is levelled as one.
  for (const { 0: cluster, index } of line.matchAll(/\P{M}\p{M}*|\p{M}+/gsu)) {
    const folded = foldCluster(cluster);
    for (let unit = 0; unit < folded.length; unit++) map.push(index);
    text += folded;
  }
  const trimmed = text.trimEnd();
  // Behind the last character kept: where the blanks begin in the original.
  map.length = Math.min(map.length, trimmed.length + 1);
  if (map.length === trimmed.length) map.push(line.length);
  return { text: trimmed, map };
}

function foldCluster(cluster: string): string {
  return cluster
    .normalize("NFKC")
    .replace(/[\u2018\u2019\u201a\u201b\u2032\u02bc]/g, "'")
    .replace(/[\u201c\u201d\u201e\u201f\u2033]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, " ")
    .replace(/[\u200b\u2060\ufeff]/g, "");
}
