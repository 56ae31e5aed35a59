// One answer of a model as a chat is to see it: its text without tags and directives, in blocks, and its thinking apart from it. Made by
// reply-stream for each message, which hands what comes out to the host.
// Invariants: the text only grows; blocks joined are the text but for blanks at the joins; no block comes twice running.

import type { AssistantMessage } from "../../contracts/message.ts";
import type { AssistantMessageEvent } from "../../contracts/stream-event.ts";
import { type BlockChunker, type BlockChunkerOptions, createBlockChunker } from "./block-chunker.ts";
import { createDirectiveFilter, type DirectedPart, parseDirectives, type ReplyPayload } from "./directives.ts";
import { MessageTexts } from "./message-texts.ts";
import { createTagFilter, type TaggedPart } from "./tag-filter.ts";

export interface AnswerSink {
  /** The text so far, and what it has grown by. */
  text(text: string, delta: string): void;
  thought(text: string, delta: string): void;
  /** Of a block of thinking that had any. */
  thoughtEnd(text: string): void;
  block(payload: ReplyPayload): void;
}

export interface AnswerOptions {
  chunking: BlockChunkerOptions | undefined;
  enforceFinalTag: boolean;
  /** Blocks wait for the message's end. */
  isAtMessageEnd: boolean;
  /** Whether anybody takes blocks. */
  hasBlocks: boolean;
  /** Whether people have been told this already. */
  isSent(text: string): boolean;
}

type ReplyTarget = Pick<ReplyPayload, "replyToId" | "replyToTag" | "replyToCurrent">;

export class AnswerFold {
  readonly thoughts: string[] = [];
  readonly #options: AnswerOptions;
  readonly #sink: AnswerSink;
  readonly #texts = new MessageTexts("\n");
  readonly #thinking = new MessageTexts("");
  readonly #tags: ReturnType<typeof createTagFilter>;
  readonly #directives = createDirectiveFilter();
  readonly #chunker: BlockChunker;
  /** Without tags, directives and blanks in front. */
  #clean = "";
  /** For blocks that wait for the message's end. */
  #waiting = "";
  #thought = "";
  #target: ReplyTarget = {};
  /** Asked for by directives: for the next block, and in the whole message. */
  #next: { media: string[]; isVoice: boolean } = { media: [], isVoice: false };
  readonly #all: { media: string[]; isVoice: boolean } = { media: [], isVoice: false };
  #lastBlock: string | undefined;

  constructor(options: AnswerOptions, sink: AnswerSink) {
    this.#options = options;
    this.#sink = sink;
    this.#tags = createTagFilter({ enforceFinalTag: options.enforceFinalTag });
    this.#chunker = createBlockChunker(options.chunking);
  }

  update(event: AssistantMessageEvent): void {
    switch (event.type) {
      case "text_delta":
        this.#addRaw(this.#texts.add(event.contentIndex, event.delta));
        return;
      case "text_end":
        this.#addRaw(this.#texts.whole(event.contentIndex, event.content));
        // A tail that is not decided yet would come out as a block of its own.
        if (!this.#options.isAtMessageEnd && !this.#tags.isHolding && !this.#directives.isHolding) this.#sendRest();
        return;
      case "thinking_delta":
        this.#addThought(this.#thinking.add(event.contentIndex, event.delta));
        return;
      case "thinking_end":
        this.#addThought(this.#thinking.whole(event.contentIndex, event.content));
        this.#endThought();
        return;
    }
  }

  /** The message counts, whatever the deltas said; without one it was given up. */
  end(message: AssistantMessage | undefined): void {
    for (const [index, block] of (message?.content ?? []).entries()) {
      if (block.type === "text") this.#addRaw(this.#texts.whole(index, block.text));
      else if (block.type === "thinking" && block.redacted !== true) {
        this.#addThought(this.#thinking.whole(index, block.thinking));
        this.#endThought();
      }
    }
    this.#addTagged(this.#tags.end());
    this.#endThought();
    this.#addDirected(this.#directives.end());
    this.sendHeld();
  }

  /** What is held, as far as it is decided what it is. */
  sendHeld(): void {
    const waiting = this.#waiting;
    this.#waiting = "";
    for (const block of this.#chunker.push(waiting)) this.#sendBlock(block);
    this.#sendRest();
  }

  /** The whole of it once it has ended; nothing where it had no words, empty where people were told them already. */
  get payload(): ReplyPayload | undefined {
    const isUntagged = this.#options.enforceFinalTag && !this.#tags.hasSeenFinal;
    const { text: said = "", ...directed } = isUntagged ? parseDirectives(this.#tags.untaggedText) : this.#directed();
    const text = said.trim();
    if (text === "" && directed.mediaUrls === undefined) return undefined;
    const isSent = text === "" || this.#options.isSent(text);
    if (isSent && directed.mediaUrls === undefined) return {};
    return { ...(isSent ? {} : { text }), ...directed };
  }

  #directed(): ReplyPayload {
    return { text: this.#clean, ...askedFor(this.#all), ...this.#target };
  }

  #addRaw(text: string): void {
    if (text !== "") this.#addTagged(this.#tags.push(text));
  }

  #addTagged(parts: readonly TaggedPart[]): void {
    for (const part of parts) {
      if (part.kind === "text") this.#addDirected(this.#directives.push(part.text));
      else if (part.kind === "reasoning") this.#addThought(part.text);
      else this.#endThought();
    }
  }

  #addDirected(parts: readonly DirectedPart[]): void {
    for (const part of parts) {
      if (part.kind === "text") this.#addText(part.text);
      else if (part.kind === "media") for (const one of [this.#next, this.#all]) one.media.push(part.url);
      else if (part.kind === "audio_as_voice") for (const one of [this.#next, this.#all]) one.isVoice = true;
      else this.#target = { replyToTag: true, ...(part.kind === "reply_to" ? { replyToId: part.id } : { replyToCurrent: true }) };
    }
  }

  #addText(text: string): void {
    const added = this.#clean === "" ? text.trimStart() : text;
    if (added === "") return;
    this.#clean += added;
    this.#sink.text(this.#clean, added);
    if (!this.#options.hasBlocks) return;
    if (this.#options.isAtMessageEnd) this.#waiting += added;
    else for (const block of this.#chunker.push(added)) this.#sendBlock(block);
  }

  #addThought(delta: string): void {
    if (delta === "") return;
    this.#thought += delta;
    this.#sink.thought(this.#thought, delta);
  }

  #endThought(): void {
    const text = this.#thought;
    this.#thought = "";
    if (text === "") return;
    this.thoughts.push(text);
    this.#sink.thoughtEnd(text);
  }

  #sendRest(): void {
    for (const block of this.#chunker.end()) this.#sendBlock(block);
    // Media that no text came with.
    if (this.#next.media.length > 0) this.#sendBlock("");
  }

  #sendBlock(block: string): void {
    if (!this.#options.hasBlocks) return;
    const trimmed = trimmedBlock(block);
    const isRepeated = trimmed === this.#lastBlock || (trimmed !== "" && this.#options.isSent(trimmed));
    const text = isRepeated ? "" : trimmed;
    if (text === "" && this.#next.media.length === 0) return;
    if (text !== "") this.#lastBlock = text;
    this.#sink.block({ ...(text === "" ? {} : { text }), ...askedFor(this.#next), ...this.#target });
    this.#next = { media: [], isVoice: false };
  }
}

function askedFor({ media, isVoice }: { media: readonly string[]; isVoice: boolean }): ReplyPayload {
  return { ...(media.length === 0 ? {} : { mediaUrls: [...media] }), ...(isVoice ? { audioAsVoice: true } : {}) };
}

/** Without the blanks at its joins; an indented first line keeps its indent. */
export function trimmedBlock(block: string): string {
  return block.replace(/^(?:[ \t]*\r?\n)+/, "").trimEnd();
}
