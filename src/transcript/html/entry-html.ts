// One entry as an article of the page. Called by the document; tool calls and their results are in tool-card.ts.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { duration, money, shortCount } from "../format.ts";
import { type Block, blocksOf, type Fields, fieldsOf, messageFields, numberIn, stringIn } from "../read-entry.ts";
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
    if (node.row.taken.kind === "tool") {
      const message = messageFields(entry);
      return labelChip(node) + resultCard(message, renderer.callOf(node, stringIn(message.toolCallId)), renderer);
    }
    const { who, about = "", body } = article(entry, node, renderer);
    const time = `<a class="time" href="#${node.key}">${timeTag(entry.timestamp)}</a>`;
    return `<header><b>${who}</b>${about}${labelChip(node)}${time}</header>${body}`;
  } catch {
    return `<header><b>${safeText(String(entry.type))}</b></header>${jsonBlock(entry, renderer)}`;
  }
}

function labelChip(node: ExportNode): string {
  return node.label === undefined ? "" : `<span class="label">${escapeHtml(node.label)}</span>`;
}

function article(entry: AnyEntry, node: ExportNode, renderer: EntryRenderer): Article {
  const fields = fieldsOf(entry);
  switch (entry.type) {
    case "message":
      return ofMessage(messageFields(entry), node, renderer, entry);
    case "compaction":
      return {
        who: "Compaction",
        about: meta([`${shortCount(numberIn(fields.tokensBefore))} tokens summarised`]),
        body: folded("Summary of what came before", renderer.markdown(stringIn(fields.summary)) + fileLists(fields.details)),
      };
    case "branch_summary":
      return {
        who: "Branch left behind",
        body: folded("Summary", renderer.markdown(stringIn(fields.summary)) + fileLists(fields.details)),
      };
    case "custom_message":
      return { who: safeText(stringIn(fields.customType) || "Message"), body: content(fields.content, renderer) };
    case "model_change":
      return { who: "Model", about: ` ${safeText(stringIn(fields.provider))}/${safeText(stringIn(fields.modelId))}`, body: "" };
    case "thinking_level_change":
      return { who: "Thinking", about: ` ${safeText(stringIn(fields.thinkingLevel))}`, body: "" };
    case "session_info":
      return { who: "Name", about: ` ${safeText(stringIn(fields.name))}`, body: "" };
    case "label":
      return { who: "Label", about: ` ${safeText(stringIn(fields.label) || "removed")}`, body: "" };
    default: {
      const { id: _id, parentId: _parentId, timestamp: _timestamp, type, ...rest } = fields;
      return { who: safeText(String(type)), body: folded("Data", jsonBlock(rest, renderer)) };
    }
  }
}

function ofMessage(message: Fields, node: ExportNode, renderer: EntryRenderer, entry: AnyEntry): Article {
  switch (message.role) {
    case "user":
      return { who: "You", body: content(message.content, renderer) };
    case "assistant":
      return { who: safeText(stringIn(message.model) || "Assistant"), about: answerFacts(message), body: answer(message, node, renderer) };
    case "system":
      return { who: "System prompt", body: systemPrompt(message) };
    case "bashExecution":
      return { who: "Shell", about: shellFacts(message), body: shell(message, renderer) };
    case "custom":
      return { who: safeText(stringIn(message.customType) || "Message"), body: content(message.content, renderer) };
    case "branchSummary":
    case "compactionSummary":
      return { who: "Summary", body: folded("Summary", renderer.markdown(stringIn(message.summary))) };
    default:
      return { who: safeText(stringIn(message.role) || "Message"), body: jsonBlock(fieldsOf(entry).message, renderer) };
  }
}

/** Texts as Markdown, images in place. */
function content(value: unknown, renderer: EntryRenderer): string {
  return blocksOf(value)
    .map((block) => {
      if (block.kind === "text") return `<div class="md">${renderer.markdown(block.text)}</div>`;
      return block.kind === "image" ? image(block) : jsonBlock(block.kind === "other" ? block.value : block, renderer);
    })
    .join("");
}

function answer(message: Fields, node: ExportNode, renderer: EntryRenderer): string {
  let html = "";
  for (const block of blocksOf(message.content)) {
    if (block.kind === "thinking") html += thinking(block, renderer);
    else if (block.kind === "text") html += block.text.trim() === "" ? "" : `<div class="md">${renderer.markdown(block.text)}</div>`;
    else if (block.kind === "image") html += image(block);
    else if (block.kind === "other") html += jsonBlock(block.value, renderer);
    else {
      const results = node.openCalls.get(block.id);
      if (results !== undefined) html += unansweredCard(block, results, renderer.isAnyShown(results), renderer);
    }
  }
  const failure = stringIn(message.errorMessage);
  if (message.stopReason === "error") html += `<p class="failure">${safeText(failure || "The model failed.")}</p>`;
  else if (message.stopReason === "aborted") html += `<p class="failure">${safeText(failure || "Aborted.")}</p>`;
  else if (message.stopReason === "length") html += '<p class="failure">Cut off at the output limit.</p>';
  return html;
}

function thinking(block: Extract<Block, { kind: "thinking" }>, renderer: EntryRenderer): string {
  if (block.text.trim() === "") return block.isHidden ? '<p class="think">Thinking, hidden by the provider</p>' : "";
  const first = escapeHtml(oneLine(block.text.replace(/[*#`_]+/g, ""), 110));
  return `<details class="think"><summary>Thinking <span>${first}</span></summary><div class="md">${renderer.markdown(block.text)}</div></details>`;
}

function answerFacts(message: Fields): string {
  const usage = fieldsOf(message.usage);
  const cost = numberIn(fieldsOf(usage.cost).total);
  const input = numberIn(usage.input) + numberIn(usage.cacheRead) + numberIn(usage.cacheWrite);
  return meta([
    numberIn(message.durationMs) > 0 ? duration(numberIn(message.durationMs)) : "",
    input + numberIn(usage.output) > 0 ? `${shortCount(input)} in, ${shortCount(numberIn(usage.output))} out` : "",
    cost > 0 ? money(cost) : "",
  ]);
}

function systemPrompt(message: Fields): string {
  const sections = Object.entries(fieldsOf(message.sections));
  const text = blocksOf(message.content).flatMap((block) => (block.kind === "text" ? [block.text] : []));
  const parts = [...text.map((one) => ["prompt", one] as const), ...sections].map(([name, value]) =>
    typeof value === "string"
      ? `<h4>${safeText(name)}</h4><pre class="out">${safeText(value)}</pre>`
      : `<h4>${safeText(name)}</h4><p class="meta">removed</p>`,
  );
  const added = Array.isArray(message.toolsAdded) ? message.toolsAdded.map(fieldsOf) : [];
  const tools = added.map((tool) => `<li><code>${safeText(stringIn(tool.name))}</code> ${safeText(stringIn(tool.description))}</li>`);
  if (tools.length > 0) parts.push(`<h4>Tools</h4><ul>${tools.join("")}</ul>`);
  const removed = Array.isArray(message.toolsRemoved) ? message.toolsRemoved.map((tool) => stringIn(fieldsOf(tool).name)) : [];
  if (removed.length > 0) parts.push(`<h4>Tools removed</h4><p>${safeText(removed.join(", "))}</p>`);
  const names = sections.map(([name]) => name).slice(0, 12);
  return folded(
    escapeHtml(oneLine([...names, tools.length === 0 ? "" : `${tools.length} tools`].filter(Boolean).join(", "), 150)),
    parts.join(""),
  );
}

function shellFacts(message: Fields): string {
  if (message.cancelled === true) return meta(["cancelled"]);
  return numberIn(message.exitCode) === 0 ? "" : meta([`exit code ${numberIn(message.exitCode)}`]);
}

function shell(message: Fields, renderer: EntryRenderer): string {
  const command = `<pre class="cmd"><code>${highlight(cleanText(stringIn(message.command)), "bash", renderer.budget)}</code></pre>`;
  const output = stringIn(message.output).trimEnd();
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
