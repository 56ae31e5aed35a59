// A conversation to be read: prompts and answers as they are, thinking folded to a line, calls in a line, results cut. Called by show.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { plainText } from "../../contracts/text/plain.ts";
import { costText, countText, cutToWidth, plainLine, type Style, type TextForm, timeText } from "../../contracts/text/terminal-text.ts";
import { bodyOf, type ToolViews } from "../../contracts/tool-view.ts";
import { ConversationFold } from "../fold.ts";
import { type Call, callsIn, type Faces, faceOf, type Item, type ItemOf } from "../items.ts";
import { type Block, fieldsOf, jsonText, numberIn } from "../read-entry.ts";
import { callLine, entryLine, systemText, tokensText } from "./entry-line.ts";

export interface ConversationForm extends TextForm {
  /** Nothing is folded or cut. */
  isFull: boolean;
  /** How calls are shown, by the name of their tool. */
  toolViews: ToolViews;
}

const resultLines = 5;
const foldedColumns = 120;

/** Turns entries, in the order of their branch, into lines. */
export class ConversationText {
  readonly #form: ConversationForm;
  readonly #fold = new ConversationFold();
  #isAside = false;
  /** Of the last answer: a result of its only call needs no name. */
  #callCount = 0;

  constructor(form: ConversationForm) {
    this.#form = form;
  }

  /** Empty for what is no part of the conversation. A block begins with an empty line. */
  linesOf(entry: AnyEntry): string[] {
    const { item } = this.#fold.takeEntry(entry);
    if (item.kind === "result") {
      this.#isAside = false;
      return resultText(item, this.#callCount > 1, this.#form);
    }
    const lines = faceOf(faces, item, this.#form, entry);
    if (lines.length === 0) return lines;
    if (item.kind === "answer") this.#callCount = callsIn(item.blocks).length;
    const wasAside = this.#isAside;
    this.#isAside = entryLine(entry, this.#form.toolViews).isAside;
    return this.#isAside && wasAside ? lines : ["", ...lines];
  }
}

const faces: Faces<string[], [ConversationForm, AnyEntry]> = {
  prompt: (item, form) => [...heading(item, "user", "cyan", "", form), ...contentLines(item.blocks)],
  answer: answerLines,
  result: (item, form) => resultText(item, false, form),
  shell: (item, form) => {
    const status = item.isCancelled ? "cancelled" : item.exitCode === 0 ? "" : `exit code ${item.exitCode}`;
    const output = outputLines(item.output, form);
    return [...heading(item, "shell", "cyan", status, form), `$ ${plainText(item.command)}`, ...output];
  },
  system: (item, { paint }) => [paint(`(system prompt) ${systemText(item)}`, "dim")],
  summary: (item, form) => {
    const who = item.of === "message" ? "summary" : item.of === "branch" ? "branch summary" : "compaction";
    const about = item.of === "message" ? "" : tokensText(item.tokensBefore).replace(/: $/, "");
    return [...heading(item, who, "magenta", about, form), ...textLines(item.text)];
  },
  note: (item, form) => [...heading(item, item.name || "custom", "magenta", "", form), ...contentLines(item.blocks)],
  model: asideLine,
  thinking: asideLine,
  edit: asideLine,
  label: asideLine,
  name: asideLine,
  usage: () => [],
  data: (item, form, entry) => (item.name === "custom" ? [] : asideLine(item, form, entry)),
  message: () => [],
};

function asideLine(_item: Item, form: ConversationForm, entry: AnyEntry): string[] {
  const { who, text } = entryLine(entry, form.toolViews);
  return [form.paint(folded(`(${who}) ${text}`, form), "dim")];
}

/** Arguments of a call, which a spread makes of them, are bounded; the lines of a text are not. */
function addAll(lines: string[], more: readonly string[]): void {
  for (const line of more) lines.push(line);
}

function answerLines(item: ItemOf<"answer">, form: ConversationForm): string[] {
  const { paint, isFull, toolViews } = form;
  const cost = numberIn(fieldsOf(item.usage.cost).total);
  const about = [plainLine(item.model), cost > 0 ? costText(cost) : "", stopText(item)].filter((part) => part !== "").join(", ");
  const lines = heading(item, "assistant", "green", about, form);
  for (const block of item.blocks) {
    if (block.kind === "text") addAll(lines, textLines(block.text));
    else if (block.kind === "call") {
      const call = callLine(block, toolViews);
      lines.push(paint(isFull ? `> ${call}` : folded(`> ${call}`, form), "bold"));
      if (isFull) addAll(lines, bodyLines(block, form));
    } else if (block.kind === "thinking") {
      const thought = block.text === "" ? "(hidden)" : block.text;
      if (isFull)
        addAll(
          lines,
          textLines(thought).map((line) => paint(`| ${line}`, "dim")),
        );
      else lines.push(paint(folded(`(thinking) ${plainLine(thought)}`, form), "dim"));
    }
  }
  if (item.errorMessage !== "" && item.stopReason !== "aborted") lines.push(paint(`! ${plainLine(item.errorMessage)}`, "red"));
  return lines;
}

/** What the headline does not say: the text of a file, what is replaced by what; arguments as JSON where their tool does not tell. */
function bodyLines({ name, args }: Call, { paint, toolViews }: ConversationForm): string[] {
  const body = bodyOf(toolViews.get(name), args);
  // A command is its headline, but for what is broken off there.
  if (body === undefined || (body.kind === "command" && !body.text.trim().includes("\n"))) return [];
  return textLines(body.kind === "arguments" ? jsonText(body.args) : body.text).map((line) => paint(`| ${line}`, "dim"));
}

/** Of an abort this is all that is said. */
function stopText({ stopReason }: ItemOf<"answer">): string {
  return stopReason === "length" ? "cut off" : stopReason === "aborted" ? "aborted" : "";
}

function resultText({ toolName, isError, blocks }: ItemOf<"result">, isOneOfSeveral: boolean, form: ConversationForm): string[] {
  const lines = outputLines(contentLines(blocks).join("\n"), form);
  if (isError) return [form.paint(`  ! ${plainLine(toolName)} failed`, "red"), ...lines];
  return isOneOfSeveral ? [form.paint(`< ${plainLine(toolName)}`, "dim"), ...lines] : lines;
}

function outputLines(text: string, { paint, width, isFull }: ConversationForm): string[] {
  const lines = plainText(text)
    .replace(/(?<!\n)\n+$/, "")
    .split("\n");
  const shown = isFull ? lines : lines.slice(0, lines.length === resultLines + 1 ? lines.length : resultLines);
  const cut = shown.map((line) => paint(`  ${isFull ? line : cutToWidth(line, Math.max(foldedColumns, width ?? 0) - 2)}`, "dim"));
  const more = lines.length - shown.length;
  return more > 0 ? [...cut, paint(`  … ${countText(more)} more lines`, "dim")] : cut;
}

function heading(item: Item, who: string, style: Style, about: string, { paint }: ConversationForm): string[] {
  const time = timeText(Date.parse(item.timestamp));
  const rest = [time, about].filter((part) => part !== "").join("  ");
  return [`${paint(plainLine(who), style, "bold")}  ${paint(item.id, "yellow")}  ${paint(rest, "dim")}`.trimEnd()];
}

function contentLines(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block) => {
    if (block.kind === "image") return [`[image ${block.mimeType}, ${countText(Math.round((block.data.length * 3) / 4))} bytes]`];
    return block.kind === "text" ? textLines(block.text) : [];
  });
}

function textLines(text: string): string[] {
  const plain = plainText(text).replace(/(?<!\n)\n+$/, "");
  return plain === "" ? [] : plain.split("\n");
}

function folded(text: string, { width }: ConversationForm): string {
  return cutToWidth(text, width ?? foldedColumns);
}
