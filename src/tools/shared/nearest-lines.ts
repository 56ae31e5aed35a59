// For a text that is not in a file: the lines of the file that look most like it. Used by edit's error message.

import { byteLines } from "./byte-lines.ts";

const shownLines = 12;
const comparedLines = 20_000;
/** Places that more lines than these vote for are nothing to find anything by. */
const mostPlaces = 20_000;

export interface NearestLines {
  /** From 1. */
  lineNumber: number;
  lines: string[];
}

/** Lines that agree with the text but for blanks decide; where none does, the line most similar to the text's first. */
export function findNearestLines(content: Buffer, text: string): NearestLines | undefined {
  const wanted = text.split("\n").map((line) => line.trim());
  while (wanted.length > 1 && wanted.at(-1) === "") wanted.pop();
  const start = startByVotes(content, wanted) ?? startBySimilarity(content, wanted);
  if (start === undefined) return undefined;
  const lines: string[] = [];
  const end = start + Math.min(shownLines, wanted.length);
  let index = 0;
  for (const line of byteLines(content)) {
    if (index >= end) break;
    if (index++ >= start) lines.push((line.text ?? content.toString("utf8", line.start, line.start + 800)).slice(0, 200));
  }
  return { lineNumber: start + 1, lines };
}

/** Each line that also stands in the text votes for where the text would then begin. */
function startByVotes(content: Buffer, wanted: readonly string[]): number | undefined {
  const places = new Map<string, number[]>();
  wanted.forEach((line, index) => {
    if (/\w/.test(line)) places.set(line, [...(places.get(line) ?? []), index]);
  });
  const votes = new Map<number, number>();
  let best: number | undefined;
  let index = 0;
  for (const { text = "" } of byteLines(content)) {
    const line = text.trim();
    for (const place of places.get(line) ?? []) {
      const start = Math.max(0, index - place);
      const count = (votes.get(start) ?? 0) + line.length;
      if (votes.size < mostPlaces || votes.has(start)) votes.set(start, count);
      if (best === undefined || count > (votes.get(best) ?? 0)) best = start;
    }
    index++;
  }
  return best;
}

function startBySimilarity(content: Buffer, wanted: readonly string[]): number | undefined {
  const place = wanted.findIndex((line) => /\w/.test(line));
  const pairs = pairsOf(wanted[place] ?? "");
  if (pairs.size === 0) return undefined;
  let best: number | undefined;
  let bestScore = 0.4;
  let index = 0;
  for (const { text = "" } of byteLines(content)) {
    if (index === comparedLines) break;
    const own = pairsOf(text);
    let shared = 0;
    for (const pair of own) if (pairs.has(pair)) shared++;
    const score = (2 * shared) / (own.size + pairs.size);
    if (score > bestScore) {
      bestScore = score;
      best = Math.max(0, index - place);
    }
    index++;
  }
  return best;
}

function pairsOf(line: string): Set<string> {
  const text = line.trim().slice(0, 200).toLowerCase();
  const pairs = new Set<string>();
  for (let index = 0; index + 1 < text.length; index++) pairs.add(text.slice(index, index + 2));
  return pairs;
}
