// One row as it is written: clipped to the screen, without blanks at its end that a terminal would wrap. Used by the screens. Pure.

import { sliceByColumn, visibleWidth } from "@earendil-works/pi-tui";
import { isImageLine } from "./image-line.ts";

const trailing = /( +)((?:\u001b\[[0-9;]*m|\u001b\]8;;[^\u0007\u001b]*(?:\u0007|\u001b\\))*)$/;
const style = /\u001b\[([0-9;]*)m/g;
export const rowEnd = "\u001b[0m\u001b]8;;\u0007";

/** Marks of a shell's prompt: on the terminal's own screen they are the shell's. */
const promptMark = /\u001b\]133;[A-D][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;

export function writtenRow(line: string, width: number): string {
  if (isImageLine(line)) return line;
  return fittingRow(line.includes("\u001b]133;") ? line.replace(promptMark, "") : line, width);
}

function fittingRow(line: string, width: number): string {
  const fitting = line.length > width && visibleWidth(line) > width ? sliceByColumn(line, 0, width, true) : line;
  const match = trailing.exec(fitting);
  const text = match === null ? fitting : fitting.slice(0, match.index);
  if (match === null) return closed(text);
  const look = lookAt(text);
  // A cursor block, an underline: there the blanks are what is seen.
  if (look.isDrawn) return closed(fitting);
  // The terminal fills the row with the colour by itself, and wraps nothing of it.
  return look.hasBackground && text.length > 0 ? `${text}\u001b[K${rowEnd}` : closed(look.hasBackground ? `${text}\u001b[K` : text);
}

function closed(text: string): string {
  return text.includes("\u001b") ? `${text}${rowEnd}` : text;
}

/** What is in force at the end of a text. */
function lookAt(text: string): { hasBackground: boolean; isDrawn: boolean } {
  let hasBackground = false;
  let isDrawn = false;
  for (const [, codes = ""] of text.matchAll(style)) {
    const parts = codes === "" ? ["0"] : codes.split(";");
    for (let at = 0; at < parts.length; at++) {
      const code = Number(parts[at]);
      if (code === 38 || code === 48 || code === 58) {
        if (code === 48) hasBackground = true;
        at += parts[at + 1] === "2" ? 4 : 2;
      } else if (code === 0) {
        hasBackground = false;
        isDrawn = false;
      } else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) hasBackground = true;
      else if (code === 49) hasBackground = false;
      else if (code === 7 || code === 4 || code === 9) isDrawn = true;
      else if (code === 27 || code === 24 || code === 29) isDrawn = false;
    }
  }
  return { hasBackground, isDrawn };
}
