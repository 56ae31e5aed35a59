// Recognises a context overflow that a service passes off as an answer. Called by stream-call at every finish.
// Invariant: an answer that said anything is never called an overflow.

import type { ModelCall } from "../../contracts/model-request.ts";
import type { ModelFailure, StreamEvent } from "../../contracts/stream-event.ts";
import type { Usage } from "../../contracts/usage.ts";

type Finish = Extract<StreamEvent, { type: "finish" }>;

export function overflowInDisguise(finish: Finish, usage: Usage | undefined, call: ModelCall): ModelFailure | undefined {
  const window = call.model.contextWindow;
  const inputTokens = usage === undefined ? 0 : usage.input + usage.cacheRead + usage.cacheWrite;
  // Stopped for length before the output limit and with nothing said: no room was left. Hidden reasoning that used up the limit is not that.
  const noRoom = finish.stopReason === "length" && (usage?.output ?? 0) < (call.request.maxTokens ?? call.model.maxTokens);
  const fullAndEmpty = window > 0 && inputTokens >= window * 0.95;
  if (!noRoom && !fullAndEmpty) return undefined;
  const counted = inputTokens > 0 ? `${inputTokens} input tokens` : "the input";
  const failure: ModelFailure = {
    code: "overflow",
    message: `context overflow: ${counted} left no room in the model's window of ${window} tokens`,
  };
  if (finish.rawStopReason !== undefined) failure.rawStopReason = finish.rawStopReason;
  return failure;
}
