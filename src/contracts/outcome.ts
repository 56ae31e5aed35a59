// How a run ended: the one value from which text, last event, result record and exit status all follow.

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
