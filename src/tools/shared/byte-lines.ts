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

export function* byteLines(content: Buffer): Generator<ByteLine> {
  for (let start = 0; ; ) {
    const newline = content.indexOf(10, start);
    const end = newline < 0 ? content.length : newline;
    yield { start, end, text: end - start > longestLine ? undefined : content.toString("utf8", start, end) };
    if (newline < 0) return;
    start = newline + 1;
  }
}
