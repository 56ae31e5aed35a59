// An error as people are told it. Used by both ways of showing. Pure.

import { lineOf, PiError } from "../../contracts/error.ts";

export function errorWords(error: unknown): { text: string; hint: string } {
  if (error instanceof PiError) return { text: error.message, hint: error.hint ?? "" };
  return { text: lineOf(error), hint: "" };
}
