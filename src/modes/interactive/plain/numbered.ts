// A list as lines with numbers, by which its items are named. Used by the questions that are asked by lines. Pure.

import { visibleText } from "../../../contracts/text/plain.ts";
import type { PickerItem } from "../pickers/picker.ts";

/** Of a long list, around the one that is chosen. */
const shownItems = 30;

export function numbered(items: readonly PickerItem[], chosen = ""): string[] {
  const at = items.findIndex(({ value }) => value === chosen);
  const from = Math.max(0, Math.min(at - Math.floor(shownItems / 2), items.length - shownItems));
  const lines = items.slice(from, from + shownItems).map(({ label, description = "", isOn }, index) => {
    const state = isOn === undefined ? "" : isOn ? "on   " : "off  ";
    const text = visibleText(`${state}${label}  ${description}`).replaceAll("\n", " ").trimEnd();
    return `${from + index + 1}  ${text}`;
  });
  const after = items.length - from - lines.length;
  return [...(from > 0 ? [`… ${from} before them`] : []), ...lines, ...(after > 0 ? [`… ${after} more`] : [])];
}
