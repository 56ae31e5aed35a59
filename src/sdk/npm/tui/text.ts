// Widths of texts as a terminal shows them: colours and other sequences take no room, wide characters two columns. Imported by extensions. Pure.

import { characterWidth } from "../../../contracts/text/terminal-text.ts";

const sequence = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[@-Z\\-_])/;
const pieces = new RegExp(`(${sequence.source})|([\\s\\S])`, "gu");

/** Where a hardware cursor would be put. */
export const CURSOR_MARKER = "\x1b_pi:c\x07";

export function stripTerminalSequences(text: string): string {
  return text.replaceAll(CURSOR_MARKER, "").replace(new RegExp(sequence.source, "g"), "");
}

export function visibleWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const char of stripTerminalSequences(text)) width += widthOf(char);
  return width;
}

function widthOf(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  if (code === 9) return 3;
  return code < 32 || (code >= 127 && code < 160) ? 0 : characterWidth(char);
}

/** From one column on, so many columns; sequences on the way stay. */
export function sliceByColumn(line: string, startColumn: number, length: number): string {
  let column = 0;
  let taken = "";
  for (const [, code, char = ""] of line.matchAll(pieces)) {
    if (code !== undefined) {
      if (column < startColumn + length) taken += code;
      continue;
    }
    const width = widthOf(char);
    if (column >= startColumn && column + width <= startColumn + length) taken += char;
    column += width;
  }
  return taken;
}

export function truncateToWidth(text: string, maxWidth: number, ellipsis = "...", pad = false): string {
  const width = visibleWidth(text);
  if (width <= maxWidth) return pad ? text + " ".repeat(maxWidth - width) : text;
  const room = Math.max(0, maxWidth - visibleWidth(ellipsis));
  const reset = /\x1b\[/.test(text) ? "\x1b[0m" : "";
  const cut = `${sliceByColumn(text, 0, room)}${reset}${sliceByColumn(ellipsis, 0, maxWidth)}`;
  return pad ? cut + " ".repeat(Math.max(0, maxWidth - visibleWidth(cut))) : cut;
}

/** Lines of at most so many columns, broken at blanks where there are some; a colour goes on in the next line. */
export function wrapTextWithAnsi(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => wrapLine(line, Math.max(1, width)));
}

function wrapLine(line: string, width: number): string[] {
  if (visibleWidth(line) <= width) return [line];
  const lines: string[] = [];
  let style = "";
  let current = "";
  for (const word of line.match(/\s+|\S+/g) ?? []) {
    if (visibleWidth(current) + visibleWidth(word) <= width) {
      current += word;
      continue;
    }
    if (stripTerminalSequences(current).trim() !== "") lines.push(current.trimEnd());
    style = styleAfter(current, style);
    current = style + (word.trim() === "" ? "" : word);
    while (visibleWidth(current) > width) {
      const head = sliceByColumn(current, 0, width);
      lines.push(head);
      style = styleAfter(head, "");
      current =
        style + sliceByColumn(current, visibleWidth(head), visibleWidth(current)).replace(new RegExp(`^(?:${sequence.source})*`), "");
    }
  }
  return [...lines, current];
}

/** The colours in force behind a text. */
function styleAfter(text: string, before: string): string {
  let style = before;
  for (const [code] of text.matchAll(/\x1b\[[\d;]*m/g)) style = /^\x1b\[0?m$/.test(code) ? "" : style + code;
  return style;
}
