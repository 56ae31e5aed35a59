// Print mode: runs the prompts one after another and prints the last answer once it is final. Called by cli/main.
// Invariant: stdout holds the answer and nothing else; what it says and what the outcome says agree.

import type { ImageContent } from "../contracts/message.ts";
import type { Outcome } from "../contracts/outcome.ts";
import type { CodingSession } from "../harness/coding-session.ts";
import type { Host } from "../platform/host.ts";

export interface ModePrompt {
  text: string;
  images: ImageContent[];
}

/** Runs prompts in order; a run that did not end well ends the list. */
export async function runPrompts(coding: CodingSession, prompts: readonly ModePrompt[]): Promise<Outcome> {
  let outcome: Outcome = { kind: "done", text: "" };
  for (const [index, prompt] of prompts.entries()) {
    outcome = await coding.prompt(await coding.expand(prompt.text), {
      images: prompt.images,
      continuesRun: index > 0,
      isInterim: index < prompts.length - 1,
    });
    if (outcome.kind !== "done") return outcome;
  }
  return outcome;
}

export function printAnswer(outcome: Outcome, host: Host): void {
  if (showsText(outcome) && outcome.text !== "") void host.stdout.write(outcome.text.endsWith("\n") ? outcome.text : `${outcome.text}\n`);
}

/** Text that is an answer, or as much of one as there is; half an answer before an error is none. */
function showsText(outcome: Outcome): boolean {
  return outcome.kind === "done" || outcome.kind === "length" || outcome.kind === "budget";
}
