// Google's errors as ModelFailures. Called by the provider for refused requests and by the decoder for errors inside a stream.
// Source: https://ai.google.dev/gemini-api/docs/troubleshooting (checked 2026-11).

import type { ModelFailure } from "../../contracts/stream-event.ts";
import { type CodeTable, failureOfRefusal, type Refusal } from "../shared/http-failure.ts";

const codes: CodeTable = {
  API_KEY_INVALID: "auth",
  UNAUTHENTICATED: "auth",
  PERMISSION_DENIED: "auth",
  NOT_FOUND: "not_found",
  RESOURCE_EXHAUSTED: "rate_limited",
  UNAVAILABLE: "overloaded",
  INTERNAL: "overloaded",
  DEADLINE_EXCEEDED: "overloaded",
};

export function googleFailure(refusal: Refusal, nowMs: number): ModelFailure {
  const failure = failureOfRefusal(refusal, codes, nowMs);
  // Each limit has a `quotaId`; one that counts by the day will not be free again in minutes.
  return failure.code === "rate_limited" && /"quotaId":\s*"[^"]*PerDay/.test(refusal.body) ? { ...failure, code: "quota" } : failure;
}
