// Gemini's stream chunks as StreamEvents. Driven by event-reader.
// Source: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse (checked 2026-11). Invariant: the answer is whole once a finish
// reason has come; the wire has no other end mark.

import { defined } from "../../contracts/defined.ts";
import { isDeeperThan, maxArgumentLevels } from "../../contracts/depth.ts";
import type { Model } from "../../contracts/model.ts";
import type { StreamEvent } from "../../contracts/stream-event.ts";
import { priceUsage, type TokenCounts } from "../../contracts/usage.ts";
import { BlockWriter, type OpenBlock } from "../shared/block-writer.ts";
import type { Decoder } from "../shared/event-reader.ts";
import { arrayOf, countOf, isObject, type Json, objectOf, stringOf } from "../shared/json.ts";
import { RunningUsage } from "../shared/running-usage.ts";
import { endOfAnswer } from "../shared/stop-reasons.ts";
import { ownIdPrefix } from "./encode.ts";

interface State {
  model: Model;
  blocks: BlockWriter;
  /** The text or thinking that further parts may continue. */
  current?: OpenBlock;
  usage: RunningUsage;
  started: boolean;
  finishReason?: string;
  blockReason?: string;
}

export function googleDecoder(model: Model): Decoder {
  const state: State = { model, blocks: new BlockWriter(), usage: new RunningUsage(), started: false };
  return {
    decode(chunk, _name, _raw, out) {
      decodeChunk(state, chunk, out);
    },
    decodeWhole(answer, out) {
      decodeChunk(state, answer, out);
    },
    end(out) {
      if (state.finishReason !== undefined || state.blockReason !== undefined) finish(state, out);
    },
  };
}

function decodeChunk(state: State, chunk: Json, out: StreamEvent[]): void {
  if (!state.started) {
    state.started = true;
    const responseId = stringOf(chunk.responseId);
    const responseModel = stringOf(chunk.modelVersion);
    out.push({
      type: "response",
      ...defined({ responseId, responseModel }),
    });
  }
  const candidate = objectOf(arrayOf(chunk.candidates)[0]);
  for (const part of arrayOf(objectOf(candidate.content).parts)) decodePart(state, objectOf(part), out);
  const finishReason = stringOf(candidate.finishReason);
  if (finishReason !== undefined) state.finishReason = finishReason;
  const blockReason = stringOf(objectOf(chunk.promptFeedback).blockReason);
  if (blockReason !== undefined) state.blockReason = blockReason;
  if (isObject(chunk.usageMetadata))
    out.push({ type: "usage", usage: priceUsage(countsOf(state.usage.add(chunk.usageMetadata)), state.model.cost) });
}

function decodePart(state: State, part: Json, out: StreamEvent[]): void {
  const signature = stringOf(part.thoughtSignature);
  if (isObject(part.functionCall)) {
    closeCurrent(state, out);
    const call = part.functionCall;
    const id = stringOf(call.id) ?? "";
    const block = state.blocks.startToolCall(id === "" ? newId() : id, stringOf(call.name) ?? "", out);
    const args = objectOf(call.args);
    // The deltas are for those who show a call while it is made; here it comes whole.
    if (!isDeeperThan(args, maxArgumentLevels)) state.blocks.delta(block, JSON.stringify(args), out);
    block.argumentsObject = args;
    if (signature !== undefined) block.signature = signature;
    state.blocks.end(block, out);
    return;
  }
  const text = stringOf(part.text);
  if (text === undefined) return;
  if (text === "") {
    if (signature !== undefined) keepSignature(state, signature, out);
    return;
  }
  const kind = part.thought === true ? "thinking" : "text";
  if (state.current?.kind !== kind) closeCurrent(state, out);
  state.current ??= state.blocks.start(kind, out);
  if (signature !== undefined) state.current.signature = signature;
  state.blocks.delta(state.current, text, out);
}

/** A signature in a part of its own belongs to what was being said; before anything was said it stands alone. */
function keepSignature(state: State, signature: string, out: StreamEvent[]): void {
  if (state.current !== undefined) {
    state.current.signature = signature;
    return;
  }
  const block = state.blocks.start("thinking", out);
  block.signature = signature;
  block.redacted = true;
  state.blocks.end(block, out);
}

function closeCurrent(state: State, out: StreamEvent[]): void {
  if (state.current !== undefined) state.blocks.end(state.current, out);
  delete state.current;
}

function newId(): string {
  return ownIdPrefix + globalThis.crypto.randomUUID().replaceAll("-", "").slice(0, 16);
}

function countsOf(usage: Json): TokenCounts {
  const cacheRead = countOf(usage.cachedContentTokenCount);
  const prompt = countOf(usage.promptTokenCount) + countOf(usage.toolUsePromptTokenCount);
  const reasoning = countOf(usage.thoughtsTokenCount);
  const counts: TokenCounts = {
    input: Math.max(0, prompt - cacheRead),
    output: countOf(usage.candidatesTokenCount) + reasoning,
    cacheRead,
    cacheWrite: 0,
  };
  if (reasoning > 0) counts.reasoning = reasoning;
  return counts;
}

function finish(state: State, out: StreamEvent[]): void {
  closeCurrent(state, out);
  // A prompt that was blocked, for whatever reason, has no answer.
  if (state.finishReason === undefined) {
    const failure = { code: "refusal", message: "The model refused to complete the request" } as const;
    out.push({
      type: "failure",
      failure: { ...failure, ...defined({ rawStopReason: state.blockReason }) },
    });
  } else out.push(endOfAnswer(state.finishReason, state.blocks.toolCallCount));
}
