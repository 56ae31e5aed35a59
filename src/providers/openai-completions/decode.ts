// Chat completion chunks as StreamEvents, from OpenAI and all who imitate it more or less. Driven by event-reader.
// Source: https://platform.openai.com/docs/api-reference/chat-streaming (checked 2026-11). Invariant: one pass, a state record, a handler a field.

import type { Model } from "../../contracts/model.ts";
import type { StreamEvent } from "../../contracts/stream-event.ts";
import { priceUsage, type TokenCounts } from "../../contracts/usage.ts";
import type { CompletionsDialect } from "../dialect.ts";
import { completionsDialect } from "../resolve-dialect.ts";
import { BlockWriter, type OpenBlock } from "../shared/block-writer.ts";
import type { Decoder } from "../shared/event-reader.ts";
import { arrayOf, countOf, isObject, type Json, objectOf, stringOf } from "../shared/json.ts";
import { RunningUsage } from "../shared/running-usage.ts";
import { endOfAnswer } from "../shared/stop-reasons.ts";
import { toldCost } from "../shared/told-cost.ts";
import { chunkSignature, reasoningFields } from "./encode.ts";
import { openaiStreamFailure } from "./failure.ts";
import { ReasoningDetails, reasoningSignature } from "./reasoning-details.ts";
import { ToolCallFragments } from "./tool-call-fragments.ts";

interface State {
  model: Model;
  dialect: CompletionsDialect;
  blocks: BlockWriter;
  text?: OpenBlock;
  thinking?: OpenBlock;
  details: ReasoningDetails;
  calls: ToolCallFragments;
  usage: RunningUsage;
  started: boolean;
  refused: boolean;
  finishReason?: string;
}

export function chatDecoder(model: Model): Decoder {
  const blocks = new BlockWriter();
  const state: State = {
    model,
    dialect: completionsDialect(model),
    blocks,
    details: new ReasoningDetails(),
    calls: new ToolCallFragments(blocks),
    usage: new RunningUsage(),
    started: false,
    refused: false,
  };
  return {
    decode(chunk, _name, _raw, out) {
      decodeChunk(state, chunk, out);
    },
    decodeWhole(answer, out) {
      if (arrayOf(answer.choices).length > 0) decodeChunk(state, answer, out);
    },
    end(out, saidDone) {
      const whole = state.finishReason !== undefined || (state.started && (saidDone || !state.dialect.supportsFinishReason));
      if (whole) finish(state, out);
    },
  };
}

function decodeChunk(state: State, chunk: Json, out: StreamEvent[]): void {
  if (!state.started) startAnswer(state, chunk, out);
  const choice = objectOf(arrayOf(chunk.choices)[0]);
  // OpenRouter: why the answer ends with the reason `error`.
  if (isObject(choice.error)) {
    out.push({ type: "failure", failure: openaiStreamFailure(choice.error) });
    return;
  }
  // A few servers send the whole message at once although a stream was asked for.
  const delta = isObject(choice.delta) ? choice.delta : objectOf(choice.message);
  decodeReasoning(state, delta, out);
  decodeContent(state, delta.content, out);
  const refusal = stringOf(delta.refusal);
  if (refusal !== undefined && refusal !== "") {
    state.refused = true;
    addText(state, refusal, out);
  }
  // The one call of the days before `tool_calls`, which a few gateways still send.
  const calls = isObject(delta.function_call) ? [{ index: 0, function: delta.function_call }] : arrayOf(delta.tool_calls);
  if (calls.length > 0) {
    closeThinking(state, out);
    closeText(state, out);
    for (const call of calls) state.calls.add(objectOf(call), out);
  }
  const reason = stringOf(choice.finish_reason);
  if (reason !== undefined && reason !== "") state.finishReason = reason;
  const usage = [chunk.usage, choice.usage, objectOf(chunk.x_groq).usage].find(isObject);
  if (usage !== undefined) out.push({ type: "usage", usage: priceUsage(countsOf(state.usage.add(usage)), state.model.cost) });
}

function startAnswer(state: State, chunk: Json, out: StreamEvent[]): void {
  state.started = true;
  const responseId = stringOf(chunk.id);
  const responseModel = stringOf(chunk.model);
  out.push({
    type: "response",
    ...(responseId === undefined || responseId === "" ? {} : { responseId }),
    ...(responseModel === undefined || responseModel === "" ? {} : { responseModel }),
  });
}

function decodeReasoning(state: State, delta: Json, out: StreamEvent[]): void {
  const fragments = arrayOf(delta.reasoning_details);
  const detailText = fragments.length > 0 ? state.details.add(fragments) : "";
  const field = reasoningFields.find((name) => typeof delta[name] === "string" && delta[name] !== "");
  const text = field === undefined ? detailText : (stringOf(delta[field]) ?? "");
  if (text !== "") addThinking(state, text, field ?? "reasoning", out);
}

function decodeContent(state: State, content: unknown, out: StreamEvent[]): void {
  if (typeof content === "string") {
    if (content !== "") addText(state, content, out);
    return;
  }
  for (const chunk of arrayOf(content)) {
    const part = objectOf(chunk);
    if (part.type === "text") addText(state, stringOf(part.text) ?? "", out);
    else if (part.type === "thinking") {
      for (const thought of arrayOf(part.thinking)) addThinking(state, stringOf(objectOf(thought).text) ?? "", chunkSignature, out);
    }
  }
}

function addText(state: State, text: string, out: StreamEvent[]): void {
  if (text === "") return;
  closeThinking(state, out);
  state.text ??= state.blocks.start("text", out);
  state.blocks.delta(state.text, text, out);
}

function addThinking(state: State, text: string, signature: string, out: StreamEvent[]): void {
  if (text === "") return;
  closeText(state, out);
  state.thinking ??= state.blocks.start("thinking", out);
  state.thinking.signature = signature;
  state.blocks.delta(state.thinking, text, out);
}

function closeText(state: State, out: StreamEvent[]): void {
  if (state.text !== undefined) state.blocks.end(state.text, out);
  delete state.text;
}

function closeThinking(state: State, out: StreamEvent[]): void {
  if (state.thinking === undefined) return;
  state.thinking.signature = reasoningSignature(state.thinking.signature ?? "", state.details.take());
  state.blocks.end(state.thinking, out);
  delete state.thinking;
}

/** Prompt tokens count the cached ones in; where the sum shows it (xAI), completion tokens leave the reasoning ones out. */
export function countsOf(usage: Json): TokenCounts {
  const prompt = countOf(usage.prompt_tokens);
  const completion = countOf(usage.completion_tokens);
  const promptDetails = objectOf(usage.prompt_tokens_details);
  const cacheRead = countOf(promptDetails.cached_tokens) || countOf(usage.prompt_cache_hit_tokens) || countOf(usage.cached_tokens);
  const cacheWrite = countOf(promptDetails.cache_write_tokens);
  const reasoning = countOf(objectOf(usage.completion_tokens_details).reasoning_tokens);
  const total = countOf(usage.total_tokens);
  const apart = reasoning > 0 && total === prompt + completion + reasoning;
  const counts: TokenCounts = {
    input: Math.max(0, prompt - cacheRead - cacheWrite),
    output: apart ? completion + reasoning : completion,
    cacheRead,
    cacheWrite,
  };
  if (reasoning > 0) counts.reasoning = reasoning;
  const cost = toldCost(usage);
  if (cost !== undefined) counts.costTotal = cost;
  return counts;
}

function finish(state: State, out: StreamEvent[]): void {
  if (state.thinking === undefined && !state.details.isEmpty) {
    // Encrypted reasoning without a readable text: kept to be sent back.
    state.thinking = state.blocks.start("thinking", out);
    state.thinking.redacted = true;
  }
  closeThinking(state, out);
  closeText(state, out);
  state.calls.end(out);
  out.push(endOfAnswer(state.refused ? "refusal" : state.finishReason, state.blocks.toolCallCount));
}
