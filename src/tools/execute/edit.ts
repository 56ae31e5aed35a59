// What `edit` does. Loaded on first use by edit.ts.
// Invariant: all edits or none; every oldText is looked up in the file as it was; bytes outside of the matches stay.

import { messageOf } from "../../contracts/error.ts";
import { errorResult, type ToolContext, type ToolResult, textResult } from "../../contracts/tool.ts";
import { countNewlines } from "../shared/count-newlines.ts";
import { FoldedText, findExact, type MatchResult } from "../shared/match-text.ts";
import { findNearestLines } from "../shared/nearest-lines.ts";
import { errorCode, nearestEntryHint, resolvePath } from "../shared/resolve-path.ts";
import { type Replacement, SourceText } from "../shared/source-text.ts";
import { type LineChange, type RenderedDiff, renderDiff } from "../shared/unified-diff.ts";

interface Edit {
  oldText: string;
  newText: string;
}

/** A reason not to edit, in words for the model. */
class EditRefusal extends Error {}

export async function executeEdit(args: Record<string, unknown>, context: ToolContext): Promise<ToolResult> {
  const given = args.path as string;
  const path = resolvePath(given, context);
  const edits = (args.edits as Edit[]).map(({ oldText, newText }) => ({ oldText: withLf(oldText), newText: withLf(newText) }));
  if (edits.length === 0) return errorResult("Edit tool input is invalid. edits must contain at least one replacement.");
  let bytes: Uint8Array;
  try {
    const info = await context.files.stat(path);
    if (info.kind !== "file")
      return errorResult(`Could not edit file: ${given}. It is ${info.kind === "directory" ? "a directory" : "not a regular file"}.`);
    bytes = await context.files.read(path);
  } catch (error) {
    const hint = errorCode(error) === "ENOENT" ? await nearestEntryHint(path, context) : "";
    return errorResult(`Could not edit file: ${given}. Error code: ${errorCode(error) ?? messageOf(error)}.${hint}`);
  }
  try {
    const source = new SourceText(bytes);
    const replacements = locate(edits, source.lf, given);
    const edited = source.apply(replacements);
    if (edited.equals(bytes)) {
      throw new EditRefusal(`No changes made to ${given}. What the edits put in is what stands there already.`);
    }
    if (context.signal.aborted) return errorResult("Operation aborted");
    await context.files.writeAtomic(path, edited);
    return textResult(`Successfully replaced ${edits.length} block(s) in ${given}.`, describe(given, source, replacements, edited));
  } catch (error) {
    return errorResult(error instanceof EditRefusal ? error.message : `Could not edit file: ${given}. ${messageOf(error)}`);
  }
}

/** Models write what they see, which has neither BOM nor CR. */
function withLf(text: string): string {
  return text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
}

function locate(edits: readonly Edit[], content: Buffer, path: string): Replacement[] {
  const isSingle = edits.length === 1;
  let folded: FoldedText | undefined;
  let text: string | undefined;
  const located = edits.map((edit, index) => {
    if (edit.oldText === "") throw new EditRefusal(`${isSingle ? "oldText" : `edits[${index}].oldText`} must not be empty in ${path}.`);
    let result = findExact(content, edit.oldText);
    if (result.matches === 0) {
      text ??= content.toString("utf8");
      folded ??= isValidUtf8(content) ? new FoldedText(text) : undefined;
      result = folded?.find(edit.oldText) ?? result;
      if (result.matches === 0) throw new EditRefusal(notFoundText(isSingle ? undefined : index, path, text, edit.oldText));
    }
    return { index, ...edit, ...onlyMatch(result, isSingle ? undefined : index, path) };
  });
  located.sort((a, b) => a.start - b.start || a.index - b.index);
  located.forEach((edit, place) => {
    const previous = located[place - 1];
    if (previous === undefined || previous.end <= edit.start) return;
    const [first, second] = [previous.index, edit.index].sort((a, b) => a - b);
    throw new EditRefusal(`edits[${first}] and edits[${second}] overlap in ${path}. Merge them into one edit or target disjoint regions.`);
  });
  return located;
}

function onlyMatch(result: MatchResult, index: number | undefined, path: string): { start: number; end: number } {
  if (result.match !== undefined) return result.match;
  throw new EditRefusal(
    index === undefined
      ? `Found ${result.matches} occurrences of the text in ${path}. The text must be unique. Please provide more context to make it unique.`
      : `Found ${result.matches} occurrences of edits[${index}] in ${path}. Each oldText must be unique. Please provide more context to make it unique.`,
  );
}

function notFoundText(index: number | undefined, path: string, content: string, oldText: string): string {
  const what =
    index === undefined
      ? `Could not find the exact text in ${path}. The old text must match exactly including all whitespace and newlines.`
      : `Could not find edits[${index}] in ${path}. The oldText must match exactly including all whitespace and newlines.`;
  const nearest = findNearestLines(content, oldText);
  if (nearest === undefined) return `${what}\nNothing in the file resembles it: read the file again.`;
  const lines = nearest.lines.map((line, offset) => `${nearest.lineNumber + offset}: ${line}`);
  return `${what}\nThe nearest lines in the file are:\n${lines.join("\n")}`;
}

function isValidUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function describe(path: string, source: SourceText, replacements: readonly Replacement[], edited: Buffer): RenderedDiff {
  const { lf } = source;
  const lineCount = countNewlines(lf) + (lf.length > 0 && lf.at(-1) !== 10 ? 1 : 0);
  const old = { line: lineReader(lf), endsWithNewline: lf.at(-1) === 10, lineCount };
  return renderDiff(path, old, lineChanges(source, replacements), edited.at(-1) === 10);
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
