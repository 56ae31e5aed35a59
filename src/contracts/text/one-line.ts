// Text of several lines in one, for whatever has one line for it: messages, names, rows of a screen. Pure.

/** The blanks around a line's end are one. The look back lets a run of blanks be tried once, not once from each of its characters. */
export function inOneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/(?<!\s)\s*[\r\n]+\s*/g, " ") : text;
}
