// The lines below the editor: where one is, what it has cost, how full the window is, which model. Drawn by the screen from facts.
// Invariant: where there is no room the figures go first, the model never.

import { truncateToWidth, visibleWidth } from "@earendil-works/pi-tui";
import { countText } from "../../../contracts/text/terminal-text.ts";
import { shownLine } from "../../../tui/shown-text.ts";
import type { Theme } from "../../../tui/theme/theme.ts";

export interface FooterFacts {
  directory: string;
  branch: string;
  name: string;
  /** Sums of the session. */
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  cost: number;
  /** Of the input of the newest call, in percent: what the cache had. */
  cacheHit: number | undefined;
  /** In percent; `null`: not known until the next answer. */
  used: number | null | undefined;
  contextWindow: number;
  model: string;
  level: string;
  /** Of extensions. */
  statuses: readonly string[];
  /** For a moment, in place of the first line. */
  hint: string;
}

export function footerLines(facts: FooterFacts, width: number, theme: Theme): string[] {
  const dim = (text: string): string => theme.fg("dim", text);
  const place = `${facts.directory}${facts.branch === "" ? "" : ` (${facts.branch})`}${facts.name === "" ? "" : ` • ${facts.name}`}`;
  const first = facts.hint === "" ? dim(cutStart(shownLine(place), width)) : theme.fg("warning", truncateToWidth(facts.hint, width));
  const model = facts.level === "" ? facts.model : `${facts.model} • ${facts.level}`;
  const shown = truncateToWidth(shownLine(model), width);
  const left = fitting(figures(facts), width - visibleWidth(shown) - 1);
  const gap = Math.max(left === "" ? 0 : 1, width - visibleWidth(left) - visibleWidth(shown));
  const usedStyle = (facts.used ?? 0) >= 90 ? "error" : (facts.used ?? 0) >= 70 ? "warning" : "dim";
  const second = `${theme.fg(usedStyle, left)}${" ".repeat(gap)}${dim(shown)}`;
  const statuses = facts.statuses.map((one) => visibleTextKeepingColors(one)).filter((one) => one !== "");
  return [first, second, ...(statuses.length === 0 ? [] : [truncateToWidth(statuses.join(dim(" · ")), width)])];
}

/** From the most to the least: each is one with less in it. */
function figures(facts: FooterFacts): string[] {
  const used = facts.used === undefined ? "" : `${facts.used === null ? "?" : Math.round(facts.used)}%`;
  const window = used === "" ? "" : `${used}/${countText(facts.contextWindow)}`;
  const tokens = [facts.input === 0 ? "" : `↑${countText(facts.input)}`, facts.output === 0 ? "" : `↓${countText(facts.output)}`];
  const cache = [
    facts.cacheRead === 0 ? "" : `R${countText(facts.cacheRead)}`,
    facts.cacheWrite === 0 ? "" : `W${countText(facts.cacheWrite)}`,
    facts.cacheHit === undefined || facts.cacheRead === 0 ? "" : `CH${Math.round(facts.cacheHit)}%`,
  ];
  const cost = facts.cost === 0 ? "" : `$${facts.cost.toFixed(3)}`;
  const join = (...parts: string[]): string => parts.filter((one) => one !== "").join(" ");
  return [join(...tokens, ...cache, cost, window), join(...tokens, cost, window), join(cost, window), used, ""];
}

function fitting(texts: readonly string[], width: number): string {
  return texts.find((text) => visibleWidth(text) <= width) ?? "";
}

/** With its combining marks. */
const longestCharacter = 16;

/** Of a path the end is what tells. */
function cutStart(text: string, width: number): string {
  // No more is looked at than there can be room for: a session may have any name, and how wide a text is takes longer than it is long.
  const end = text.slice(-Math.max(1, width) * longestCharacter);
  if (end === text && visibleWidth(text) <= width) return text;
  const characters = [...end];
  let from = characters.length;
  for (let room = width - 1; from > 0; from--) {
    room -= visibleWidth(characters[from - 1] ?? "");
    if (room < 0) break;
  }
  return `…${characters.slice(from).join("")}`;
}

/** Extensions colour what they say. */
function visibleTextKeepingColors(text: string): string {
  return text
    .split(/(\u001b\[[0-9;]*m)/)
    .map((part, at) => (at % 2 === 1 ? part : shownLine(part)))
    .join("");
}
