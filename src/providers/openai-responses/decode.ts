// Responses stream events as StreamEvents: one small handler an event over a state record. Driven by event-reader.
// Source: https://platform.openai.com/docs/api-reference/responses-streaming (checked 2026-11). Invariant: unknown events and items are skipped.

import type { Model } from "../../contracts/model.ts";
import type { ModelFailure, StreamEvent } from "../../contracts/stream-event.ts";
import { priceUsage, type TokenCounts } from "../../contracts/usage.ts";
import { openaiStreamFailure } from "../openai-completions/failure.ts";
import { BlockWriter, type OpenBlock } from "../shared/block-writer.ts";
import type { Decoder } from "../shared/event-reader.ts";
import { arrayOf, countOf, isObject, type Json, objectOf, stringOf } from "../shared/json.ts";
import type { MessageMark } from "./encode.ts";

interface State {
  model: Model;
  blocks: BlockWriter;
  /** Thinking and tool calls by output index, text by output and content index. */
  open: Map<string, OpenBlock>;
  /** Blocks that have received a delta. */
  fed: Set<OpenBlock>;
  answered: boolean;
  refused: boolean;
}

type Handler = (state: State, event: Json, out: StreamEvent[], raw: string) => void;

export function responsesDecoder(model: Model): Decoder {
  const state: State = { model, blocks: new BlockWriter(), open: new Map(), fed: new Set(), answered: false, refused: false };
  return {
    decode(event, name, raw, out) {
      handlers[stringOf(event.type) ?? name]?.(state, event, out, raw);
    },
    // Only a `response.completed` or its like makes an answer whole, and that has ended the call already.
    end() {},
  };
}

const handlers: Readonly<Record<string, Handler>> = {
  "response.created": startAnswer,
  "response.in_progress": startAnswer,

  "response.output_item.added"(state, event, out) {
    const item = objectOf(event.item);
    const key = keyOf(event);
    if (item.type === "reasoning") state.open.set(key, state.blocks.start("thinking", out));
    else if (item.type === "function_call") {
      const id = stringOf(item.call_id) ?? stringOf(item.id) ?? `call_${state.blocks.count}`;
      state.open.set(key, state.blocks.startToolCall(id, stringOf(item.name) ?? "", out));
    }
  },

  "response.reasoning_summary_part.added"(state, event, out) {
    const block = state.open.get(keyOf(event));
    if (block !== undefined && state.fed.has(block)) state.blocks.delta(block, "\n\n", out);
  },

  "response.reasoning_summary_text.delta": addThinking,
  "response.reasoning_text.delta": addThinking,

  "response.output_text.delta"(state, event, out) {
    addText(state, event, stringOf(event.delta), out);
  },

  "response.refusal.delta"(state, event, out) {
    state.refused = true;
    addText(state, event, stringOf(event.delta), out);
  },

  "response.function_call_arguments.delta"(state, event, out) {
    const block = state.open.get(keyOf(event));
    if (block?.kind === "toolcall") feed(state, block, stringOf(event.delta), out);
  },

  "response.output_item.done"(state, event, out) {
    const item = objectOf(event.item);
    if (item.type === "reasoning") endReasoning(state, event, item, out);
    else if (item.type === "function_call") endToolCall(state, event, item, out);
    else if (item.type === "message") endMessage(state, event, item, out);
  },

  "response.completed": finish,
  "response.incomplete": finish,
  "response.done": finish,

  "response.failed"(state, event, out, raw) {
    const response = objectOf(event.response);
    addUsage(state, response.usage, out);
    const error = isObject(response.error) ? response.error : undefined;
    out.push({ type: "failure", failure: openaiStreamFailure(error, error === undefined ? raw : JSON.stringify({ error })) });
  },

  error(_state, event, out, raw) {
    out.push({ type: "failure", failure: openaiStreamFailure(event.error ?? event, raw) });
  },
};

function keyOf(event: Json): string {
  return String(event.output_index ?? event.item_id ?? "");
}

function startAnswer(state: State, event: Json, out: StreamEvent[]): void {
  if (state.answered) return;
  state.answered = true;
  const response = objectOf(event.response);
  const responseId = stringOf(response.id);
  const responseModel = stringOf(response.model);
  out.push({
    type: "response",
    ...(responseId === undefined ? {} : { responseId }),
    ...(responseModel === undefined ? {} : { responseModel }),
  });
}

function feed(state: State, block: OpenBlock, delta: string | undefined, out: StreamEvent[]): void {
  if (delta === undefined || delta === "") return;
  state.fed.add(block);
  state.blocks.delta(block, delta, out);
}

function addThinking(state: State, event: Json, out: StreamEvent[]): void {
  const key = keyOf(event);
  let block = state.open.get(key);
  if (block === undefined) {
    block = state.blocks.start("thinking", out);
    state.open.set(key, block);
  }
  if (block.kind === "thinking") feed(state, block, stringOf(event.delta), out);
}

function addText(state: State, event: Json, delta: string | undefined, out: StreamEvent[]): void {
  if (delta === undefined || delta === "") return;
  const key = `${keyOf(event)}/${String(event.content_index ?? 0)}`;
  let block = state.open.get(key);
  if (block === undefined) {
    block = state.blocks.start("text", out);
    state.open.set(key, block);
  }
  feed(state, block, delta, out);
}

function endReasoning(state: State, event: Json, item: Json, out: StreamEvent[]): void {
  const key = keyOf(event);
  const block = state.open.get(key) ?? state.blocks.start("thinking", out);
  state.open.delete(key);
  if (!state.fed.has(block)) {
    const parts = [...arrayOf(item.summary), ...arrayOf(item.content)];
    feed(state, block, parts.flatMap((part) => stringOf(objectOf(part).text) ?? []).join("\n\n"), out);
  }
  if (typeof item.encrypted_content === "string") {
    block.signature = JSON.stringify(item);
    block.redacted = !state.fed.has(block);
  }
  state.blocks.end(block, out);
}

function endToolCall(state: State, event: Json, item: Json, out: StreamEvent[]): void {
  const key = keyOf(event);
  const id = stringOf(item.call_id) ?? `call_${state.blocks.count}`;
  const block = state.open.get(key) ?? state.blocks.startToolCall(id, stringOf(item.name) ?? "", out);
  state.open.delete(key);
  if (!state.fed.has(block)) feed(state, block, stringOf(item.arguments), out);
  const itemId = stringOf(item.id);
  if (itemId !== undefined) block.signature = itemId;
  state.blocks.end(block, out);
}

function endMessage(state: State, event: Json, item: Json, out: StreamEvent[]): void {
  const prefix = `${keyOf(event)}/`;
  const mark: MessageMark = { v: 1, id: stringOf(item.id) ?? "" };
  const phase = stringOf(item.phase);
  if (phase !== undefined) mark.phase = phase;
  arrayOf(item.content).forEach((value, contentIndex) => {
    const part = objectOf(value);
    if (part.type === "refusal") state.refused = true;
    const text = stringOf(part.text) ?? stringOf(part.refusal);
    if (!state.open.has(prefix + contentIndex)) addText(state, { ...event, content_index: contentIndex }, text, out);
  });
  for (const [key, block] of [...state.open]) {
    if (!key.startsWith(prefix)) continue;
    state.open.delete(key);
    if (mark.id !== "") block.signature = JSON.stringify(mark);
    state.blocks.end(block, out);
  }
}

function addUsage(state: State, value: unknown, out: StreamEvent[]): void {
  if (!isObject(value)) return;
  const details = objectOf(value.input_tokens_details);
  const cacheRead = countOf(details.cached_tokens);
  const cacheWrite = countOf(details.cache_write_tokens);
  const reasoning = countOf(objectOf(value.output_tokens_details).reasoning_tokens);
  const counts: TokenCounts = {
    input: Math.max(0, countOf(value.input_tokens) - cacheRead - cacheWrite),
    output: countOf(value.output_tokens),
    cacheRead,
    cacheWrite,
  };
  if (reasoning > 0) counts.reasoning = reasoning;
  out.push({ type: "usage", usage: priceUsage(counts, state.model.cost) });
}

const refusal: ModelFailure = { code: "refusal", message: "The model refused to complete the request" };

function finish(state: State, event: Json, out: StreamEvent[]): void {
  startAnswer(state, event, out);
  const response = objectOf(event.response);
  state.blocks.endAll(out);
  addUsage(state, response.usage, out);
  const reason = stringOf(objectOf(response.incomplete_details).reason);
  const status = stringOf(response.status) ?? "completed";
  const raw = reason ?? status;
  if (reason === "content_filter" || state.refused) {
    out.push({ type: "failure", failure: { ...refusal, rawStopReason: state.refused ? "refusal" : raw } });
  } else if (status === "failed" || status === "cancelled") {
    out.push({ type: "failure", failure: { code: "overloaded", message: `the service ended the answer as ${status}` } });
  } else {
    const stopReason = status === "incomplete" ? "length" : state.blocks.toolCallCount > 0 ? "toolUse" : "stop";
    out.push({ type: "finish", stopReason, rawStopReason: raw });
  }
}
