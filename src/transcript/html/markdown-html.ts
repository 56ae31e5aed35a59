// Markdown of a session as HTML of the page. marked only reads it; every character that comes out goes through `escapeHtml` here.
// Invariant: no raw HTML, no link but http, https and mailto, no image from anywhere.

import type { Token, Tokens } from "marked";
import { cleanText, escapeHtml } from "./escape.ts";
import { highlight, type MarkBudget } from "./highlight.ts";

export type MarkdownRenderer = (text: string) => string;

/** Longer texts are shown as they are: reading them is not linear in their length. */
const maxLength = 100_000;
/** Browsers cut deeper nesting off. */
const maxDepth = 40;

/** Loads the parser. */
export async function createMarkdownRenderer(budget: MarkBudget): Promise<MarkdownRenderer> {
  const { Lexer } = await import("marked");
  return (text) => {
    const clean = cleanText(text);
    if (clean.length > maxLength) return plain(clean);
    try {
      return blocks(new Lexer({ gfm: true, breaks: true }).lex(clean), { budget, depth: 0 });
    } catch {
      // Nesting deeper than the parser's stack.
      return plain(clean);
    }
  };
}

interface Place {
  budget: MarkBudget;
  depth: number;
}

function plain(text: string): string {
  return `<div class="plain">${escapeHtml(text)}</div>`;
}

function blocks(tokens: readonly Token[], place: Place): string {
  let html = "";
  for (const token of tokens) html += block(token, place);
  return html;
}

function block(token: Token, place: Place): string {
  const inner: Place = { ...place, depth: place.depth + 1 };
  if (inner.depth > maxDepth) return plain(token.raw);
  const one = token as Tokens.Generic;
  switch (token.type) {
    case "space":
    case "def":
      return "";
    case "code":
      return codeBlock(one.text as string, String(one.lang ?? ""), place.budget);
    case "heading":
      // The page's own headings stand above these.
      return `<h${headingLevel(one.depth)}>${inline(one.tokens, inner)}</h${headingLevel(one.depth)}>`;
    case "hr":
      return "<hr>";
    case "blockquote":
      return `<blockquote>${blocks(one.tokens ?? [], inner)}</blockquote>`;
    case "list":
      return list(token as Tokens.List, inner);
    case "table":
      return table(token as Tokens.Table, inner);
    case "paragraph":
      return `<p>${inline(one.tokens, inner)}</p>`;
    case "html":
      return `<p class="plain">${escapeHtml(token.raw.trim())}</p>`;
    case "text":
      // In the items of a tight list.
      return one.tokens === undefined ? escapeText(one.text as string) : inline(one.tokens, inner);
    default:
      return inline([token], inner);
  }
}

function headingLevel(depth: unknown): number {
  return Math.min(6, Math.max(1, Number(depth) || 1) + 2);
}

/** A fence, with the name of its language in the corner. */
export function codeBlock(code: string, info: string, budget: MarkBudget): string {
  const language = info.trim().split(/[\s,{]/, 1)[0] ?? "";
  const name = language === "" ? "" : ` data-lang="${escapeHtml(language.slice(0, 20))}"`;
  return `<pre class="code"${name}><code>${highlight(code, language, budget)}</code></pre>`;
}

function list({ ordered, start, items }: Tokens.List, place: Place): string {
  const tag = ordered ? "ol" : "ul";
  const from = ordered && typeof start === "number" && start !== 1 ? ` start="${start}"` : "";
  const rendered = items.map((item) => {
    const box = item.task ? `<input type="checkbox" disabled${item.checked ? " checked" : ""}> ` : "";
    const content = item.tokens.filter((token) => token.type !== "checkbox");
    return `<li${item.task ? ' class="task"' : ""}>${box}${blocks(content, place)}</li>`;
  });
  return `<${tag}${from}>${rendered.join("")}</${tag}>`;
}

function table({ header, rows, align }: Tokens.Table, place: Place): string {
  const cell = (tag: "td" | "th", { tokens }: Tokens.TableCell, column: number): string => {
    const side = align[column];
    return `<${tag}${side === "right" || side === "center" ? ` class="${side}"` : ""}>${inline(tokens, place)}</${tag}>`;
  };
  const head = `<tr>${header.map((one, column) => cell("th", one, column)).join("")}</tr>`;
  const body = rows.map((row) => `<tr>${row.map((one, column) => cell("td", one, column)).join("")}</tr>`).join("");
  return `<div class="table"><table><thead>${head}</thead><tbody>${body}</tbody></table></div>`;
}

function inline(tokens: readonly Token[] | undefined, place: Place): string {
  let html = "";
  for (const token of tokens ?? []) html += inlineToken(token, place);
  return html;
}

function inlineToken(token: Token, place: Place): string {
  const inner: Place = { ...place, depth: place.depth + 1 };
  if (inner.depth > maxDepth) return escapeHtml(token.raw);
  const one = token as Tokens.Generic;
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return `<${token.type}>${inline(one.tokens, inner)}</${token.type}>`;
    case "codespan":
      return `<code>${escapeHtml(one.text as string)}</code>`;
    case "br":
      return "<br>";
    case "checkbox":
      return "";
    case "link":
      return link(String(one.href ?? ""), inline(one.tokens, inner));
    case "image":
      return link(String(one.href ?? ""), escapeHtml(`[image: ${String(one.text || one.href).slice(0, 200)}]`));
    case "escape":
      return escapeHtml(one.text as string);
    case "text":
      return one.tokens === undefined ? escapeText(one.text as string) : inline(one.tokens, inner);
    default:
      return escapeHtml(token.raw);
  }
}

function link(href: string, content: string): string {
  if (!/^(?:https?:\/\/|mailto:)[^\s<>"'`\\]+$/i.test(href))
    return `<span class="deadlink" title="${escapeHtml(href.slice(0, 500))}">${content}</span>`;
  return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer nofollow">${content}</a>`;
}

/** Text may hold character references (`&nbsp;`): they stay, for they name a character and nothing else. */
function escapeText(text: string): string {
  return escapeHtml(text).replace(/&amp;(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});/g, "&$1;");
}
