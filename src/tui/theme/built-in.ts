// The themes that are always there: `system` before the terminal has told its colours, `dark` and `light`. Read by the choice of a theme.

import { type Color, parseColor } from "@earendil-works/pi-tui";
import type { Role } from "./roles.ts";
import { indexed, type ThemeColor, type ThemeSource } from "./theme.ts";

const [red, green, yellow, blue, magenta, cyan] = [1, 2, 3, 4, 5, 6].map(indexed) as [Color, Color, Color, Color, Color, Color];

/** In the terminal's own colours, whatever they are: readable on any background. */
export const plainSystem: ThemeSource = {
  name: "system",
  appearance: "dark",
  colors: {
    accent: cyan,
    border: blue,
    borderAccent: cyan,
    borderMuted: "faint",
    success: green,
    error: red,
    warning: yellow,
    muted: "faint",
    dim: "faint",
    text: "",
    thinkingText: "faint",
    userMessageText: "",
    customMessageText: "",
    customMessageLabel: magenta,
    toolTitle: "",
    toolOutput: "faint",
    mdHeading: yellow,
    mdLink: blue,
    mdLinkUrl: "faint",
    mdCode: cyan,
    mdCodeBlock: "",
    mdCodeBlockBorder: "faint",
    mdQuote: "faint",
    mdQuoteBorder: "faint",
    mdHr: "faint",
    mdListBullet: cyan,
    toolDiffAdded: green,
    toolDiffRemoved: red,
    toolDiffContext: "faint",
    syntaxComment: "faint",
    syntaxKeyword: magenta,
    syntaxFunction: blue,
    syntaxVariable: "",
    syntaxString: green,
    syntaxNumber: yellow,
    syntaxType: cyan,
    syntaxOperator: "",
    syntaxPunctuation: "",
    thinkingOff: "faint",
    thinkingMinimal: "faint",
    thinkingLow: blue,
    thinkingMedium: cyan,
    thinkingHigh: magenta,
    thinkingXhigh: red,
    bashMode: green,
  },
};

/** As hexadecimal numbers. */
export const darkPalette = {
  text: "#d7dae0",
  muted: "#8b919c",
  dim: "#757c88",
  blue: "#7aa7e8",
  cyan: "#6cc3c9",
  green: "#9cc77a",
  yellow: "#e0bd72",
  red: "#e57f85",
  magenta: "#c495dc",
  panel: "#2b2f38",
  userPanel: "#323844",
  successPanel: "#263029",
  errorPanel: "#3a2a2d",
  selected: "#3c4556",
};

export type Palette = Record<keyof typeof darkPalette, string>;

export const lightPalette: Palette = {
  text: "#2a2d34",
  muted: "#626a76",
  dim: "#757c88",
  blue: "#2c63b8",
  cyan: "#14747d",
  green: "#3b7a1f",
  yellow: "#8a6100",
  red: "#b8323b",
  magenta: "#8a3fae",
  panel: "#eceef2",
  userPanel: "#e2e7f0",
  successPanel: "#e6f2e4",
  errorPanel: "#fae5e6",
  selected: "#d3dded",
};

/** Which of a palette's colours each role has. */
const assigned: Record<
  Exclude<Role, "scrollbarTrack" | "scrollbarThumb" | "searchMatchBg" | "searchMatchText" | "thinkingMax">,
  keyof typeof darkPalette
> = {
  accent: "cyan",
  border: "blue",
  borderAccent: "cyan",
  borderMuted: "dim",
  success: "green",
  error: "red",
  warning: "yellow",
  muted: "muted",
  dim: "dim",
  text: "text",
  thinkingText: "muted",
  selectedBg: "selected",
  userMessageBg: "userPanel",
  userMessageText: "text",
  customMessageBg: "panel",
  customMessageText: "text",
  customMessageLabel: "magenta",
  toolPendingBg: "panel",
  toolSuccessBg: "successPanel",
  toolErrorBg: "errorPanel",
  toolTitle: "text",
  toolOutput: "muted",
  mdHeading: "yellow",
  mdLink: "blue",
  mdLinkUrl: "dim",
  mdCode: "cyan",
  mdCodeBlock: "text",
  mdCodeBlockBorder: "dim",
  mdQuote: "muted",
  mdQuoteBorder: "dim",
  mdHr: "dim",
  mdListBullet: "cyan",
  toolDiffAdded: "green",
  toolDiffRemoved: "red",
  toolDiffContext: "muted",
  syntaxComment: "dim",
  syntaxKeyword: "magenta",
  syntaxFunction: "blue",
  syntaxVariable: "text",
  syntaxString: "green",
  syntaxNumber: "yellow",
  syntaxType: "cyan",
  syntaxOperator: "muted",
  syntaxPunctuation: "muted",
  thinkingOff: "dim",
  thinkingMinimal: "muted",
  thinkingLow: "blue",
  thinkingMedium: "cyan",
  thinkingHigh: "magenta",
  thinkingXhigh: "red",
  bashMode: "green",
};

export function painted(palette: Palette): Partial<Record<Role, ThemeColor>> {
  return Object.fromEntries(Object.entries(assigned).map(([role, name]) => [role, parseColor(palette[name])]));
}

export function darkTheme(): ThemeSource {
  return { name: "dark", appearance: "dark", colors: painted(darkPalette) };
}

export function lightTheme(): ThemeSource {
  return { name: "light", appearance: "light", colors: painted(lightPalette) };
}
