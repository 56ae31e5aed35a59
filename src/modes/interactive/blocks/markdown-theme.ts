// The library's Markdown in the colours of a theme. Made once for each look; the faces of texts and of summaries use it.

import type { MarkdownTheme } from "@earendil-works/pi-tui";
import type { Look } from "./look.ts";

export function markdownTheme(look: Look): MarkdownTheme {
  const { theme } = look;
  const role = (name: string) => (text: string) => theme.fg(name, text);
  return {
    heading: role("mdHeading"),
    link: role("mdLink"),
    linkUrl: role("mdLinkUrl"),
    code: role("mdCode"),
    codeBlock: role("mdCodeBlock"),
    codeBlockBorder: role("mdCodeBlockBorder"),
    quote: role("mdQuote"),
    quoteBorder: role("mdQuoteBorder"),
    hr: role("mdHr"),
    listBullet: role("mdListBullet"),
    bold: (text) => theme.bold(text),
    italic: (text) => theme.italic(text),
    strikethrough: (text) => theme.strikethrough(text),
    underline: (text) => theme.underline(text),
    highlightCode: (code, language = "") => look.highlight(code, language) ?? code.split("\n").map((line) => theme.fg("mdCodeBlock", line)),
    codeBlockIndent: "  ",
  };
}
