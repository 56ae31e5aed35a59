// The two limits of every text result and the record that says what was left out. Used by all tools.
// Invariant: whole lines only, except where one single line is longer than the limit by itself.

export const maxLines = 2000;
export const maxBytes = 50 * 1024;

/** `details.truncation`. Lines are counted without the empty one behind a last LF. */
export interface Truncation {
  content: string;
  truncated: boolean;
  truncatedBy: "lines" | "bytes" | null;
  totalLines: number;
  totalBytes: number;
  outputLines: number;
  outputBytes: number;
  /** Only the end of a line that is longer than the limit is shown. */
  lastLinePartial: boolean;
  /** Nothing is shown, since already the first line is too long. */
  firstLineExceedsLimit: boolean;
  maxLines: number;
  maxBytes: number;
}

export interface Totals {
  lines: number;
  bytes: number;
}

const limits: Totals = { lines: maxLines, bytes: maxBytes };

/** Keeps the first lines. `totals` where the text given is itself only a beginning. */
export function truncateHead(text: string, totals: Totals = totalsOf(text), most: Totals = limits): Truncation {
  if (totals.lines <= most.lines && totals.bytes <= most.bytes) return untruncated(text, totals, most);
  let end = -1;
  let bytes = 0;
  let lines = 0;
  let truncatedBy: "lines" | "bytes" = "lines";
  while (lines < most.lines && lines < totals.lines) {
    const next = text.indexOf("\n", end + 1);
    const lineEnd = next < 0 ? text.length : next;
    const lineBytes = Buffer.byteLength(text.slice(end + 1, lineEnd)) + (lines > 0 ? 1 : 0);
    if (bytes + lineBytes > most.bytes) {
      truncatedBy = "bytes";
      break;
    }
    bytes += lineBytes;
    lines++;
    end = lineEnd;
    if (next < 0) break;
  }
  const content = lines === 0 ? "" : text.slice(0, end);
  return {
    ...untruncated(content, totals, most),
    truncated: true,
    truncatedBy,
    outputLines: lines,
    outputBytes: bytes,
    firstLineExceedsLimit: lines === 0 && truncatedBy === "bytes",
  };
}

/** Keeps the last lines. `totals` where the text given is itself only an end, which then starts at the start of a line. */
export function truncateTail(text: string, totals: Totals = totalsOf(text), most: Totals = limits): Truncation {
  if (totals.lines <= most.lines && totals.bytes <= most.bytes) return untruncated(text, totals, most);
  const textEnd = text.endsWith("\n") ? text.length - 1 : text.length;
  let start = textEnd;
  let bytes = 0;
  let lines = 0;
  let truncatedBy: "lines" | "bytes" = "lines";
  while (lines < most.lines && (lines === 0 || start > 0)) {
    const lineEnd = lines === 0 ? textEnd : start - 1;
    const lineStart = lineEnd === 0 ? 0 : text.lastIndexOf("\n", lineEnd - 1) + 1;
    const lineBytes = Buffer.byteLength(text.slice(lineStart, lineEnd)) + (lines > 0 ? 1 : 0);
    if (bytes + lineBytes > most.bytes) {
      truncatedBy = "bytes";
      break;
    }
    bytes += lineBytes;
    lines++;
    start = lineStart;
    if (lineStart === 0) break;
  }
  const lastLinePartial = lines === 0;
  const content = lastLinePartial ? lastBytes(text.slice(0, textEnd), most.bytes) : text.slice(start, textEnd);
  return {
    ...untruncated(content, totals, most),
    truncated: true,
    // A beginning that is no longer there can only have been cut for its size.
    truncatedBy: lines === most.lines ? "lines" : start === 0 ? "bytes" : truncatedBy,
    outputLines: Math.max(1, lines),
    outputBytes: Buffer.byteLength(content),
    lastLinePartial,
  };
}

function untruncated(content: string, totals: Totals, most: Totals): Truncation {
  return {
    content,
    truncated: false,
    truncatedBy: null,
    totalLines: totals.lines,
    totalBytes: totals.bytes,
    outputLines: totals.lines,
    outputBytes: totals.bytes,
    lastLinePartial: false,
    firstLineExceedsLimit: false,
    maxLines: most.lines,
    maxBytes: most.bytes,
  };
}

export function totalsOf(text: string): Totals {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return { lines: lines + (text.length > 0 && !text.endsWith("\n") ? 1 : 0), bytes: Buffer.byteLength(text) };
}

function lastBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text.slice(-limit));
  let start = Math.max(0, bytes.length - limit);
  // Not in the middle of a character.
  while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.toString("utf8", start);
}

/** `512B`, `58.6KB`, `3.2MB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)}KB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)}MB`;
  return `${(bytes / 1024 ** 3).toFixed(1)}GB`;
}
