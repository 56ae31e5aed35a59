// Finds text in a session file: in prompts, answers, thinking, tool calls and results, summaries, names and labels. Called by `pi sessions search`.
// Invariant: a line is decoded only when its bytes could hold a match; what the model was told about itself and its tools is no conversation.

import type { Message, ToolCall } from "../../contracts/message.ts";
import type { AnyEntry } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import { lineAround, lineBlocks } from "../lines/line-blocks.ts";
import { decodeEntry } from "../lines/sound-entry.ts";
import type { SearchPattern } from "./search-pattern.ts";

export interface SearchMatch {
  /** Absent in files of version 1. */
  entryId: string | undefined;
  /** The role of a message, else the type of the entry. */
  role: string;
  where: "text" | "thinking" | "tool call" | "tool result" | "summary" | "name" | "label";
  /** ISO 8601. */
  timestamp: string | undefined;
  /** The whole line of the text. */
  line: string;
  /** Of the first match in the line. */
  start: number;
  length: number;
}

interface SearchedText {
  where: SearchMatch["where"];
  text: string;
}

/** In file order, one for each matching line. Throws Node's errors. */
export function* searchSession(path: string, pattern: SearchPattern): Generator<SearchMatch> {
  for (const block of lineBlocks(path)) {
    for (const text of candidateLines(block, pattern)) {
      const entry = decodeEntry(text);
      if (entry !== undefined) yield* matchesIn(entry, pattern.expression);
    }
  }
}

function* candidateLines(block: Buffer, { needle, ignoresCase }: SearchPattern): Generator<string> {
  const next = finder(block, needle, ignoresCase);
  for (let at = 0; at < block.length; ) {
    const hit = next(at);
    if (hit < 0) return;
    const { start, end } = lineAround(block, hit);
    yield block.toString("utf8", start, end);
    at = end + 1;
  }
}

/** Where the needle is found next, from a position on. Without a needle: there. */
function finder(block: Buffer, needle: string | undefined, ignoresCase: boolean): (from: number) => number {
  if (needle === undefined) return (from) => from;
  if (!ignoresCase) {
    const bytes = Buffer.from(needle, "latin1");
    return (from) => block.indexOf(bytes, from);
  }
  const text = block.toString("latin1");
  const expression = new RegExp(needle.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), "gi");
  return (from) => {
    expression.lastIndex = from;
    return expression.exec(text)?.index ?? -1;
  };
}

function* matchesIn(entry: AnyEntry, expression: RegExp): Generator<SearchMatch> {
  const role = isA(entry, "message") ? (entry.message?.role ?? entry.type) : entry.type;
  for (const { where, text } of textsOf(entry)) {
    for (const line of text.split("\n")) {
      const found = expression.exec(line);
      if (found === null) continue;
      const { id: entryId, timestamp } = entry as { id?: string; timestamp?: string };
      yield { entryId, role, where, timestamp, line, start: found.index, length: found[0].length };
    }
  }
}

function textsOf(entry: AnyEntry): SearchedText[] {
  if (isA(entry, "message")) return entry.message === undefined ? [] : textsOfMessage(entry.message);
  if (isA(entry, "compaction") || isA(entry, "branch_summary")) return inTexts("summary", entry.summary);
  if (isA(entry, "custom_message")) return contentTexts("text", entry.content);
  if (isA(entry, "session_info")) return inTexts("name", entry.name);
  return isA(entry, "label") ? inTexts("label", entry.label) : [];
}

function textsOfMessage(message: Message): SearchedText[] {
  switch (message.role) {
    case "user":
    case "custom":
      return contentTexts("text", message.content);
    case "toolResult":
      return contentTexts("tool result", message.content);
    case "assistant":
      return (Array.isArray(message.content) ? message.content : []).flatMap((block) => {
        if (block.type === "text") return inTexts("text", block.text);
        if (block.type === "thinking") return inTexts("thinking", block.thinking);
        return block.type === "toolCall" ? callTexts(block) : [];
      });
    case "bashExecution":
      return [...inTexts("tool call", message.command), ...inTexts("tool result", message.output)];
    case "branchSummary":
    case "compactionSummary":
      return inTexts("summary", message.summary);
    default:
      return [];
  }
}

function inTexts(where: SearchedText["where"], text: unknown): SearchedText[] {
  return typeof text === "string" && text !== "" ? [{ where, text }] : [];
}

function contentTexts(where: SearchedText["where"], content: unknown): SearchedText[] {
  if (!Array.isArray(content)) return inTexts(where, content);
  return content.flatMap((block: { type?: string; text?: unknown } | null) => (block?.type === "text" ? inTexts(where, block.text) : []));
}

function callTexts(call: ToolCall): SearchedText[] {
  return [call.name, ...stringsIn(call.arguments)].flatMap((text) => inTexts("tool call", text));
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number" || typeof value === "boolean") return [String(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
