// What an edit changed, as whole lines for a diff. Used by edit, before it writes.
// Invariant: bounded, however long the lines are; the cost grows with what changed and not with the file.

import { countNewlines } from "./count-newlines.ts";
import type { Replacement, SourceText } from "./source-text.ts";
import { type LineChange, type RenderedDiff, renderDiff } from "./unified-diff.ts";

export function describeEdit(
  path: string,
  source: SourceText,
  replacements: readonly Replacement[],
  newEndsWithNewline: boolean,
): RenderedDiff {
  const { lf } = source;
  const lineCount = countNewlines(lf) + (lf.length > 0 && lf.at(-1) !== 10 ? 1 : 0);
  const old = { line: lineReader(lf), endsWithNewline: lf.at(-1) === 10, lineCount };
  return renderDiff(path, old, lineChanges(source, replacements), newEndsWithNewline);
}

/** Whole lines that change; edits that share a line are one change. */
function lineChanges(source: SourceText, replacements: readonly Replacement[]): LineChange[] {
  const { lf } = source;
  const changes: LineChange[] = [];
  let lineIndex = 0;
  let counted = 0;
  for (let index = 0; index < replacements.length; ) {
    const start = lf.subarray(0, replacements[index]?.start).lastIndexOf(10) + 1;
    let text = "";
    let at = start;
    let end = start;
    for (let next = replacements[index]; next !== undefined && (at === start || next.start < end); next = replacements[++index]) {
      text += lf.toString("utf8", at, next.start) + source.replacementLines(next).join("\n");
      at = next.end;
      const endsWholeLine = lf[at - 1] === 10 && (text === "" || text.endsWith("\n"));
      end = Math.max(end, endsWholeLine ? at : lineEndAt(lf, at));
    }
    text += lf.toString("utf8", at, end);
    lineIndex += countNewlines(lf.subarray(counted, start));
    counted = start;
    changes.push({ at: lineIndex, oldLines: linesOf(lf.toString("utf8", start, end)), newLines: linesOf(text) });
  }
  return changes;
}

/** Offset behind the LF that ends the line of this offset. */
function lineEndAt(lf: Buffer, offset: number): number {
  const newline = lf.indexOf(10, offset);
  return newline < 0 ? lf.length : newline + 1;
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Lines by index; asked in rising order it walks the file once. */
function lineReader(lf: Buffer): (index: number) => string | undefined {
  let index = 0;
  let start = 0;
  return (wanted) => {
    if (wanted < index) {
      index = 0;
      start = 0;
    }
    for (; index < wanted && start < lf.length; index++) start = lineEndAt(lf, start);
    if (start >= lf.length) return undefined;
    const end = lineEndAt(lf, start);
    return lf.toString("utf8", start, lf[end - 1] === 10 ? end - 1 : end);
  };
}
