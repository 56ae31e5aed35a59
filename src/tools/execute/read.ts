// What `read` does. Loaded on first use by read.ts.
// Invariant: memory is bounded by what is shown, whatever the file's size.

import { messageOf } from "../../contracts/error.ts";
import { decodeText, detectText, type TextEncoding } from "../../contracts/text-encoding.ts";
import { errorResult, type FileInfo, type ToolContext, type ToolResult, textResult } from "../../contracts/tool.ts";
import { countNewlines, indexAfterNewline } from "../shared/count-newlines.ts";
import { foreignPictureName, imageTypeOf } from "../shared/image-type.ts";
import { notRegularText, readablePath } from "../shared/readable-path.ts";
import { errorCode, nearestEntryHint } from "../shared/resolve-path.ts";
import { formatSize, maxBytes, maxLines, type Truncation, truncateHead } from "../shared/truncate.ts";

/** Behind what is shown, this much is searched for line ends to say how many lines there are; of larger files the rest is not counted. */
const countedBytes = 256 << 20;

export async function executeRead(
  { path: given, offset, limit }: { path: string; offset?: number; limit?: number },
  context: ToolContext,
  loadCodec: () => Promise<Uint8Array>,
  side?: number,
): Promise<ToolResult> {
  const where = await readablePath(given, context);
  if ("refusal" in where) return errorResult(where.refusal);
  const { path } = where;
  let info: FileInfo;
  try {
    info = await context.files.stat(path);
  } catch (error) {
    return errorResult(await missingText(error, path, context));
  }
  if (info.kind === "directory")
    return errorResult(`EISDIR: illegal operation on a directory, read\n${given || path} is a directory: list it with ls.`);
  if (info.kind === "other") return errorResult(notRegularText(path));
  const startLine = Math.max(0, Math.floor(offset ?? 1) - 1);
  try {
    const selection = await select(
      path,
      startLine,
      limit === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(limit)),
      context,
    );
    if (typeof selection === "string") {
      if (selection !== "image") return errorResult(`Cannot read ${given} as text: ${selection}`);
      return await (await import("../shared/image.ts")).imageResult(path, info.size, context, loadCodec, side);
    }
    return describe(selection, given, startLine, info);
  } catch (error) {
    if (context.signal.aborted) return errorResult("Operation aborted");
    return errorResult(messageOf(error));
  }
}

async function missingText(error: unknown, path: string, context: ToolContext): Promise<string> {
  if (errorCode(error) !== "ENOENT") return messageOf(error);
  return `ENOENT: no such file or directory, access '${path}'${await nearestEntryHint(path, context)}`;
}

interface Selection {
  /** The beginning of what was asked for, at least as much as can be shown. */
  head: Buffer;
  /** Bytes and LFs of what was asked for. */
  bytes: number;
  newlines: number;
  endsWithNewline: boolean;
  firstLineBytes: number;
  /** Lines of the file as far as counted, a last LF counting as the start of one more. */
  fileLines: number;
  /** False when the file went on behind what was counted. */
  countedAll: boolean;
}

/** The lines from `startLine` on, or what the file is instead of text. */
async function select(path: string, startLine: number, limit: number, context: ToolContext): Promise<Selection | string> {
  const head: Uint8Array[] = [];
  const selection = { bytes: 0, newlines: 0, endsWithNewline: false, firstLineBytes: 0, fileLines: 1, countedAll: true };
  let headBytes = 0;
  let firstLineOpen = true;
  let linesLeft = limit;
  let countedBehind = 0;

  const take = (part: Uint8Array, newlines: number): void => {
    if (part.length === 0) return;
    if (headBytes <= maxBytes) {
      head.push(part.slice(0, maxBytes + 1 - headBytes));
      headBytes += Math.min(part.length, maxBytes + 1 - headBytes);
    }
    if (firstLineOpen) {
      const end = part.indexOf(10);
      selection.firstLineBytes += end < 0 ? part.length : end;
      firstLineOpen = end < 0;
    }
    selection.bytes += part.length;
    selection.newlines += newlines;
    selection.endsWithNewline = part[part.length - 1] === 10;
  };

  const opened = await openText(context.files.readChunks(path));
  if (typeof opened === "string") return opened;
  for await (const chunk of opened) {
    if (context.signal.aborted) throw new Error("Operation aborted");
    const newlines = countNewlines(chunk);
    const linesBefore = selection.fileLines - 1;
    selection.fileLines += newlines;
    if (linesBefore + newlines < startLine) continue;
    if (linesLeft === 0) {
      countedBehind += chunk.length;
    } else {
      const start = linesBefore < startLine ? indexAfterNewline(chunk, startLine - linesBefore) : 0;
      const rest = chunk.subarray(start);
      const restNewlines = newlines - Math.max(0, startLine - linesBefore);
      if (restNewlines < linesLeft) {
        take(rest, restNewlines);
        linesLeft -= restNewlines;
        if (headBytes > maxBytes || selection.newlines > maxLines) countedBehind += chunk.length;
      } else {
        take(rest.subarray(0, indexAfterNewline(rest, linesLeft) - 1), linesLeft - 1);
        linesLeft = 0;
      }
    }
    if (countedBehind > countedBytes) {
      selection.countedAll = false;
      break;
    }
  }
  return { ...selection, head: Buffer.concat(head) };
}

/** The chunks with one byte for each LF, or what the file is instead of text. */
async function openText(chunks: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array> | string> {
  const iterator = chunks[Symbol.asyncIterator]();
  const { value: first = new Uint8Array(0) } = await iterator.next();
  const refuse = async (what: string): Promise<string> => {
    await iterator.return?.();
    return what;
  };
  if (imageTypeOf(first) !== undefined) return refuse("image");
  const detected = detectText(first, { isWhole: false });
  if (detected === undefined) {
    const picture = foreignPictureName(first);
    if (picture !== undefined)
      return refuse(`it is a ${picture} image, which models do not take. Convert it to PNG first (bash: magick, ffmpeg).`);
    return refuse("it is a binary file. Use bash with file, xxd or strings to look into it.");
  }
  const all = continued(first, iterator);
  // In UTF-8 and 8-bit text a line feed is a byte that is nothing else, so which of them it is can wait until it is shown.
  return detected.encoding.startsWith("utf-16") ? toUtf8(all, detected.encoding) : all;
}

async function* continued(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* toUtf8(chunks: AsyncIterable<Uint8Array>, encoding: TextEncoding): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

function describe(selection: Selection, given: string, startLine: number, info: FileInfo): ToolResult {
  const { fileLines, countedAll } = selection;
  if (startLine >= fileLines) return errorResult(`Offset ${startLine + 1} is beyond end of file (${fileLines} lines total)`);
  const totals = {
    lines: selection.newlines + (selection.bytes > 0 && !selection.endsWithNewline ? 1 : 0),
    bytes: selection.bytes,
  };
  const truncation = truncateHead(decode(selection.head), totals);
  const ofLines = countedAll ? `${fileLines}` : `more than ${fileLines}`;
  const text = textWithNote(truncation, selection, given, startLine, info, ofLines);
  return { ...textResult(text, truncation.truncated ? { truncation } : undefined), structuredContent: text };
}

function textWithNote(
  truncation: Truncation,
  selection: Selection,
  given: string,
  startLine: number,
  info: FileInfo,
  ofLines: string,
): string {
  const firstLine = startLine + 1;
  if (truncation.firstLineExceedsLimit) {
    const command = `sed -n '${firstLine}p' ${shellQuoted(given)} | head -c ${maxBytes}`;
    // Where counting stopped early, the line may be the rest of the file.
    const size = formatSize(selection.countedAll ? selection.firstLineBytes : Math.max(selection.firstLineBytes, info.size));
    return `[Line ${firstLine} is ${size}, exceeds ${formatSize(maxBytes)} limit. Use bash: ${command}]`;
  }
  if (truncation.truncated) {
    const lastLine = startLine + truncation.outputLines;
    const why = truncation.truncatedBy === "bytes" ? ` (${formatSize(maxBytes)} limit)` : "";
    const note = `[Showing lines ${firstLine}-${lastLine} of ${ofLines}${why}. Use offset=${lastLine + 1} to continue.]`;
    return `${truncation.content}\n\n${note}`;
  }
  const shownLines = selection.newlines + 1;
  const moreLines = selection.fileLines - startLine - shownLines;
  if (moreLines <= 0) return truncation.content;
  const more = selection.countedAll ? `${moreLines}` : `More than ${moreLines}`;
  return `${truncation.content}\n\n[${more} more lines in file. Use offset=${startLine + shownLines + 1} to continue.]`;
}

function decode(bytes: Uint8Array): string {
  return decodeText(bytes, detectText(bytes, { isWhole: false }) ?? { encoding: "utf-8", bomBytes: 0 });
}

/** Of a path as it was given: `~/` is the shell's to expand, and what begins with a dash is no option. */
function shellQuoted(path: string): string {
  const home = path.startsWith("~/") ? "~/" : "";
  const rest = path.startsWith("-") ? `./${path}` : path.slice(home.length);
  return /^[\w@%+=:,./-]+$/.test(rest) ? home + rest : `${home}'${rest.replaceAll("'", "'\\''")}'`;
}
