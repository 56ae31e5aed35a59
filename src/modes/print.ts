// Print mode: runs the prompts one after another and prints the last answer once it is final. JSON mode runs its prompts by this, too.
// Invariant: stdout holds the answer and nothing else; what it says and what the outcome says agree.

import type { Outcome } from "../contracts/outcome.ts";
import type { SessionHost } from "../harness/host/session-host.ts";
import { storageLostCode } from "../harness/recovery/run-outcome.ts";
import type { CodingSession } from "../harness/run/coding-session.ts";
import { beforeEnd, type Mode, type ModeContext } from "./mode.ts";

export const printMode: Mode = {
  needs: "prompts",
  mayLackModel: false,
  status: "outcome",
  async run(at) {
    const { io } = at;
    const sessions = await at.open();
    const shows = { progress: at.progress(), streamsAnswer: at.streamsAnswer() };
    const isWatched = shows.progress.lines !== "none" || shows.streamsAnswer;
    const watching = isWatched ? (await import("./progress.ts")).startProgress(sessions, { ...at, ...shows }) : undefined;
    let shown = "";
    const outcome = await runPrompts(sessions, at, "print").finally(async () => {
      shown = (await watching?.stop()) ?? "";
    });
    if (at.showsAnswer && outcome.text !== shown) {
      void io.stdout.write(answerText(outcome));
      // The closing line stands behind it.
      if (watching !== undefined) await io.stdout.flush();
    }
    await watching?.summarize();
    return outcome;
  },
};

/**
 * In order, in whatever session is in force; a run that did not end well ends the list, and so does the end of the process. Extensions hear of
 * the start first; a prompt that one of them has taken care of runs nothing but what they begin themselves, which counts as any other run.
 */
export async function runPrompts(
  sessions: SessionHost,
  { prompts, ending }: Pick<ModeContext, "prompts" | "ending">,
  mode: "print" | "json",
): Promise<Outcome> {
  await beforeEnd(ending, sessions.extensions.bind({ mode }));
  let outcome: Outcome = { kind: "done", text: "" };
  let hasRun = false;
  /** The newest run that is reckoned with. */
  let counted: Outcome | undefined;
  /** The session whose answer is not the one that counts unless nothing is run behind it. */
  let interim: CodingSession | undefined;
  /** Whether extensions have run something, of which the last is the outcome then. */
  const othersHaveRun = async (): Promise<boolean> => {
    while (!ending.aborted && isAtWork(sessions)) await beforeEnd(ending, settled(sessions));
    const { lastOutcome } = sessions.coding;
    if (lastOutcome === undefined || lastOutcome === counted || ending.aborted) return false;
    outcome = lastOutcome;
    counted = lastOutcome;
    interim = undefined;
    return true;
  };
  for (const [index, prompt] of prompts.entries()) {
    const received = await beforeEnd(ending, sessions.intake.receive({ ...prompt, source: "interactive" }));
    const isHandled = received?.value.kind === "handled";
    // What extensions have begun at the start comes first.
    const haveOthersRun = await othersHaveRun();
    // Between two runs there is none to be stopped.
    if (received === undefined || ending.aborted)
      return { kind: "aborted", text: "", code: "model.aborted", message: "Stopped before the next prompt" };
    if (haveOthersRun && isHandled && !isAnswer(outcome)) return outcome;
    const begun = sessions.intake.begin(received.value, { continuesRun: hasRun, isInterim: index < prompts.length - 1 });
    if (begun.disposition === "handled") {
      // It may have been run without a schema, or with another one; for this one nothing is asked.
      if (begun.known !== undefined) outcome = await sessions.coding.finalOutcome(begun.known.outcome, true);
      continue;
    }
    const { coding } = sessions;
    interim = index < prompts.length - 1 ? coding : undefined;
    outcome = (await begun.done) ?? outcome;
    counted = coding.lastOutcome;
    if (!isAnswer(outcome)) return outcome;
    hasRun = true;
  }
  await othersHaveRun();
  return interim === undefined || ending.aborted ? outcome : interim.finalOutcome(outcome, interim !== sessions.coding);
}

function isAtWork({ coding, extensions }: SessionHost): boolean {
  return coding.isStreaming || extensions.inForce?.settled() !== undefined;
}

/** Of what is under way now; more may have begun by then. */
async function settled({ coding, extensions }: SessionHost): Promise<void> {
  await extensions.inForce?.settled();
  await coding.waitForIdle();
}

/** What print mode says of an outcome, with the line end at its end; nothing where there is no answer. */
export function answerText(outcome: Outcome): string {
  const text = showsText(outcome) ? outcome.text : "";
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** A whole one, whether or not it could be stored. */
function isAnswer(outcome: Outcome): boolean {
  return outcome.kind === "done" || outcome.code === storageLostCode;
}

/** Text that is an answer, or as much of one as there is, or what the model says to being refused; half an answer before an error is none. */
function showsText(outcome: Outcome): boolean {
  return isAnswer(outcome) || outcome.code === "tool.denied" || outcome.kind === "length" || outcome.kind === "budget";
}
