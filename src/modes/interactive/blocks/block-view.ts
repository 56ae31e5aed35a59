// A block with its lines, kept until it, the width or the look changes. Made for each block that the fold adds; a screen shows them.
// Invariant: a frame that changes nothing in a block costs nothing for it; a face that throws becomes one line.

import { lineOf } from "../../../contracts/error.ts";
import type { KeptBlock } from "../../../tui/kept-lines.ts";
import type { Block } from "./block.ts";
import { faceOf } from "./faces.ts";
import type { Drawn, Look } from "./look.ts";

/** What is longer than it is shown. */
const expandable: ReadonlySet<string> = new Set(["tool", "shell", "summary", "note", "thinking"]);

export class BlockView implements KeptBlock {
  readonly block: Block;
  readonly #look: () => Look;
  #face: Drawn;
  #lines: readonly string[] | undefined;
  #width = 0;
  #drawnLook: Look | undefined;
  /** Other than all others: the user has pressed on it. */
  #isTurned = false;
  #turnedLook: Look | undefined;
  #turnedFrom: Look | undefined;

  /** `face`: an extension's in place of ours. */
  constructor(block: Block, look: () => Look, face?: Drawn) {
    this.block = block;
    this.#look = look;
    this.#face = face ?? faceOf(block);
  }

  lines(width: number): readonly string[] {
    const look = this.#lookNow();
    if (this.#lines !== undefined && this.#width === width && this.#drawnLook === look) return this.#lines;
    this.#width = width;
    this.#drawnLook = look;
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
    return this.#lines;
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
    this.#lines = undefined;
  }

  invalidate(): void {
    this.#lines = undefined;
  }
}
