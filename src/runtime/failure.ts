// Which failures another runtime may make good. Asked by the fallback.
// Invariant: nothing falls back once something was done or said that cannot be taken back.

import type { ErrorCode } from "../contracts/error-codes.ts";
import type { RunResult } from "./result.ts";

/** Not among them: time, aborts, budgets, bad input, and what a model itself says no to. */
const mayFallBackAfter: ReadonlySet<ErrorCode> = new Set([
  "model.auth",
  "model.quota",
  "model.rate_limited",
  "model.overloaded",
  "model.network",
  "model.not_found",
  "model.stalled",
  "runtime.unavailable",
  "runtime.crashed",
  "runtime.protocol",
  "runtime.bridge",
]);

export function mayFallBack({ outcome, hasSideEffects, hasDelivered }: Pick<RunResult, "outcome" | "hasSideEffects" | "hasDelivered">) {
  const { code } = outcome;
  // Whatever keeps this runtime from its credential need not keep the other from its own.
  return code !== undefined && (code.startsWith("auth.") || mayFallBackAfter.has(code)) && !hasSideEffects && !hasDelivered;
}
