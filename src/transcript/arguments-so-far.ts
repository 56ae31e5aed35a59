// The arguments of a tool call while a model still writes them, for those who show the call. Fed by the fold of a screen, one for each call.
// Invariant: a piece costs what it is long, not what came before it; nothing is guessed: what is no JSON ends it, and what was read until then stays.

import { maxArgumentLevels } from "../contracts/depth.ts";

interface Open {
  readonly container: Record<string, unknown> | unknown[];
  /** Where the next value belongs; of an object none while a key is to come. */
  key: string | number | undefined;
}

export class ArgumentsSoFar {
  /** Grows in place. Texts that are not over are in it as far as they have come; numbers and words once they are. */
  readonly args: Record<string, unknown> = {};
  /** The outermost first; before the first brace nothing is. */
  readonly #open: Open[] = [];
  /** A text that is not over. */
  #text: string | undefined;
  /** What has come of an escape: a backslash and more. */
  #escape = "";
  /** A number, `true`, `false` or `null` that may go on. */
  #word = "";
  #isOver = false;

  take(piece: string): void {
    let at = 0;
    while (at < piece.length && !this.#isOver) at = this.#text === undefined ? this.#outside(piece, at) : this.#inside(piece, at);
    if (this.#text !== undefined) this.#put(this.#text);
  }

  /** The next place to read on from, as of `#outside`. */
  #inside(piece: string, from: number): number {
    if (this.#escape !== "") {
      this.#escape += piece.charAt(from);
      if (this.#escape.length === (this.#escape.charAt(1) === "u" ? 6 : 2)) this.#endEscape();
      return from + 1;
    }
    let at = from;
    while (at < piece.length && piece[at] !== '"' && piece[at] !== "\\") at++;
    this.#text += piece.slice(from, at);
    if (piece[at] === "\\") this.#escape = "\\";
    else if (piece[at] === '"') this.#endText();
    return at + 1;
  }

  #endEscape(): void {
    const said = parsed(`"${this.#escape}"`);
    this.#escape = "";
    if (typeof said === "string") this.#text += said;
    else this.#isOver = true;
  }

  #endText(): void {
    const inner = this.#open.at(-1);
    if (inner?.key === undefined) {
      if (inner !== undefined) inner.key = this.#text;
    } else this.#put(this.#text);
    this.#text = undefined;
  }

  #outside(piece: string, at: number): number {
    const char = piece.charAt(at);
    if (/[\w.+-]/.test(char)) {
      this.#word += char;
      return at + 1;
    }
    this.#endWord();
    const inner = this.#open.at(-1);
    if (char === '"' && inner !== undefined) this.#text = "";
    else if (char === "{") this.#begin({});
    else if (char === "[") this.#begin([]);
    else if (char === "}" || char === "]") this.#end();
    else if (char === "," && inner !== undefined) inner.key = typeof inner.key === "number" ? inner.key + 1 : undefined;
    else if (!/[\s:]/.test(char)) this.#isOver = true;
    return at + 1;
  }

  #endWord(): void {
    if (this.#word === "") return;
    const value = parsed(this.#word);
    this.#word = "";
    if (value === undefined) this.#isOver = true;
    else this.#put(value);
  }

  #begin(container: Open["container"]): void {
    const isOutermost = this.#open.length === 0;
    if (this.#open.length > maxArgumentLevels || (isOutermost && Array.isArray(container))) {
      this.#isOver = true;
      return;
    }
    if (!isOutermost) this.#put(container);
    this.#open.push({ container: isOutermost ? this.args : container, key: Array.isArray(container) ? 0 : undefined });
  }

  #end(): void {
    this.#open.pop();
    // Some services begin with an empty object, and send the real one behind it.
    if (this.#open.length === 0 && Object.keys(this.args).length > 0) this.#isOver = true;
  }

  #put(value: unknown): void {
    const inner = this.#open.at(-1);
    if (inner?.key === undefined) return;
    // A key of any name is a key, also where an assignment would mean something else.
    Object.defineProperty(inner.container, inner.key, { value, writable: true, enumerable: true, configurable: true });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
