// A conversation to be read: prompts and answers as they are, thinking folded to a line, calls in a line, results cut. Called by show.

import { type AssistantMessage, type Message, type ToolResultMessage, toolCallsOf, type UserContent } from "../../../contracts/message.ts";
import type { AnyEntry, EntryOf } from "../../../contracts/session-entry.ts";
import { costText, countText, cutToWidth, plainLine, plainText, type Style, type TextForm, timeText } from "../../terminal-text.ts";
import { callLine, entryLine, systemText, tokensText } from "./entry-line.ts";

export interface ConversationForm extends TextForm {
  /** Nothing is folded or cut. */
  isFull: boolean;
}

const resultLines = 5;
const foldedColumns = 120;

/** Turns entries, in the order of their branch, into lines. */
export class ConversationText {
  readonly #form: ConversationForm;
  #isAside = false;
  /** Of the last answer: a result of its only call needs no name. */
  #callCount = 0;

  constructor(form: ConversationForm) {
    this.#form = form;
  }

  /** Empty for what is no part of the conversation. A block begins with an empty line. */
  linesOf(entry: AnyEntry): string[] {
    const message = entry.type === "message" ? (entry as EntryOf<"message">).message : undefined;
    if (message?.role === "toolResult") {
      this.#isAside = false;
      return resultText(message, this.#callCount > 1, this.#form);
    }
    const lines = entryText(entry, this.#form);
    if (lines.length === 0) return lines;
    if (message?.role === "assistant") this.#callCount = Array.isArray(message.content) ? toolCallsOf(message).length : 0;
    const wasAside = this.#isAside;
    this.#isAside = entryLine(entry).isAside;
    return this.#isAside && wasAside ? lines : ["", ...lines];
  }
}

function entryText(entry: AnyEntry, form: ConversationForm): string[] {
  if (entry.type === "message") {
    const { message } = entry as EntryOf<"message">;
    return typeof message !== "object" || message === null ? [] : messageText(entry, message, form);
  }
  switch (entry.type) {
    case "custom":
    case "usage":
      return [];
    case "compaction":
    case "branch_summary": {
      const { summary, tokensBefore } = entry as unknown as { summary?: string; tokensBefore?: number };
      const about = tokensText(tokensBefore).replace(/: $/, "");
      return [...heading(entry, entry.type.replace("_", " "), "magenta", about, form), ...textLines(String(summary ?? ""))];
    }
    case "custom_message": {
      const { customType, content } = entry as EntryOf<"custom_message">;
      return [...heading(entry, customType, "magenta", "", form), ...contentLines(content)];
    }
    default: {
      const { who, text } = entryLine(entry);
      return [form.paint(folded(`(${who}) ${text}`, form), "dim")];
    }
  }
}

function messageText(entry: AnyEntry, message: Message, form: ConversationForm): string[] {
  switch (message.role) {
    case "user":
      return [...heading(entry, "user", "cyan", "", form), ...contentLines(message.content)];
    case "assistant":
      return answerLines(entry, message, form);
    case "bashExecution": {
      const output = outputLines(message.output ?? "", form);
      const status = message.cancelled ? "cancelled" : message.exitCode ? `exit code ${message.exitCode}` : "";
      return [...heading(entry, "shell", "cyan", status, form), `$ ${plainText(message.command)}`, ...output];
    }
    case "system":
      return [form.paint(`(system prompt) ${systemText(message)}`, "dim")];
    case "custom":
      return [...heading(entry, message.customType, "magenta", "", form), ...contentLines(message.content)];
    case "branchSummary":
    case "compactionSummary":
      return [...heading(entry, "summary", "magenta", "", form), ...textLines(message.summary)];
    default:
      return [];
  }
}

function answerLines(entry: AnyEntry, message: AssistantMessage, form: ConversationForm): string[] {
  const { paint, isFull } = form;
  const cost = message.usage?.cost?.total ?? 0;
  const about = [plainLine(message.model ?? ""), cost > 0 ? costText(cost) : "", stopText(message)]
    .filter((part) => part !== "")
    .join(", ");
  const lines = heading(entry, "assistant", "green", about, form);
  for (const block of Array.isArray(message.content) ? message.content : []) {
    if (block.type === "text") lines.push(...textLines(block.text));
    else if (block.type === "toolCall") {
      const call = callLine(block.name, block.arguments);
      lines.push(paint(isFull ? `> ${call}` : folded(`> ${call}`, form), "bold"));
    } else if (block.type === "thinking") {
      const thought = block.thinking === "" ? "(hidden)" : block.thinking;
      if (isFull) lines.push(...textLines(thought).map((line) => paint(`| ${line}`, "dim")));
      else lines.push(paint(folded(`(thinking) ${plainLine(thought)}`, form), "dim"));
    }
  }
  if (message.errorMessage !== undefined) lines.push(paint(`! ${plainLine(message.errorMessage)}`, "red"));
  return lines;
}

function stopText({ stopReason }: AssistantMessage): string {
  return stopReason === "length" ? "cut off" : stopReason === "aborted" ? "aborted" : "";
}

function resultText(message: ToolResultMessage, isOneOfSeveral: boolean, form: ConversationForm): string[] {
  const lines = outputLines(contentLines(message.content).join("\n"), form);
  if (message.isError) return [form.paint(`  ! ${plainLine(message.toolName)} failed`, "red"), ...lines];
  return isOneOfSeveral ? [form.paint(`< ${plainLine(message.toolName)}`, "dim"), ...lines] : lines;
}

function outputLines(text: string, { paint, width, isFull }: ConversationForm): string[] {
  const lines = plainText(text).replace(/\n+$/, "").split("\n");
  const shown = isFull ? lines : lines.slice(0, lines.length === resultLines + 1 ? lines.length : resultLines);
  const cut = shown.map((line) => paint(`  ${isFull ? line : cutToWidth(line, Math.max(foldedColumns, width ?? 0) - 2)}`, "dim"));
  const more = lines.length - shown.length;
  return more > 0 ? [...cut, paint(`  … ${countText(more)} more lines`, "dim")] : cut;
}

function heading(entry: AnyEntry, who: string, style: Style, about: string, { paint }: ConversationForm): string[] {
  const time = timeText(Date.parse(entry.timestamp));
  const rest = [time, about].filter((part) => part !== "").join("  ");
  return [`${paint(plainLine(who), style, "bold")}  ${paint(entry.id, "yellow")}  ${paint(rest, "dim")}`.trimEnd()];
}

function contentLines(content: string | readonly UserContent[]): string[] {
  if (typeof content === "string") return textLines(content);
  return (Array.isArray(content) ? content : []).flatMap((block: UserContent) => {
    if (block.type === "image") return [`[image ${block.mimeType}, ${countText(Math.round((block.data.length * 3) / 4))} bytes]`];
    return block.type === "text" ? textLines(block.text) : [];
  });
}

function textLines(text: string): string[] {
  const plain = plainText(text).replace(/\n+$/, "");
  return plain === "" ? [] : plain.split("\n");
}

function folded(text: string, { width }: ConversationForm): string {
  return cutToWidth(text, width ?? foldedColumns);
}
