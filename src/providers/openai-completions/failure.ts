// Errors of OpenAI and its imitators as ModelFailures. Called by the providers of chat completions and responses and by their decoders.
// Source: https://platform.openai.com/docs/guides/error-codes (checked 2026-11).

import type { ModelFailure } from "../../contracts/stream-event.ts";
import { type CodeTable, failureOfRefusal, type Refusal, streamRefusal } from "../shared/http-failure.ts";

const codes: CodeTable = {
  string_above_max_length: "bad_request",
  rate_limit_exceeded: "rate_limited",
  invalid_api_key: "auth",
  invalid_authentication_error: "auth",
  model_not_found: "not_found",
  server_error: "overloaded",
};

export function openaiFailure(refusal: Refusal, nowMs: number): ModelFailure {
  return failureOfRefusal(refusal, codes, nowMs);
}

/** An error object inside an event: of a choice, of a response that failed. */
export function openaiStreamFailure(error: unknown): ModelFailure {
  const refusal = streamRefusal(error, JSON.stringify({ error }));
  return openaiFailure({ ...refusal, headers: new Headers() }, Date.now());
}
