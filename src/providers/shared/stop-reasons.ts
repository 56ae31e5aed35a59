// What the services' words for the end of an answer mean: one table for all wire formats, since gateways hand on each other's words in any case.
// Called by the decoders when the answer is over. Invariant: an answer is whole only where its reason is known to say so; a word that stands in
// no row ends the answer as a failure that names it. Sources: the formats' own pages (see decode), vendors' API references (checked 2026-11).

import type { FailureCode, StreamEvent } from "../../contracts/stream-event.ts";

type Meaning = "stop" | "length" | { code: FailureCode; message: string };

const refused: Meaning = { code: "refusal", message: "The model refused to complete the request" };
const brokenOff = (message: string): Meaning => ({ code: "overloaded", message });

/** Words in lower case, `-` and blanks as `_`. */
const rows: readonly (readonly [Meaning, string])[] = [
  ["stop", "stop end_turn stop_sequence tool_use tool_calls tool_call function_call pause_turn completed complete"],
  ["stop", "eos eos_token end finish_reason_unspecified normal done"], // Together, TGI, Gemini, gateways
  ["stop", "in_progress queued"], // imitators of Responses leave the status of the beginning in `response.completed`
  ["length", "length max_tokens max_output_tokens max_completion_tokens model_length incomplete"],
  [refused, "refusal content_filter content_filtered sensitive safety recitation blocklist prohibited_content spii language"],
  [refused, "image_safety image_prohibited_content image_recitation moderation flagged guardrail_intervened error_toxic"],
  [
    { code: "overflow", message: "the answer was cut off: the model's context window is full" },
    "model_context_window_exceeded context_window_exceeded context_length_exceeded error_limit",
  ],
  [brokenOff("the service broke off the answer"), "abort aborted cancelled canceled unload"], // Z.ai, vLLM, SGLang, Ollama
  [brokenOff("the service broke off the answer with an error"), "error internal_error server_error failed"], // Mistral, OpenRouter
  [brokenOff("the service broke off the answer with a network error"), "network_error"], // Z.ai
  [brokenOff("the service broke off the answer when its time was up"), "timeout time_limit"], // TGI, IBM
  [brokenOff("the service ran out of resources"), "insufficient_system_resource"], // DeepSeek
  [brokenOff("the service stopped a model that repeated itself"), "repetition repetition_truncation"], // vLLM, Kimi
  [
    brokenOff("the model wrote a function call that the service could not read"),
    "malformed_function_call malformed_tool_call malformed_model_output",
  ],
  [brokenOff("the model called a tool although it was given none"), "unexpected_tool_call"],
  [brokenOff("the model called too many tools in a row"), "too_many_tool_calls"],
  [brokenOff("the service ended the answer for a reason that it does not name"), "other unknown image_other no_image"],
  [{ code: "bad_request", message: "the request lacks a thought signature" }, "missing_thought_signature"],
];

function meaningOf(reason: string): Meaning {
  const word = reason.trim().toLowerCase().replace(/[- ]/g, "_");
  const row = rows.find(([, words]) => words.split(" ").includes(word));
  return row?.[0] ?? brokenOff(`the service ended the answer for a reason that is not known: ${reason.slice(0, 100)}`);
}

/** The terminal event for a reason; undefined where the service gave none and the answer is whole all the same. */
export function endOfAnswer(reason: string | undefined, toolCallCount: number): StreamEvent {
  const meaning = reason === undefined ? "stop" : meaningOf(reason);
  const raw = reason === undefined ? {} : { rawStopReason: reason };
  if (typeof meaning === "object") return { type: "failure", failure: { ...meaning, ...raw } };
  const stopReason = meaning === "length" ? "length" : toolCallCount > 0 ? "toolUse" : "stop";
  return { type: "finish", stopReason, ...raw };
}
