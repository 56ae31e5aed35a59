// One run from the shell, in whatever mode: resolve, prepare the launch, read input, let the mode run, report. Called by cli/main.
// Invariant: one outcome; text, last record and exit status follow from it. Sessions are opened, ended and disposed of here alone.

import { defined } from "../contracts/defined.ts";
import { messageOf, PiError } from "../contracts/error.ts";
import { exitStatusOf, type Outcome, outcomeOfError } from "../contracts/outcome.ts";
import { SessionHost } from "../harness/host/session-host.ts";
import { decodeImage } from "../harness/intake/prompt-images.ts";
import { type Launch, prepareLaunch } from "../harness/launch/launch.ts";
import { storageLostCode } from "../harness/recovery/run-outcome.ts";
import type { Mode, ModePrompt, ProgressKind } from "../modes/mode.ts";
import { modeTable } from "../modes/modes.ts";
import type { Host } from "../platform/host.ts";
import { writeErrorLine } from "../platform/host.ts";
import { absolutePath } from "../platform/paths.ts";
import { startIsOver } from "../platform/start-pace.ts";
import type { TraceFile } from "../providers/scripted/trace-file.ts";
import { Ending } from "./ending.ts";
import type { EventLog } from "./event-log.ts";
import { withFlags } from "./extension-flags.ts";
import { modeSaid } from "./mode-said.ts";
import { isSaid, type Said, valueSaid } from "./options.ts";
import { readInput } from "./read-input.ts";
import { type ResolvedRun, resolveRun, workingDirectory } from "./resolve-run.ts";
import { ResultRecorder } from "./result-record.ts";
import { TimeLimit, withinLimit } from "./time-limit.ts";
import { orUnanswered } from "./unanswered.ts";

/** The exit status. */
export async function runMode(said: Said, host: Host): Promise<number> {
  const recorder = new ResultRecorder(said, host);
  const state: RunState = { status: undefined, sessions: () => undefined };
  try {
    return await orUnanswered(run(said, host, recorder, state), host, {
      status: () => state.status,
      waitedFor: () => state.sessions()?.extensions.inForce?.waitedFor ?? [],
      warn: (line) => writeErrorLine(`pi: ${line}`),
    });
  } catch (error) {
    await recorder.write(outcomeOfError(error)).catch(() => undefined);
    throw error;
  }
}

/** How far a run has come. */
interface RunState {
  /** Once it is decided. */
  status: number | undefined;
  /** The one opened last. */
  sessions(): SessionHost | undefined;
}

async function run(said: Said, host: Host, recorder: ResultRecorder, state: RunState): Promise<number> {
  const begunMs = host.now();
  const name = modeSaid(said, host);
  const mode = await modeTable.find((one) => one.name === name)?.load();
  if (mode === undefined) throw new Error(`${name} is an option's value and no mode`);
  /** Whoever draws on stderr takes them. */
  let showWarning: Warn = writeErrorLine;
  const warn: Warn = (line) => showWarning(`pi: ${line}`);
  const { options, extensions, configFor, trust } = await resolveRun(said, host, { asks: name === "interactive" });
  const config = await configFor(options.cwd);
  const limit = timeLimit(config.values.limits.timeoutMs, recorder, host);
  const launch = await withFlags(said, await prepareLaunch(options, { host, config, boundary: config.boundary, extensions, warn }));
  limit?.touch();
  const { stdin, stdout } = host;
  // A host that was killed neither says nor reads anything more; before stdin is read, since it may die while we wait for it.
  const unwatch = stdin.kind === "terminal" ? undefined : stdout.watchReader(() => stdin.whileReading());
  const prompts = await promptsFor(mode, name, { said, host, launch, warn });
  limit?.touch();
  await recorder.check();
  const answerFile = await answerFileOf(said, host);
  const ending = new Ending(host);
  const log = host.env.PI_LOG ? (await import("./event-log.ts")).eventLog(host.env.PI_LOG, host, name) : undefined;
  const open = opened(mode, { host, begunMs, launch, extensions, configFor, ending, recorder, log, limit, warn });
  state.sessions = () => open.sessions;
  const showsAnswer = !recorder.isOnStdout && answerFile === undefined;
  try {
    const ended = await mode
      .run({
        open: open.next,
        prompts,
        picksSession: isSaid(said, "--resume") && !isSaid(said, "--session"),
        io: host,
        ending: ending.signal,
        onInterrupt: (take) => ending.onInterrupt(take),
        warn,
        takeWarnings: (show) => {
          showWarning = show;
          return () => {
            showWarning = writeErrorLine;
          };
        },
        trust,
        showsAnswer,
        progress: () => progressOf(said, host),
        streamsAnswer: () => host.stdout.isTerminal && showsAnswer && options.outputSchema === undefined,
        env: host.env,
        tuiMode: launch.config.values.tuiMode,
      })
      .catch((error: unknown) => stoppedWaiting(error, ending));
    limit?.touch();
    if (answerFile !== undefined) await keepAnswer(ended, answerFile, host);
    const outcome = withTrace(ended, mode, options.trace);
    await host.stdout.flush();
    if (mode.status === "outcome") explain(outcome, host, isSaid(said, "--verbose"));
    await recorder.write(outcome, open.sessions?.coding);
    const statusNow = (): number => {
      const isWhole = open.sessions?.hasLostStorage !== true && options.trace?.failure === undefined;
      return statusOf(mode, outcome, ending, isWhole);
    };
    state.status = statusNow();
    await open.dispose();
    const status = statusNow();
    log?.end(outcome, status);
    // What a run has left that was stopped, such as the command that was to give a key.
    if (outcome.kind === "aborted" || outcome.kind === "budget") host.killDescendants("attached");
    return status;
  } finally {
    await open.dispose();
    await host.stdout.flush();
    ending.release();
    limit?.release();
    unwatch?.();
  }
}

/** Nothing where time is not limited. */
function timeLimit(limitMs: number, recorder: ResultRecorder, host: Host): TimeLimit | undefined {
  if (limitMs === 0) return undefined;
  const code = "budget.timeout";
  const message = `Stopped after ${limitMs / 1000} s (--timeout): something in it did not end`;
  return new TimeLimit(limitMs, () => {
    writeErrorLine(message);
    const end = (): never => {
      host.killDescendants();
      return host.exitNow(exitStatusOf.budget);
    };
    // To a file that takes nothing it is not written.
    setTimeout(end, recordMs);
    recorder.write({ kind: "budget", text: "", code, message }).then(end, end);
  });
}

/** What became of the trace is the end of a run that has nothing worse to say. */
function withTrace(outcome: Outcome, mode: Mode, trace: TraceFile | undefined): Outcome {
  if (trace?.failure === undefined) return outcome;
  const message = `Cannot write the trace to ${trace.path}: ${messageOf(trace.failure)}`;
  if (mode.status === "outcome" && outcome.kind === "done")
    return { ...outcome, kind: "error", code: "io.trace_file", message, hint: "Name another file with --record" };
  writeErrorLine(`pi: ${message}`);
  return outcome;
}

const recordMs = 200;

/** On a terminal it is shown; elsewhere, in a log, only to who asks for it. */
function progressOf(said: Said, host: Host): ProgressKind {
  const { PI_PROGRESS } = host.env;
  const isAskedFor = isSaid(said, "--progress") || (PI_PROGRESS !== undefined && PI_PROGRESS !== "" && PI_PROGRESS !== "0");
  const isVerbose = isSaid(said, "--verbose");
  if (isSaid(said, "--quiet")) return { lines: "none", isVerbose };
  if (host.stderr.isTerminal) return { lines: "terminal", isVerbose };
  return { lines: isAskedFor ? "log" : "none", isVerbose };
}

/** `isWhole`: all is stored that was to be. */
function statusOf(mode: Mode, outcome: Outcome, ending: Ending, isWhole: boolean): number {
  if (mode.status === "service") return ending.status ?? (isWhole ? 0 : 1);
  // Where the answer had come whole, a signal stopped only what is done behind it (a compaction).
  return outcome.kind === "done" ? exitStatusOf.done : (ending.status ?? exitStatusOf[outcome.kind]);
}

type Warn = (line: string) => void;

async function promptsFor(
  mode: Mode,
  name: string,
  { said, host, launch: { config }, warn }: { said: Said; host: Host; launch: Launch; warn: Warn },
): Promise<ModePrompt[]> {
  const key = valueSaid(said, "--prompt-key");
  if (key === "") throw new PiError("usage.bad_value", '--prompt-key "" names nothing', { hint: "For example --prompt-key job-17" });
  if (mode.needs === "nothing") {
    refuseForService(name, said);
    return [];
  }
  if (mode.needs === "prompts or nothing") refuseForConversation(said);
  const { createFileOperations } = await import("../platform/files/files.ts");
  const { timeoutMs } = config.values.limits;
  const prompts = await readInput(said, {
    host,
    cwd: workingDirectory(said, host),
    timeoutMs,
    files: createFileOperations(),
    decodeImage: (bytes) => decodeImage(bytes, { resizes: config.values.images.resize }),
    warn,
  });
  if (prompts.length === 0 && mode.needs === "prompts")
    throw new PiError("usage.no_prompt", "No prompt given", { hint: 'Write one, for example pi -p "What is in this folder?"' });
  if (key !== undefined && prompts.length > 1) {
    throw new PiError("usage.conflict", `--prompt-key goes with one prompt, and there are ${prompts.length}`, {
      hint: "Quote the message as one, or run them one by one",
    });
  }
  tellSeveral(said, host, warn);
  return prompts.map((prompt) => ({ ...prompt, ...defined({ key }) }));
}

/** What belongs to one answer. */
function refuseForConversation(said: Said): void {
  for (const option of ["--output", "--output-schema", "--prompt-key"] as const) {
    if (isSaid(said, option)) {
      throw new PiError("usage.conflict", `${option} goes with an answer of its own`, { hint: `Add -p: pi -p ${option} …` });
    }
  }
}

/** What belongs to a run with prompts of its own. */
function refuseForService(name: string, said: Said): void {
  for (const [option, hint] of [
    ["--prompt-key", "Each prompt command has a key of its own"],
    ["--output", "--result FILE keeps how it ended"],
  ] as const) {
    if (isSaid(said, option)) throw new PiError("usage.conflict", `${option} cannot be combined with --mode ${name}`, { hint });
  }
  if (said.operands.some(({ text, isLiteral }) => !isLiteral && text.startsWith("@"))) {
    throw new PiError("usage.file_in_rpc", `@file arguments are not supported in ${name.toUpperCase()} mode`, {
      hint: "Send the text with a prompt command",
    });
  }
  const [message] = said.operands;
  if (message !== undefined) {
    throw new PiError("usage.message_in_rpc", `--mode ${name} takes no messages, got ${JSON.stringify(message.text)}`, {
      hint: `Send it to stdin with a prompt command, or leave out --mode ${name}`,
    });
  }
}

/** Words without quotes around them are a prompt each, which is seldom meant. */
function tellSeveral(said: Said, host: Host, warn: Warn): void {
  if (!host.stderr.isTerminal) return;
  const messages = said.operands.filter(({ text, isLiteral }) => isLiteral || !/^(@|-$)/.test(text)).map(({ text }) => text);
  if (messages.filter((text) => !/\s/.test(text)).length < 2) return;
  warn(`these are ${messages.length} prompts, a run each; quotes make one of them: pi "${messages.join(" ")}"`);
}

/** Where the answer is to be kept, if in a file. */
async function answerFileOf(said: Said, host: Host): Promise<string | undefined> {
  const named = valueSaid(said, "--output");
  if (named === undefined || named === "-") return undefined;
  const path = absolutePath(named, workingDirectory(said, host), host.homeDir);
  (await import("./answer-file.ts")).checkAnswerFile(path);
  return path;
}

async function keepAnswer(outcome: Outcome, path: string, host: Host): Promise<void> {
  const text = (await import("../modes/print.ts")).answerText(outcome);
  if (text !== "") await (await import("./answer-file.ts")).writeAnswer(path, text, host);
}

interface Opened {
  /** The one opened last. */
  sessions: SessionHost | undefined;
  next(): Promise<SessionHost>;
  dispose(): Promise<void>;
}

/** All that the mode opens is told to the tally, stopped by the end of the process, and disposed of with the run. */
function opened(
  mode: Mode,
  about: {
    host: Host;
    /** When the run began, for its limit of time. */
    begunMs: number;
    launch: Launch;
    extensions: ResolvedRun["extensions"];
    configFor: ResolvedRun["configFor"];
    ending: Ending;
    recorder: ResultRecorder;
    log: EventLog | undefined;
    limit: TimeLimit | undefined;
    warn: Warn;
  },
): Opened {
  const { host, begunMs, launch, extensions, configFor, ending, recorder, log, limit, warn } = about;
  const all: SessionHost[] = [];
  ending.killAllNow = () => {
    for (const sessions of all) sessions.killAllNow();
  };
  return {
    get sessions() {
      return all.at(-1);
    },
    next: async () => {
      const { signal } = ending;
      // A stored conversation may be long.
      if (!["new", "memory"].includes(launch.options.session.kind)) startIsOver();
      const { mayLackModel } = mode;
      const limitMs = mode.status === "service" ? 0 : launch.config.values.limits.timeoutMs;
      // What somebody has to think about first is no part of a run.
      const spentMs = (): number => (mode.needs === "prompts" ? Math.max(0, host.now() - begunMs) : 0);
      const sessions = await withinLimit({ limitMs, spentMs: spentMs() }, signal, (inTime) =>
        SessionHost.create(launch, { host, extensions, warn, mayLackModel, configFor, signal: inTime }),
      );
      // A service says itself when it has much to do.
      if (mode.needs !== "prompts" && mode.status !== "service") startIsOver();
      sessions.coding.conversation.budget.spendTime(spentMs());
      all.push(sessions);
      sessions.subscribe((event) => recorder.tally.take(event));
      // A service lives on between its runs.
      if (mode.status === "service") limit?.release();
      else if (limit !== undefined) sessions.subscribe(() => limit.touch());
      log?.follow(sessions);
      if (signal.aborted) await sessions.end();
      else signal.addEventListener("abort", () => void sessions.end(), { once: true });
      return sessions;
    },
    dispose: async () => {
      await Promise.all(all.map((sessions) => sessions.dispose()));
    },
  };
}

/** A signal while another process held the session: nothing was begun, so there is nothing to explain. */
function stoppedWaiting(error: unknown, ending: Ending): Outcome {
  if (!ending.signal.aborted || error !== ending.signal.reason) throw error;
  return { kind: "aborted", text: "", code: "model.aborted" };
}

function explain(outcome: Outcome, host: Host, isVerbose: boolean): void {
  // To a reader that went away nothing has to be explained.
  const isUnread = host.stdout.isClosed && outcome.kind === "aborted";
  // That nothing more could be stored was said when it happened.
  if (outcome.message === undefined || isUnread || outcome.code === storageLostCode) return;
  writeErrorLine(outcome.hint === undefined ? outcome.message : `${outcome.message} (${outcome.hint})`);
  if (isVerbose && outcome.raw !== undefined) writeErrorLine(outcome.raw);
}
