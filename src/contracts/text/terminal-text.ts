// How text looks on a terminal: colours only where there is one that wants them, widths in columns, cutting, ages in words. Called by whoever
// writes for people. Pure. Invariant: nothing that has gone through it can move the cursor or change the terminal.

import { plainText } from "./plain.ts";

const styleCodes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 } as const;

export type Style = keyof typeof styleCodes;
export type Paint = (text: string, ...styles: Style[]) => string;

export interface TextForm {
  paint: Paint;
  /** Columns that a line may take; `undefined`: as long as it is. */
  width: number | undefined;
}

/** Where the text goes, and what the user's environment says of it. */
export interface TextPlace {
  stdout: { readonly isTerminal: boolean; readonly columns: number };
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * Colours and a width on a terminal; neither in a pipe or a file. `NO_COLOR` (any value but the empty one) and `TERM=dumb` take the colours
 * away; `FORCE_COLOR` and `CLICOLOR_FORCE` (any but the empty one and 0) give them to a pipe, for `less -R`.
 */
export function textForm({ stdout: { isTerminal, columns }, env }: TextPlace): TextForm {
  const { NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM } = env;
  const isForced = [FORCE_COLOR, CLICOLOR_FORCE].some((value) => value !== undefined && value !== "" && value !== "0");
  const isColoured = !NO_COLOR && (isForced || (isTerminal && TERM !== "dumb"));
  return { paint: isColoured ? coloured : (text) => text, width: isTerminal ? Math.max(20, columns) : undefined };
}

function coloured(text: string, ...styles: Style[]): string {
  return text === "" ? "" : `${styles.map((style) => `\u001b[${styleCodes[style]}m`).join("")}${text}\u001b[0m`;
}

/** `plainText` in one line. */
export function plainLine(text: string): string {
  const plain = plainText(text);
  // Most lines are lines already, and replacing every blank by a blank is slow.
  return (/[^\S ]| {2}/.test(plain) ? plain.replace(/\s+/g, " ") : plain).trim();
}

/** Columns: two for wide characters, none for what joins the one before. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Cut to so many columns, with an ellipsis where something is left out. */
export function cutToWidth(text: string, width: number | undefined): string {
  if (width === undefined || textWidth(text) <= width) return text;
  let shown = "";
  let used = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width - 1) break;
    shown += character;
  }
  return width < 1 ? "" : `${shown}…`;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

/** Of one that is printed. */
export function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  // A variation selector makes the character before it an emoji, which is wide: no more than a column too many.
  if (code === 0xfe0f) return 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0;
  const isWide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  if (isWide) return 2;
  const isFlagLetter = code >= 0x1f1e6 && code <= 0x1f1ff;
  return !isFlagLetter && /^\p{Emoji_Presentation}$/u.test(character) ? 2 : 1;
}

const ageUnits = [
  { name: "second", seconds: 1, upTo: 90 },
  { name: "minute", seconds: 60, upTo: 90 * 60 },
  { name: "hour", seconds: 3600, upTo: 36 * 3600 },
  { name: "day", seconds: 86_400, upTo: 14 * 86_400 },
  { name: "week", seconds: 7 * 86_400, upTo: 70 * 86_400 },
  { name: "month", seconds: 30.44 * 86_400, upTo: 365 * 86_400 },
];
const yearSeconds = 365.25 * 86_400;

/** `3 hours ago`, in the steps that git uses. */
export function ageInWords(thenMs: number, nowMs: number): string {
  const age = Math.max(0, (nowMs - thenMs) / 1000);
  const unit = ageUnits.find(({ upTo }) => age < upTo) ?? { name: "year", seconds: yearSeconds };
  const count = Math.max(unit.seconds === 1 ? 0 : 1, Math.round(age / unit.seconds));
  return `${count} ${unit.name}${count === 1 ? "" : "s"} ago`;
}

const ageLetters: Record<string, string> = { second: "s", minute: "m", hour: "h", day: "d", week: "w", month: "mo", year: "y" };

/** The same in the letters that `--since` takes: `3h`. */
export function shortAge(thenMs: number, nowMs: number): string {
  const [count = "", unit = ""] = ageInWords(thenMs, nowMs).split(" ");
  return `${count}${ageLetters[unit.replace(/s$/, "")] ?? ""}`;
}

/** `2026-11-20 10:03`, local time. */
export function timeText(timestampMs: number): string {
  if (!Number.isFinite(timestampMs)) return "";
  const time = new Date(timestampMs);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${dayText(timestampMs)} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** `10:03:07`, local time. */
export function timeOfDay(timestampMs: number): string {
  const time = new Date(timestampMs);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** `2026-11-20`, local time. */
export function dayText(timestampMs: number): string {
  const time = new Date(timestampMs);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** Dollars with as many decimals as say something. */
export function costText(usd: number): string {
  if (usd === 0) return "$0";
  return `$${usd.toFixed(usd >= 1 ? 2 : usd >= 0.1 ? 3 : 4)}`;
}

/** `950`, `12.3k`, `4.5M`. */
export function countText(count: number): string {
  if (count < 1000) return String(count);
  return count < 999_950 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1e6).toFixed(1)}M`;
}

/** `950 B`, `12.3 kB`, `4.5 MB`. */
export function byteText(bytes: number): string {
  if (bytes >= 999_950_000) return `${(bytes / 1e9).toFixed(1)} GB`;
  return countText(bytes).replace(/\D?$/, (unit) => ` ${unit}B`);
}
