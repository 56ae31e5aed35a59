// A theme: texts in the colours of their roles, as deep as the terminal can. Made by the theme files' reader and by who opens a screen; extensions
// get it as `ctx.ui.theme`. Invariant: an unknown role is the text's own colour; without colours all that is left is bold, underline and reverse.

import { backgroundAnsi, type Color, foregroundAnsi } from "@earendil-works/pi-tui";
import { isRole, type Role, roleFallbacks, roles } from "./roles.ts";

export type ColorDepth = "truecolor" | "256color" | "16color" | "none";

/** `""`: the terminal's own. A number below 16: a colour that the terminal's user has chosen. `faint`: the terminal's own, fainter. */
export type ThemeColor = Color | "" | "faint";

export interface ThemeSource {
  name: string;
  /** Where it was read; built in without. */
  path?: string;
  appearance: "dark" | "light";
  colors: Partial<Record<Role, ThemeColor>>;
}

const indexed = (index: number): Color => ({ kind: "indexed", index });

export class Theme {
  readonly name: string;
  readonly sourcePath: string | undefined;
  readonly appearance: "dark" | "light";
  readonly depth: ColorDepth;
  readonly #source: ThemeSource;
  readonly #codes = new Map<Role, string>();

  constructor(source: ThemeSource, depth: ColorDepth) {
    this.#source = source;
    this.name = source.name;
    this.sourcePath = source.path;
    this.appearance = source.appearance;
    this.depth = depth;
  }

  fg(role: string, text: string): string {
    const code = isRole(role) ? this.#code(role) : "";
    if (code === "" || text === "") return text;
    return `${code}${text}${code === faint ? "\u001b[22m" : "\u001b[39m"}`;
  }

  bg(role: string, text: string): string {
    const code = isRole(role) ? this.#code(role) : "";
    return code === "" || text === "" ? text : `${code}${text}\u001b[49m`;
  }

  hasBg(role: Role): boolean {
    return this.#code(role) !== "";
  }

  bold(text: string): string {
    return `\u001b[1m${text}\u001b[22m`;
  }

  italic(text: string): string {
    return this.depth === "none" ? text : `\u001b[3m${text}\u001b[23m`;
  }

  underline(text: string): string {
    return `\u001b[4m${text}\u001b[24m`;
  }

  inverse(text: string): string {
    return `\u001b[7m${text}\u001b[27m`;
  }

  strikethrough(text: string): string {
    return this.depth === "none" ? text : `\u001b[9m${text}\u001b[29m`;
  }

  getFgAnsi(role: string): string {
    return (isRole(role) && this.#code(role)) || "\u001b[39m";
  }

  getBgAnsi(role: string): string {
    return (isRole(role) && this.#code(role)) || "\u001b[49m";
  }

  getColorMode(): "truecolor" | "256color" {
    return this.depth === "truecolor" ? "truecolor" : "256color";
  }

  getThinkingBorderColor(level: string): (text: string) => string {
    const role = `thinking${level.charAt(0).toUpperCase()}${level.slice(1)}`;
    return (text) => this.fg(isRole(role) ? role : "border", text);
  }

  getBashModeBorderColor(): (text: string) => string {
    return (text) => this.fg("bashMode", text);
  }

  /** Of the role, or of the one it falls back to. */
  color(role: Role): ThemeColor {
    const own = this.#source.colors[role];
    const other = roleFallbacks[role];
    return own ?? (other === undefined ? "" : this.color(other));
  }

  #code(role: Role): string {
    const known = this.#codes.get(role);
    if (known !== undefined) return known;
    const code = codeOf(this.color(role), roles[role], this.depth);
    this.#codes.set(role, code);
    return code;
  }
}

const faint = "\u001b[2m";

function codeOf(color: ThemeColor, ground: "fg" | "bg", depth: ColorDepth): string {
  if (color === "" || depth === "none") return "";
  if (color === "faint") return ground === "fg" ? faint : "";
  if (color.kind === "indexed" && color.index < 16) return sixteen(color.index, ground);
  // Sixteen colours have none that would do for a panel.
  if (depth === "16color") return ground === "bg" ? "" : sixteen(nearestOfSixteen(color), ground);
  return ground === "fg" ? foregroundAnsi(color, depth) : backgroundAnsi(color, depth);
}

function sixteen(index: number, ground: "fg" | "bg"): string {
  const base = ground === "fg" ? (index < 8 ? 30 : 82) : index < 8 ? 40 : 92;
  return `\u001b[${base + index}m`;
}

/** By hue: what is grey is the terminal's grey, all else the colour whose name one would give it. */
function nearestOfSixteen(color: Color): number {
  const code = /38;2;(\d+);(\d+);(\d+)/.exec(foregroundAnsi(color, "truecolor"));
  const [red, green, blue] = code === null ? [128, 128, 128] : code.slice(1).map(Number);
  const [r, g, b] = [red ?? 0, green ?? 0, blue ?? 0];
  const [low, high] = [Math.min(r, g, b), Math.max(r, g, b)];
  if (high - low < 40) return high > 200 ? 7 : 8;
  const middle = (low + high) / 2;
  return (r > middle ? 1 : 0) + (g > middle ? 2 : 0) + (b > middle ? 4 : 0);
}

export { indexed };
