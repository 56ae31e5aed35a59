// A small highlighter: one pass over code that knows comments, strings, numbers, keywords and calls. Called by who shows code: the export and terminals.
// Invariant: what is written are the characters of the code, in order; time grows with the length of the code and with nothing else.

import { type Language, languageNamed } from "./languages.ts";

export type Mark =
  | "keyword"
  | "string"
  | "comment"
  | "number"
  | "function"
  | "type"
  | "property"
  | "variable"
  /** Of a diff, whole lines. */
  | "header"
  | "range"
  | "added"
  | "removed";

export interface MarkWriter {
  plain(text: string): void;
  mark(mark: Mark, text: string): void;
}

/** Longer code, and code with longer lines, stays plain: nobody reads it for its colours. */
const maxCodeLength = 200_000;
const maxLineLength = 5_000;

/** `false`, and nothing written, where the language is not known or the code is too long for colours to help. */
export function markCode(code: string, languageName: string, writer: MarkWriter): boolean {
  const language = languageNamed(languageName);
  if (language === undefined || !isWorthMarks(code)) return false;
  if (language.shape === "diff") scanDiff(code, writer);
  else if (language.shape === "markup") scanMarkup(code, writer);
  else scanCode(code, language, writer);
  return true;
}

export function isDiff(languageName: string): boolean {
  return languageNamed(languageName)?.shape === "diff";
}

export function isWorthMarks(code: string): boolean {
  return code.length <= maxCodeLength && !hasLongLine(code);
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

export function lineMark(line: string): Mark | undefined {
  if (/^(?:\+\+\+|---) /.test(line) || line.startsWith("diff ") || line.startsWith("index ")) return "header";
  if (line.startsWith("@@")) return "range";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : undefined;
}

function scanDiff(code: string, writer: MarkWriter): void {
  for (const [at, line] of code.split("\n").entries()) {
    if (at > 0) writer.plain("\n");
    const mark = lineMark(line);
    if (mark === undefined) writer.plain(line);
    else writer.mark(mark, line);
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
      writer.mark("comment", code.slice(at, comment));
      at = comment;
      continue;
    }
    const quote = language.strings.find((mark) => code.startsWith(mark, at));
    if (quote !== undefined) {
      const end = stringEnd(code, at, quote, language.longStrings.includes(quote));
      const isKey = language.shape === "data" && /^[ \t]*:/.test(code.slice(end, end + 40));
      if (end > at + quote.length || code.length === end) writer.mark(isKey ? "property" : "string", code.slice(at, end));
      else writer.plain(code.slice(at, end));
      at = end;
      continue;
    }
    const dollar = language.hasDollarNames ? take(variable, at) : "";
    if (dollar !== "") {
      writer.mark("variable", dollar);
      at += dollar.length;
      continue;
    }
    const digits = take(number, at);
    if (digits !== "") {
      writer.mark("number", digits);
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
  if (!isMember && language.keywords.has(language.isCaseInsensitive ? name.toLowerCase() : name)) return "keyword";
  if (language.shape === "data") return isKeyBefore(code, at, end) ? "property" : undefined;
  if (code.charAt(end) === "(") return "function";
  if (name.startsWith("@")) return "function";
  return /^[A-Z][A-Za-z0-9]*[a-z]/.test(name) ? "type" : undefined;
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
      writer.mark("comment", code.slice(at, stop));
      at = stop;
      continue;
    }
    tag.lastIndex = at;
    const opened = tag.exec(code)?.[0];
    if (opened !== undefined) {
      writer.mark("keyword", opened);
      at += opened.length;
      isInTag = true;
      continue;
    }
    const character = code.charAt(at);
    if (isInTag && (character === '"' || character === "'")) {
      const end = code.indexOf(character, at + 1);
      const stop = end < 0 ? code.length : end + 1;
      writer.mark("string", code.slice(at, stop));
      at = stop;
      continue;
    }
    run.lastIndex = at;
    const name = run.exec(code)?.[0];
    if (name !== undefined) {
      at += name.length;
      if (isInTag && /^\s{0,20}=/.test(code.slice(at, at + 21))) writer.mark("property", name);
      else writer.plain(name);
      continue;
    }
    if (character === ">") isInTag = false;
    writer.plain(character);
    at++;
  }
}
