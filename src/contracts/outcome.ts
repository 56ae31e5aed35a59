// How a run ended: the one value from which text, last event, result record and exit status all follow.

import { defined } from "./defined.ts";
import { isPiError, messageOf } from "./error.ts";
import type { ErrorCode } from "./error-codes.ts";

export type OutcomeKind = "done" | "length" | "error" | "aborted" | "overflow" | "quota" | "budget" | "stalled" | "usage";

export const exitStatusOf: Record<OutcomeKind, number> = {
  done: 0,
  length: 1,
  error: 1,
  aborted: 1,
  overflow: 1,
  quota: 1,
  stalled: 1,
  usage: 2,
  budget: 3,
};

export interface Outcome {
  kind: OutcomeKind;
  /** The last assistant text, whole or partial. */
  text: string;
  /** The checked value of an answer that had to follow a schema. */
  value?: unknown;
  /** For stderr, one line; absent when all is well. */
  message?: string;
  /** Of what went wrong. */
  code?: ErrorCode;
  hint?: string;
  /** What a service answered, as it came, where the message says it in other words. */
  raw?: string;
  /** Unix ms, where a service said when to come back. */
  retryAt?: number;
}

/** Of a run that an error kept from beginning, or broke; `text`: what was said before. */
export function outcomeOfError(error: unknown, text = ""): Outcome {
  const code = isPiError(error) ? error.code : "internal.unexpected";
  const hint = isPiError(error) ? error.hint : undefined;
  const status = isPiError(error) ? error.exitStatus : exitStatusOf.error;
  const isAborted = code === "runtime.aborted_waiting" || code === "model.aborted";
  const kind = isAborted ? "aborted" : status === exitStatusOf.usage ? "usage" : status === exitStatusOf.budget ? "budget" : "error";
  return { kind, text, code, message: messageOf(error), ...defined({ hint }) };
}
