// The lines of a large text one by one, without making all of them strings at once. Used by edit to look for what it did not find.

export interface ByteLine {
  /** Byte offset of the line, and of its LF or of the end of the text. */
  start: number;
  end: number;
  /** Nothing where it is longer than anybody looks into. */
  text: string | undefined;
}

/** Longer lines are not text that somebody wrote. */
const longestLine = 64 * 1024;

/** Made strings of at once: a string for each line of its own is more rubbish than it is text. */
const blockBytes = 256 * 1024;

export function* byteLines(content: Buffer): Generator<ByteLine> {
  for (let start = 0; start <= content.length; ) {
    const lastEnd = endOfBlock(content, start);
    if (lastEnd === undefined) {
      const newline = content.indexOf(10, start);
      const end = newline < 0 ? content.length : newline;
      yield { start, end, text: undefined };
      if (newline < 0) return;
      start = newline + 1;
      continue;
    }
    yield* linesOfBlock(content, start, lastEnd);
    start = lastEnd + 1;
  }
}

/** Where the last whole line of the block ends; nothing where its first line is too long to look into. */
function endOfBlock(content: Buffer, start: number): number | undefined {
  if (content.length - start <= longestLine) return content.length;
  const first = content.subarray(start, start + longestLine + 1).indexOf(10);
  if (first < 0) return undefined;
  const block = content.subarray(start, start + blockBytes);
  if (start + block.length === content.length && content.length - start - block.lastIndexOf(10) <= longestLine) return content.length;
  return start + block.lastIndexOf(10);
}

/** An LF is one whatever stands before it, also in bytes that are no UTF-8: offsets and texts go side by side. */
function* linesOfBlock(content: Buffer, from: number, to: number): Generator<ByteLine> {
  const text = content.toString("utf8", from, to);
  const isAscii = text.length === to - from;
  for (let start = from, at = 0; ; ) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? to : isAscii ? from + newline : content.indexOf(10, start);
    const isLong = end - start > longestLine;
    yield { start, end, text: isLong ? undefined : text.slice(at, newline < 0 ? undefined : newline) };
    if (newline < 0) return;
    start = end + 1;
    at = newline + 1;
  }
}
