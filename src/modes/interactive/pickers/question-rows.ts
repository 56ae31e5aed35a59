// What a list or a dialog asks, above what it is answered by. Used by all of them. Invariants: no word of it is cut off at the side; what has no room below
// each other is told with how much it is; the answer stays in sight.

import { truncateToWidth, wrapTextWithAnsi } from "@earendil-works/pi-tui";
import { plural } from "../../../transcript/format.ts";
import { shownText } from "../../../tui/shown-text.ts";
import type { Theme } from "../../../tui/theme/theme.ts";

/** Of a terminal that nobody has said the height of. */
const usualRows = 24;
const leastRows = 2;
/** More is not drawn with each frame. */
const longest = 16_384;

/** `below`: rows that stand below it, with what is always seen beside. */
export function questionRows(
  text: string,
  width: number,
  theme: Theme,
  { rows = usualRows, below }: { rows?: number; below: number },
): string[] {
  const [first = "", ...rest] = shownText(text.slice(0, longest)).split("\n");
  const wrapped = (line: string): string[] => (line === "" ? [""] : wrapTextWithAnsi(line, width));
  const all = [...wrapped(first).map((row) => theme.bold(row)), ...rest.flatMap(wrapped)];
  const room = Math.max(leastRows, rows - below);
  if (all.length <= room && text.length <= longest) return all;
  const shown = all.slice(0, room - 1);
  return [...shown, theme.fg("muted", truncateToWidth(`… ${plural(all.length - shown.length, "more line")}`, width))];
}
