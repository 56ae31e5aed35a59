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
  // Of a response that failed: what is asked again as it is fails again.
  invalid_prompt: "bad_request",
  invalid_image: "bad_request",
  invalid_image_format: "bad_request",
  invalid_base64_image: "bad_request",
  invalid_image_url: "bad_request",
  invalid_image_mode: "bad_request",
  image_too_large: "bad_request",
  image_too_small: "bad_request",
  image_parse_error: "bad_request",
  image_content_policy_violation: "refusal",
  image_file_too_large: "bad_request",
  unsupported_image_media_type: "bad_request",
  empty_image_file: "bad_request",
  failed_to_download_image: "bad_request",
  image_file_not_found: "bad_request",
};

export function openaiFailure(refusal: Refusal, nowMs: number): ModelFailure {
  return failureOfRefusal(refusal, codes, nowMs);
}

/** An error object inside an event: of a choice, of a response that failed. */
export function openaiStreamFailure(error: unknown): ModelFailure {
  const refusal = streamRefusal(error, JSON.stringify({ error }));
  return openaiFailure({ ...refusal, headers: new Headers() }, Date.now());
}
