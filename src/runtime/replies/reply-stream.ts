// Turns the events of one run into replies: partial texts, blocks, thinking, what tools did, as the host's callbacks want them. A fold over the one
// event stream; told by hosted runs of each event, whatever runtime it comes from.
// Invariants: callbacks are called one at a time and in order; before a tool starts all that was said has gone out; thinking is in no answer, and
// nothing is sent twice.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import type { HostEvent, ReplyCallbacks, ReplyOptions, ReplyPayload, ReplyStream, Verbosity } from "../request.ts";
import { AnswerFold, type AnswerOptions, type AnswerSink, trimmedBlock } from "./answer-fold.ts";
import { createBlockChunker } from "./block-chunker.ts";
import { CallbackQueue } from "./callback-queue.ts";
import { parseDirectives } from "./directives.ts";
import { createSentTexts } from "./sent-texts.ts";
import { type ToolReply, toolEventData, toolOutput, toolSummary } from "./tool-replies.ts";

export interface ReplyStreamOptions {
  replies: ReplyCallbacks & ReplyOptions;
  /** Default `off`. */
  verbosity?: Verbosity | undefined;
  /** Default true. Where thinking is off, none is a block. */
  isReasoningOn?: boolean;
  /** What a call says to people; `undefined` where it says nothing to them. */
  sentText(tool: string, args: Readonly<Record<string, unknown>>): string | undefined;
  warn(line: string): void;
}

/** Throws `usage.bad_value` for chunking that cannot be done. */
export function createReplyStream({ replies, verbosity = "off", isReasoningOn = true, sentText, warn }: ReplyStreamOptions): ReplyStream {
  const { onBlockReply } = replies;
  const isThoughtBlock = replies.emitReasoningInBlockReply === true && isReasoningOn && replies.onReasoningStream === undefined;
  const queue = new CallbackQueue(warn);
  const sent = createSentTexts();
  let answer: AnswerFold | undefined;
  let hasDelivered = false;
  /** Of the last answer that had words. */
  let payloads: ReplyPayload[] | undefined;

  const call = <K extends keyof ReplyCallbacks>(name: K, ...args: Parameters<NonNullable<ReplyCallbacks[K]>>): void => {
    const callback = replies[name] as ((...args: unknown[]) => unknown) | undefined;
    if (callback !== undefined) queue.add(name, () => callback(...args));
  };

  const tell = (event: HostEvent): void => call("onAgentEvent", event);

  /** Of texts that grow: while one waits, the next takes its place and says its delta too. */
  const waitingDeltas = { assistant: "", thinking: "" };
  const tellGrowing = (stream: keyof typeof waitingDeltas, text: string, delta: string): void => {
    const { onAgentEvent } = replies;
    if (onAgentEvent === undefined) return;
    const whole = queue.isWaiting(stream) ? waitingDeltas[stream] + delta : delta;
    waitingDeltas[stream] = whole;
    queue.latest(stream, "onAgentEvent", () => onAgentEvent({ stream, data: { text, delta: whole } }));
  };

  const sendBlock = (payload: ReplyPayload): void => {
    if (onBlockReply === undefined) return;
    queue.add("onBlockReply", () => {
      hasDelivered = true;
      return onBlockReply(payload);
    });
  };

  const options: AnswerOptions = {
    chunking: replies.blockReplyChunking,
    enforceFinalTag: replies.enforceFinalTag === true,
    isAtMessageEnd: replies.blockReplyBreak === "message_end",
    hasBlocks: onBlockReply !== undefined,
    isSent: (text) => sent.has(text),
  };
  const sink: AnswerSink = {
    text: (text, delta) => {
      const { onPartialReply } = replies;
      if (onPartialReply !== undefined) queue.latest("partial", "onPartialReply", () => onPartialReply({ text }));
      tellGrowing("assistant", text, delta);
    },
    thought: (text, delta) => {
      const { onReasoningStream } = replies;
      if (onReasoningStream !== undefined) queue.latest("reasoning", "onReasoningStream", () => onReasoningStream({ text }));
      tellGrowing("thinking", text, delta);
    },
    thoughtEnd: (text) => {
      if (isThoughtBlock) for (const block of blocksOf(text, options)) sendBlock({ text: block, isReasoning: true });
      call("onReasoningEnd");
    },
    block: sendBlock,
  };
  /** Where nobody hears of pieces the whole message says it all. */
  const isHeardGrowing = growing.some((name) => replies[name] !== undefined);
  // Chunking that cannot be done is said when the run begins, not in the middle of an answer.
  createBlockChunker(options.chunking);

  const begin = (): AnswerFold => {
    call("onAssistantMessageStart");
    answer = new AnswerFold(options, sink);
    return answer;
  };

  const finishAnswer = (of: AnswerFold, ...[message]: Parameters<AnswerFold["end"]>): void => {
    of.end(message);
    answer = undefined;
    const { payload } = of;
    if (payload === undefined) return;
    const thoughts = isThoughtBlock ? of.thoughts.map((one) => one.trim()).filter((one) => one !== "") : [];
    const isEmpty = Object.keys(payload).length === 0;
    payloads = isEmpty ? [] : [...thoughts.map((text) => ({ text, isReasoning: true })), payload];
  };

  const tellTool = (name: "shouldEmitToolResult" | "shouldEmitToolOutput", isDefault: boolean, reply: ToolReply | undefined): void => {
    const { onToolResult } = replies;
    if (onToolResult === undefined || reply === undefined) return;
    queue.add("onToolResult", () => ((replies[name]?.() ?? isDefault) ? onToolResult(reply) : undefined));
  };

  const beginTool = (event: Extract<AgentEvent, { type: "tool_execution_start" }>): Promise<void> | undefined => {
    const text = sentText(event.toolName, event.args);
    if (text !== undefined) sent.begin(event.toolCallId, text);
    answer?.sendHeld();
    call("onBlockReplyFlush");
    tellTool("shouldEmitToolResult", verbosity !== "off", toolSummary(event));
    tell({ stream: "tool", data: toolEventData(event) });
    return queue.flush();
  };

  const take = (event: AgentEvent): Promise<void> | undefined => {
    switch (event.type) {
      case "message_start":
        if (event.message.role !== "assistant") break;
        // One that was never ended has been given up.
        if (answer !== undefined) finishAnswer(answer, undefined);
        begin();
        break;
      case "message_update":
        if (isHeardGrowing) (answer ?? begin()).update(event.assistantMessageEvent);
        break;
      case "message_end":
        if (event.message.role === "assistant") finishAnswer(answer ?? begin(), event.message);
        break;
      case "tool_execution_start":
        return beginTool(event);
      case "tool_execution_update":
        tell({ stream: "tool", data: toolEventData(event) });
        break;
      case "tool_execution_end":
        sent.end(event.toolCallId, event.isError);
        if (!event.isError || verbosity === "full") tellTool("shouldEmitToolOutput", verbosity === "full", toolOutput(event));
        tell({ stream: "tool", data: toolEventData(event) });
        break;
      case "compaction_start":
      case "compaction_end": {
        const { type, ...data } = event;
        tell({ stream: "compaction", data: { phase: type === "compaction_start" ? "start" : "end", ...data } });
        break;
      }
    }
    return queue.isCrowded ? queue.flush() : undefined;
  };

  return {
    take,
    tell: (event) => {
      tell(event);
      return queue.isCrowded ? queue.flush() : undefined;
    },
    finish: async (finalText, overdue) => {
      if (answer !== undefined) finishAnswer(answer, undefined);
      await (overdue === undefined ? queue.flush() : Promise.race([queue.flush(), overdue]));
      return payloads ?? (finalText.trim() === "" ? [] : [parseDirectives(finalText.trim())]);
    },
    get hasDelivered() {
      return hasDelivered;
    },
  };
}

const growing = ["onPartialReply", "onBlockReply", "onReasoningStream", "onReasoningEnd", "onAgentEvent"] as const;

function blocksOf(text: string, { chunking }: AnswerOptions): string[] {
  const chunker = createBlockChunker(chunking);
  return [...chunker.push(text), ...chunker.end()].map(trimmedBlock).filter((one) => one !== "");
}
