// A tool call together with its result: a line that says what was done, and behind it the whole of it. Called by entry-html.

import { bodyOf, headlineOf, type ShownBody } from "../../contracts/tool-view.ts";
import { languageOfPath } from "../code/languages.ts";
import { hasLongLine } from "../code/mark-code.ts";
import { duration } from "../format.ts";
import { type Call, type ItemOf, textOfBlocks } from "../items.ts";
import type { Fields } from "../read-entry.ts";
import { cleanText, escapeHtml, oneLine, safeText } from "./escape.ts";
import { highlight, highlightDiff } from "./highlight.ts";
import { type EntryRenderer, image, jsonBlock, lineCount, meta } from "./pieces.ts";
import { terminalHtml } from "./terminal-html.ts";

/** Diffs up to this many lines are open from the start. */
const maxOpenDiffLines = 40;

/** `call` is missing where the result stands alone. */
export function resultCard(item: ItemOf<"result">, call: Call | undefined, renderer: EntryRenderer): string {
  const name = call?.name ?? (item.toolName || "tool");
  const args = call?.args ?? {};
  const { blocks, isError, details, durationMs: took } = item;
  const output = textOfBlocks(blocks).trimEnd();
  const pictures = blocks.flatMap((block) => (block.kind === "image" ? [image(block)] : [])).join("");
  const body = bodyOf(renderer.toolViews.get(name), args, { isError, details });
  const hasDiff = body?.kind === "diff";
  const count = output === "" || hasDiff ? "" : lineCount(output);
  const facts = meta([isError ? "failed" : "", took >= 100 ? duration(took) : "", count]);
  const isOpen = hasDiff && body.text.split("\n").length <= maxOpenDiffLines;
  const shown = bodyHtml(body, renderer) + outputBody(name, args, output, isError, hasDiff, renderer);
  return `${card(name, args, facts, shown, renderer, { isError, isOpen, more: "" })}${pictures}`;
}

/** A call without a result, or with one on other branches only: it hides where one of these is shown. */
export function unansweredCard(call: Call, results: readonly number[], isHidden: boolean, renderer: EntryRenderer): string {
  const more = results.length === 0 ? "" : ` data-unless="${results.join(" ")}"${isHidden ? " hidden" : ""}`;
  const body = bodyHtml(bodyOf(renderer.toolViews.get(call.name), call.args), renderer);
  return card(call.name, call.args, meta([results.length === 0 ? "no result" : "no result on this branch"]), body, renderer, {
    isError: false,
    isOpen: false,
    more,
  });
}

function card(
  name: string,
  args: Fields,
  facts: string,
  body: string,
  renderer: EntryRenderer,
  how: { isError: boolean; isOpen: boolean; more: string },
): string {
  const headline = escapeHtml(oneLine(headlineOf(renderer.toolViews.get(name), args), 160));
  const summary = `<summary><b>${safeText(name.slice(0, 60))}</b> <code>${headline}</code>${facts}</summary>`;
  return `<details class="call${how.isError ? " failed" : ""}"${how.isOpen ? " open" : ""}${how.more}>${summary}${body}</details>`;
}

function bodyHtml(body: ShownBody | undefined, renderer: EntryRenderer): string {
  switch (body?.kind) {
    case undefined:
      return "";
    case "diff":
      return `<pre class="diff"><code>${highlightDiff(cleanText(body.text), renderer.budget)}</code></pre>`;
    case "arguments":
      return jsonBlock(body.args, renderer);
    case "file":
      return codeOf(body.text, body.path, renderer);
    case "command": {
      const note = body.note === undefined ? "" : `<p class="meta">${safeText(body.note)}</p>`;
      return `<pre class="cmd"><code>${highlight(cleanText(body.text), "bash", renderer.budget)}</code></pre>${note}`;
    }
  }
}

function outputBody(name: string, args: Fields, output: string, isError: boolean, hasDiff: boolean, renderer: EntryRenderer): string {
  if (output === "") return "";
  const path = isError ? undefined : renderer.toolViews.get(name)?.outputPath?.(args);
  if (path !== undefined) return codeOf(output, path, renderer);
  // "Replaced 1 block" says nothing beside the diff.
  if (hasDiff && !output.includes("\n")) return `<p class="meta">${safeText(output)}</p>`;
  const isData = /^\s*[{[]/.test(output) && output.length < 50_000;
  const html = isData ? highlight(cleanText(output), "json", renderer.budget) : terminalHtml(output, renderer.budget);
  return `<pre class="out"><code>${html}</code></pre>`;
}

function codeOf(code: string, path: string, renderer: EntryRenderer): string {
  const clean = cleanText(code);
  const wrapped = hasLongLine(clean) ? " long" : "";
  return `<pre class="code${wrapped}"><code>${highlight(clean, languageOfPath(path), renderer.budget)}</code></pre>`;
}
