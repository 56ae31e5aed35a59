// `pi sessions fork --summarize`: what a copy leaves behind, in a summary by a model. Called by fork.
// Invariant: nothing of the session that is copied changes; the model gets no tool, and no extension of anybody's is loaded.

import { timerMs } from "../../../contracts/duration.ts";
import { PiError } from "../../../contracts/error.ts";
import type { NewEntry } from "../../../contracts/session-entry.ts";
import { SessionHost } from "../../../harness/host/session-host.ts";
import { prepareLaunch } from "../../../harness/launch/launch.ts";
import type { Host } from "../../../platform/host.ts";
import { writeErrorLine } from "../../../platform/host.ts";
import type { Session } from "../../../session/tree/session.ts";
import { Ending } from "../../ending.ts";
import { readOptions } from "../../read-options.ts";
import { resolveRun } from "../../resolve-run.ts";

export interface SummaryWishes {
  cwd: string;
  /** Default: the session's own. */
  model: string | undefined;
  /** What the summary should look to. */
  focus: string | undefined;
}

/** Nothing where nothing is left behind. Rejects with `session.summarization_failed`, `auth.no_credential`, and as a run does. */
export async function summaryOfLeft(
  session: Session,
  leafId: string | null,
  wishes: SummaryWishes,
  host: Host,
): Promise<NewEntry | undefined> {
  const { cwd, model, focus } = wishes;
  const switches = ["--no-session", "--no-tools", "--no-extensions", "--no-skills", "--no-prompt-templates", "--no-context-files"];
  const said = await readOptions([...switches, "--cwd", cwd, ...(model === undefined ? [] : ["--model", model])]);
  const { options, configFor } = await resolveRun(said, host);
  const warn = (line: string): void => writeErrorLine(`Warning: ${line}`);
  const ending = new Ending(host);
  // A copy without a file: what a session at work records of itself is of no interest here.
  const copy = session.fork({ directory: undefined });
  try {
    const launch = await prepareLaunch(options, { host, config: await configFor(cwd), warn });
    const { timeoutMs } = launch.limits;
    const signals = [ending.signal, ...(timeoutMs > 0 ? [AbortSignal.timeout(timerMs(timeoutMs))] : [])];
    const sessions = await SessionHost.create(launch, { host, warn, signal: ending.signal }, copy);
    try {
      return await sessions.coding.compaction.summarizeLeft(leafId, focus, AbortSignal.any(signals));
    } finally {
      await sessions.dispose();
    }
  } catch (error) {
    if (ending.status === undefined) throw error;
    throw new PiError("session.compaction_cancelled", "Stopped before the summary was written; no session was made", { cause: error });
  } finally {
    ending.release();
  }
}
