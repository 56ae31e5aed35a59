// Anthropic's stream events as StreamEvents: one small handler an event over a state record. Driven by event-reader.
// Source: https://platform.claude.com/docs/en/build-with-claude/streaming (checked 2026-11). Invariant: unknown events, blocks and deltas are skipped.

import { defined } from "../../contracts/defined.ts";
import type { Model } from "../../contracts/model.ts";
import type { StreamEvent } from "../../contracts/stream-event.ts";
import { priceUsage, type TokenCounts } from "../../contracts/usage.ts";
import { BlockWriter, type OpenBlock } from "../shared/block-writer.ts";
import { type Decoder, MalformedStreamError } from "../shared/event-reader.ts";
import { countOf, isObject, type Json, objectOf, stringOf } from "../shared/json.ts";
import { RunningUsage } from "../shared/running-usage.ts";
import { endOfAnswer } from "../shared/stop-reasons.ts";
import { toldCost } from "../shared/told-cost.ts";

interface State {
  model: Model;
  blocks: BlockWriter;
  /** By the wire's index; null for a block that is skipped. */
  open: Map<unknown, OpenBlock | null>;
  usage: RunningUsage;
  stopReason?: string;
}

type Handler = (state: State, event: Json, out: StreamEvent[]) => void;

export function anthropicDecoder(model: Model): Decoder {
  const state: State = {
    model,
    blocks: new BlockWriter(),
    open: new Map(),
    usage: new RunningUsage(),
  };
  return {
    decode(event, name, _raw, out) {
      handle(state, event, name, out);
    },
    decodeWhole(answer, out) {
      if (!Array.isArray(answer.content)) return;
      handle(state, { type: "message_start", message: answer }, "", out);
      answer.content.forEach((block, index) => {
        handle(state, { type: "content_block_start", index, content_block: block }, "", out);
        handle(state, { type: "content_block_stop", index }, "", out);
      });
      handle(state, { type: "message_delta", delta: answer }, "", out);
    },
    end(out) {
      // The stop reason comes after the last block: with it the answer is whole, `message_stop` or not.
      if (state.stopReason !== undefined) finish(state, out);
    },
  };
}

function handle(state: State, event: Json, name: string, out: StreamEvent[]): void {
  const type = stringOf(event.type) ?? name;
  if (Object.hasOwn(handlers, type)) handlers[type]?.(state, event, out);
}

const handlers: Readonly<Record<string, Handler>> = {
  message_start(state, event, out) {
    const message = objectOf(event.message);
    const responseId = stringOf(message.id);
    const responseModel = stringOf(message.model);
    out.push({
      type: "response",
      ...defined({ responseId, responseModel }),
    });
    addUsage(state, message.usage, out);
  },

  content_block_start(state, event, out) {
    const block = objectOf(event.content_block);
    state.open.set(event.index, startBlock(state.blocks, block, out));
  },

  content_block_delta(state, event, out) {
    const delta = objectOf(event.delta);
    const block = openBlock(state, event.index, delta, out);
    if (block === null) return;
    switch (delta.type) {
      case "text_delta":
        return addDelta(state, block, "text", delta.text, out);
      case "thinking_delta":
        return addDelta(state, block, "thinking", delta.thinking, out);
      case "input_json_delta":
        return addDelta(state, block, "toolcall", delta.partial_json, out);
      case "signature_delta":
        if (block.kind === "thinking") block.signature = (block.signature ?? "") + (stringOf(delta.signature) ?? "");
    }
  },

  content_block_stop(state, event, out) {
    const block = state.open.get(event.index);
    state.open.delete(event.index);
    if (block) state.blocks.end(block, out);
  },

  message_delta(state, event, out) {
    const reason = stringOf(objectOf(event.delta).stop_reason);
    if (reason !== undefined) state.stopReason = reason;
    if (isObject(event.usage)) addUsage(state, event.usage, out);
  },

  message_stop(state, _event, out) {
    finish(state, out);
  },
};

function startBlock(blocks: BlockWriter, block: Json, out: StreamEvent[]): OpenBlock | null {
  switch (block.type) {
    case "text":
    case "thinking": {
      const started = blocks.start(block.type, out);
      blocks.delta(started, stringOf(block[block.type]) ?? "", out);
      const signature = stringOf(block.signature);
      if (signature !== undefined && signature !== "") started.signature = signature;
      return started;
    }
    case "redacted_thinking": {
      const started = blocks.start("thinking", out);
      started.signature = stringOf(block.data) ?? "";
      started.redacted = true;
      return started;
    }
    case "tool_use": {
      const started = blocks.startToolCall(stringOf(block.id) ?? `call_${blocks.count}`, stringOf(block.name) ?? "", out);
      // Imitators send whole arguments here and no fragments.
      if (isObject(block.input) && Object.keys(block.input).length > 0) started.argumentsObject = block.input;
      return started;
    }
    default:
      return null;
  }
}

/** The block a delta belongs to; imitators leave out the start of text and thinking. */
function openBlock(state: State, index: unknown, delta: Json, out: StreamEvent[]): OpenBlock | null {
  const known = state.open.get(index);
  if (known !== undefined) return known;
  const kind = delta.type === "text_delta" ? "text" : delta.type === "thinking_delta" ? "thinking" : undefined;
  if (kind === undefined) {
    if (delta.type === "input_json_delta")
      throw new MalformedStreamError("malformed stream: arguments of a tool call that was never started");
    return null;
  }
  const block = state.blocks.start(kind, out);
  state.open.set(index, block);
  return block;
}

function addDelta(state: State, block: OpenBlock, kind: OpenBlock["kind"], text: unknown, out: StreamEvent[]): void {
  if (block.kind !== kind) throw new MalformedStreamError(`malformed stream: a ${kind} delta in a ${block.kind} block`);
  const delta = stringOf(text) ?? "";
  if (kind === "toolcall" && delta !== "") delete block.argumentsObject;
  state.blocks.delta(block, delta, out);
}

/** Counts are cumulative. */
function addUsage(state: State, value: unknown, out: StreamEvent[]): void {
  if (!isObject(value)) return;
  const usage = state.usage.add(value);
  const counts: TokenCounts = {
    input: countOf(usage.input_tokens),
    output: countOf(usage.output_tokens),
    cacheRead: countOf(usage.cache_read_input_tokens),
    cacheWrite: countOf(usage.cache_creation_input_tokens),
  };
  const longWrites = countOf(objectOf(usage.cache_creation).ephemeral_1h_input_tokens);
  if (longWrites > 0) counts.cacheWrite1h = longWrites;
  const reasoning = countOf(objectOf(usage.output_tokens_details).thinking_tokens);
  if (reasoning > 0) counts.reasoning = reasoning;
  const cost = toldCost(usage);
  if (cost !== undefined) counts.costTotal = cost;
  out.push({ type: "usage", usage: priceUsage(counts, state.model.cost) });
}

function finish(state: State, out: StreamEvent[]): void {
  state.blocks.endAll(out);
  out.push(endOfAnswer(state.stopReason, state.blocks.toolCallCount));
}
