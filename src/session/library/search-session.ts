// Finds text in a session file, in what its caller takes to be text. Called by `pi sessions search`.
// Invariant: a line is decoded only when its bytes could hold a match.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import { lineAround, lineBlocks } from "../lines/line-blocks.ts";
import { decodeEntry } from "../lines/sound-entry.ts";
import type { SearchPattern } from "./search-pattern.ts";

export interface SearchMatch {
  /** Absent in files of version 1. */
  entryId: string | undefined;
  /** The role of a message, else the type of the entry. */
  role: string;
  where: "text" | "thinking" | "tool call" | "tool result" | "summary" | "name" | "label";
  /** ISO 8601. */
  timestamp: string | undefined;
  /** The whole line of the text. */
  line: string;
  /** Of the first match in the line. */
  start: number;
  length: number;
}

export interface SearchedText {
  where: SearchMatch["where"];
  text: string;
}

/** In file order, one for each matching line of what `textsOf` gives of an entry. Throws Node's errors. */
export function* searchSession(
  path: string,
  pattern: SearchPattern,
  textsOf: (entry: AnyEntry) => readonly SearchedText[],
): Generator<SearchMatch> {
  for (const block of lineBlocks(path)) {
    for (const text of candidateLines(block, pattern)) {
      const entry = decodeEntry(text);
      if (entry !== undefined) yield* matchesIn(entry, textsOf(entry), pattern.expression);
    }
  }
}

function* candidateLines(block: Buffer, { needle, ignoresCase }: SearchPattern): Generator<string> {
  const next = finder(block, needle, ignoresCase);
  for (let at = 0; at < block.length; ) {
    const hit = next(at);
    if (hit < 0) return;
    const { start, end } = lineAround(block, hit);
    yield block.toString("utf8", start, end);
    at = end + 1;
  }
}

/** Where the needle is found next, from a position on. Without a needle: there. */
function finder(block: Buffer, needle: string | undefined, ignoresCase: boolean): (from: number) => number {
  if (needle === undefined) return (from) => from;
  if (!ignoresCase) {
    const bytes = Buffer.from(needle, "latin1");
    return (from) => block.indexOf(bytes, from);
  }
  const text = block.toString("latin1");
  const expression = new RegExp(needle.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), "gi");
  return (from) => {
    expression.lastIndex = from;
    return expression.exec(text)?.index ?? -1;
  };
}

function* matchesIn(entry: AnyEntry, texts: readonly SearchedText[], expression: RegExp): Generator<SearchMatch> {
  const role = isA(entry, "message") ? (entry.message?.role ?? entry.type) : entry.type;
  for (const { where, text } of texts) {
    for (const line of text.split("\n")) {
      const found = expression.exec(line);
      if (found === null) continue;
      const { id: entryId, timestamp } = entry as { id?: string; timestamp?: string };
      yield { entryId, role, where, timestamp, line, start: found.index, length: found[0].length };
    }
  }
}
