// Where a piece of text stands in a file: exactly, else as a person would read it. Used by edit.
// Invariant: a fuzzy match covers the same lines, one for one, as the text looked for.

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
  /** Offset of the line in the folded text. */
  start: number;
  /** Offset of the line in the original, and its length there. */
  originalStart: number;
  originalLength: number;
  /** For each folded character the offset in the original line of what it came from; absent when folding only cut blanks. */
  map: number[] | undefined;
  length: number;
}

/** A text with typographic variants, Unicode forms and trailing blanks levelled, and the way back. */
export class FoldedText {
  readonly #lines: FoldedLine[] = [];
  readonly #original: string;
  readonly #folded: string;

  constructor(original: string) {
    this.#original = original;
    const folded: string[] = [];
    let start = 0;
    let originalStart = 0;
    for (const line of original.split("\n")) {
      const { text, map } = foldLine(line);
      this.#lines.push({ start, originalStart, originalLength: line.length, map, length: text.length });
      folded.push(text);
      start += text.length + 1;
      originalStart += line.length + 1;
    }
    this.#folded = folded.join("\n");
  }

  find(text: string): MatchResult {
    const wanted = text
      .split("\n")
      .map((line) => foldLine(line).text)
      .join("\n");
    if (wanted.trim() === "") return { matches: 0 };
    let matches = 0;
    let found: Match | undefined;
    for (let at = this.#folded.indexOf(wanted); at >= 0; at = this.#folded.indexOf(wanted, at + 1)) {
      const start = this.#originalOffset(at, "start");
      const end = this.#originalOffset(at + wanted.length, "end");
      if (start === undefined || end === undefined) continue;
      matches++;
      found ??= { start, end };
    }
    if (matches !== 1 || found === undefined) return { matches };
    const startBytes = Buffer.byteLength(this.#original.slice(0, found.start));
    return { matches, match: { start: startBytes, end: startBytes + Buffer.byteLength(this.#original.slice(found.start, found.end)) } };
  }

  /** `undefined` inside of what was one character in the original. At a line's end, cut blanks belong to the match that ends there. */
  #originalOffset(offset: number, side: "start" | "end"): number | undefined {
    const line = this.#lineAt(offset);
    const column = offset - line.start;
    if (column === line.length) return line.originalStart + (side === "end" ? line.originalLength : (line.map?.[column] ?? column));
    if (line.map === undefined) return line.originalStart + column;
    const original = line.map[column] ?? 0;
    return column > 0 && line.map[column - 1] === original ? undefined : line.originalStart + original;
  }

  #lineAt(offset: number): FoldedLine {
    let low = 0;
    let high = this.#lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lines[middle]?.start ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#lines[low] as FoldedLine;
  }
}

function foldLine(line: string): { text: string; map: number[] | undefined } {
  if (/^[\t\x20-\x7e]*$/.test(line)) return { text: line.replace(/[\t ]+$/, ""), map: undefined };
  let text = "";
  const map: number[] = [];
  // A character with its combining marks is levelled as one.
  for (const { 0: cluster, index } of line.matchAll(/\P{M}\p{M}*|\p{M}+/gsu)) {
    const folded = foldCluster(cluster);
    for (let unit = 0; unit < folded.length; unit++) map.push(index);
    text += folded;
  }
  const trimmed = text.replace(/\s+$/, "");
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
