// For a text that is not in a file: the lines of the file that look most like it. Used by edit's error message.

const shownLines = 12;
const comparedLines = 20_000;

export interface NearestLines {
  /** From 1. */
  lineNumber: number;
  lines: string[];
}

/** Lines that agree with the text but for blanks decide; where none does, the line most similar to the text's first. */
export function findNearestLines(content: string, text: string): NearestLines | undefined {
  const lines = content.split("\n");
  const wanted = text.split("\n").map((line) => line.trim());
  while (wanted.length > 1 && wanted.at(-1) === "") wanted.pop();
  const start = startByVotes(lines, wanted) ?? startBySimilarity(lines, wanted);
  if (start === undefined) return undefined;
  return {
    lineNumber: start + 1,
    lines: lines.slice(start, start + Math.min(shownLines, wanted.length)).map((line) => line.slice(0, 200)),
  };
}

/** Each line that also stands in the text votes for where the text would then begin. */
function startByVotes(lines: readonly string[], wanted: readonly string[]): number | undefined {
  const places = new Map<string, number[]>();
  wanted.forEach((line, index) => {
    if (/\w/.test(line)) places.set(line, [...(places.get(line) ?? []), index]);
  });
  const votes = new Map<number, number>();
  let best: number | undefined;
  lines.forEach((line, index) => {
    for (const place of places.get(line.trim()) ?? []) {
      const start = Math.max(0, index - place);
      const count = (votes.get(start) ?? 0) + line.trim().length;
      votes.set(start, count);
      if (best === undefined || count > (votes.get(best) ?? 0)) best = start;
    }
  });
  return best;
}

function startBySimilarity(lines: readonly string[], wanted: readonly string[]): number | undefined {
  const place = wanted.findIndex((line) => /\w/.test(line));
  const pairs = pairsOf(wanted[place] ?? "");
  if (pairs.size === 0) return undefined;
  let best: number | undefined;
  let bestScore = 0.4;
  lines.slice(0, comparedLines).forEach((line, index) => {
    const own = pairsOf(line);
    let shared = 0;
    for (const pair of own) if (pairs.has(pair)) shared++;
    const score = (2 * shared) / (own.size + pairs.size);
    if (score <= bestScore) return;
    bestScore = score;
    best = Math.max(0, index - place);
  });
  return best;
}

function pairsOf(line: string): Set<string> {
  const text = line.trim().slice(0, 200).toLowerCase();
  const pairs = new Set<string>();
  for (let index = 0; index + 1 < text.length; index++) pairs.add(text.slice(index, index + 2));
  return pairs;
}
