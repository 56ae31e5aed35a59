// Responses stream events as StreamEvents: one small handler an event over a state record. Driven by event-reader.
// Source: https://platform.openai.com/docs/api-reference/responses-streaming (checked 2026-11). Invariant: unknown events and items are skipped.

import { defined } from "../../contracts/defined.ts";
import type { Model } from "../../contracts/model.ts";
import type { StreamEvent } from "../../contracts/stream-event.ts";
import { priceUsage, type TokenCounts } from "../../contracts/usage.ts";
import { openaiStreamFailure } from "../openai-completions/failure.ts";
import { BlockWriter, type OpenBlock } from "../shared/block-writer.ts";
import type { Decoder } from "../shared/event-reader.ts";
import { arrayOf, countOf, isObject, type Json, objectOf, stringOf } from "../shared/json.ts";
import { RunningUsage } from "../shared/running-usage.ts";
import { endOfAnswer } from "../shared/stop-reasons.ts";
import { toldCost } from "../shared/told-cost.ts";
import type { MessageMark } from "./encode.ts";

interface State {
  model: Model;
  blocks: BlockWriter;
  /** Thinking and tool calls by output index, text by output and content index. */
  open: Map<string, OpenBlock>;
  /** Keys of items by what else events call them by: servers without an output index (llama.cpp) name the item. */
  keys: Map<string, string>;
  /** Of each type, the keys of its items in the order in which they came. */
  seen: Map<unknown, string[]>;
  /** Keys of items that are whole. */
  done: Set<string>;
  usage: RunningUsage;
  /** Blocks that have received a delta. */
  fed: Set<OpenBlock>;
  answered: boolean;
  refused: boolean;
}

type Handler = (state: State, event: Json, out: StreamEvent[]) => void;

export function responsesDecoder(model: Model): Decoder {
  const state: State = {
    model,
    blocks: new BlockWriter(),
    open: new Map(),
    keys: new Map(),
    seen: new Map(),
    done: new Set(),
    usage: new RunningUsage(),
    fed: new Set(),
    answered: false,
    refused: false,
  };
  return {
    decode(event, name, _raw, out) {
      const type = stringOf(event.type) ?? name;
      if (Object.hasOwn(handlers, type)) handlers[type]?.(state, event, out);
    },
    decodeWhole(answer, out) {
      if (Array.isArray(answer.output)) finish(state, { response: answer }, out);
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
    const key = keyOfItem(state, event, item);
    if (item.type === "reasoning") state.open.set(key, state.blocks.start("thinking", out));
    else if (item.type === "function_call") {
      const id = stringOf(item.call_id) ?? stringOf(item.id) ?? `call_${state.blocks.count}`;
      state.open.set(key, state.blocks.startToolCall(id, stringOf(item.name) ?? "", out));
    }
  },

  "response.reasoning_summary_part.added"(state, event, out) {
    const block = state.open.get(keyOf(state, event));
    if (block !== undefined && state.fed.has(block)) state.blocks.delta(block, "\n\n", out);
  },

  "response.reasoning_summary_text.delta": addThinking,
  "response.reasoning_text.delta": addThinking,

  "response.output_text.delta"(state, event, out) {
    addText(state, keyOf(state, event), event.content_index, stringOf(event.delta), out);
  },

  "response.output_text.done"(state, event, out) {
    const key = keyOf(state, event);
    if (!state.open.has(textKey(key, event.content_index))) addText(state, key, event.content_index, stringOf(event.text), out);
  },

  "response.refusal.delta"(state, event, out) {
    state.refused = true;
    addText(state, keyOf(state, event), event.content_index, stringOf(event.delta), out);
  },

  "response.function_call_arguments.delta"(state, event, out) {
    const block = state.open.get(keyOf(state, event));
    if (block?.kind === "toolcall") feed(state, block, stringOf(event.delta), out);
  },

  "response.function_call_arguments.done"(state, event, out) {
    const block = state.open.get(keyOf(state, event));
    if (block?.kind === "toolcall" && !state.fed.has(block)) feed(state, block, stringOf(event.arguments), out);
  },

  "response.output_item.done"(state, event, out) {
    const item = objectOf(event.item);
    endItem(state, keyOfItem(state, event, item), item, out);
  },

  "response.completed": finish,
  "response.incomplete": finish,
  "response.done": finish,

  "response.failed"(state, event, out) {
    const response = objectOf(event.response);
    addUsage(state, response.usage, out);
    out.push({ type: "failure", failure: openaiStreamFailure(isObject(response.error) ? response.error : event) });
  },
};

/** What an event is about: its output index, else the item that it names. */
function keyOf(state: State, event: Json): string {
  const named = stringOf(event.item_id) ?? "";
  return event.output_index === undefined || event.output_index === null ? (state.keys.get(named) ?? named) : String(event.output_index);
}

/** The key of the item that an event brings. */
function keyOfItem(state: State, event: Json, item: Json): string {
  const id = stringOf(item.id) ?? stringOf(item.call_id) ?? "";
  const key = keyOf(state, { item_id: id, ...event });
  if (id !== "") state.keys.set(id, key);
  see(state, item.type, key);
  return key;
}

function see(state: State, type: unknown, key: string): void {
  const seen = state.seen.get(type) ?? [];
  if (!seen.includes(key)) state.seen.set(type, [...seen, key]);
}

function textKey(key: string, contentIndex: unknown): string {
  return `${key}/${String(contentIndex ?? 0)}`;
}

function endItem(state: State, key: string, item: Json, out: StreamEvent[]): void {
  if (item.type === "reasoning") endReasoning(state, key, item, out);
  else if (item.type === "function_call") endToolCall(state, key, item, out);
  else if (item.type === "message") endMessage(state, key, item, out);
  state.done.add(key);
}

/** What the stream did not tell stands in the answer at its end: items of which no event came, and what is missing of the others. */
function endOutput(state: State, output: readonly unknown[], out: StreamEvent[]): void {
  const counts = new Map<unknown, number>();
  output.forEach((value, index) => {
    const item = objectOf(value);
    const nth = counts.get(item.type) ?? 0;
    counts.set(item.type, nth + 1);
    const key = state.seen.get(item.type)?.[nth] ?? `end ${index}`;
    if (!state.done.has(key)) endItem(state, key, item, out);
  });
}

function startAnswer(state: State, event: Json, out: StreamEvent[]): void {
  if (state.answered) return;
  state.answered = true;
  const response = objectOf(event.response);
  const responseId = stringOf(response.id);
  const responseModel = stringOf(response.model);
  out.push({
    type: "response",
    ...defined({ responseId, responseModel }),
  });
}

function feed(state: State, block: OpenBlock, delta: string | undefined, out: StreamEvent[]): void {
  if (delta === undefined || delta === "") return;
  state.fed.add(block);
  state.blocks.delta(block, delta, out);
}

function addThinking(state: State, event: Json, out: StreamEvent[]): void {
  const key = keyOf(state, event);
  let block = state.open.get(key);
  if (block === undefined) {
    block = state.blocks.start("thinking", out);
    state.open.set(key, block);
    see(state, "reasoning", key);
  }
  if (block.kind === "thinking") feed(state, block, stringOf(event.delta), out);
}

function addText(state: State, itemKey: string, contentIndex: unknown, delta: string | undefined, out: StreamEvent[]): void {
  if (delta === undefined || delta === "") return;
  see(state, "message", itemKey);
  const key = textKey(itemKey, contentIndex);
  let block = state.open.get(key);
  if (block === undefined) {
    block = state.blocks.start("text", out);
    state.open.set(key, block);
  }
  feed(state, block, delta, out);
}

function endReasoning(state: State, key: string, item: Json, out: StreamEvent[]): void {
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

function endToolCall(state: State, key: string, item: Json, out: StreamEvent[]): void {
  const id = stringOf(item.call_id) ?? `call_${state.blocks.count}`;
  const block = state.open.get(key) ?? state.blocks.startToolCall(id, stringOf(item.name) ?? "", out);
  state.open.delete(key);
  if (!state.fed.has(block)) feed(state, block, stringOf(item.arguments), out);
  const itemId = stringOf(item.id);
  if (itemId !== undefined) block.signature = itemId;
  state.blocks.end(block, out);
}

function endMessage(state: State, itemKey: string, item: Json, out: StreamEvent[]): void {
  const mark: MessageMark = { v: 1, id: stringOf(item.id) ?? "" };
  const phase = stringOf(item.phase);
  if (phase !== undefined) mark.phase = phase;
  arrayOf(item.content).forEach((value, contentIndex) => {
    const part = objectOf(value);
    if (part.type === "refusal") state.refused = true;
    const text = stringOf(part.text) ?? stringOf(part.refusal);
    if (!state.open.has(textKey(itemKey, contentIndex))) addText(state, itemKey, contentIndex, text, out);
  });
  for (const [key, block] of [...state.open]) {
    if (!key.startsWith(`${itemKey}/`)) continue;
    state.open.delete(key);
    if (mark.id !== "") block.signature = JSON.stringify(mark);
    state.blocks.end(block, out);
  }
}

function addUsage(state: State, value: unknown, out: StreamEvent[]): void {
  if (!isObject(value)) return;
  const usage = state.usage.add(value);
  const details = objectOf(usage.input_tokens_details);
  const cacheRead = countOf(details.cached_tokens);
  const cacheWrite = countOf(details.cache_write_tokens);
  const reasoning = countOf(objectOf(usage.output_tokens_details).reasoning_tokens);
  const counts: TokenCounts = {
    input: Math.max(0, countOf(usage.input_tokens) - cacheRead - cacheWrite),
    output: countOf(usage.output_tokens),
    cacheRead,
    cacheWrite,
  };
  if (reasoning > 0) counts.reasoning = reasoning;
  const cost = toldCost(usage);
  if (cost !== undefined) counts.costTotal = cost;
  out.push({ type: "usage", usage: priceUsage(counts, state.model.cost) });
}

function finish(state: State, event: Json, out: StreamEvent[]): void {
  startAnswer(state, event, out);
  const response = objectOf(event.response);
  endOutput(state, arrayOf(response.output), out);
  state.blocks.endAll(out);
  addUsage(state, response.usage, out);
  const reason = stringOf(objectOf(response.incomplete_details).reason);
  out.push(endOfAnswer(state.refused ? "refusal" : (reason ?? stringOf(response.status) ?? "completed"), state.blocks.toolCallCount));
}
