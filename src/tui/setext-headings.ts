// marked looks for a heading that is underlined letter by letter through the whole of each paragraph: of 100 KB without a line break that takes half a
// second, with every frame. Asked for by who has Markdown drawn while it grows. Invariant: what is read as a heading is what was.

import { Tokenizer } from "marked";

const blankLine = /\n[ \t]*\n/;
const underline = /\n {0,3}(?:=+|-+) *(?:\n|$)/;

const { lheading } = Tokenizer.prototype;

function underlinedHeading(this: Tokenizer, text: string): ReturnType<typeof lheading> {
  const end = text.search(blankLine);
  // With the line break that ends it.
  return underline.test(end < 0 ? text : text.slice(0, end + 1)) ? lheading.call(this, text) : undefined;
}

/** For all who parse with it. */
export function findHeadingsByTheirLine(): void {
  Tokenizer.prototype.lheading = underlinedHeading;
}
