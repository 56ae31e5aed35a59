// One entry in one line: who, and how it begins. Called by the tree, the conversation and completions.

import { type AssistantContent, type Message, textOf } from "../../../contracts/message.ts";
import type { AnyEntry } from "../../../contracts/session-entry.ts";
import { countText, plainLine } from "../../terminal-text.ts";

export interface EntryLine {
  /** `user`, `assistant`, the name of a tool, … */
  who: string;
  text: string;
  /** A setting or a mark rather than something that was said. */
  isAside: boolean;
}

const longestLine = 300;

export function entryLine(entry: AnyEntry): EntryLine {
  const aside = (who: string, text: string): EntryLine => ({ who, text: firstPart(text), isAside: true });
  const fields = entry as Record<string, unknown>;
  const field = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  switch (entry.type) {
    case "message":
      return messageLine(fields.message as Message | undefined);
    case "model_change":
      return aside("model", `${field("provider")}/${field("modelId")}`);
    case "thinking_level_change":
      return aside("thinking", field("thinkingLevel"));
    case "compaction":
      return { who: "compaction", text: `${tokensText(fields.tokensBefore)}${firstPart(field("summary"))}`, isAside: false };
    case "branch_summary":
      return { who: "branch summary", text: firstPart(field("summary")), isAside: false };
    case "custom_message":
      return { who: field("customType") || "custom", text: firstPart(contentText(fields.content)), isAside: false };
    case "context_edit":
      return aside(fields.replacement === null ? "left out" : "replaced", field("targetId"));
    case "usage":
      return aside("usage", [field("kind"), `${field("provider")}/${field("model")}`].filter((part) => part !== "").join(", "));
    case "label":
      return aside("label", `${field("targetId")} ${field("label") ? `"${field("label")}"` : "cleared"}`);
    case "session_info":
      return aside("name", field("name"));
    default:
      return aside(entry.type, field("customType"));
  }
}

function messageLine(message: Message | undefined): EntryLine {
  const said = (who: string, text: string): EntryLine => ({ who, text: firstPart(text), isAside: false });
  switch (message?.role) {
    case "assistant":
      return said("assistant", answerText(message.content, message.errorMessage));
    case "toolResult":
      return said(message.toolName, `${message.isError ? "failed: " : ""}${contentText(message.content)}`);
    case "bashExecution":
      return said("shell", message.command);
    case "system":
      return { who: "system", text: systemText(message), isAside: true };
    case "branchSummary":
    case "compactionSummary":
      return said("summary", message.summary);
    case "user":
    case "custom":
      return said(message.role, contentText(message.content));
    default:
      return { who: "message", text: "", isAside: true };
  }
}

export function systemText(message: Extract<Message, { role: "system" }>): string {
  const sections = Object.keys(message.sections ?? {}).length;
  const tools = message.toolsAdded?.length ?? 0;
  const counts = [
    [sections, "section"],
    [tools, "tool"],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}${count === 1 ? "" : "s"}`)
    .join(", ");
}

/** A call in one line: the tool and its arguments; of a single text only that. */
export function callLine(name: string, args: unknown): string {
  const values = typeof args === "object" && args !== null ? Object.values(args) : [];
  const [only] = values;
  return plainLine(`${name} ${values.length === 1 && typeof only === "string" ? only : JSON.stringify(args ?? {})}`);
}

export function tokensText(count: unknown): string {
  return typeof count === "number" ? `${countText(count)} tokens summarised: ` : "";
}

function answerText(content: unknown, errorMessage: string | undefined): string {
  const blocks = (Array.isArray(content) ? content : []) as AssistantContent[];
  const text = textOf(blocks);
  const calls = blocks.flatMap((block) => (block.type === "toolCall" ? [callLine(block.name, block.arguments)] : []));
  const parts = [text, calls.length === 0 ? "" : `[${calls.join("; ")}]`, errorMessage === undefined ? "" : `(${errorMessage})`];
  return parts.filter((part) => part.trim() !== "").join(" ");
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  const images = content.filter((block: { type?: string }) => block.type === "image").length;
  return `${textOf(content as { type: string }[])}${images > 0 ? ` [${images} image${images === 1 ? "" : "s"}]` : ""}`;
}

function firstPart(text: string): string {
  return plainLine(text.slice(0, 2 * longestLine)).slice(0, longestLine);
}
