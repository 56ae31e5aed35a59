// Pastes told from keys in what a terminal sends, before sequences are put together. Used by the screen's terminal. Invariants: each byte is part of a key or of
// a paste, in order; a paste costs what is in it once, however it was cut; the marker of a paste may be cut anywhere.

const begin = "\u001b[200~";
const end = "\u001b[201~";

/** What comes in one piece of so many characters, all of them text, nobody has typed. */
const leastPaste = 100;
/** So long the next piece of such a paste may take. */
const pieceMs = 20;
/** So long one between markers may be silent: behind that its end is lost (a connection that was cut, a program that was killed). */
const markedPieceMs = 2000;

/** A text as a terminal sends what is pasted: whatever is in it, it does not end there. */
export function markedPaste(text: string): string {
  return `${begin}${text.replace(ends, "[201~")}${end}`;
}

/** With all escapes before it: one alone taken out would leave another in its place. */
const ends = /\u001b+\[201~/g;

export interface PasteSink {
  /** `isWhole`: nothing more belongs to what is unfinished at its end. */
  keys(text: string, isWhole: boolean): void;
  paste(text: string): void;
}

export class PasteGate {
  readonly #sink: PasteSink;
  readonly #escapeMs: number;
  /** Of a paste between its markers. */
  #marked: string[] | undefined;
  /** A paste was taken as ended, and its end may still come. */
  #isLate = false;
  /** Of a terminal that marks none. */
  #unmarked: string[] = [];
  /** What may be the beginning of a marker. */
  #held = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: PasteSink, { escapeMs }: { escapeMs: number }) {
    this.#sink = sink;
    this.#escapeMs = escapeMs;
  }

  push(piece: string): void {
    clearTimeout(this.#timer);
    if (this.#marked !== undefined) {
      this.#inMarkers(piece);
      return;
    }
    const text = this.#held + piece;
    this.#held = "";
    if (this.#isLate && this.#endLate(text)) return;
    if (isText(text) && (this.#unmarked.length > 0 || text.length >= leastPaste)) {
      this.#unmarked.push(text);
      this.#later(pieceMs);
      return;
    }
    this.#endUnmarked();
    const at = text.indexOf(begin);
    if (at >= 0) {
      if (at > 0) this.#sink.keys(text.slice(0, at), true);
      this.#marked = [];
      this.#inMarkers(text.slice(at + begin.length));
      return;
    }
    this.#held = text.slice(text.length - overlap(text, begin));
    const keys = text.slice(0, text.length - this.#held.length);
    if (keys !== "") this.#sink.keys(keys, this.#held !== "");
    if (this.#held !== "") this.#later(this.#escapeMs);
  }

  /** What is held back goes where it belongs. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#endMarked();
    this.#endUnmarked();
    const held = this.#held;
    this.#held = "";
    if (held !== "") this.#sink.keys(held, true);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #inMarkers(piece: string): void {
    const pieces = this.#marked ?? [];
    // The marker may have begun in what came before.
    const before = pieces.pop() ?? "";
    const text = before.slice(-end.length) + piece;
    if (before.length > end.length) pieces.push(before.slice(0, -end.length));
    const at = text.indexOf(end);
    pieces.push(at < 0 ? text : text.slice(0, at));
    if (at < 0) {
      this.#marked = pieces;
      this.#later(markedPieceMs);
      return;
    }
    this.#marked = undefined;
    this.#sink.paste(pieces.join(""));
    const rest = text.slice(at + end.length);
    if (rest !== "") this.push(rest);
  }

  /** Its end did not come. */
  #endMarked(): void {
    if (this.#marked === undefined) return;
    const text = this.#marked.join("");
    this.#marked = undefined;
    this.#isLate = true;
    if (text !== "") this.#sink.paste(text);
  }

  /** What comes with the late end of a paste still belongs to it, and nothing of it is a key. */
  #endLate(text: string): boolean {
    const at = text.indexOf(end);
    const isOther = text.slice(0, Math.max(0, at)).includes(begin);
    if (at < 0 || isOther) return false;
    this.#isLate = false;
    if (at > 0) this.#sink.paste(text.slice(0, at));
    const rest = text.slice(at + end.length);
    if (rest !== "") this.push(rest);
    return true;
  }

  #endUnmarked(): void {
    const text = this.#unmarked.join("");
    this.#unmarked = [];
    if (text === "") return;
    // A line and Enter is what somebody typed ahead, or a program types.
    const line = /^[^\r\n]*/.exec(text)?.[0] ?? "";
    const isOneLine = /^[\r\n]*$/.test(text.slice(line.length));
    this.#sink.paste(isOneLine ? line : text);
    if (isOneLine && line.length < text.length) this.#sink.keys(text.slice(line.length), true);
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => this.flush(), ms);
  }
}

function isText(text: string): boolean {
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text);
}

/** How many characters at the end of the text the marker begins with. */
function overlap(text: string, marker: string): number {
  for (let length = Math.min(marker.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}
