// One entry in one line: who, and how it begins. Called by the tree, the conversation and completions.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { countText, plainLine } from "../../contracts/text/terminal-text.ts";
import { headlineOf, type ToolViews } from "../../contracts/tool-view.ts";
import { type Call, callsIn, type Faces, faceOf, type ItemOf, itemOf, textOfBlocks } from "../items.ts";
import type { Block } from "../read-entry.ts";

export interface EntryLine {
  /** `user`, `assistant`, the name of a tool, … */
  who: string;
  text: string;
  /** A setting or a mark rather than something that was said. */
  isAside: boolean;
}

const longestLine = 300;

export function entryLine(entry: AnyEntry, toolViews: ToolViews): EntryLine {
  const line = faceOf(lines, itemOf(entry), toolViews);
  return { ...line, text: firstPart(line.text) };
}

const aside = (who: string, text: string): EntryLine => ({ who, text, isAside: true });
const said = (who: string, text: string): EntryLine => ({ who, text, isAside: false });

const lines: Faces<EntryLine, [ToolViews]> = {
  prompt: ({ blocks }) => said("user", contentText(blocks)),
  answer: (item, toolViews) => said("assistant", answerText(item, toolViews)),
  result: ({ toolName, isError, blocks }) => said(toolName, `${isError ? "failed: " : ""}${contentText(blocks)}`),
  shell: ({ command }) => said("shell", command),
  system: (item) => aside("system", systemText(item)),
  summary: ({ of, text, tokensBefore }) => {
    if (of === "message") return said("summary", text);
    return of === "branch" ? said("branch summary", text) : said("compaction", `${tokensText(tokensBefore)}${text}`);
  },
  note: ({ name, blocks }) => said(name || "custom", contentText(blocks)),
  model: ({ provider, modelId }) => aside("model", `${provider}/${modelId}`),
  thinking: ({ level }) => aside("thinking", level),
  edit: ({ isRemoval, targetId }) => aside(isRemoval ? "left out" : "replaced", targetId),
  usage: ({ what, model }) => aside("usage", [what, model].filter((part) => part !== "").join(", ")),
  label: ({ targetId, label }) => aside("label", `${targetId} ${label === "" ? "cleared" : `"${label}"`}`),
  name: ({ name }) => aside("name", name),
  data: ({ name, about }) => aside(name, about),
  message: () => aside("message", ""),
};

export function systemText({ sections, toolsAdded }: ItemOf<"system">): string {
  const counts = [
    [Object.keys(sections).length, "section"],
    [toolsAdded.length, "tool"],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}${count === 1 ? "" : "s"}`)
    .join(", ");
}

/** A call in one line: the tool, and what it is about. */
export function callLine({ name, args }: Call, toolViews: ToolViews): string {
  return plainLine(`${name} ${headlineOf(toolViews.get(name), args)}`);
}

export function tokensText(count: number | undefined): string {
  return count === undefined ? "" : `${countText(count)} tokens summarised: `;
}

function answerText({ blocks, errorMessage }: ItemOf<"answer">, toolViews: ToolViews): string {
  const calls = callsIn(blocks).map((call) => callLine(call, toolViews));
  const parts = [textOfBlocks(blocks), calls.length === 0 ? "" : `[${calls.join("; ")}]`, errorMessage === "" ? "" : `(${errorMessage})`];
  return parts.filter((part) => part.trim() !== "").join(" ");
}

function contentText(blocks: readonly Block[]): string {
  const images = blocks.filter((block) => block.kind === "image").length;
  return `${textOfBlocks(blocks)}${images > 0 ? ` [${images} image${images === 1 ? "" : "s"}]` : ""}`;
}

function firstPart(text: string): string {
  return plainLine(text.slice(0, 2 * longestLine)).slice(0, longestLine);
}
