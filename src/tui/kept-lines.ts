// What has been said so far, as lines: blocks in order, of which those that have left the screen are the terminal's. Shown by both screens.
// Invariant: a line is handed to the terminal once, in its final form, in order; the cost of a frame is that of the blocks that are not handed yet.

import type { Component, TuiMouseEvent, TuiMouseEventResult } from "@earendil-works/pi-tui";
import { plainText } from "../contracts/text/plain.ts";
import { isImageLine } from "./image-line.ts";

/** A part of the transcript that keeps its own lines. */
export interface KeptBlock {
  /** Not wider than this. The same array as long as nothing has changed. */
  lines(width: number): readonly string[];
  /** Of the lines just given: so many will not change any more, but for another width. Infinity: nor will more come. */
  settled(): number;
  invalidate(): void;
  /** Pressed on this of its lines; whether that meant something. */
  press?(lineIndex: number): boolean;
}

/** What a screen that hands its history to the terminal draws from. */
export interface Tail {
  lines(width: number): { lines: readonly string[]; settled: number };
  /** So many of the settled ones have left the screen. */
  hand(count: number): void;
}

const noLines: readonly string[] = [];

/** One that has no lines yet may still get some, and so may one whose lines all stand. */
function isDone(block: KeptBlock): boolean {
  return block.settled() === Number.POSITIVE_INFINITY;
}

export class KeptLines implements Component, Tail {
  readonly #blocks: KeptBlock[] = [];
  /** The first block that is not handed in whole, and how many of its lines are. */
  #first = 0;
  #offset = 0;
  /** How many characters those lines have, and for which width. */
  #handedText = 0;
  #width = 0;
  /** Lines of the first settled blocks, for a screen that shows all of them. */
  #joined: string[] = [];
  /** Where each of those blocks ends in them. */
  #joinedEnds: number[] = [];
  #joinedWidth = 0;
  /** What stands above all that was said, and its lines as they were joined. */
  #top: KeptBlock | undefined;
  #topLines: readonly string[] = noLines;

  get blocks(): readonly KeptBlock[] {
    return this.#blocks;
  }

  add(block: KeptBlock): void {
    this.#blocks.push(block);
  }

  /** Above all others: what the terminal has, or does not get any more. */
  prepend(blocks: readonly KeptBlock[]): void {
    const hasTop = this.#top !== undefined;
    this.#blocks.splice(hasTop ? 1 : 0, 0, ...blocks);
    this.#first = Math.max(this.#first, hasTop ? 1 : 0) + blocks.length;
    this.#forgetJoined();
  }

  /** Above all others, also above those that come in later; it scrolls away with them. In place of the one before. */
  setTop(block: KeptBlock | undefined): void {
    if (this.#top !== undefined) this.remove(this.#top);
    this.#top = block;
    if (block === undefined) return;
    // The terminal has no room above what it has.
    if (this.#first > 0 || this.#offset > 0) this.#first++;
    this.#blocks.unshift(block);
    this.#forgetJoined();
  }

  /** A block that came to nothing. One that the terminal has a part of stays; what it has in whole it keeps. */
  remove(block: KeptBlock): void {
    const at = this.#blocks.lastIndexOf(block);
    if (at < 0 || (at === this.#first && this.#offset > 0)) return;
    if (at < this.#first) this.#first--;
    this.#blocks.splice(at, 1);
    this.#forgetJoined();
  }

  /** One that was done has other lines: those that the terminal has stay as they are. */
  changed(block: KeptBlock): void {
    const at = this.#blocks.lastIndexOf(block);
    if (at >= 0 && at < this.#joinedEnds.length) this.#joinedEnds.length = at;
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#top = undefined;
    this.#first = 0;
    this.#offset = 0;
    this.#handedText = 0;
    this.#forgetJoined();
  }

  lines(width: number): { lines: readonly string[]; settled: number } {
    if (width !== this.#width) this.#rewrap(width);
    const lines: string[] = [];
    let settled = 0;
    let isSettled = true;
    for (let at = this.#first; at < this.#blocks.length; at++) {
      const block = this.#blocks[at] as KeptBlock;
      const own = block.lines(width);
      const from = at === this.#first ? Math.min(this.#offset, own.length) : 0;
      for (let line = from; line < own.length; line++) lines.push(own[line] as string);
      if (!isSettled) continue;
      const final = Math.min(block.settled(), own.length);
      settled += Math.max(0, final - from);
      isSettled = isDone(block);
    }
    return { lines, settled };
  }

  hand(count: number): void {
    for (let left = count; left > 0 && this.#first < this.#blocks.length; ) {
      const block = this.#blocks[this.#first] as KeptBlock;
      const own = block.lines(this.#width);
      const taken = Math.min(left, own.length - this.#offset);
      for (let line = this.#offset; line < this.#offset + taken; line++) this.#handedText += textLength(own[line] as string);
      left -= taken;
      this.#offset += taken;
      if (this.#offset < own.length || !isDone(block)) return;
      this.#first++;
      this.#offset = 0;
      this.#handedText = 0;
    }
  }

  /** All lines; the same array each time, longer or with another end. */
  render(width: number): string[] {
    const top = this.#top?.lines(width) ?? noLines;
    if (width !== this.#joinedWidth || top !== this.#topLines) this.#forgetJoined();
    this.#joinedWidth = width;
    this.#topLines = top;
    this.#joined.length = this.#joinedEnds.at(-1) ?? 0;
    let isSettled = true;
    for (let at = this.#joinedEnds.length; at < this.#blocks.length; at++) {
      const block = this.#blocks[at] as KeptBlock;
      const own = block.lines(width);
      for (const line of own) this.#joined.push(line);
      isSettled &&= isDone(block);
      if (isSettled) this.#joinedEnds.push(this.#joined.length);
    }
    return this.#joined;
  }

  handleMouse({ type, button, y }: TuiMouseEvent): TuiMouseEventResult | undefined {
    if (button !== "left" || (type !== "press" && type !== "click")) return undefined;
    let line = y;
    for (const block of this.#blocks) {
      const { length } = block.lines(this.#joinedWidth);
      if (line >= length) {
        line -= length;
        continue;
      }
      // The press alone, so that whatever else is under the pointer can be selected.
      if (type === "click" || block.press?.(line) !== true) return undefined;
      this.changed(block);
      return { handled: true };
    }
    return undefined;
  }

  /** Colours or expansion have changed; what the terminal has stays as it is. */
  invalidate(): void {
    for (const block of this.#blocks) block.invalidate();
    this.#forgetJoined();
  }

  #forgetJoined(): void {
    this.#joined = [];
    this.#joinedEnds = [];
  }

  /** At another width the same text has other lines: those whose text the terminal has in whole are handed, no more. */
  #rewrap(width: number): void {
    const isFirst = this.#width === 0;
    this.#width = width;
    const block = this.#blocks[this.#first];
    if (isFirst || this.#offset === 0 || block === undefined) return;
    const own = block.lines(width);
    let text = 0;
    let count = 0;
    for (const line of own) {
      text += textLength(line);
      if (text > this.#handedText) break;
      count++;
    }
    this.#offset = count;
    this.#handedText = own.slice(0, count).reduce((sum, line) => sum + textLength(line), 0);
  }
}

/** Something of the library's as a part of the transcript: drawn with each frame, and what it is when it leaves the screen stays so. */
export class DrawnBlock implements KeptBlock {
  readonly #component: Component;
  #lines: readonly string[] = [];

  constructor(component: Component) {
    this.#component = component;
  }

  lines(width: number): readonly string[] {
    const lines = this.#component.render(width);
    if (lines.length !== this.#lines.length || lines.some((line, at) => line !== this.#lines[at])) this.#lines = lines;
    return this.#lines;
  }

  settled(): number {
    return Number.POSITIVE_INFINITY;
  }

  invalidate(): void {
    this.#component.invalidate?.();
  }
}

/** Without blanks: those are what wrapping changes. */
function textLength(line: string): number {
  if (isImageLine(line)) return 0;
  return plainText(line).replace(/\s+/g, "").length;
}
