// Print mode: runs the prompts one after another and prints the last answer once it is final. Called by cli/main.
// Invariant: stdout holds the answer and nothing else; what it says and what the outcome says agree.

import type { ImageContent } from "../contracts/message.ts";
import type { Outcome } from "../contracts/outcome.ts";
import { storageLostCode } from "../harness/recovery/run-outcome.ts";
import type { CodingSession } from "../harness/run/coding-session.ts";

export interface ModePrompt {
  text: string;
  images: ImageContent[];
}

/** Runs prompts in order; a run that did not end well ends the list, and so does `isStopped`: between two runs there is none to be stopped. */
export async function runPrompts(coding: CodingSession, prompts: readonly ModePrompt[], isStopped: () => boolean): Promise<Outcome> {
  let outcome: Outcome = { kind: "done", text: "" };
  for (const [index, prompt] of prompts.entries()) {
    const text = await coding.conversation.expand(prompt.text);
    if (isStopped()) return { kind: "aborted", text: "", code: "model.aborted", message: "Stopped before the next prompt" };
    outcome = await coding.prompt(text, {
      images: prompt.images,
      continuesRun: index > 0,
      isInterim: index < prompts.length - 1,
    });
    if (!isAnswer(outcome)) return outcome;
  }
  return outcome;
}

/** What print mode says of an outcome, with the line end at its end; nothing where there is no answer. */
export function answerText(outcome: Outcome): string {
  if (!showsText(outcome) || outcome.text === "" || outcome.text.endsWith("\n")) return showsText(outcome) ? outcome.text : "";
  return `${outcome.text}\n`;
}

/** A whole one, whether or not it could be stored. */
function isAnswer(outcome: Outcome): boolean {
  return outcome.kind === "done" || outcome.code === storageLostCode;
}

/** Text that is an answer, or as much of one as there is; half an answer before an error is none. */
function showsText(outcome: Outcome): boolean {
  return isAnswer(outcome) || outcome.kind === "length" || outcome.kind === "budget";
}
