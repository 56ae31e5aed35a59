// A small highlighter: one pass over the code that knows comments, strings, numbers, keywords and calls. Called by the renderers of the export.
// Invariant: without its marks, the output is exactly the escaped input; time grows with the length of the code and with nothing else.

import { escapeHtml } from "./escape.ts";
import { type Language, languageNamed } from "./languages.ts";

/** k keyword, s string, c comment, n number, f call, t type, p property, v variable. */
type Mark = "k" | "s" | "c" | "n" | "f" | "t" | "p" | "v";

/** Longer code, and code with longer lines, stays plain: nobody reads it for its colours. */
const maxCodeLength = 200_000;
const maxLineLength = 5_000;

/** Marks a page may still hold: each is an element, and hundreds of thousands make a page slow. */
export interface MarkBudget {
  left: number;
}

/** `code` is clean text (see `cleanText`). Returns HTML; plain when the language is not known or the budget is spent. */
export function highlight(code: string, languageName: string, budget: MarkBudget): string {
  const language = languageNamed(languageName);
  if (language === undefined || budget.left <= 0 || code.length > maxCodeLength || hasLongLine(code)) return escapeHtml(code);
  if (language.shape === "diff") return highlightDiff(code, budget);
  const writer = new MarkWriter(budget);
  if (language.shape === "markup") scanMarkup(code, writer);
  else scanCode(code, language, writer);
  return writer.finish();
}

export function hasLongLine(code: string): boolean {
  for (let start = 0; start < code.length; ) {
    const end = code.indexOf("\n", start);
    if ((end < 0 ? code.length : end) - start > maxLineLength) return true;
    if (end < 0) return false;
    start = end + 1;
  }
  return false;
}

/** Each line in an element of its own, so that its colour can reach from edge to edge. */
export function highlightDiff(code: string, budget: MarkBudget): string {
  return code
    .split("\n")
    .map((line) => {
      const kind = lineKind(line);
      if (kind === "") return `${escapeHtml(line)}\n`;
      budget.left--;
      return `<span class="${kind}">${escapeHtml(line)}\n</span>`;
    })
    .join("")
    .replace(/\n(<\/span>)?$/, "$1");
}

function lineKind(line: string): string {
  if (/^(?:\+\+\+|---) /.test(line) || line.startsWith("diff ") || line.startsWith("index ")) return "dh";
  if (line.startsWith("@@")) return "dr";
  if (line.startsWith("+")) return "da";
  return line.startsWith("-") ? "dd" : "";
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
    this.#html += `${escapeHtml(this.#plain)}<span class="${mark}">${escapeHtml(text)}</span>`;
    this.#plain = "";
  }

  finish(): string {
    return this.#html + escapeHtml(this.#plain);
  }
}

function scanCode(code: string, language: Language, writer: MarkWriter): void {
  const word = /[@#!]?[A-Za-z_][A-Za-z0-9_]*\??/y;
  const number = /0[xXbBoO][0-9a-fA-F_]+n?|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?[a-zA-Z%]{0,4}/y;
  const variable = /\$(?:[A-Za-z_]\w*|\{[^{}\n]{0,200}\}|[0-9@*#?$!-])/y;
  const take = (pattern: RegExp, at: number): string => {
    pattern.lastIndex = at;
    return pattern.exec(code)?.[0] ?? "";
  };
  for (let at = 0; at < code.length; ) {
    const comment = commentAt(code, at, language);
    if (comment > at) {
      writer.mark("c", code.slice(at, comment));
      at = comment;
      continue;
    }
    const quote = language.strings.find((mark) => code.startsWith(mark, at));
    if (quote !== undefined) {
      const end = stringEnd(code, at, quote, language.longStrings.includes(quote));
      const isKey = language.shape === "data" && /^[ \t]*:/.test(code.slice(end, end + 40));
      if (end > at + quote.length || code.length === end) writer.mark(isKey ? "p" : "s", code.slice(at, end));
      else writer.plain(code.slice(at, end));
      at = end;
      continue;
    }
    const dollar = language.hasDollarNames ? take(variable, at) : "";
    if (dollar !== "") {
      writer.mark("v", dollar);
      at += dollar.length;
      continue;
    }
    const digits = take(number, at);
    if (digits !== "") {
      writer.mark("n", digits);
      at += digits.length;
      continue;
    }
    let name = take(word, at);
    if (name !== "") {
      if (name.endsWith("?") && !language.keywords.has(name)) name = name.slice(0, -1);
      const mark = markOfWord(code, at, name, language);
      if (mark === undefined) writer.plain(name);
      else writer.mark(mark, name);
      at += name.length;
      continue;
    }
    writer.plain(code.charAt(at++));
  }
}

function markOfWord(code: string, at: number, name: string, language: Language): Mark | undefined {
  const end = at + name.length;
  const isMember = code.charAt(at - 1) === ".";
  if (!isMember && language.keywords.has(language.isCaseInsensitive ? name.toLowerCase() : name)) return "k";
  if (language.shape === "data") return isKeyBefore(code, at, end) ? "p" : undefined;
  if (code.charAt(end) === "(") return "f";
  if (name.startsWith("@")) return "f";
  return /^[A-Z][A-Za-z0-9]*[a-z]/.test(name) ? "t" : undefined;
}

/** `key:` or `key =` at the beginning of a line, behind blanks and dashes. */
function isKeyBefore(code: string, at: number, end: number): boolean {
  if (!/^[\w.-]{0,80}[ \t]*[:=]/.test(code.slice(end, end + 120))) return false;
  for (let before = at - 1; before >= 0 && at - before < 200; before--) {
    const character = code.charAt(before);
    if (character === "\n") return true;
    if (!" \t-".includes(character)) return false;
  }
  return at < 200;
}

/** End of the comment that begins at `at`, or `at` where none does. */
function commentAt(code: string, at: number, language: Language): number {
  const { blockComment } = language;
  if (blockComment !== undefined && code.startsWith(blockComment[0], at)) {
    const end = code.indexOf(blockComment[1], at + blockComment[0].length);
    return end < 0 ? code.length : end + blockComment[1].length;
  }
  const mark = language.lineComments.find((one) => code.startsWith(one, at));
  if (mark === undefined) return at;
  // `$#`, `a#b` and `http://x` are no comments.
  const before = code.charAt(at - 1);
  if (mark === "#" && before !== "" && !/[\s;(]/.test(before)) return at;
  if (mark === "//" && before === ":") return at;
  const end = code.indexOf("\n", at);
  return end < 0 ? code.length : end;
}

function stringEnd(code: string, at: number, quote: string, isLong: boolean): number {
  for (let end = at + quote.length; end < code.length; end++) {
    const character = code.charAt(end);
    if (character === "\\") end++;
    else if (character === "\n" && !isLong) return end;
    else if (code.startsWith(quote, end)) return end + quote.length;
  }
  return code.length;
}

function scanMarkup(code: string, writer: MarkWriter): void {
  const tag = /<\/?[A-Za-z][\w:.-]*/y;
  const run = /[\w:@.-]+/y;
  let isInTag = false;
  for (let at = 0; at < code.length; ) {
    if (code.startsWith("<!--", at)) {
      const end = code.indexOf("-->", at);
      const stop = end < 0 ? code.length : end + 3;
      writer.mark("c", code.slice(at, stop));
      at = stop;
      continue;
    }
    tag.lastIndex = at;
    const opened = tag.exec(code)?.[0];
    if (opened !== undefined) {
      writer.mark("k", opened);
      at += opened.length;
      isInTag = true;
      continue;
    }
    const character = code.charAt(at);
    if (isInTag && (character === '"' || character === "'")) {
      const end = code.indexOf(character, at + 1);
      const stop = end < 0 ? code.length : end + 1;
      writer.mark("s", code.slice(at, stop));
      at = stop;
      continue;
    }
    run.lastIndex = at;
    const name = run.exec(code)?.[0];
    if (name !== undefined) {
      at += name.length;
      if (isInTag && /^\s{0,20}=/.test(code.slice(at, at + 21))) writer.mark("p", name);
      else writer.plain(name);
      continue;
    }
    if (character === ">") isInTag = false;
    writer.plain(character);
    at++;
  }
}
