// The closing record of `--result`: what it says of a run that could not begin, and where it is written. Called by main and run-mode.
// Invariant: whole or not at all, so that a reader who polls for the file never sees half a record, nor one of an earlier run.

import { messageOf, PiError } from "../contracts/error.ts";
import { type Outcome, outcomeOfError } from "../contracts/outcome.ts";
import type { CodingSession } from "../harness/run/coding-session.ts";
import { RunTally } from "../harness/run/run-tally.ts";
import type { Host } from "../platform/host.ts";
import { absolutePath } from "../platform/paths.ts";
import { liveSecrets } from "../platform/secrets.ts";
import type { Said } from "./options.ts";
import { valueSaid } from "./options.ts";

export class ResultRecorder {
  readonly tally: RunTally;
  readonly #host: Host;
  readonly #target: string | undefined;

  constructor(said: Said, host: Host) {
    this.tally = new RunTally(() => host.now());
    this.#host = host;
    const target = valueSaid(said, "--result");
    this.#target = target === undefined || target === "-" ? target : fileSaid(target, said, host);
  }

  get isOnStdout(): boolean {
    return this.#target === "-";
  }

  /** What can be known of the place before anything is asked. Rejects with `usage.bad_output`. */
  async check(): Promise<void> {
    const path = this.#target;
    if (path !== undefined && path !== "-") (await import("./output-files.ts")).refusePlace("--result", path);
  }

  /** Rejects with `io.result_file`; with `usage.bad_output` where a conversation is, also one that began meanwhile. */
  async write(outcome: Outcome, coding?: CodingSession): Promise<void> {
    const path = this.#target;
    if (path === undefined) return;
    const line = `${JSON.stringify(liveSecrets.redactValue(this.tally.record(outcome, coding)))}\n`;
    if (path === "-") {
      void this.#host.stdout.write(line);
      return this.#host.stdout.flush();
    }
    await this.check();
    const { replaceFile } = await import("../platform/files/replace-file.ts");
    try {
      await replaceFile(path, [line]);
    } catch (error) {
      throw new PiError("io.result_file", `Cannot write the result to ${path}: ${messageOf(error)}`, {
        hint: "Name another file with --result",
        cause: error,
      });
    }
  }
}

function fileSaid(target: string, said: Said, host: Host): string {
  return absolutePath(target, absolutePath(valueSaid(said, "--cwd") ?? "", host.cwd, host.homeDir), host.homeDir);
}

/** For a command line that cannot be read: the record goes where it says all the same. */
export async function recordUnreadable(args: readonly string[], error: unknown, host: Host): Promise<void> {
  const at = args.findLastIndex((arg) => arg === "--result" || arg.startsWith("--result="));
  const value = at < 0 ? undefined : args[at] === "--result" ? args[at + 1] : args[at]?.slice("--result=".length);
  if (value === undefined) return;
  const recorder = new ResultRecorder({ options: new Map([["--result", [value]]]), operands: [], unknown: [] }, host);
  await recorder.write(outcomeOfError(error)).catch(() => undefined);
}
