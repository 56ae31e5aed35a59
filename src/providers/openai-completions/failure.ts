// Errors of OpenAI and its imitators as ModelFailures. Called by the providers of chat completions and responses and by their decoders.
// Source: https://platform.openai.com/docs/guides/error-codes (checked 2026-11).

import type { ModelFailure } from "../../contracts/stream-event.ts";
import { type CodeTable, failureOfRefusal, type Refusal } from "../shared/http-failure.ts";
import { isObject, type Json } from "../shared/json.ts";

const codes: CodeTable = {
  context_length_exceeded: "overflow",
  exceed_context_size_error: "overflow", // llama.cpp
  string_above_max_length: "bad_request",
  insufficient_quota: "quota",
  billing_hard_limit_reached: "quota",
  billing_not_active: "quota",
  insufficient_balance: "quota",
  exceeded_current_quota_error: "quota", // Moonshot
  rate_limit_exceeded: "rate_limited",
  rate_limit_reached_error: "rate_limited", // Moonshot
  rate_limit_error: "rate_limited",
  invalid_api_key: "auth",
  invalid_authentication_error: "auth",
  model_not_found: "not_found",
  server_error: "overloaded",
  engine_overloaded_error: "overloaded", // Moonshot
  overloaded_error: "overloaded",
  server_is_overloaded: "overloaded",
  "1113": "quota", // Z.ai: balance spent
  "1261": "overflow", // Z.ai: prompt too long
  "1301": "refusal", // Z.ai: content blocked
  "1302": "rate_limited",
  "1305": "rate_limited",
};

export function openaiFailure(refusal: Refusal, nowMs: number): ModelFailure {
  return failureOfRefusal(refusal, codes, nowMs);
}

/** An error object inside a stream; gateways put the status that they met into its `code`. */
export function openaiStreamFailure(error: unknown, raw: string): ModelFailure {
  const code = isObject(error) ? Number((error as Json).code) : Number.NaN;
  const status = Number.isInteger(code) && code >= 400 && code < 600 ? code : 0;
  return openaiFailure({ status, headers: new Headers(), body: raw }, Date.now());
}
