// Small pieces of the page that entries and tool cards share, and what their renderers are given. Called by entry-html, tool-card and the document.

import { isoTime } from "../../contracts/text/iso-time.ts";
import type { ToolViews } from "../../contracts/tool-view.ts";
import { imageSize, plural } from "../format.ts";
import type { Call } from "../items.ts";
import { type Block, jsonText, stringIn } from "../read-entry.ts";
import type { ExportNode } from "../survey.ts";
import { cleanText, escapeHtml, safeText } from "./escape.ts";
import { highlight, type MarkBudget } from "./highlight.ts";
import type { MarkdownRenderer } from "./markdown-html.ts";

export interface EntryRenderer {
  readonly markdown: MarkdownRenderer;
  readonly budget: MarkBudget;
  readonly toolViews: ToolViews;
  /** The answer that made a call. */
  callOf(node: ExportNode, callId: string): Call | undefined;
  /** Whether any of these nodes is on the branch shown first. */
  isAnyShown(nodes: readonly number[]): boolean;
}

export function timeTag(timestamp: unknown): string {
  const text = stringIn(timestamp);
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return safeText(text.slice(0, 40));
  const iso = isoTime(ms);
  return `<time datetime="${iso}">${iso.slice(11, 16)}</time>`;
}

export function meta(parts: readonly string[]): string {
  const said = parts.filter((part) => part !== "");
  return said.length === 0 ? "" : ` <span class="meta">${escapeHtml(said.join(" · "))}</span>`;
}

/** `60 lines`. */
export function lineCount(text: string): string {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return plural(lines, "line");
}

/** Only types that are pictures and nothing else, only base64. */
export function image({ data, mimeType }: Extract<Block, { kind: "image" }>): string {
  const type = /^image\/(?:png|jpeg|gif|webp)$/.exec(mimeType)?.[0];
  const bytes = data.replace(/\s+/g, "");
  if (type === undefined || bytes === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(bytes)) {
    return `<p class="meta">Image of type ${safeText(mimeType.slice(0, 80) || "unknown")}, not shown</p>`;
  }
  const about = `${type.slice(6).toUpperCase()}, ${imageSize(bytes)}`;
  return `<figure><img alt="Image, ${about}" loading="lazy" decoding="async" src="data:${type};base64,${bytes}"><figcaption>${about}</figcaption></figure>`;
}

export function jsonBlock(value: unknown, renderer: EntryRenderer): string {
  return `<pre class="out"><code>${highlight(cleanText(jsonText(value)), "json", renderer.budget)}</code></pre>`;
}
