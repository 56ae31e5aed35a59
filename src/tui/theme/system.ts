// The `system` theme once the terminal has told its colours: its hues, as light or dark as its background asks for. Made by the choice of a theme.
// Invariant: body text has a contrast of 4.5:1 on the background and on every panel, whatever the terminal's user has chosen.

import type { Rgb, TerminalPalette } from "../screen-terminal.ts";
import { darkPalette, lightPalette, type Palette, painted } from "./built-in.ts";
import type { ThemeSource } from "./theme.ts";

export const bodyContrast = 4.5;
const hueContrast = 3.5;
const mutedContrast = 3.6;
const dimContrast = 3;

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

/** `undefined`: the background is not known, and nothing can be placed on it. */
export function appearanceOf({ background }: Pick<TerminalPalette, "background">): "dark" | "light" | undefined {
  if (background === undefined) return undefined;
  return contrast(background, white) >= contrast(background, black) ? "dark" : "light";
}

/** `undefined` where the terminal has not told its background. */
export function systemTheme(told: TerminalPalette): ThemeSource | undefined {
  const { background } = told;
  const appearance = appearanceOf(told);
  if (background === undefined || appearance === undefined) return undefined;
  const own = appearance === "dark" ? darkPalette : lightPalette;
  const far = appearance === "dark" ? white : black;
  const foreground = told.foreground ?? rgbOf(own.text);
  const hue = (number: number, name: keyof Palette): Rgb => told.colours[number] ?? rgbOf(own[name]);
  const [red, green, yellow, blue, magenta, cyan] = (
    [
      [1, "red"],
      [2, "green"],
      [3, "yellow"],
      [4, "blue"],
      [5, "magenta"],
      [6, "cyan"],
    ] as const
  ).map(([number, name]) => hue(number, name)) as [Rgb, Rgb, Rgb, Rgb, Rgb, Rgb];
  // On a middle grey text is at its limit: there a panel goes the other way.
  const panel = (color: Rgb, amount: number): Rgb => standingOff(mixed(background, color, amount), far);
  const panels = {
    panel: panel(far, 0.07),
    userPanel: panel(far, 0.11),
    successPanel: panel(green, 0.1),
    errorPanel: panel(red, 0.12),
    selected: panel(blue, 0.2),
  };
  const grounds = [background, ...Object.values(panels)];
  const placed = (color: Rgb, least: number, on: readonly Rgb[] = [background]): Rgb => standingOut(color, on, least);
  const palette = {
    ...panels,
    text: placed(foreground, bodyContrast, grounds),
    muted: placed(mixed(foreground, background, 0.35), mutedContrast, grounds),
    dim: placed(mixed(foreground, background, 0.5), dimContrast),
    red: placed(red, hueContrast),
    green: placed(green, hueContrast),
    yellow: placed(yellow, hueContrast),
    blue: placed(blue, hueContrast),
    magenta: placed(magenta, hueContrast),
    cyan: placed(cyan, hueContrast, [background, panels.userPanel]),
  };
  const hex = Object.fromEntries(Object.entries(palette).map(([name, color]) => [name, hexOf(color)])) as Palette;
  return { name: "system", appearance, colors: painted(hex) };
}

/** Of WCAG 2: from 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

export function rgbOf(hex: string): Rgb {
  const number = Number.parseInt(hex.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}

function hexOf(color: Rgb): string {
  return `#${color.map((channel) => Math.round(channel).toString(16).padStart(2, "0")).join("")}`;
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mixed(one: Rgb, other: Rgb, amount: number): Rgb {
  return [0, 1, 2].map((at) => Math.round((one[at] ?? 0) * (1 - amount) + (other[at] ?? 0) * amount)) as unknown as Rgb;
}

/** A ground on which text of that end can be read. */
function standingOff(ground: Rgb, end: Rgb): Rgb {
  const away = end === white ? black : white;
  let moved = ground;
  for (let amount = 0.05; amount < 1 && contrast(moved, end) < bodyContrast; amount += 0.05) moved = mixed(ground, away, amount);
  return moved;
}

/** As much lighter or darker as it takes; where the grounds allow neither, the better of both ends. */
function standingOut(color: Rgb, grounds: readonly Rgb[], least: number): Rgb {
  const worst = (one: Rgb): number => Math.min(...grounds.map((ground) => contrast(one, ground)));
  if (worst(color) >= least) return color;
  const end = worst(white) >= worst(black) ? white : black;
  for (let amount = 0.05; amount < 1; amount += 0.05) {
    const moved = mixed(color, end, amount);
    if (worst(moved) >= least) return moved;
  }
  return end;
}
