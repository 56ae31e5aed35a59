// Texts as the interactive mode draws them, in the npm agent's names: changes in colours, as many rows of a text as there is room for. Imported by
// extensions. Pure.

import { Text } from "@earendil-works/pi-tui";
import { colouredDiff } from "../../../modes/interactive/blocks/diff.ts";
import { drawnTheme } from "../../../tui/theme/current.ts";

/** Lines with `-`, `+` or a blank before them. */
export function renderDiff(diff: string, _options?: { filePath?: string }): string {
  return colouredDiff(diff, drawnTheme());
}

/** Rows, not lines: a long line is as many as it fills. */
export function truncateToVisualLines(
  text: string,
  most: number,
  width: number,
  paddingX = 0,
  keep: "start" | "end" = "end",
): { visualLines: readonly string[]; skippedCount: number } {
  const rows = text === "" ? [] : new Text(text, paddingX, 0).render(width);
  const skippedCount = Math.max(0, rows.length - Math.max(0, most));
  const visualLines = keep === "start" ? rows.slice(0, rows.length - skippedCount) : rows.slice(skippedCount);
  return { visualLines, skippedCount };
}
