// Makes a conversation fit for one model: what an aborted run, another model or another wire format left behind is put right. Called first by every
// encoder. Invariant: pure; in the result every tool call has exactly one result, directly after its message and in call order; ids are unique and,
// where this model did not make them itself, valid; nothing opaque and no thinking of another model is left; no text is blank.

import type {
  AssistantContent,
  AssistantMessage,
  ImageContent,
  ModelMessage,
  TextContent,
  ToolResultMessage,
  UserContent,
} from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";

export interface HistoryRules {
  model: Model;
  /** A valid id for this format; called with an id and, from the second try on, a number that makes it differ. */
  validId(id: string, attempt: number): string;
  /**
   * What an id of this model's own was on the wire; absent, it was what the session holds. It goes back as it came, since proxies keep signatures
   * in it and chat templates render it; undefined where the service would not take it.
   */
  ownId?(id: string): string | undefined;
  /** Own thinking without a signature is replayed as thinking (formats that sign nothing). */
  keepsUnsignedThinking?: boolean;
}

export interface RepairedUser {
  role: "user";
  content: UserContent[];
}

export interface RepairedAssistant {
  role: "assistant";
  content: AssistantContent[];
  /** Written by the very model that is asked now. */
  own: boolean;
}

export interface RepairedToolResult {
  role: "toolResult";
  toolCallId: string;
  toolName: string;
  content: UserContent[];
  isError: boolean;
}

export type RepairedMessage = RepairedUser | RepairedAssistant | RepairedToolResult;

export function repairHistory(messages: readonly ModelMessage[], rules: HistoryRules): RepairedMessage[] {
  const results = new ResultShelf(messages);
  const room = new ImageRoom(messages, rules.model);
  const taken = new Set<string>();
  const repaired: RepairedMessage[] = [];
  messages.forEach((message, index) => {
    if (message.role === "user") {
      const content = repairContent(typeof message.content === "string" ? asBlocks(message.content) : message.content, room);
      if (content.length > 0) repaired.push({ role: "user", content });
      return;
    }
    if (message.role === "toolResult") return;
    // A failed or aborted answer stays in the session but is never sent again.
    if (message.stopReason === "error" || message.stopReason === "aborted" || message.stopReason === "pending") return;
    const assistant = repairAssistant(message, rules, taken);
    if (assistant.message.content.length === 0) return;
    repaired.push(assistant.message);
    for (const call of assistant.calls) {
      const result = results.take(call.originalId, index);
      repaired.push({
        role: "toolResult",
        toolCallId: call.id,
        toolName: call.name,
        content: result === undefined ? asBlocks("No result provided") : repairContent(result.content, room),
        isError: result?.isError ?? true,
      });
    }
  });
  return repaired;
}

/** Tool results by call id, in order, each given out once. */
class ResultShelf {
  readonly #byId = new Map<string, { index: number; message: ToolResultMessage }[]>();

  constructor(messages: readonly ModelMessage[]) {
    messages.forEach((message, index) => {
      if (message.role !== "toolResult") return;
      const entry = { index, message };
      const others = this.#byId.get(message.toolCallId);
      if (others === undefined) this.#byId.set(message.toolCallId, [entry]);
      else others.push(entry);
    });
  }

  /** The first result for the id after the call; ids may repeat over a conversation. */
  take(id: string, afterIndex: number): ToolResultMessage | undefined {
    const entries = this.#byId.get(id);
    const at = entries?.findIndex((entry) => entry.index > afterIndex) ?? -1;
    return at < 0 ? undefined : entries?.splice(at, 1)[0]?.message;
  }
}

interface RepairedCalls {
  message: RepairedAssistant;
  calls: { originalId: string; id: string; name: string }[];
}

function repairAssistant(message: AssistantMessage, rules: HistoryRules, taken: Set<string>): RepairedCalls {
  const { model } = rules;
  const own = message.provider === model.provider && message.api === model.api && message.model === model.id;
  const calls: RepairedCalls["calls"] = [];
  const content: AssistantContent[] = [];
  for (const block of message.content) {
    if (block.type === "text") {
      const text = wellFormed(block.text);
      if (text.trim() === "") continue;
      content.push(
        own && block.textSignature !== undefined ? { type: "text", text, textSignature: block.textSignature } : { type: "text", text },
      );
    } else if (block.type === "thinking") {
      const signed = block.thinkingSignature !== undefined && block.thinkingSignature !== "";
      // As text it would be an answer that nobody gave, and services refuse thoughts that are quoted to them.
      if (own && (signed || (rules.keepsUnsignedThinking === true && block.thinking.trim() !== ""))) content.push(block);
    } else {
      const id = uniqueId(block.id, own, rules, taken);
      calls.push({ originalId: block.id, id, name: block.name });
      const call = { type: "toolCall", id, name: block.name, arguments: block.arguments } as const;
      content.push(own && block.thoughtSignature !== undefined ? { ...call, thoughtSignature: block.thoughtSignature } : call);
    }
  }
  return { message: { role: "assistant", content, own }, calls };
}

function uniqueId(id: string, own: boolean, rules: HistoryRules, taken: Set<string>): string {
  for (let attempt = 0; ; attempt++) {
    const given = own && attempt === 0 ? (rules.ownId === undefined ? id : rules.ownId(id)) : undefined;
    const valid = given === undefined || given.trim() === "" ? rules.validId(id, attempt) : wellFormed(given);
    if (taken.has(valid)) continue;
    taken.add(valid);
    return valid;
  }
}

/** Which images may go along: none to a model without eyes, else the latest that a request may hold. */
class ImageRoom {
  readonly why: string;
  readonly #perMessage: number;
  #tooMany: number;

  constructor(messages: readonly ModelMessage[], { input, inputLimits }: Model) {
    const takesImages = input.includes("image");
    const most = takesImages ? (inputLimits?.images?.maxPerRequest ?? Number.POSITIVE_INFINITY) : 0;
    this.#perMessage = inputLimits?.images?.maxPerMessage ?? Number.POSITIVE_INFINITY;
    this.#tooMany = messages.reduce((count, message) => count + imagesIn(message), 0) - most;
    this.why = takesImages ? `this model takes no more than ${Math.min(most, this.#perMessage)}` : "this model takes no images";
  }

  /** Whether the next image of a message, which already has so many, goes along. Called once for each, the oldest first. */
  takes(already: number): boolean {
    return this.#tooMany-- <= 0 && already < this.#perMessage;
  }
}

function imagesIn({ content }: ModelMessage): number {
  return typeof content === "string" ? 0 : content.filter((block) => block.type === "image").length;
}

function repairContent(content: readonly UserContent[], room: ImageRoom): UserContent[] {
  const repaired: UserContent[] = [];
  let taken = 0;
  let leftOut = 0;
  for (const block of content) {
    if (block.type === "text") {
      if (block.text.trim() !== "") repaired.push({ type: "text", text: wellFormed(block.text) });
    } else if (room.takes(taken)) {
      repaired.push(block);
      taken++;
    } else leftOut++;
  }
  if (leftOut > 0) repaired.push({ type: "text", text: `[${leftOut === 1 ? "Image" : `${leftOut} images`} omitted: ${room.why}.]` });
  return repaired;
}

function asBlocks(text: string): UserContent[] {
  return [{ type: "text", text }];
}

/** Half a surrogate pair, for instance of a cut command output, makes a request that services refuse as bad JSON. */
export function wellFormed(text: string): string {
  return (text as string & { toWellFormed(): string }).toWellFormed();
}

export function textBlocks(content: readonly UserContent[]): TextContent[] {
  return content.filter((block): block is TextContent => block.type === "text");
}

export function imageBlocks(content: readonly UserContent[]): ImageContent[] {
  return content.filter((block): block is ImageContent => block.type === "image");
}

/** Letters, digits, `_` and `-`, at most `maxLength`; a number at the end makes a repeated id differ. */
export function plainId(id: string, attempt: number, maxLength: number): string {
  const cleaned = id.replace(/[^a-zA-Z0-9_-]/g, "_") || "call";
  const suffix = attempt === 0 ? "" : `_${attempt}`;
  return cleaned.slice(0, maxLength - suffix.length) + suffix;
}
