// Gemini's stream chunks as StreamEvents. Driven by event-reader.
// Source: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse (checked 2026-11). Invariant: the answer is whole once a finish
// reason has come; the wire has no other end mark.

import type { Model } from "../../contracts/model.ts";
import type { FailureCode, StreamEvent } from "../../contracts/stream-event.ts";
import { priceUsage, type TokenCounts } from "../../contracts/usage.ts";
import { BlockWriter, type OpenBlock } from "../shared/block-writer.ts";
import type { Decoder } from "../shared/event-reader.ts";
import { arrayOf, countOf, isObject, type Json, objectOf, stringOf } from "../shared/json.ts";
import { ownIdPrefix } from "./encode.ts";
import { googleFailure } from "./failure.ts";

interface State {
  model: Model;
  blocks: BlockWriter;
  /** The text or thinking that further parts may continue. */
  current?: OpenBlock;
  started: boolean;
  finishReason?: string;
  blockReason?: string;
}

export function googleDecoder(model: Model): Decoder {
  const state: State = { model, blocks: new BlockWriter(), started: false };
  return {
    decode(chunk, _name, raw, out) {
      if (isObject(chunk.error)) {
        const code = countOf(chunk.error.code);
        out.push({ type: "failure", failure: googleFailure({ status: code, headers: new Headers(), body: raw }, Date.now()) });
        return;
      }
      decodeChunk(state, chunk, out);
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
      ...(responseId === undefined ? {} : { responseId }),
      ...(responseModel === undefined ? {} : { responseModel }),
    });
  }
  const candidate = objectOf(arrayOf(chunk.candidates)[0]);
  for (const part of arrayOf(objectOf(candidate.content).parts)) decodePart(state, objectOf(part), out);
  const finishReason = stringOf(candidate.finishReason);
  if (finishReason !== undefined) state.finishReason = finishReason;
  const blockReason = stringOf(objectOf(chunk.promptFeedback).blockReason);
  if (blockReason !== undefined) state.blockReason = blockReason;
  if (isObject(chunk.usageMetadata)) out.push({ type: "usage", usage: priceUsage(countsOf(chunk.usageMetadata), state.model.cost) });
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
    state.blocks.delta(block, JSON.stringify(args), out);
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

const failures: Readonly<Record<string, [FailureCode, string]>> = {
  MALFORMED_FUNCTION_CALL: ["overloaded", "the model wrote a function call that the service could not read"],
  UNEXPECTED_TOOL_CALL: ["overloaded", "the model called a tool although it was given none"],
  TOO_MANY_TOOL_CALLS: ["overloaded", "the model called too many tools in a row"],
  MISSING_THOUGHT_SIGNATURE: ["bad_request", "the request lacks a thought signature"],
  OTHER: ["overloaded", "the service ended the answer for a reason that it does not name"],
};

const finished = new Set(["STOP", "MAX_TOKENS", "FINISH_REASON_UNSPECIFIED"]);

function finish(state: State, out: StreamEvent[]): void {
  closeCurrent(state, out);
  const raw = state.finishReason ?? state.blockReason ?? "";
  if (state.finishReason !== undefined && finished.has(raw)) {
    const stopReason = raw === "MAX_TOKENS" ? "length" : state.blocks.toolCallCount > 0 ? "toolUse" : "stop";
    out.push({ type: "finish", stopReason, rawStopReason: raw });
    return;
  }
  // What is left is a filter: SAFETY, RECITATION, BLOCKLIST, PROHIBITED_CONTENT, SPII, LANGUAGE, IMAGE_SAFETY and those to come.
  const [code, message] = failures[raw] ?? ["refusal", "The model refused to complete the request"];
  out.push({ type: "failure", failure: { code, message, rawStopReason: raw } });
}
