// What a command wrote, as a person would see it on a screen in the end: unlike `plainText`, what was written over is gone. Used by bash and by
// the user's shell. Pure.

import { escapeSequences, lineEnds } from "./plain.ts";

/** CSI as one character, which programs write and words of people do not have. */
const eightBitSequences = /\x9b[0-?]*[ -/]*[@-~]/g;

/** Drops escape sequences and control characters, and lets carriage returns and backspaces overwrite. */
export function cleanOutput(text: string): string {
  if (!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(text)) return text;
  const plain = text.replace(escapeSequences, "").replace(eightBitSequences, "").replace(lineEnds, "\n");
  const drawn = /[\r\b]/.test(plain) ? plain.split("\n").map(overwritten).join("\n") : plain;
  return drawn.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}

/** One line as it stands after its carriage returns (back to the first column) and backspaces. */
function overwritten(line: string): string {
  if (!/[\r\b]/.test(line)) return line;
  let shown = "";
  for (const segment of line.split("\r")) {
    const drawn = segment.includes("\b") ? withBackspaces(segment) : segment;
    shown = drawn.length >= shown.length ? drawn : drawn + shown.slice(drawn.length);
  }
  return shown;
}

function withBackspaces(segment: string): string {
  const cells: string[] = [];
  let column = 0;
  for (const character of segment) {
    if (character === "\b") column = Math.max(0, column - 1);
    else cells[column++] = character;
  }
  return cells.join("");
}

/** An escape sequence that has not ended, or a carriage return of which it is not known what follows. */
const unfinished = /(?:\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\n]*\x1b?|[ -/]*)|\x9b[0-?]*[ -/]*|(?<!\r)\r+)$/;
/** A sequence that goes on for longer than this is none. */
const maxHeldLength = 4096;

/** `cleanOutput` of what comes in pieces: what is cut in the middle of a sequence waits for its rest. */
export class OutputCleaner {
  #held = "";

  push(text: string): string {
    const whole = this.#held + text;
    const at = unfinished.exec(whole)?.index ?? whole.length;
    const isHeld = whole.length - at <= maxHeldLength;
    this.#held = isHeld ? whole.slice(at) : "";
    return cleanOutput(isHeld ? whole.slice(0, at) : whole);
  }

  /** The rest, when nothing more comes. */
  end(): string {
    const rest = cleanOutput(this.#held);
    this.#held = "";
    return rest;
  }
}
