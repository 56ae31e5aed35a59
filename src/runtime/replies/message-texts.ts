// The texts of one answer as they grow: what of each block is new, whichever of deltas, the block's end and the whole message says it first.
// Made by answer-fold for each message. Invariant: what was said once is not said again; what a later word only repeats or leaves out adds nothing.

export class MessageTexts {
  readonly #joint: string;
  /** By content index. */
  readonly #said = new Map<number, string>();
  #last: number | undefined;

  /** `joint`: what stands between two blocks. */
  constructor(joint: string) {
    this.#joint = joint;
  }

  /** What is new, with the joint before it where another block begins. */
  add(index: number, delta: string): string {
    if (delta === "") return "";
    const before = this.#said.get(index);
    this.#said.set(index, before === undefined ? delta : before + delta);
    const isNext = this.#last !== undefined && this.#last !== index && before === undefined;
    this.#last = index;
    return isNext ? this.#joint + delta : delta;
  }

  /** The block as a whole: what of it is new. */
  whole(index: number, text: string): string {
    const said = this.#said.get(index) ?? "";
    return text.length > said.length && text.startsWith(said) ? this.add(index, text.slice(said.length)) : "";
  }
}
