// A block with its lines, kept until it, the width or the look changes. Made for each block that the fold adds; a screen shows them.
// Invariant: a frame that changes nothing in a block costs nothing for it; what is under way does not hold up keys, however long it is; a face that throws
// becomes one line.

import { lineOf } from "../../../contracts/error.ts";
import type { KeptBlock } from "../../../tui/kept-lines.ts";
import type { Block } from "./block.ts";
import { faceOf } from "./faces.ts";
import type { Drawn, Look } from "./look.ts";

/**
 * A block under way stands as it is for so many times as long as it takes to draw, so that a key seldom meets one that is being drawn. There are frames as
 * long as anything goes on.
 */
const restShare = 12;
/** So far it may be behind where a frame is a key's, which costs what the key has changed: the next one has the rest. */
const behindKeyMs = 50;
/** Of how many draws it is known how long they take: the clock has whole milliseconds. */
const averagedDraws = 4;
/** What is longer than it is shown. */
const expandable: ReadonlySet<string> = new Set(["tool", "shell", "summary", "note", "thinking"]);

/** Of the screen that shows it. */
export interface Frames {
  readonly isForKey: boolean;
  requestRender(): void;
}

export class BlockView implements KeptBlock {
  readonly block: Block;
  readonly #look: () => Look;
  readonly #frames: Frames | undefined;
  #face: Drawn;
  #lines: readonly string[] | undefined;
  #isCurrent = false;
  #drawnAtMs = 0;
  #tookMs = 0;
  #width = 0;
  #drawnLook: Look | undefined;
  /** Other than all others: the user has pressed on it. */
  #isTurned = false;
  #turnedLook: Look | undefined;
  #turnedFrom: Look | undefined;

  /** `face`: an extension's in place of ours. */
  constructor(block: Block, look: () => Look, face?: Drawn, frames?: Frames) {
    this.block = block;
    this.#look = look;
    this.#frames = frames;
    this.#face = face ?? faceOf(block);
  }

  lines(width: number): readonly string[] {
    const look = this.#lookNow();
    if (this.#lines !== undefined && this.#width === width && this.#drawnLook === look && (this.#isCurrent || this.#rests(look)))
      return this.#lines;
    const startedMs = look.now();
    const isFirst = this.#drawnAtMs === 0;
    this.#width = width;
    this.#drawnLook = look;
    this.#isCurrent = true;
    try {
      this.#lines = this.#face.draw(width, look);
    } catch (error) {
      const face = faceOf({
        kind: "notice",
        isLive: false,
        level: "error",
        text: `${this.block.kind} cannot be shown: ${lineOf(error)}`,
        hint: "",
      });
      this.#face = face;
      this.#lines = face.draw(width, look);
    }
    this.#drawnAtMs = look.now();
    const tookMs = this.#drawnAtMs - startedMs;
    this.#tookMs = isFirst ? tookMs : this.#tookMs + (tookMs - this.#tookMs) / averagedDraws;
    return this.#lines;
  }

  #rests(look: Look): boolean {
    if (!this.block.isLive) return false;
    const behindMs = look.now() - this.#drawnAtMs;
    if (behindMs < this.#tookMs * restShare) return true;
    if (this.#frames?.isForKey !== true || behindMs >= behindKeyMs) return false;
    this.#frames.requestRender();
    return true;
  }

  settled(): number {
    if (!this.block.isLive) return Number.POSITIVE_INFINITY;
    return this.#face.settled?.() ?? 0;
  }

  /** On its title, or on the line that says how much more there is: in full, or not. */
  press(lineIndex: number): boolean {
    const lines = this.#lines ?? [];
    if (!expandable.has(this.block.kind) || this.block.isLive || (lineIndex > 1 && lineIndex < lines.length - 1)) return false;
    this.#isTurned = !this.#isTurned;
    this.#lines = undefined;
    return true;
  }

  #lookNow(): Look {
    const look = this.#look();
    if (!this.#isTurned) return look;
    if (this.#turnedFrom !== look || this.#turnedLook === undefined) {
      this.#turnedFrom = look;
      this.#turnedLook = { ...look, isExpanded: !look.isExpanded, hidesThinking: false };
    }
    return this.#turnedLook;
  }

  /** The block is not what it was. */
  changed(): void {
    this.#isCurrent = false;
  }

  invalidate(): void {
    this.#lines = undefined;
  }
}
