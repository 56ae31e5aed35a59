// A file's bytes seen as text with LF line ends, and the way back to the bytes. Used by edit.
// Invariant: bytes that no replacement touches come out as they went in: BOM, CRLF, mixed line ends, invalid UTF-8, missing last LF.
// A file with no LF in it whose lines end in CR stays one; beside LF a CR alone is a character like others.

export interface Replacement {
  /** Byte offsets in `SourceText.lf`. */
  start: number;
  end: number;
  /** The text looked for, line by line the same lines as stand at start..end; LF line ends. */
  oldText: string;
  newText: string;
}

export class SourceText {
  readonly #original: Buffer;
  readonly #bomBytes: number;
  /** Offsets in `lf` of the LFs that were CRLF. */
  readonly #crlf: Int32Array;
  /** The content without BOM and with LF for CRLF, or for CR where no other line end is. */
  readonly lf: Buffer;
  readonly #endsInCr: boolean;

  constructor(bytes: Uint8Array) {
    this.#original = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bomBytes = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    const body = this.#original.subarray(this.#bomBytes);
    this.#endsInCr = !body.includes(10) && body.includes(13);
    const { lf, crlf } = this.#endsInCr ? { lf: withLineFeeds(body), crlf: new Int32Array(0) } : withoutCarriageReturns(body);
    this.lf = lf;
    this.#crlf = crlf;
  }

  /** A text from outside as it would stand in `lf`. */
  withItsLineEnds(text: string): string {
    return this.#endsInCr ? text.replaceAll("\r", "\n") : text;
  }

  endsLine(bytes: Buffer): boolean {
    return bytes.at(-1) === (this.#endsInCr ? 13 : 10);
  }

  /** The file's bytes with the replacements made; they are sorted and do not overlap. */
  apply(replacements: readonly Replacement[]): Buffer {
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const replacement of replacements) {
      const start = this.#originalOffset(replacement.start);
      parts.push(this.#original.subarray(at, start));
      parts.push(Buffer.from(this.#replacementText(replacement), "latin1"));
      at = this.#originalOffset(replacement.end);
    }
    parts.push(this.#original.subarray(at));
    return Buffer.concat(parts);
  }

  /** The same in the LF view, as text. Lines that old and new text share keep what stands in the file. */
  replacementLines({ start, end, oldText, newText }: Replacement): string[] {
    return this.#mergedLines(this.lf.toString("utf8", start, end).split("\n"), oldText.split("\n"), newText.split("\n"));
  }

  /** As a string of bytes, with each line's own line end. */
  #replacementText({ start, end, oldText, newText }: Replacement): string {
    const present = this.lf.toString("latin1", start, end).split("\n");
    const oldLines = oldText.split("\n");
    const newLines = newText.split("\n");
    const lines = this.#mergedLines(present, oldLines, newLines, (text) => Buffer.from(text, "utf8").toString("latin1"));
    const { before, after } = sharedLines(oldLines, newLines);
    const ends = this.#lineEnds(start, present);
    const fallback = this.#lineEndNear(start, end);
    let text = "";
    lines.forEach((line, index) => {
      text += line;
      if (index === lines.length - 1) return;
      const fromEnd = lines.length - 1 - index;
      const isBeforeTail = fromEnd <= after;
      const oldIndex = isBeforeTail ? oldLines.length - 1 - fromEnd : Math.min(index, ends.length - 1);
      text += ends[index < before ? index : oldIndex] ?? fallback;
    });
    return text;
  }

  #mergedLines(present: string[], oldLines: string[], newLines: string[], encode = (text: string): string => text): string[] {
    const { before, after } = sharedLines(oldLines, newLines);
    return [
      ...present.slice(0, before),
      ...newLines.slice(before, newLines.length - after).map(encode),
      ...(after > 0 ? present.slice(present.length - after) : []),
    ];
  }

  #lineEnds(start: number, lines: readonly string[]): string[] {
    const ends: string[] = [];
    let at = start;
    for (const line of lines.slice(0, -1)) {
      at += line.length;
      ends.push(this.#lineEndAt(at));
      at++;
    }
    return ends;
  }

  /** What the lines around use: the line that the range ends in, else the one before it. */
  #lineEndNear(start: number, end: number): string {
    const next = this.lf.indexOf(10, end);
    const near = next >= 0 ? next : this.lf.subarray(0, start).lastIndexOf(10);
    return this.#lineEndAt(near);
  }

  #lineEndAt(offset: number): string {
    if (this.#endsInCr) return "\r";
    return this.#crlf[this.#crlfBefore(offset)] === offset ? "\r\n" : "\n";
  }

  #originalOffset(offset: number): number {
    return this.#bomBytes + offset + this.#crlfBefore(offset);
  }

  /** How many CRLF stand before the offset. */
  #crlfBefore(offset: number): number {
    let low = 0;
    let high = this.#crlf.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#crlf[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How many whole lines at both ends are the same; at least one line of each lies between. */
function sharedLines(oldLines: readonly string[], newLines: readonly string[]): { before: number; after: number } {
  const most = Math.min(oldLines.length, newLines.length) - 1;
  let before = 0;
  while (before < most && oldLines[before] === newLines[before]) before++;
  let after = 0;
  while (after < most - before && oldLines.at(-1 - after) === newLines.at(-1 - after)) after++;
  return { before, after };
}

function withLineFeeds(body: Buffer): Buffer {
  const lf = Buffer.from(body);
  for (let at = lf.indexOf(13); at >= 0; at = lf.indexOf(13, at + 1)) lf[at] = 10;
  return lf;
}

function withoutCarriageReturns(body: Buffer): { lf: Buffer; crlf: Int32Array } {
  const offsets: number[] = [];
  for (let at = body.indexOf("\r\n"); at >= 0; at = body.indexOf("\r\n", at + 2)) offsets.push(at - offsets.length);
  if (offsets.length === 0) return { lf: body, crlf: new Int32Array(0) };
  const lf = Buffer.allocUnsafe(body.length - offsets.length);
  let from = 0;
  let to = 0;
  offsets.forEach((offset, index) => {
    const carriageReturn = offset + index;
    body.copy(lf, to, from, carriageReturn);
    to += carriageReturn - from;
    from = carriageReturn + 1;
  });
  body.copy(lf, to, from);
  return { lf, crlf: Int32Array.from(offsets) };
}
