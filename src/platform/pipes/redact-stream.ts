// The parts of a streamed answer without secrets, also those that are cut into pieces. Used for the events that a conversation tells and for
// recorded traces. Invariant: what holds no secret passes as it is; the pieces of a block still make up what its end says.

import { liveSecrets, type PieceRedactor } from "../secrets.ts";

export interface StreamPart {
  type: string;
  contentIndex?: number;
  delta?: string;
}

export class StreamRedactor<P extends StreamPart> {
  /** The last piece of the block that is growing, and what is known of its text. */
  #block: { part: P; pieces: PieceRedactor } | undefined;

  /** What comes in the part's place: nothing while it is not known whether a secret begins there. */
  redact(part: P): readonly P[] {
    if (liveSecrets.isEmpty || part.type === "usage" || part.type === "response") return [part];
    if (part.delta === undefined) return [...this.rest(), liveSecrets.redactValue(part)];
    const before = this.#block?.part.contentIndex === part.contentIndex ? [] : this.rest();
    this.#block = { part, pieces: this.#block?.pieces ?? liveSecrets.pieces() };
    const delta = this.#block.pieces.push(part.delta);
    if (delta === part.delta) return before.length === 0 ? [part] : [...before, part];
    return delta === "" ? before : [...before, { ...part, delta }];
  }

  /** What was held back, when the block goes on no more. */
  rest(): P[] {
    const block = this.#block;
    const delta = block?.pieces.end() ?? "";
    this.#block = undefined;
    return block === undefined || delta === "" ? [] : [{ ...block.part, delta }];
  }
}
