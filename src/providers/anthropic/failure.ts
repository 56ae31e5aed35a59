// Anthropic's errors as ModelFailures. Called by the provider for refused requests and by the decoder for errors inside a stream.
// Source: https://platform.claude.com/docs/en/api/errors (checked 2026-11).

import type { ModelFailure } from "../../contracts/stream-event.ts";
import { type CodeTable, failureOfRefusal, type Refusal, type WordRow } from "../shared/http-failure.ts";

const codes: CodeTable = {
  authentication_error: "auth",
  permission_error: "auth",
  billing_error: "quota",
  enforced_spend_limit_reached: "quota",
  contract_spend_limit_reached: "quota",
  linked_organization_spend_limit_reached: "quota",
  not_found_error: "not_found",
  api_error: "overloaded",
  timeout_error: "overloaded",
};

/** Only what was seen: a guess would take pictures out of a request that was refused for something else. */
const words: readonly WordRow[] = [
  {
    status: 400,
    words: /\.image\.source\.base64\.data: .{0,40}image dimensions exceed max allowed size for many-image requests/i,
    code: "image_overflow",
    source: "a response of the Messages API, seen 2026-05",
  },
];

export function anthropicFailure(refusal: Refusal, nowMs: number): ModelFailure {
  return failureOfRefusal(refusal, codes, nowMs, words);
}
