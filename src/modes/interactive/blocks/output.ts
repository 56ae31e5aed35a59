// Output under a title: its first or its last lines, how many more there are, what there is to know of it. Used by the faces. Pure.

import { truncateToWidth, wrapTextWithAnsi } from "@earendil-works/pi-tui";
import { plural } from "../../../transcript/format.ts";
import { shownText } from "../../../tui/shown-text.ts";
import type { Look } from "./look.ts";

export interface OutputForm {
  /** What is shown of a long one. */
  keep: "first" | "last";
  count: number;
  isLive: boolean;
  /** Time, exit status; empty ones are left out. */
  facts: readonly string[];
}

/** Longer output is cut before it is looked at: a screen shows a part of it in any case. */
const maxLength = 400_000;

export function outputLines(output: string, width: number, look: Look, { keep, count, isLive, facts }: OutputForm): string[] {
  const { theme } = look;
  const cut = output.length > maxLength ? (keep === "last" ? output.slice(-maxLength) : output.slice(0, maxLength)) : output;
  const text = shownText(cut).replace(/^\n+/, "").trimEnd();
  const all = text === "" ? [] : text.split("\n");
  // Live output stays a few lines, or what is above it could never leave the screen.
  const shown = look.isExpanded && !isLive ? all : keep === "last" ? all.slice(-count) : all.slice(0, count);
  const inner = Math.max(1, width - 2);
  const body = shown.flatMap((line) =>
    look.isExpanded && !isLive
      ? wrapTextWithAnsi(theme.fg("toolOutput", line), inner)
      : [truncateToWidth(theme.fg("toolOutput", line), inner)],
  );
  const left = all.length - shown.length;
  const more = left === 0 ? "" : isLive ? `… ${plural(left, "more line")}` : hiddenCount(left, "more line", look);
  const said = [more, ...facts].filter((one) => one !== "").join(" · ");
  const foot = said === "" ? [] : [truncateToWidth(theme.fg("dim", said), inner)];
  const lines = keep === "last" && left > 0 && facts.every((one) => one === "") ? [...foot, ...body] : [...body, ...foot];
  return lines.map((line) => `  ${line}`);
}

/** Lines that are drawn already, cut where not everything is shown. */
export function withMore(lines: readonly string[], look: Look, count: number, width: number): string[] {
  if (look.isExpanded || lines.length <= count) return [...lines];
  const more = look.theme.fg("dim", hiddenCount(lines.length - count, "more line", look));
  return [...lines.slice(0, count), truncateToWidth(more, width)];
}

/** How many of them are not shown, and the key that shows them, where there is one. */
export function hiddenCount(count: number, what: string, look: Pick<Look, "keyOf">): string {
  const key = look.keyOf("app.tools.expand");
  return `… ${plural(count, what)}${key === "" ? "" : ` (${key})`}`;
}
