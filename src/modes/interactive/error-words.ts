// An error as people are told it. Used by both ways of showing. Pure.

import { lineOf, PiError } from "../../contracts/error.ts";

export function errorWords(error: unknown): { text: string; hint: string } {
  if (error instanceof PiError) return { text: error.message, hint: error.hint ?? "" };
  return { text: lineOf(error), hint: "" };
}

/** An event has said what went wrong. */
export function wasTold(error: unknown): boolean {
  return error instanceof PiError && ["session.compaction_cancelled", "session.summarization_failed"].includes(error.code);
}
