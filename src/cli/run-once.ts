// One run from the shell in print or JSON mode: resolve, read input, create the session, run, report. Called by cli/main.
// Invariant: one outcome; text, last record and exit status follow from it.

import { isPiError, messageOf, PiError } from "../contracts/error.ts";
import type { ImageContent } from "../contracts/message.ts";
import { exitStatusOf, type Outcome } from "../contracts/outcome.ts";
import type { CreatedSession } from "../harness/create-session.ts";
import { createSession, imageCodec } from "../harness/create-session.ts";
import { RunTally } from "../harness/run-tally.ts";
import type { Host } from "../platform/host.ts";
import { writeErrorLine } from "../platform/host.ts";
import { absolutePath } from "../platform/paths.ts";
import type { Said } from "./options.ts";
import { isSaid, valueSaid } from "./options.ts";
import { type PromptInput, readInput } from "./read-input.ts";
import { resolveRun } from "./resolve-run.ts";
import { StopSignals } from "./stop-signals.ts";

export async function runOnce(said: Said, host: Host): Promise<number> {
  const tally = new RunTally(() => host.now());
  const finish = async (outcome: Outcome, created?: CreatedSession): Promise<void> => {
    const target = valueSaid(said, "--result");
    if (target !== undefined) await writeResult(target, JSON.stringify(tally.record(outcome, created?.coding)), host);
  };
  try {
    return await run(said, host, tally, finish);
  } catch (error) {
    await finish(usageOutcome(error)).catch(() => undefined);
    throw error;
  }
}

type Finish = (outcome: Outcome, created: CreatedSession) => Promise<void>;

async function run(said: Said, host: Host, tally: RunTally, finish: Finish): Promise<number> {
  const warn = (line: string): void => writeErrorLine(`pi: ${line}`);
  const { mode, options, config } = await resolveRun(said, host);
  for (const line of config.warnings) warn(line);
  const { createFileOperations } = await import("../platform/files.ts");
  const prompts = await readInput(said, { host, cwd: options.cwd, files: createFileOperations(), decodeImage, warn });
  if (prompts.length === 0) {
    throw new PiError("usage.no_prompt", "No prompt given", { hint: 'Write one, for example pi -p "What is in this folder?"' });
  }
  const created = await createSession(options, { host, config, warn });
  created.coding.subscribe((event) => tally.take(event));
  const signals = new StopSignals(created, host);
  try {
    const outcome = await runMode(mode, created, prompts, said, host);
    await host.stdout.flush();
    // To a reader that went away nothing has to be explained.
    const isUnread = host.stdout.isClosed && outcome.kind === "aborted";
    if (outcome.message !== undefined && !isUnread)
      writeErrorLine(outcome.hint === undefined ? outcome.message : `${outcome.message} (${outcome.hint})`);
    await finish(outcome, created);
    return signals.exitStatus ?? exitStatus(outcome, created);
  } finally {
    signals.release();
    await created.dispose();
  }
}

async function runMode(
  mode: "text" | "json",
  { coding }: CreatedSession,
  prompts: readonly PromptInput[],
  said: Said,
  host: Host,
): Promise<Outcome> {
  // A reader that went away wants no more of it: the run ends as if the user had stopped it.
  host.stdout.onClosed(() => void coding.abort());
  if (mode === "json") return (await import("../modes/json.ts")).runJson(coding, prompts, host);
  const { printAnswer, runPrompts } = await import("../modes/print.ts");
  const runAll = (): Promise<Outcome> => runPrompts(coding, prompts);
  const isLive = !isSaid(said, "--quiet") && host.env.NO_COLOR === undefined && host.stderr.isTerminal;
  // The line is gone before the answer comes, or taking it away would take a line of the answer.
  const outcome = isLive ? await (await import("../modes/status-line.ts")).withStatusLine(coding, host, runAll) : await runAll();
  // A record on stdout holds the text.
  if (valueSaid(said, "--result") !== "-") printAnswer(outcome, host);
  return outcome;
}

/** An image that cannot be made to fit becomes a text that says so. */
async function decodeImage(bytes: Uint8Array): Promise<ImageContent | "omitted" | undefined> {
  const { imageTypeOf } = await import("../tools/shared/image-type.ts");
  const mimeType = imageTypeOf(bytes);
  if (mimeType === undefined) return undefined;
  const { fitImage } = await import("../tools/shared/fit-image.ts");
  const fitted = await fitImage(bytes, mimeType, imageCodec);
  if (fitted === undefined) return "omitted";
  const data = Buffer.from(fitted.bytes.buffer, fitted.bytes.byteOffset, fitted.bytes.byteLength).toString("base64");
  return { type: "image", data, mimeType: fitted.mimeType };
}

function exitStatus(outcome: Outcome, { coding }: CreatedSession): number {
  const status = exitStatusOf[outcome.kind];
  // Not being able to store anything from the start is the user's known situation; losing the rest of a stored session is not.
  return status === 0 && coding.session.storageLost?.code === "session.storage_lost" ? 1 : status;
}

function usageOutcome(error: unknown): Outcome {
  const kind = isPiError(error) && error.exitStatus === 2 ? "usage" : "error";
  const hint = isPiError(error) ? error.hint : undefined;
  return {
    kind,
    text: "",
    code: isPiError(error) ? error.code : "internal.unexpected",
    message: messageOf(error),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** Whole or not at all, so that a reader who polls for the file never sees half a record. */
async function writeResult(target: string, record: string, host: Host): Promise<void> {
  if (target === "-") {
    void host.stdout.write(`${record}\n`);
    await host.stdout.flush();
    return;
  }
  const path = absolutePath(target, host.cwd, host.homeDir);
  const { createFileOperations } = await import("../platform/files.ts");
  try {
    await createFileOperations().writeAtomic(path, `${record}\n`);
  } catch (error) {
    throw new PiError("io.result_file", `Cannot write the result to ${path}: ${messageOf(error)}`, {
      hint: "Name another file with --result",
      cause: error,
    });
  }
}
