// One run from the shell in print or JSON mode: resolve, read input, start a session, run, report. Called by cli/main.
// Invariant: one outcome; text, last record and exit status follow from it.

import { PiError } from "../contracts/error.ts";
import { exitStatusOf, type Outcome } from "../contracts/outcome.ts";
import { SessionHost } from "../harness/host/session-host.ts";
import { decodeImage } from "../harness/intake/prompt-images.ts";
import { prepareLaunch } from "../harness/launch/launch.ts";
import { storageLostCode } from "../harness/recovery/run-outcome.ts";
import type { Host } from "../platform/host.ts";
import { writeErrorLine } from "../platform/host.ts";
import { absolutePath } from "../platform/paths.ts";
import type { Said } from "./options.ts";
import { isSaid, valueSaid } from "./options.ts";
import { type PromptInput, readInput } from "./read-input.ts";
import { resolveRun, workingDirectory } from "./resolve-run.ts";
import { brokenOutcome, ResultRecorder } from "./result-record.ts";
import { StopSignals } from "./stop-signals.ts";

export async function runOnce(said: Said, host: Host): Promise<number> {
  const recorder = new ResultRecorder(said, host);
  try {
    return await run(said, host, recorder);
  } catch (error) {
    await recorder.write(brokenOutcome(error)).catch(() => undefined);
    throw error;
  }
}

async function run(said: Said, host: Host, recorder: ResultRecorder): Promise<number> {
  const warn = (line: string): void => writeErrorLine(`pi: ${line}`);
  const { options, configFor } = await resolveRun(said, host);
  const mode = valueSaid(said, "--mode") === "json" ? "json" : "text";
  const launch = await prepareLaunch(options, { host, config: await configFor(options.cwd), warn });
  const { createFileOperations } = await import("../platform/files.ts");
  const prompts = await readInput(said, {
    host,
    cwd: workingDirectory(said, host),
    timeoutMs: launch.config.values.limits.timeoutMs,
    files: createFileOperations(),
    decodeImage,
    warn,
  });
  if (prompts.length === 0) {
    throw new PiError("usage.no_prompt", "No prompt given", { hint: 'Write one, for example pi -p "What is in this folder?"' });
  }
  const file = await answerFile(said, host);
  tellSeveral(said, host);
  const sessions = await SessionHost.create(launch, { host, warn, configFor });
  sessions.subscribe((event) => recorder.tally.take(event));
  const signals = new StopSignals(sessions, host);
  try {
    const isStopped = (): boolean => signals.exitStatus !== undefined || host.stdout.isClosed;
    const outcome = await runMode(mode, sessions, prompts, isStopped, said, host);
    await tellAnswer(outcome, { isPrinted: mode === "text" && !recorder.isOnStdout, file, host });
    await host.stdout.flush();
    // To a reader that went away nothing has to be explained.
    const isUnread = host.stdout.isClosed && outcome.kind === "aborted";
    // That nothing more could be stored was said when it happened.
    if (outcome.message !== undefined && !isUnread && outcome.code !== storageLostCode)
      writeErrorLine(outcome.hint === undefined ? outcome.message : `${outcome.message} (${outcome.hint})`);
    await recorder.write(outcome, sessions.coding);
    // Where the answer had come whole, a signal stopped only what is done behind it (a compaction).
    return outcome.kind === "done" ? exitStatusOf.done : (signals.exitStatus ?? exitStatusOf[outcome.kind]);
  } finally {
    signals.release();
    await sessions.dispose();
  }
}

/** Where the answer is to be kept, if in a file. */
async function answerFile(said: Said, host: Host): Promise<string | undefined> {
  const named = valueSaid(said, "--output");
  if (named === undefined || named === "-") return undefined;
  const path = absolutePath(named, workingDirectory(said, host), host.homeDir);
  (await import("./answer-file.ts")).checkAnswerFile(path);
  return path;
}

async function tellAnswer(
  outcome: Outcome,
  { isPrinted, file, host }: { isPrinted: boolean; file: string | undefined; host: Host },
): Promise<void> {
  if (!isPrinted && file === undefined) return;
  const text = (await import("../modes/print.ts")).answerText(outcome);
  if (text === "") return;
  if (file === undefined) void host.stdout.write(text);
  else await (await import("./answer-file.ts")).writeAnswer(file, text, host);
}

/** Words without quotes around them are a prompt each, which is seldom meant. */
function tellSeveral(said: Said, host: Host): void {
  const messages = said.operands.filter(({ text, isLiteral }) => isLiteral || !/^(@|-$)/.test(text)).map(({ text }) => text);
  if (messages.filter((text) => !/\s/.test(text)).length < 2 || !host.stderr.isTerminal) return;
  writeErrorLine(`pi: these are ${messages.length} prompts, a run each; quotes make one of them: pi "${messages.join(" ")}"`);
}

async function runMode(
  mode: "text" | "json",
  sessions: SessionHost,
  prompts: readonly PromptInput[],
  isStopped: () => boolean,
  said: Said,
  host: Host,
): Promise<Outcome> {
  // A reader that went away wants no more of it: the run ends as if the user had stopped it.
  host.stdout.onClosed(() => void sessions.end());
  if (mode === "json") return (await import("../modes/json.ts")).runJson(sessions, prompts, host, isStopped);
  const { runPrompts } = await import("../modes/print.ts");
  const runAll = (): Promise<Outcome> => runPrompts(sessions, prompts, isStopped);
  const isLive = !isSaid(said, "--quiet") && host.env.NO_COLOR === undefined && host.stderr.isTerminal;
  // The line is gone before the answer comes, or taking it away would take a line of the answer.
  return isLive ? (await import("../modes/status-line.ts")).withStatusLine(sessions, host, runAll) : runAll();
}
