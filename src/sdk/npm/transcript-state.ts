// What the system messages of a transcript come to, and small things around models and calls, under the npm agent's names. Imported by extensions. Pure.

import { messageOf } from "../../contracts/error.ts";
import type { Message, ToolDeclaration } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import { availableThinkingLevels, clampThinkingLevel as clamp, type Model, type ThinkingLevel } from "../../contracts/model.ts";
import { type Cost, priceUsage, type Usage } from "../../contracts/usage.ts";
import { promptText, systemStateOf } from "../../harness/conversation/system-prompt.ts";
import { newSessionId } from "../../session/lines/new-id.ts";

type System = Extract<Message, { role: "system" }>;

export function getCurrentSystemPrompt(messages: readonly Message[]): string {
  return promptText(systemStateOf(messages));
}

export function getCurrentTools(messages: readonly Message[]): ToolDeclaration[] {
  return [...systemStateOf(messages).tools.values()];
}

/** One that says all that is in force. */
export function getCurrentSystemMessage(messages: readonly Message[]): System | undefined {
  const first = messages.find((message): message is System => message.role === "system");
  if (first === undefined) return undefined;
  const { texts, sections, tools } = systemStateOf(messages);
  return {
    role: "system",
    content: texts.join("\n\n"),
    ...(sections.size > 0 && { sections: Object.fromEntries(sections) }),
    ...(tools.size > 0 && { toolsAdded: [...tools.values()] }),
    timestamp: first.timestamp,
  };
}

/** That one at the head, in place of all of them. */
export function collapseSystemMessages({ messages }: { messages: readonly Message[] }): { messages: Message[] } {
  const head = getCurrentSystemMessage(messages);
  const others = messages.filter(({ role }) => role !== "system");
  return { messages: head === undefined ? others : [head, ...others] };
}

export function withoutInitialSystemMessage(messages: readonly Message[]): Message[] {
  return messages[0]?.role === "system" ? messages.slice(1) : [...messages];
}

export function clampThinkingLevel(model: Model, level: ThinkingLevel): ThinkingLevel {
  return clamp(level, model);
}

export function getSupportedThinkingLevels(model: Model): ThinkingLevel[] {
  return availableThinkingLevels(model);
}

/** Of a usage at a model's prices; it is put into the usage, too. */
export function calculateCost(model: Model, usage: Usage): Cost {
  usage.cost = priceUsage(usage, model.cost).cost;
  return usage.cost;
}

export function uuidv7(): string {
  return newSessionId(Date.now());
}

/** A string that is one of these, in a schema that every service takes. */
export function StringEnum<const T extends readonly string[]>(
  values: T,
  options: { description?: string; default?: T[number] } = {},
): { type: "string"; enum: T; description?: string; default?: T[number] } & { "~unsafe": T[number] } {
  // The type alone tells TypeBox's Static what it is of.
  return { type: "string", enum: values, ...options } as { type: "string"; enum: T } & { "~unsafe": T[number] };
}

export function contentText(content: string | readonly { type: string }[]): string {
  return textOf(content);
}

export function modelsAreEqual(one: Model | undefined, other: Model | undefined): boolean {
  return one !== undefined && other !== undefined && one.provider === other.provider && one.id === other.id;
}

/** The text of a tool call's arguments as it comes, and what can be read of it so far. */
export class ToolCallArgumentsStream {
  #text = "";

  append(delta: string): Record<string, unknown> {
    this.#text += delta;
    return this.value;
  }

  get text(): string {
    return this.#text;
  }

  /** What goes on from the text so far is appended; another text takes its place. */
  replace(text: string): { delta: string | undefined; arguments: Record<string, unknown> } {
    const delta = text.startsWith(this.#text) ? text.slice(this.#text.length) : undefined;
    this.#text = text;
    return { delta, arguments: this.value };
  }

  /** The whole, and what is wrong with it; fields of a tool call. */
  finish(): { arguments: Record<string, unknown>; argumentsError?: string } {
    if (this.#text.trim() === "") return { arguments: {} };
    try {
      const parsed: unknown = JSON.parse(this.#text);
      if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return { arguments: parsed as Record<string, unknown> };
      return { arguments: {}, argumentsError: "Tool arguments must be a JSON object" };
    } catch (error) {
      return { arguments: {}, argumentsError: messageOf(error) };
    }
  }

  get value(): Record<string, unknown> {
    return parseStreamingJson(this.#text);
  }
}

/** The same, text by text: what can be read so far, whenever it is asked for. */
export class StreamingJsonParser {
  readonly #stream = new ToolCallArgumentsStream();

  append(delta: string): void {
    this.#stream.append(delta);
  }

  snapshot(): Record<string, unknown> {
    return this.#stream.value;
  }
}

/** An object from JSON that may not be whole; empty where nothing can be read. */
export function parseStreamingJson(text: string): Record<string, unknown> {
  for (const closed of [text, ...closings(text)]) {
    try {
      const parsed: unknown = JSON.parse(closed);
      if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
    } catch {
      // The next closing.
    }
  }
  return {};
}

/** What stands open at a place, the innermost first: shared, since a copy for each of many places would be as long as the text each time. */
interface Open {
  closing: string;
  outer: Open | undefined;
}

function closingOf(open: Open | undefined): string {
  let text = "";
  for (let at = open; at !== undefined; at = at.outer) text += at.closing;
  return text;
}

const mostCuts = 8;

/** The text up to a place where it could be cut, with what is open there closed; the longest first. */
function* closings(text: string): Generator<string> {
  let open: Open | undefined;
  /** The last of them. */
  const cuts: { end: number; open: Open | undefined }[] = [];
  const cutAt = (end: number): void => {
    cuts.push({ end, open });
    if (cuts.length > mostCuts) cuts.shift();
  };
  let inString = false;
  /** Before an escape that has only begun. */
  let readable = text.length;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (inString) {
      if (char === "\\") {
        const length = text[at + 1] === "u" ? 6 : 2;
        if (at + length > text.length) readable = at;
        at += length - 1;
      } else if (char === '"') inString = false;
      continue;
    }
    if (char === '"') inString = true;
    else if (char === "{" || char === "[") {
      open = { closing: char === "{" ? "}" : "]", outer: open };
      cutAt(at + 1);
    } else if (char === "}" || char === "]") open = open?.outer;
    else if (char === ",") cutAt(at);
  }
  const rest = closingOf(open);
  if (inString) yield `${text.slice(0, readable)}"${rest}`;
  yield text + rest;
  for (const { end, open: openThere } of cuts.reverse()) yield text.slice(0, end) + closingOf(openThere);
}
