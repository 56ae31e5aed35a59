// Which stretches of a streamed text are code, by CommonMark's fences and inline spans; the filters and the chunker of this folder ask it.
// Invariant: what it says depends on the text alone, never on where the stream was cut; what is not decided yet is left to the next call.

/** An inline span, and the first line of a fence, is looked for this far: whoever sends a mark and no end holds nothing up for longer. */
const lookAhead = 1000;

export interface Fence {
  /** Blanks and quote marks before the marker. */
  prefix: string;
  marker: string;
  /** The whole opening line, without its line break. */
  firstLine: string;
}

export interface Stretch {
  end: number;
  isCode: boolean;
}

/** The fence that a line opens; blanks of any number may stand before it, as in nested lists, and quote marks. */
export function openingFence(line: string): Fence | undefined {
  if (!line.includes("```") && !line.includes("~~~")) return undefined;
  const match = /^([ \t>]*)(`{3,}(?=[^`]*$)|~{3,})/.exec(line);
  if (match === null) return undefined;
  const [, prefix = "", marker = ""] = match;
  return { prefix, marker, firstLine: line.replace(/\r$/, "") };
}

export function isClosingFence(line: string, fence: Fence): boolean {
  const marker = /^[ \t>]*(`{3,}|~{3,})[ \t\r]*$/.exec(line)?.[1];
  return marker !== undefined && marker[0] === fence.marker[0] && marker.length >= fence.marker.length;
}

/** What a text is made of, read stretch by stretch: code as a whole, plain text up to the next mark, code or line break. */
export class CodeState {
  readonly #marks: RegExp;
  #fence: Fence | undefined;
  /** The line so far, as far as a fence could still be seen in it. */
  #line = "";

  /** `marks`: the characters before which plain text stops, because the caller wants to look there. */
  constructor(marks: string) {
    this.#marks = new RegExp(`[\\n\`~\\\\${marks.replace(/[\]\\^-]/g, "\\$&")}]`, "g");
  }

  get isInFence(): boolean {
    return this.#fence !== undefined;
  }

  /** The next stretch from `at`; undefined where more text is needed to tell, which is never so when it `isLast`. */
  read(text: string, at: number, isLast: boolean): Stretch | undefined {
    if (this.#fence !== undefined) return this.#inFence(text, at, this.#fence);
    const first = text[at];
    if (first === "\\") return this.#escaped(text, at, isLast);
    if (first === "`" || first === "~") return this.#marker(text, at, first, isLast);
    this.#marks.lastIndex = at + 1;
    const next = first === "\n" ? at + 1 : (this.#marks.exec(text)?.index ?? text.length);
    return this.#plain(text, at, text[next] === "\n" ? next + 1 : next);
  }

  #plain(text: string, at: number, end: number): Stretch {
    this.#note(text, at, end);
    return { end, isCode: false };
  }

  /** Only the head of a line can make it a fence's; the rest is not kept. */
  #note(text: string, at: number, end: number): void {
    if (text[end - 1] === "\n") this.#line = "";
    else if (this.#line.length < lookAhead) this.#line += text.slice(at, end);
  }

  #inFence(text: string, at: number, fence: Fence): Stretch {
    const lineEnd = text.indexOf("\n", at);
    const end = lineEnd < 0 ? text.length : lineEnd + 1;
    if (lineEnd >= 0 && isClosingFence(this.#line + text.slice(at, lineEnd), fence)) this.#fence = undefined;
    this.#note(text, at, end);
    return { end, isCode: true };
  }

  #escaped(text: string, at: number, isLast: boolean): Stretch | undefined {
    const next = text[at + 1];
    if (next === undefined && !isLast) return undefined;
    return this.#plain(text, at, next === "`" || next === "\\" ? at + 2 : at + 1);
  }

  #marker(text: string, at: number, mark: "`" | "~", isLast: boolean): Stretch | undefined {
    let runEnd = at + 1;
    while (text[runEnd] === mark && runEnd - at < lookAhead) runEnd++;
    const isRunOpen = runEnd === text.length && !isLast;
    if (isRunOpen) return undefined;
    const lineEnd = text.indexOf("\n", runEnd);
    const isBounded = lineEnd >= 0 || isLast || text.length - at > lookAhead;
    const horizon = Math.min(lineEnd < 0 ? text.length : lineEnd, at + lookAhead);

    if (runEnd - at >= 3 && /^[ \t>]*$/.test(this.#line)) {
      const hasAnother = mark === "`" && text.slice(runEnd, horizon).includes("`");
      if (!hasAnother && !isBounded) return undefined;
      const fence = hasAnother ? undefined : openingFence(this.#line + text.slice(at, horizon));
      if (fence !== undefined) {
        this.#fence = fence;
        const end = lineEnd >= 0 && lineEnd === horizon ? lineEnd + 1 : horizon;
        this.#note(text, at, end);
        return { end, isCode: true };
      }
    }
    if (mark === "~") return this.#plain(text, at, runEnd);
    return this.#span(text, at, runEnd, horizon, isBounded);
  }

  /** From a run of backticks to the next one of the same length in the line; without one the run is text. */
  #span(text: string, at: number, runEnd: number, horizon: number, isBounded: boolean): Stretch | undefined {
    const length = runEnd - at;
    for (const run of text.slice(runEnd, horizon).matchAll(/`+/g)) {
      const end = runEnd + run.index + run[0].length;
      if (end === text.length && !isBounded) return undefined;
      if (run[0].length !== length) continue;
      this.#note(text, at, end);
      return { end, isCode: true };
    }
    return isBounded ? this.#plain(text, at, runEnd) : undefined;
  }
}
