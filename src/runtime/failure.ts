// Which failures another runtime may make good, and what becomes of an error that a run met. Asked by the runtimes and the fallback.
// Invariant: nothing falls back once something was done or said that cannot be taken back.

import { defined } from "../contracts/defined.ts";
import { isPiError, messageOf } from "../contracts/error.ts";
import type { ErrorCode } from "../contracts/error-codes.ts";
import { exitStatusOf, type Outcome } from "../contracts/outcome.ts";
import type { RunResult } from "./result.ts";

/** Not among them: time, aborts, budgets, bad input, and what a model itself says no to. */
const mayFallBackAfter: ReadonlySet<ErrorCode> = new Set([
  "auth.no_credential",
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
  return outcome.code !== undefined && mayFallBackAfter.has(outcome.code) && !hasSideEffects && !hasDelivered;
}

/** Of anything thrown on a run's way. */
export function outcomeOfError(error: unknown, text = ""): Outcome {
  const code = isPiError(error) ? error.code : "internal.unexpected";
  const hint = isPiError(error) ? error.hint : undefined;
  const status = isPiError(error) ? error.exitStatus : 1;
  const kind = code === "runtime.aborted_waiting" || code === "model.aborted" ? "aborted" : kindOfStatus(status);
  return { kind, text, code, message: messageOf(error), ...defined({ hint }) };
}

function kindOfStatus(status: number): Outcome["kind"] {
  if (status === exitStatusOf.usage) return "usage";
  return status === exitStatusOf.budget ? "budget" : "error";
}
