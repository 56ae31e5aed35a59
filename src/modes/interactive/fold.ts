// What is going on and what has been stored, as blocks: one fold for both, so that a session reads the same live and reopened. Fed by the screen.
// Invariant: the message at its end counts, whatever the deltas said; each call has one block, which its result goes to.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { shortFailure } from "../../contracts/text/service-words.ts";
import { ArgumentsSoFar } from "../../transcript/arguments-so-far.ts";
import { duration } from "../../transcript/format.ts";
import { type Item, type ItemOf, itemOf, itemOfMessage, textOfBlocks } from "../../transcript/items.ts";
import { blocksOf, fieldsOf } from "../../transcript/read-entry.ts";
import type { Block, BlockOf, Stored } from "./blocks/block.ts";

export interface BlockSink {
  add(block: Block): void;
  changed(block: Block): void;
  /** It came to nothing. */
  remove(block: Block): void;
  /** Whether somebody draws entries of this name: without a face of their own they are nobody's to see. */
  drawsEntry(name: string): boolean;
}

type AnswerBlock = BlockOf<"text"> | BlockOf<"thinking"> | BlockOf<"tool">;

export class TranscriptFold {
  /** The wait for it has begun, and it has not. */
  #isRetryDue = false;
  readonly #sink: BlockSink;
  readonly #now: () => number;
  /** Of the answer under way, by place in its content. */
  #answer: (AnswerBlock | undefined)[] = [];
  readonly #tools = new Map<string, BlockOf<"tool">>();

  constructor(sink: BlockSink, now: () => number) {
    this.#sink = sink;
    this.#now = now;
  }

  /** Another session is shown. */
  reset(): void {
    this.#answer = [];
    this.#tools.clear();
  }

  /** A stored entry. */
  takeItem(item: Item, kept: unknown = item): void {
    switch (item.kind) {
      case "prompt":
        this.#prompt(item);
        return;
      case "answer":
        this.#answer = [];
        this.#answered(item);
        return;
      case "result":
        this.#result(item);
        return;
      case "shell":
        this.#sink.add({
          kind: "shell",
          isLive: false,
          command: item.command,
          output: item.output,
          exitCode: item.exitCode,
          isCancelled: item.isCancelled,
          isHidden: false,
        });
        return;
      case "summary":
        this.#sink.add({
          kind: "summary",
          isLive: false,
          of: item.of,
          text: item.text,
          tokensBefore: item.tokensBefore,
          tokensAfter: undefined,
          ...storedAs(item),
        });
        return;
      case "note":
        if (item.isHidden) return;
        this.#sink.add({
          kind: "note",
          isLive: false,
          name: item.name,
          blocks: item.blocks,
          message: messageIn(kept),
          ...storedAs(item),
        });
        return;
      case "data":
        if (this.#sink.drawsEntry(item.about))
          this.#sink.add({ kind: "note", isLive: false, name: item.about, blocks: [], message: kept, isEntry: true });
        return;
      case "model":
        this.say(`Model: ${item.provider}/${item.modelId}`);
        return;
      default:
        return;
    }
  }

  /** Calls whose results never came are over: the session was left in the middle of them. */
  endOpen(): void {
    for (const tool of this.#tools.values()) {
      if (!tool.isLive) continue;
      tool.isLive = false;
      this.#sink.changed(tool);
    }
    this.#tools.clear();
  }

  take(event: AgentEvent): void {
    switch (event.type) {
      case "message_start":
        if (event.message.role === "assistant") this.#answer = [];
        this.#isRetryDue = false;
        return;
      case "message_update":
        this.#piece(event.assistantMessageEvent);
        return;
      case "message_end": {
        if (event.message.role === "system" || event.message.role === "bashExecution") return;
        this.takeMessage(itemOfMessage(event.message), event.message);
        return;
      }
      case "tool_execution_start": {
        const tool = this.#tool(event.toolCallId, event.toolName, fieldsOf(event.args));
        tool.startedMs = this.#now();
        this.#sink.changed(tool);
        return;
      }
      case "tool_execution_update": {
        const tool = this.#tool(event.toolCallId, event.toolName, fieldsOf(event.args));
        tool.result = { blocks: blocksOf(event.partialResult.content), details: event.partialResult.details, isError: false };
        this.#sink.changed(tool);
        return;
      }
      case "tool_execution_end": {
        const tool = this.#tool(event.toolCallId, event.toolName, {});
        tool.result = { blocks: blocksOf(event.result.content), details: event.result.details, isError: event.isError };
        tool.durationMs = event.durationMs ?? 0;
        tool.isLive = false;
        this.#sink.changed(tool);
        return;
      }
      case "auto_retry_start": {
        this.#isRetryDue = true;
        const when = event.retryAt === undefined ? "" : ", as the service asks";
        // Why stands right above: the answer that failed.
        this.say(`Trying again (${event.attempt}/${event.maxAttempts}) in ${duration(event.delayMs)}${when}`, "warning");
        return;
      }
      case "auto_retry_end":
        if (!event.success && event.finalError !== undefined) this.say(gaveUp(event.attempt, this.#isRetryDue), "warning");
        this.#isRetryDue = false;
        return;
      case "image_overflow_recovery":
        this.say(
          event.strippedCount === 0
            ? `The service refused ${event.imageCount} pictures: they are sent smaller`
            : `The service refused ${event.imageCount} pictures: the oldest ${event.strippedCount} are left out`,
          "warning",
        );
        return;
      case "compaction_end":
        if (event.result !== undefined) {
          const { summary, tokensBefore, estimatedTokensAfter } = event.result;
          this.#sink.add({
            kind: "summary",
            isLive: false,
            of: "compaction",
            text: summary,
            tokensBefore,
            tokensAfter: estimatedTokensAfter,
          });
        } else if (event.aborted) this.say("Compaction stopped", "warning");
        else this.say(shortFailure(event.errorMessage ?? "Compaction failed"), "error");
        return;
      case "entry_appended": {
        const item = itemOf(event.entry);
        // Its event tells more.
        if (item.kind === "summary" && item.of === "compaction") return;
        this.takeItem(item, event.entry);
        return;
      }
      case "agent_settled":
        this.endOpen();
        return;
      default:
        return;
    }
  }

  takeMessage(item: Item, kept?: unknown): void {
    if (item.kind !== "answer") this.takeItem(item, kept);
    else this.#answered(item);
  }

  say(text: string, level: BlockOf<"notice">["level"] = "info", hint = ""): void {
    this.#sink.add({ kind: "notice", isLive: false, level, text, hint });
  }

  #prompt(item: ItemOf<"prompt">): void {
    const { blocks } = item;
    const images = blocks.flatMap((block) => (block.kind === "image" ? [{ data: block.data, mimeType: block.mimeType }] : []));
    this.#sink.add({ kind: "prompt", isLive: false, text: textOfBlocks(blocks), images, ...storedAs(item) });
  }

  #piece(piece: Extract<AgentEvent, { type: "message_update" }>["assistantMessageEvent"]): void {
    const at = piece.contentIndex;
    switch (piece.type) {
      case "text_start":
        this.#begin(at, { kind: "text", isLive: true, text: "" });
        return;
      case "thinking_start":
        this.#begin(at, { kind: "thinking", isLive: true, text: "", startedMs: this.#now(), endedMs: undefined });
        return;
      case "toolcall_start":
        this.#beginCall(at, this.#newTool(piece.id, piece.toolName, {}));
        return;
      case "toolcall_delta": {
        const block = this.#answer[at];
        if (block?.kind !== "tool" || block.coming === undefined) return;
        block.coming.take(piece.delta);
        this.#sink.changed(block);
        return;
      }
      case "text_delta":
      case "thinking_delta": {
        const block = this.#answer[at];
        if (block?.kind !== "text" && block?.kind !== "thinking") return;
        block.text += piece.delta;
        this.#sink.changed(block);
        return;
      }
      case "text_end":
      case "thinking_end": {
        const block = this.#answer[at];
        if (block?.kind !== "text" && block?.kind !== "thinking") return;
        block.text = piece.content;
        if (block.kind === "thinking") block.endedMs = this.#now();
        block.isLive = false;
        this.#sink.changed(block);
        return;
      }
      case "toolcall_end": {
        const block = this.#answer[at];
        if (block?.kind !== "tool") return;
        this.#asked(block, piece.toolCall.arguments);
        return;
      }
      default:
        return;
    }
  }

  #begin(at: number, block: AnswerBlock): void {
    this.#answer[at] = block;
    this.#sink.add(block);
  }

  #beginCall(at: number, block: BlockOf<"tool">): void {
    block.coming = new ArgumentsSoFar();
    block.args = block.coming.args;
    this.#begin(at, block);
  }

  #asked(block: BlockOf<"tool">, args: BlockOf<"tool">["args"]): void {
    block.args = args;
    delete block.coming;
    this.#sink.changed(block);
  }

  /** The answer as it is kept: blocks that are there already take what it says. */
  #answered(item: ItemOf<"answer">): void {
    const { blocks, stopReason, errorMessage } = item;
    const stored = storedAs(item);
    // Nobody carries out what it calls for.
    const isCut = stopReason === "aborted" || stopReason === "error";
    const live = this.#answer.filter((block) => block !== undefined);
    this.#answer = [];
    // What is kept may lack some of what came: calls that were cut.
    const next = (isIt: (block: AnswerBlock) => boolean): AnswerBlock | undefined => {
      const at = live.findIndex(isIt);
      const [found, ...passed] = at === -1 ? [] : live.splice(0, at + 1).reverse();
      for (const block of passed) this.#drop(block);
      return found;
    };
    for (const content of blocks) {
      if (content.kind === "text") {
        const block = next(({ kind }) => kind === "text");
        if (block?.kind === "text") this.#settle(block, content.text);
        else if (content.text.trim() !== "") this.#sink.add({ kind: "text", isLive: false, text: content.text, ...stored });
      } else if (content.kind === "thinking") {
        const block = next(({ kind }) => kind === "thinking");
        if (block?.kind === "thinking") this.#settle(block, content.text);
        else if (content.text.trim() !== "")
          this.#sink.add({
            kind: "thinking",
            isLive: false,
            text: content.text,
            startedMs: undefined,
            endedMs: undefined,
            ...stored,
          });
      } else if (content.kind === "call") {
        const block = next((one) => one.kind === "tool" && one.callId === content.id);
        const tool = block?.kind === "tool" ? block : this.#newTool(content.id, content.name, content.args);
        tool.isLive = !isCut;
        if (tool === block) this.#asked(tool, content.args);
        else this.#sink.add(tool);
      }
    }
    for (const block of live) this.#drop(block);
    if (stopReason === "aborted") this.say("Stopped", "warning");
    else if (stopReason === "length") this.say("The answer was cut off: it reached the most that the model may say at a time", "warning");
    else if (errorMessage !== "" && stopReason === "error") this.say(shortFailure(errorMessage), "error");
  }

  #drop(block: AnswerBlock): void {
    block.isLive = false;
    if (block.kind === "tool" && this.#tools.get(block.callId) === block) this.#tools.delete(block.callId);
    this.#sink.remove(block);
  }

  #settle(block: BlockOf<"text"> | BlockOf<"thinking">, text: string): void {
    block.text = text;
    block.isLive = false;
    if (text.trim() === "") this.#sink.remove(block);
    else this.#sink.changed(block);
  }

  #result({ callId, toolName, blocks, isError, details, durationMs }: ItemOf<"result">): void {
    const tool = this.#tools.get(callId) ?? this.#tool(callId, toolName, {});
    tool.result = { blocks, details, isError };
    if (durationMs > 0) tool.durationMs = durationMs;
    tool.isLive = false;
    this.#tools.delete(callId);
    this.#sink.changed(tool);
  }

  #newTool(callId: string, name: string, args: BlockOf<"tool">["args"]): BlockOf<"tool"> {
    const tool: BlockOf<"tool"> = {
      kind: "tool",
      isLive: true,
      callId,
      name,
      args,
      result: undefined,
      startedMs: undefined,
      durationMs: 0,
    };
    this.#tools.set(callId, tool);
    return tool;
  }

  #tool(callId: string, name: string, args: BlockOf<"tool">["args"]): BlockOf<"tool"> {
    const known = this.#tools.get(callId);
    if (known !== undefined) return known;
    const tool = this.#newTool(callId, name, args);
    this.#sink.add(tool);
    return tool;
  }
}

/** `isStopped`: while the next try was waited for. */
function gaveUp(attempt: number, isStopped: boolean): string {
  if (isStopped) return "Stopped: it is not tried again";
  return `Gave up after ${attempt === 1 ? "another try" : `${attempt} more tries`}`;
}

/** A message that is no entry yet has none. */
function storedAs({ id, timestamp }: Pick<Item, "id" | "timestamp">): { stored?: Stored } {
  return id === "" ? {} : { stored: { messageId: id, timestamp } };
}

/** An entry holds its message, or is one. */
function messageIn(kept: unknown): unknown {
  return fieldsOf(kept).message ?? kept;
}
