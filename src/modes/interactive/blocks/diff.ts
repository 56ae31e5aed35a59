// What a tool changed in a file, with line numbers where they are known and changed words marked. Used by the face of tools. Pure.

import { truncateToWidth, wrapTextWithAnsi } from "@earendil-works/pi-tui";
import { shownText } from "../../../tui/shown-text.ts";
import type { Theme } from "../../../tui/theme/theme.ts";
import type { Look } from "./look.ts";
import { hiddenCount } from "./output.ts";

const collapsedCount = 12;

export function diffLines(diff: string, width: number, look: Look, facts: readonly string[]): string[] {
  const { theme } = look;
  const all = linesOf(diff);
  const inner = Math.max(1, width - 2);
  const shown = look.isExpanded ? all : all.slice(0, collapsedCount);
  const marked = markWords(shown, theme);
  const body = marked.flatMap((line) => (look.isExpanded ? wrapTextWithAnsi(line, inner) : [truncateToWidth(line, inner)]));
  const count = (sign: string): number => all.filter((line) => line.startsWith(sign)).length;
  const left = all.length - shown.length;
  const more = left === 0 ? "" : hiddenCount(left, "more line", look);
  const said = [`+${count("+")} −${count("-")}`, more, ...facts].filter((one) => one !== "").join(" · ");
  return [...body, truncateToWidth(theme.fg("dim", said), inner)].map((line) => `  ${line}`);
}

/** All of it in colours, as wide as it is. */
export function colouredDiff(diff: string, theme: Theme): string {
  return markWords(linesOf(diff), theme).join("\n");
}

function linesOf(diff: string): string[] {
  return shownText(diff)
    .replace(/(?<!\n)\n+$/, "")
    .split("\n");
}

/** A line that took the place of another one: the words that are other are reversed. */
function markWords(lines: readonly string[], theme: Theme): string[] {
  const others = partners(lines);
  return lines.map((line, at) => {
    const sign = line.charAt(0);
    if (sign !== "+" && sign !== "-") return theme.fg("toolDiffContext", line);
    const role = sign === "+" ? "toolDiffAdded" : "toolDiffRemoved";
    const other = others.get(at);
    if (other === undefined) return theme.fg(role, line);
    const [head, middle, tail] = apart(line, other);
    return theme.fg(role, middle === "" ? line : `${head}${theme.inverse(middle)}${tail}`);
  });
}

/** The lines across, by the index of each: only where as many were taken out as were put in, one for one. */
function partners(lines: readonly string[]): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (let from = 0, to = 0; from < lines.length; from = to + 1) {
    let removed = 0;
    for (to = from; /^[-+]/.test(lines[to] ?? ""); to++) if (lines[to]?.startsWith("-")) removed++;
    if (removed * 2 !== to - from) continue;
    for (let at = from; at < from + removed; at++) {
      const [one = "", other = ""] = [lines[at], lines[at + removed]];
      if (one.charAt(0) === other.charAt(0)) continue;
      found.set(at, other).set(at + removed, one);
    }
  }
  return found;
}

/** What both have at their ends, and what is between, on whole words. */
function apart(line: string, other: string): [string, string, string] {
  const numbered = /^[-+]\s*\d*\s?/.exec(line)?.[0].length ?? 1;
  const otherNumbered = /^[-+]\s*\d*\s?/.exec(other)?.[0].length ?? 1;
  const [a, b] = [line.slice(numbered), other.slice(otherNumbered)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  while (head > 0 && /\w/.test(a[head - 1] ?? "") && /\w/.test(a[head] ?? b[head] ?? "")) head--;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  while (tail > 0 && /\w/.test(a[a.length - tail] ?? "") && /\w/.test(a[a.length - tail - 1] ?? b[b.length - tail - 1] ?? "")) tail--;
  const end = a.length - tail;
  // All of it is other: marks would only shout.
  if (head === 0 && tail === 0) return [line, "", ""];
  return [line.slice(0, numbered) + a.slice(0, head), a.slice(head, end), a.slice(end)];
}
