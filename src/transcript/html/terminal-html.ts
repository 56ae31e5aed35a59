// Output of commands with the colours it would have in a terminal. Called by the tool cards and by the entries of the user's own commands.
// Invariant: without its marks, the result is exactly the escaped clean text; no style is written out, a mark is a class of the page's own.

import { cleanText, escapeHtml, safeText } from "./escape.ts";
import type { MarkBudget } from "./highlight.ts";

/** Only these sequences become marks; all others go. */
const graphicRendition = /\u001b\[([\d;:]{0,64})m/;

/** `fg` and `bg`: 0 to 15, the eight colours and their bright ones. */
interface Rendition {
  fg?: number | undefined;
  bg?: number | undefined;
  isBold?: boolean;
  isDim?: boolean;
  isItalic?: boolean;
  isUnderlined?: boolean;
  isStruck?: boolean;
  isInverse?: boolean;
}

/** `text` as the command wrote it. Plain where it has no colours, or the budget is spent. */
export function terminalHtml(text: string, budget: MarkBudget): string {
  if (!graphicRendition.test(text)) return safeText(text);
  // A line end stays one where a colour is set in the middle of it.
  const pieces = text.replace(/\r((?:\u001b\[[\d;:]{0,64}m)+)\n/g, "$1\n").split(graphicRendition);
  let html = "";
  let rendition: Rendition = {};
  // Plain text and the parameters of a sequence take turns.
  for (const [at, piece] of pieces.entries()) {
    if (at % 2 === 1) {
      rendition = changed(rendition, piece);
      continue;
    }
    const shown = escapeHtml(cleanText(piece));
    const classes = classesOf(rendition);
    if (shown === "" || classes === "" || budget.left <= 0) html += shown;
    else {
      budget.left--;
      html += `<span class="${classes}">${shown}</span>`;
    }
  }
  return html;
}

function changed(before: Rendition, parameters: string): Rendition {
  let now = { ...before };
  const codes = parameters.split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) now = {};
    else if (code === 38 || code === 48) {
      const { colour, length } = extendedColour(codes.slice(at + 1));
      if (code === 38) now.fg = colour;
      else now.bg = colour;
      at += length;
    } else set(now, code);
  }
  return now;
}

function set(now: Rendition, code: number): void {
  if (code === 1) now.isBold = true;
  else if (code === 2) now.isDim = true;
  else if (code === 3) now.isItalic = true;
  else if (code === 4) now.isUnderlined = true;
  else if (code === 7) now.isInverse = true;
  else if (code === 9) now.isStruck = true;
  else if (code === 22) {
    now.isBold = false;
    now.isDim = false;
  } else if (code === 23) now.isItalic = false;
  else if (code === 24) now.isUnderlined = false;
  else if (code === 27) now.isInverse = false;
  else if (code === 29) now.isStruck = false;
  else if (code >= 30 && code <= 37) now.fg = code - 30;
  else if (code === 39) now.fg = undefined;
  else if (code >= 40 && code <= 47) now.bg = code - 40;
  else if (code === 49) now.bg = undefined;
  else if (code >= 90 && code <= 97) now.fg = code - 82;
  else if (code >= 100 && code <= 107) now.bg = code - 92;
}

/** What follows a 38 or 48: `5;n`, or `2;r;g;b`. `length`: how many parameters it takes. */
function extendedColour([kind, one = 0, two = 0, three = 0]: readonly number[]): { colour: number | undefined; length: number } {
  if (kind === 2) return { colour: nearest(one, two, three), length: 4 };
  if (kind !== 5) return { colour: undefined, length: 1 };
  if (one < 16) return { colour: one, length: 2 };
  if (one >= 232) return { colour: nearest(8 + 10 * (one - 232), 8 + 10 * (one - 232), 8 + 10 * (one - 232)), length: 2 };
  const level = (sixth: number): number => (sixth === 0 ? 0 : 55 + 40 * sixth);
  const cube = one - 16;
  return { colour: nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)), length: 2 };
}

/** The page has sixteen colours, which are right on light and on dark: the one of the same hue. */
function nearest(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 40) return most < 60 ? 0 : most < 150 ? 8 : most < 220 ? 7 : 15;
  const middle = (most + least) / 2;
  const hue = (red > middle ? 1 : 0) + (green > middle ? 2 : 0) + (blue > middle ? 4 : 0);
  return most > 200 ? hue + 8 : hue;
}

function classesOf({ fg, bg, isInverse, ...how }: Rendition): string {
  const [front, back] = isInverse ? [bg, fg] : [fg, bg];
  const classes: string[] = [];
  if (isInverse && (front === undefined || back === undefined)) classes.push("zv");
  if (front !== undefined) classes.push(`z${front}`);
  if (back !== undefined) classes.push(`y${back}`);
  if (how.isBold) classes.push("zb");
  if (how.isDim) classes.push("zd");
  if (how.isItalic) classes.push("zi");
  if (how.isUnderlined) classes.push("zu");
  if (how.isStruck) classes.push("zs");
  return classes.join(" ");
}
