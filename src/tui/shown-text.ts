// Words of others as they stand in the rows of a screen: nothing in them moves the cursor, or is as wide as the terminal likes. Used by whoever draws. Pure.

import { inOneLine } from "../contracts/text/one-line.ts";
import { visibleText } from "../contracts/text/plain.ts";

/** Where the next stop is depends on the column that a row begins in, which nobody knows yet. */
const tab = "    ";

/** Line ends stay. */
export function shownText(text: string): string {
  return visibleText(text).replaceAll("\t", tab);
}

/** In one line. */
export function shownLine(text: string): string {
  return inOneLine(shownText(text));
}
