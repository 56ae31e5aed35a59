// One entry as an article of the page. Called by the document; tool calls and their results are in tool-card.ts.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { duration, money, shortCount } from "../format.ts";
import { type Faces, faceOf, type ItemOf, itemOf } from "../items.ts";
import { type Block, type Fields, fieldsOf, numberIn, stringIn } from "../read-entry.ts";
import type { ExportNode } from "../survey.ts";
import { cleanText, escapeHtml, oneLine, safeText } from "./escape.ts";
import { highlight } from "./highlight.ts";
import { type EntryRenderer, image, jsonBlock, lineCount, meta, timeTag } from "./pieces.ts";
import { terminalHtml } from "./terminal-html.ts";
import { resultCard, unansweredCard } from "./tool-card.ts";

interface Article {
  who: string;
  /** Behind the name: HTML. */
  about?: string;
  body: string;
}

/** Everything inside the article's element. An entry of a shape that nobody expects is shown as its JSON. */
export function entryHtml(entry: AnyEntry, node: ExportNode, renderer: EntryRenderer): string {
  try {
    const item = itemOf(entry);
    if (item.kind === "result") return labelChip(node) + resultCard(item, renderer.callOf(node, item.callId), renderer);
    const { who, about = "", body } = faceOf(articles, item, node, renderer);
    const time = `<a class="time" href="#${node.key}">${timeTag(entry.timestamp)}</a>`;
    return `<header><b>${who}</b>${about}${labelChip(node)}${time}</header>${body}`;
  } catch {
    return `<header><b>${safeText(String(entry.type))}</b></header>${jsonBlock(entry, renderer)}`;
  }
}

function labelChip(node: ExportNode): string {
  return node.label === undefined ? "" : `<span class="label">${escapeHtml(node.label)}</span>`;
}

const articles: Faces<Article, [ExportNode, EntryRenderer]> = {
  prompt: ({ blocks }, _node, renderer) => ({ who: "You", body: content(blocks, renderer) }),
  answer: (item, node, renderer) => ({
    who: safeText(item.model || "Assistant"),
    about: answerFacts(item),
    body: answer(item, node, renderer),
  }),
  result: (item, node, renderer) => ({
    who: safeText(item.toolName || "tool"),
    body: resultCard(item, renderer.callOf(node, item.callId), renderer),
  }),
  shell: (item, _node, renderer) => ({ who: "Shell", about: shellFacts(item), body: shell(item, renderer) }),
  system: (item) => ({ who: "System prompt", body: systemPrompt(item) }),
  summary: (item, _node, renderer) => summary(item, renderer),
  note: ({ name, blocks }, _node, renderer) => ({ who: safeText(name || "Message"), body: content(blocks, renderer) }),
  model: ({ provider, modelId }) => ({ who: "Model", about: ` ${safeText(provider)}/${safeText(modelId)}`, body: "" }),
  thinking: ({ level }) => ({ who: "Thinking", about: ` ${safeText(level)}`, body: "" }),
  name: ({ name }) => ({ who: "Name", about: ` ${safeText(name)}`, body: "" }),
  label: ({ label }) => ({ who: "Label", about: ` ${safeText(label || "removed")}`, body: "" }),
  edit: ({ value }, _node, renderer) => data("context_edit", value, renderer),
  usage: ({ value }, _node, renderer) => data("usage", value, renderer),
  data: ({ name, value }, _node, renderer) => data(name, value, renderer),
  message: ({ role, value }, _node, renderer) => ({ who: safeText(role || "Message"), body: jsonBlock(value, renderer) }),
};

function summary({ of, text, tokensBefore, details }: ItemOf<"summary">, renderer: EntryRenderer): Article {
  switch (of) {
    case "compaction":
      return {
        who: "Compaction",
        about: meta([`${shortCount(tokensBefore ?? 0)} tokens summarised`]),
        body: folded("Summary of what came before", renderer.markdown(text) + fileLists(details)),
      };
    case "branch":
      return { who: "Branch left behind", body: folded("Summary", renderer.markdown(text) + fileLists(details)) };
    case "message":
      return { who: "Summary", body: folded("Summary", renderer.markdown(text)) };
  }
}

function data(name: string, value: Fields, renderer: EntryRenderer): Article {
  return { who: safeText(name), body: folded("Data", jsonBlock(value, renderer)) };
}

/** Texts as Markdown, images in place. */
function content(blocks: readonly Block[], renderer: EntryRenderer): string {
  return blocks
    .map((block) => {
      if (block.kind === "text") return `<div class="md">${renderer.markdown(block.text)}</div>`;
      return block.kind === "image" ? image(block) : jsonBlock(block.kind === "other" ? block.value : block, renderer);
    })
    .join("");
}

function answer(item: ItemOf<"answer">, node: ExportNode, renderer: EntryRenderer): string {
  let html = "";
  for (const block of item.blocks) {
    if (block.kind === "thinking") html += thinking(block, renderer);
    else if (block.kind === "text") html += block.text.trim() === "" ? "" : `<div class="md">${renderer.markdown(block.text)}</div>`;
    else if (block.kind === "image") html += image(block);
    else if (block.kind === "other") html += jsonBlock(block.value, renderer);
    else {
      const results = node.openCalls.get(block.id);
      if (results !== undefined) html += unansweredCard(block, results, renderer.isAnyShown(results), renderer);
    }
  }
  const { stopReason, errorMessage: failure } = item;
  if (stopReason === "error") html += `<p class="failure">${safeText(failure || "The model failed.")}</p>`;
  else if (stopReason === "aborted") html += `<p class="failure">${safeText(failure || "Aborted.")}</p>`;
  else if (stopReason === "length") html += '<p class="failure">Cut off at the output limit.</p>';
  return html;
}

function thinking(block: Extract<Block, { kind: "thinking" }>, renderer: EntryRenderer): string {
  if (block.text.trim() === "") return block.isHidden ? '<p class="think">Thinking, hidden by the provider</p>' : "";
  const first = escapeHtml(oneLine(block.text.replace(/[*#`_]+/g, ""), 110));
  return `<details class="think"><summary>Thinking <span>${first}</span></summary><div class="md">${renderer.markdown(block.text)}</div></details>`;
}

function answerFacts({ usage, durationMs }: ItemOf<"answer">): string {
  const cost = numberIn(fieldsOf(usage.cost).total);
  const input = numberIn(usage.input) + numberIn(usage.cacheRead) + numberIn(usage.cacheWrite);
  return meta([
    durationMs > 0 ? duration(durationMs) : "",
    input + numberIn(usage.output) > 0 ? `${shortCount(input)} in, ${shortCount(numberIn(usage.output))} out` : "",
    cost > 0 ? money(cost) : "",
  ]);
}

function systemPrompt({ texts, sections: given, toolsAdded, toolsRemoved }: ItemOf<"system">): string {
  const sections = Object.entries(given);
  const parts = [...texts.map((one) => ["prompt", one] as const), ...sections].map(([name, value]) =>
    typeof value === "string"
      ? `<h4>${safeText(name)}</h4><pre class="out">${safeText(value)}</pre>`
      : `<h4>${safeText(name)}</h4><p class="meta">removed</p>`,
  );
  const tools = toolsAdded.map((tool) => `<li><code>${safeText(stringIn(tool.name))}</code> ${safeText(stringIn(tool.description))}</li>`);
  if (tools.length > 0) parts.push(`<h4>Tools</h4><ul>${tools.join("")}</ul>`);
  if (toolsRemoved.length > 0) parts.push(`<h4>Tools removed</h4><p>${safeText(toolsRemoved.join(", "))}</p>`);
  const names = sections.map(([name]) => name).slice(0, 12);
  return folded(
    escapeHtml(oneLine([...names, tools.length === 0 ? "" : `${tools.length} tools`].filter(Boolean).join(", "), 150)),
    parts.join(""),
  );
}

function shellFacts({ isCancelled, exitCode }: ItemOf<"shell">): string {
  if (isCancelled) return meta(["cancelled"]);
  return exitCode === 0 ? "" : meta([`exit code ${exitCode}`]);
}

function shell(item: ItemOf<"shell">, renderer: EntryRenderer): string {
  const command = `<pre class="cmd"><code>${highlight(cleanText(item.command), "bash", renderer.budget)}</code></pre>`;
  const output = item.output.trimEnd();
  return output === ""
    ? command
    : `${command}<details class="shell"><summary>Output${meta([lineCount(output)])}</summary><pre class="out">${terminalHtml(output, renderer.budget)}</pre></details>`;
}

/** `title` is HTML. */
function folded(title: string, body: string): string {
  return `<details class="note"><summary>${title}</summary><div class="md">${body}</div></details>`;
}

function fileLists(details: unknown): string {
  const { readFiles, modifiedFiles } = fieldsOf(details);
  const list = (title: string, files: unknown): string => {
    const names = Array.isArray(files) ? files.filter((file) => typeof file === "string") : [];
    return names.length === 0 ? "" : `<h4>${title}</h4><ul>${names.map((name) => `<li><code>${safeText(name)}</code></li>`).join("")}</ul>`;
  };
  return list("Files read", readFiles) + list("Files changed", modifiedFiles);
}
