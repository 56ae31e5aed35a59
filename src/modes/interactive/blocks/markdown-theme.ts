// The library's Markdown in the colours of a theme. Made once for each look; the faces of texts and of summaries use it.

import type { MarkdownTheme } from "@earendil-works/pi-tui";
import { alignTableCells } from "../../../tui/table-cells.ts";
import { markdownColours } from "../../../tui/theme/markdown-colours.ts";
import type { Look } from "./look.ts";

export function markdownTheme(look: Look): MarkdownTheme {
  const { theme } = look;
  alignTableCells();
  return {
    ...markdownColours(theme),
    highlightCode: (code, language = "") => look.highlight(code, language) ?? code.split("\n").map((line) => theme.fg("mdCodeBlock", line)),
    codeBlockIndent: "  ",
  };
}
