// Markdown that grows: what is finished is parsed and wrapped once, only what may still change is done again. Used by the face of texts.
// Invariant: in how many pieces the text came makes no difference to its lines; blocks are cut where a blank line ends one for sure.

import { Markdown, type MarkdownTheme } from "@earendil-works/pi-tui";
import { findHeadingsByTheirLine } from "../../../tui/setext-headings.ts";

/** Where the text can be cut so that both parts read as they do together. */
export class BlockCutter {
  /** Of the block that is not finished. */
  start = 0;
  /** The block under way is one that grows line by line: a fence. */
  isInFence = false;
  #at = 0;
  #fence = "";
  #isMath = false;
  #isList = false;
  #hasText = false;
  #wasBlank = false;

  /** Ends of the blocks that the text, longer by now, has finished. */
  take(text: string): number[] {
    const cuts: number[] = [];
    for (;;) {
      const end = text.indexOf("\n", this.#at);
      if (end < 0) break;
      const cut = this.#line(text.slice(this.#at, end), this.#at);
      if (cut !== undefined) cuts.push(cut);
      this.#at = end + 1;
    }
    this.isInFence = this.#fence !== "";
    return cuts;
  }

  #line(line: string, at: number): number | undefined {
    if (this.#fence !== "") {
      const close = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(line)?.[1];
      if (close !== undefined && close[0] === this.#fence[0] && close.length >= this.#fence.length) this.#fence = "";
      return undefined;
    }
    if (this.#isMath) {
      if (/(?:\$\$|\\\])\s*$/.test(line)) this.#isMath = false;
      return undefined;
    }
    if (line.trim() === "") {
      this.#wasBlank = true;
      return undefined;
    }
    const isItem = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/.test(line);
    const begins = this.#wasBlank && this.#hasText && !/^\s/.test(line) && !(this.#isList && isItem);
    this.#wasBlank = false;
    if (begins || !this.#hasText) this.#isList = isItem;
    this.#hasText = true;
    this.#fence = /^ {0,3}(`{3,}(?!.*`)|~{3,})/.exec(line)?.[1] ?? "";
    this.#isMath = /^ {0,3}(?:\$\$|\\\[)\s*$/.test(line);
    if (!begins) return undefined;
    this.start = at;
    return at;
  }
}

export class StreamedMarkdown {
  readonly #theme: MarkdownTheme;
  readonly #color: ((text: string) => string) | undefined;
  #text = "";
  #cutter = new BlockCutter();
  #finished: string[] = [];
  #width = 0;
  /** Of the finished blocks, with the blank lines between them. */
  #lines: string[] = [];
  #drawnBlocks = 0;
  #finishedLines = 0;
  #tail: Markdown | undefined;
  #settled = 0;

  constructor(theme: MarkdownTheme, color?: (text: string) => string) {
    this.#theme = theme;
    this.#color = color;
    findHeadingsByTheirLine();
  }

  setText(text: string): void {
    if (!text.startsWith(this.#text)) this.#reset();
    let start = this.#cutter.start;
    for (const cut of this.#cutter.take(text)) {
      this.#finished.push(text.slice(start, cut));
      start = cut;
    }
    this.#text = text;
  }

  /** Of the lines given last: those of finished blocks, and of a fence that only grows. */
  get settled(): number {
    return this.#settled;
  }

  lines(width: number): string[] {
    if (width !== this.#width) {
      this.#width = width;
      this.#lines = [];
      this.#drawnBlocks = 0;
      this.#finishedLines = 0;
      this.#tail = undefined;
    }
    this.#lines.length = this.#finishedLines;
    for (; this.#drawnBlocks < this.#finished.length; this.#drawnBlocks++) {
      this.#add(this.#markdown(this.#finished[this.#drawnBlocks] ?? "").render(width));
      this.#tail = undefined;
    }
    this.#finishedLines = this.#lines.length;
    const rest = this.#text.slice(this.#cutter.start).trimEnd();
    this.#tail ??= this.#markdown("");
    this.#tail.setText(rest);
    const before = this.#lines.length;
    if (rest !== "") this.#add(this.#tail.render(width));
    // The border below the code and the line that is being written still move.
    this.#settled = this.#cutter.isInFence ? Math.max(before, this.#lines.length - 2) : before;
    return this.#lines;
  }

  #add(lines: readonly string[]): void {
    if (this.#lines.length > 0 && lines.length > 0) this.#lines.push("");
    for (const line of lines) this.#lines.push(line);
  }

  #markdown(text: string): Markdown {
    return new Markdown(
      text.trim() === "" ? "" : text.replace(/^\n+/, "").trimEnd(),
      0,
      0,
      this.#theme,
      this.#color && { color: this.#color },
    );
  }

  #reset(): void {
    this.#text = "";
    this.#cutter = new BlockCutter();
    this.#finished = [];
    this.#width = 0;
  }
}
