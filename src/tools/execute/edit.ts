// What `edit` does. Loaded on first use by edit.ts.
// Invariant: all edits or none; every oldText is looked up in the file as it was; bytes outside of the matches stay.
// All that can fail is computed before the file is written.

import { messageOf } from "../../contracts/error.ts";
import { errorResult, type ToolContext, type ToolResult, textResult } from "../../contracts/tool.ts";
import { describeEdit } from "../shared/describe-edit.ts";
import { findExact, findFolded, type MatchResult } from "../shared/match-text.ts";
import { findNearestLines } from "../shared/nearest-lines.ts";
import { openEncoded } from "../shared/own-encoding.ts";
import { placeOutside } from "../shared/place-outside.ts";
import { errorCode, nearestEntryHint } from "../shared/resolve-path.ts";
import { type Replacement, SourceText } from "../shared/source-text.ts";
import { formatSize } from "../shared/truncate.ts";

/** Of larger files nobody changes a line by its text; they would be held in memory several times. */
const maxFileBytes = 512 << 20;

interface Edit {
  oldText: string;
  newText: string;
}

/** A reason not to edit, in words for the model. */
class EditRefusal extends Error {}

/** `path` is where the file given is. */
export async function executeEdit(args: { path: string; edits: Edit[] }, context: ToolContext, path: string): Promise<ToolResult> {
  const { path: given } = args;
  if (args.edits.length === 0) return errorResult("Edit tool input is invalid. edits must contain at least one replacement.");
  let bytes: Uint8Array;
  try {
    const info = await context.files.stat(path);
    if (info.kind !== "file")
      return errorResult(`Could not edit file: ${given}. It is ${info.kind === "directory" ? "a directory" : "not a regular file"}.`);
    if (info.size > maxFileBytes)
      return errorResult(
        `Could not edit file: ${given}. It has ${formatSize(info.size)}, the most is ${formatSize(maxFileBytes)}: use bash with sed.`,
      );
    bytes = await context.files.read(path);
  } catch (error) {
    const hint = errorCode(error) === "ENOENT" ? await nearestEntryHint(path, context) : "";
    return errorResult(`Could not edit file: ${given}. Error code: ${errorCode(error) ?? messageOf(error)}.${hint}`);
  }
  try {
    const encoded = openEncoded(bytes);
    const source = new SourceText(encoded?.utf8 ?? bytes);
    const read = (text: string): string => source.withItsLineEnds(withLf(text));
    const edits = args.edits.map(({ oldText, newText }) => ({ oldText: read(oldText), newText: read(newText) }));
    const replacements = locate(edits, source.lf, given);
    const edited = source.apply(replacements);
    if (edited.equals(encoded?.utf8 ?? bytes)) {
      throw new EditRefusal(`No changes made to ${given}. What the edits put in is what stands there already.`);
    }
    const elsewhere = await placeOutside(path, context);
    const result = textResult(
      `Successfully replaced ${edits.length} block(s) in ${given}${elsewhere}.`,
      describeEdit(given, source, replacements, source.endsLine(edited)),
    );
    const written = encoded === undefined ? edited : encoded.encode(edited);
    if (context.signal.aborted) return errorResult("Operation aborted");
    await context.files.writeAtomic(path, written);
    return result;
  } catch (error) {
    return errorResult(error instanceof EditRefusal ? error.message : `Could not edit file: ${given}. ${messageOf(error)}`);
  }
}

/** Models write what they see, which has neither BOM nor CR LF. */
function withLf(text: string): string {
  return text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
}

function locate(edits: readonly Edit[], content: Buffer, path: string): Replacement[] {
  const isSingle = edits.length === 1;
  const located = edits.map((edit, index) => {
    if (edit.oldText === "") throw new EditRefusal(`${isSingle ? "oldText" : `edits[${index}].oldText`} must not be empty in ${path}.`);
    const exact = findExact(content, edit.oldText);
    const result = exact.matches > 0 ? exact : findFolded(content, edit.oldText);
    if (result.matches === 0) throw new EditRefusal(notFoundText(isSingle ? undefined : index, path, content, edit.oldText));
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

function notFoundText(index: number | undefined, path: string, content: Buffer, oldText: string): string {
  const what =
    index === undefined
      ? `Could not find the exact text in ${path}. The old text must match exactly including all whitespace and newlines.`
      : `Could not find edits[${index}] in ${path}. The oldText must match exactly including all whitespace and newlines.`;
  const nearest = findNearestLines(content, oldText);
  if (nearest === undefined) {
    const why = content.includes(0)
      ? "The file has NUL bytes: it is binary, or text in UTF-32, which cannot be read or edited here. Use bash (iconv, xxd)."
      : "Nothing in the file resembles it: read the file again.";
    return `${what}\n${why}`;
  }
  const lines = nearest.lines.map((line, offset) => `${nearest.lineNumber + offset}: ${line}`);
  return `${what}\nThe nearest lines in the file are:\n${lines.join("\n")}`;
}
