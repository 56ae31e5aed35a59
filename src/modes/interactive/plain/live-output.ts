// What a command of the user's own writes, line by line as it comes. Made by the mode without a screen, one a command. Invariant: of an output without end
// the first lines are printed and, when it is over, the last ones; what came is printed once.

import { plural } from "../../../transcript/format.ts";
import type { BlockOf } from "../blocks/block.ts";
import { commandOutcome } from "../blocks/faces.ts";

const maxLines = 1000;
const maxChars = 100_000;
const lastLines = 20;

export class LiveOutput {
  readonly #print: (lines: readonly string[]) => void;
  /** Of all that has come. */
  #seen = 0;
  #printedChars = 0;
  #lines = 0;
  /** Of lines that are not printed as they come. */
  #left = 0;
  #begun = "";

  constructor(print: (lines: readonly string[]) => void) {
    this.#print = print;
  }

  take({ output, arrived = output.length }: BlockOf<"shell">): void {
    const isNew = Math.min(arrived - this.#seen, output.length);
    this.#seen = arrived;
    if (isNew <= 0) return;
    const lines = (this.#begun + output.slice(-isNew)).split("\n");
    // A line without an end is cut, and no more than that of it is kept.
    this.#begun = (lines.pop() ?? "").slice(0, maxChars);
    this.#told(lines);
  }

  /** `block` has the end of the output by now. */
  end(block: BlockOf<"shell">): void {
    const { command, output, isHidden } = block;
    if (this.#begun !== "") this.#told([this.#begun]);
    if (this.#left > 0) {
      const last = output.replace(/\n$/, "").split("\n").slice(-Math.min(this.#left, lastLines));
      const about = this.#left > last.length ? `${plural(this.#left, "more line")}, of which the last are` : "and then";
      this.#print(["", `  … ${about}:`, ...last.map(indented)]);
    }
    this.#print(["", `${isHidden ? "!!" : "!"} ${command}`, `  ${commandOutcome(block) || "done"}`]);
  }

  #told(lines: readonly string[]): void {
    const room = this.#left > 0 ? 0 : maxLines - this.#lines;
    let fits = 0;
    while (fits < Math.min(room, lines.length) && this.#printedChars <= maxChars) {
      this.#printedChars += lines[fits]?.length ?? 0;
      fits++;
    }
    if (fits > 0) this.#print(lines.slice(0, fits).map(indented));
    this.#lines += fits;
    if (this.#left === 0 && fits < lines.length) this.#print(["  … more comes than is printed: the end of it follows when it is over"]);
    this.#left += lines.length - fits;
  }
}

const indented = (line: string): string => `  ${line.slice(0, maxChars)}`;
