// A theme as a file of the npm agent's has it: names for colours, variables that stand for others. Read by the choice of a theme.
// Invariant: what is wrong with one is said in a line, and it is then no theme.

import { type Color, parseColor } from "@earendil-works/pi-tui";
import { isRole, type Role, roleFallbacks, roles } from "./roles.ts";
import type { ThemeColor, ThemeSource } from "./theme.ts";

const maxDepth = 16;

/** The theme, or why it is none. */
export function parseTheme(text: string, path: string): ThemeSource | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return `${path}: ${error instanceof Error ? error.message : "no JSON"}`;
  }
  const { name, vars = {}, colors, appearance } = isObject(json) ? json : {};
  if (typeof name !== "string" || name === "" || name.includes("/") || name === "system") return `${path}: "name" names no theme`;
  if (!isObject(colors)) return `${path}: "colors" is missing`;
  if (!isObject(vars)) return `${path}: "vars" is no object`;
  const found: Partial<Record<Role, ThemeColor>> = {};
  for (const [role, value] of Object.entries(colors)) {
    if (!isRole(role)) return `${path}: there is no colour ${JSON.stringify(role)}`;
    const color = colorOf(value, vars);
    if (typeof color === "string" && color !== "") return `${path}: ${role}: ${color}`;
    found[role] = color as ThemeColor;
  }
  const missing = (Object.keys(roles) as Role[]).find((role) => found[role] === undefined && roleFallbacks[role] === undefined);
  if (missing !== undefined) return `${path}: the colour ${missing} is missing`;
  return { name, path, appearance: appearance === "light" ? "light" : "dark", colors: found };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is wrong is a text that is not empty. */
function colorOf(value: unknown, vars: Readonly<Record<string, unknown>>): Color | "" | string {
  let at = value;
  for (let depth = 0; typeof at === "string" && Object.hasOwn(vars, at); depth++) {
    if (depth === maxDepth) return `${JSON.stringify(value)} stands for itself`;
    at = vars[at];
  }
  if (at === "") return "";
  if (typeof at !== "string" && typeof at !== "number") return `${JSON.stringify(at)} is no colour`;
  try {
    return parseColor(at);
  } catch {
    return `${JSON.stringify(at)} is no colour`;
  }
}
