// An error as people are told it. Used by both ways of showing.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { lineOf, messageOf, PiError } from "../../contracts/error.ts";

export function errorWords(error: unknown): { text: string; hint: string } {
  if (error instanceof PiError) return { text: error.message, hint: error.hint ?? "" };
  return { text: lineOf(error), hint: "" };
}

/** By the user, who knows. */
export function isCalledOff(error: unknown): boolean {
  return error instanceof PiError && error.code === "session.compaction_cancelled";
}

/** What events have said went wrong: whoever asked for it gets an error, too. */
export class ToldFailures {
  /** Why the newest compaction failed. */
  #compaction = "";

  take(event: AgentEvent): void {
    if (event.type === "compaction_start") this.#compaction = "";
    else if (event.type === "compaction_end") this.#compaction = event.errorMessage ?? "";
  }

  has(error: unknown): boolean {
    if (isCalledOff(error)) return true;
    return this.#compaction !== "" && this.#compaction.endsWith(messageOf(error));
  }
}
