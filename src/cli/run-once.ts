// One run from the shell in print or JSON mode: resolve, read input, create the session, run, report. Called by cli/main.

import { PiError } from "../contracts/error.ts";
import { exitStatusOf, type Outcome } from "../contracts/outcome.ts";
import type { CreatedSession } from "../harness/create-session.ts";
import { createSession } from "../harness/create-session.ts";
import type { Host } from "../platform/host.ts";
import { writeErrorLine } from "../platform/host.ts";
import type { Said } from "./options.ts";
import { isSaid } from "./options.ts";
import { readInput } from "./read-input.ts";
import { resolveRun } from "./resolve-run.ts";

export async function runOnce(said: Said, host: Host): Promise<number> {
  const warn = (line: string): void => writeErrorLine(`pi: ${line}`);
  const { mode, options, config } = await resolveRun(said, host);
  for (const line of config.warnings) warn(line);
  const { createFileOperations } = await import("../platform/files.ts");
  const prompts = await readInput(said, { host, cwd: options.cwd, files: createFileOperations(), decodeImage, warn });
  if (prompts.length === 0) {
    throw new PiError("usage.no_prompt", "No prompt given", { hint: 'Write one, for example pi -p "What is in this folder?"' });
  }
  const created = await createSession(options, { host, config, warn });
  const stopped = new StopSignals(created, host);
  try {
    const outcome = await runMode(mode, created, prompts, said, host);
    await host.stdout.flush();
    return stopped.exitStatus ?? report(outcome, created);
  } finally {
    stopped.release();
    await created.dispose();
  }
}

async function runMode(
  mode: "text" | "json",
  { coding }: CreatedSession,
  prompts: Awaited<ReturnType<typeof readInput>>,
  said: Said,
  host: Host,
): Promise<Outcome> {
  // A reader that went away wants no more of it: the run ends as if the user had stopped it.
  host.stdout.onClosed(() => void coding.abort());
  if (mode === "json") return (await import("../modes/json.ts")).runJson(coding, prompts, host);
  const { runPrint } = await import("../modes/print.ts");
  const hasStatusLine = !isSaid(said, "--quiet") && host.env.NO_COLOR === undefined && host.stderr.isTerminal;
  if (!hasStatusLine) return runPrint(coding, prompts, host);
  const { showStatusLine } = await import("../modes/status-line.ts");
  const hide = showStatusLine(coding, host);
  let isHidden = false;
  const hideOnce = (): void => {
    if (!isHidden) hide();
    isHidden = true;
  };
  const unsubscribe = coding.subscribe((event) => {
    if (event.type === "agent_settled") hideOnce();
  });
  try {
    return await runPrint(coding, prompts, host);
  } finally {
    unsubscribe();
    hideOnce();
  }
}

async function decodeImage(bytes: Uint8Array): Promise<{ type: "image"; data: string; mimeType: string } | undefined> {
  const { imageContent } = await import("../tools/shared/image.ts");
  return imageContent(bytes);
}

/** What went wrong goes to stderr in one line; the exit status follows from the same outcome. */
function report(outcome: Outcome, { coding }: CreatedSession): number {
  if (outcome.message !== undefined) writeErrorLine(outcome.hint === undefined ? outcome.message : `${outcome.message} (${outcome.hint})`);
  const status = exitStatusOf[outcome.kind];
  // Not being able to store anything from the start is the user's known situation; losing the rest of a stored session is not.
  return status === 0 && coding.session.storageLost?.code === "session.storage_lost" ? 1 : status;
}

/** The first signal ends the run in order, the second at once. */
class StopSignals {
  exitStatus: number | undefined;
  readonly #removers: (() => void)[];

  constructor({ coding, shell }: CreatedSession, host: Host) {
    const statuses = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
    this.#removers = (Object.keys(statuses) as (keyof typeof statuses)[]).map((signal) =>
      host.onSignal(signal, () => {
        if (this.exitStatus !== undefined) {
          shell.killAllNow();
          host.exitNow(this.exitStatus);
        }
        this.exitStatus = statuses[signal];
        void coding.abort();
      }),
    );
  }

  release(): void {
    for (const remove of this.#removers) remove();
  }
}
