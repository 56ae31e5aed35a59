// Code as HTML: the parts that the scanner tells apart, as elements with a class. Called by the renderers of the export.
// Invariant: without its marks, the output is exactly the escaped input.

import { isDiff, isWorthMarks, lineMark, type Mark, markCode } from "../code/mark-code.ts";
import { escapeHtml } from "./escape.ts";

/** As a page's style calls them. */
const classOf: Readonly<Record<Mark, string>> = {
  keyword: "k",
  string: "s",
  comment: "c",
  number: "n",
  function: "f",
  type: "t",
  property: "p",
  variable: "v",
  header: "dh",
  range: "dr",
  added: "da",
  removed: "dd",
};

/** Marks a page may still hold: each is an element, and hundreds of thousands make a page slow. */
export interface MarkBudget {
  left: number;
}

/** `code` is clean text (see `cleanText`). Returns HTML; plain when the language is not known or the budget is spent. */
export function highlight(code: string, languageName: string, budget: MarkBudget): string {
  if (budget.left <= 0) return escapeHtml(code);
  if (isDiff(languageName) && isWorthMarks(code)) return highlightDiff(code, budget);
  const writer = new MarkWriter(budget);
  return markCode(code, languageName, writer) ? writer.finish() : escapeHtml(code);
}

/** Each line in an element of its own, so that its colour can reach from edge to edge. */
export function highlightDiff(code: string, budget: MarkBudget): string {
  return code
    .split("\n")
    .map((line) => {
      const kind = lineMark(line);
      if (kind === undefined) return `${escapeHtml(line)}\n`;
      budget.left--;
      return `<span class="${classOf[kind]}">${escapeHtml(line)}\n</span>`;
    })
    .join("")
    .replace(/\n(<\/span>)?$/, "$1");
}

class MarkWriter {
  #html = "";
  #plain = "";
  readonly #budget: MarkBudget;

  constructor(budget: MarkBudget) {
    this.#budget = budget;
  }

  plain(text: string): void {
    this.#plain += text;
  }

  mark(mark: Mark, text: string): void {
    if (this.#budget.left <= 0) {
      this.#plain += text;
      return;
    }
    this.#budget.left--;
    this.#html += `${escapeHtml(this.#plain)}<span class="${classOf[mark]}">${escapeHtml(text)}</span>`;
    this.#plain = "";
  }

  finish(): string {
    return this.#html + escapeHtml(this.#plain);
  }
}
