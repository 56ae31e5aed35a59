// Text that cannot speak to a terminal: without escape sequences, control characters and marks that turn the direction of writing. Used by the
// streams that end at a terminal, and wherever words of others are shown. Pure. Invariant: line ends and tabs stay, letters of any script stay.

const control = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
/** CSI; the strings (OSC, DCS, SOS, PM, APC), which end with their line at the latest; what has two or three characters. */
export const escapeSequences = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g;
/** A line's end with any number of carriage returns before it. The look back lets a run be tried once, not once from each of its characters. */
export const lineEnds = /(?<!\r)\r+\n/g;
/** Colours, and the clearing of the line that a program keeps writing anew. */
const drawing = /(\x1b\[[0-9;]*m|\r\x1b\[2K)/;

export function plainText(text: string): string {
  if (!/[^\n\t\x20-\x7e]/.test(text)) return text;
  return text.replace(escapeSequences, "").replace(/\r\n/g, "\n").replace(control, "");
}

/** The same, but what we draw ourselves stays. */
export function drawnText(text: string): string {
  if (!/[^\n\t\x20-\x7e]/.test(text)) return text;
  return text
    .split(drawing)
    .map((part, at) => (at % 2 === 1 ? part : plainText(part)))
    .join("");
}

/** `plainText` of a text that comes in pieces: an escape sequence that a piece has the beginning of waits for its end. */
export class TerminalStream {
  #waiting = "";

  take(piece: string): string {
    const text = this.#waiting + piece;
    const begun = /\x1b(?:\[[0-?]{0,64}[ -/]{0,64}|[\]PX^_][^\x07\x1b\n]{0,4096}\x1b?|[ -/]{0,64})?$|\r$/.exec(text)?.index ?? text.length;
    this.#waiting = text.slice(begun);
    return plainText(text.slice(0, begun));
  }
}

/** Also halves of characters, which have no width before they are written and one afterwards. */
const unseen = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/** Control characters made visible, each by its picture, in place of what it would do; pieces of a text can be shown one by one. */
export function visibleText(text: string): string {
  if (!/[^\n\t\x20-\x7e]/.test(text)) return text;
  return text.replace(lineEnds, "\n").replace(unseen, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return code === 0x0d ? "" : String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}
