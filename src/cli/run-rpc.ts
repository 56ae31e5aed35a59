// RPC mode from the shell: starts also without a model, serves until stdin ends or a signal comes, then ends in order. Called by cli/main.
// Invariant: what was accepted before the end of stdin is finished; after a signal it is stopped; a second signal ends the process at once.

import { messageOf, PiError } from "../contracts/error.ts";
import { SessionHost } from "../harness/host/session-host.ts";
import { prepareLaunch } from "../harness/launch/launch.ts";
import { RpcServer } from "../modes/rpc/serve.ts";
import type { Host } from "../platform/host.ts";
import { writeErrorLine } from "../platform/host.ts";
import { isSaid, type Said } from "./options.ts";
import { resolveRun } from "./resolve-run.ts";
import { brokenOutcome, ResultRecorder } from "./result-record.ts";

const statusOfSignal = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof statusOfSignal;

export async function runRpc(said: Said, host: Host): Promise<number> {
  const recorder = new ResultRecorder(said, host);
  try {
    return await serve(said, host, recorder);
  } catch (error) {
    await recorder.write(brokenOutcome(error)).catch(() => undefined);
    throw error;
  }
}

async function serve(said: Said, host: Host, recorder: ResultRecorder): Promise<number> {
  if (said.operands.some(({ text, isLiteral }) => !isLiteral && text.startsWith("@"))) {
    throw new PiError("usage.file_in_rpc", "@file arguments are not supported in RPC mode", {
      hint: "Send the text with a prompt command",
    });
  }
  const [message] = said.operands;
  if (message !== undefined) {
    throw new PiError("usage.message_in_rpc", `--mode rpc takes no messages, got ${JSON.stringify(message.text)}`, {
      hint: "Send it to stdin with a prompt command, or leave out --mode rpc",
    });
  }
  if (isSaid(said, "--output")) {
    throw new PiError("usage.conflict", "--output cannot be combined with --mode rpc", { hint: "--result FILE keeps how it ended" });
  }
  const ending = new Ending(host);
  const warn = (line: string): void => writeErrorLine(`pi: ${line}`);
  const { options, configFor } = await resolveRun(said, host);
  const launch = await prepareLaunch(options, { host, config: await configFor(options.cwd), warn });
  const sessions = await SessionHost.create(launch, {
    host,
    warn,
    mayLackModel: true,
    configFor,
    signal: ending.signal,
  }).catch((error: unknown) => {
    if (ending.status === 0) throw error;
  });
  // A signal while another process held the session: nothing was begun, so there is nothing to say.
  if (sessions === undefined) return ending.status;
  const server = new RpcServer({ sessions, stdout: host.stdout, warn, newId: () => crypto.randomUUID() });
  sessions.subscribe((event) => recorder.tally.take(event));
  ending.killAllNow = () => sessions.killAllNow();
  host.stdout.onClosed(() => ending.begin());
  void ending.begun.then(() => {
    server.close();
    return sessions.end();
  });
  try {
    const end = server.read(host.stdin).catch((error: unknown) => warn(`stdin cannot be read any further: ${messageOf(error)}`));
    await Promise.race([end, ending.begun]);
    await server.settled();
    await recorder.write(sessions.coding.lastOutcome ?? { kind: "done", text: "" }, sessions.coding);
  } finally {
    await sessions.dispose();
    await host.stdout.flush();
    ending.release();
  }
  // Answers were given, but the conversation is not in its file as the client must think it is.
  return ending.status === 0 && sessions.hasLostStorage ? 1 : ending.status;
}

/** What brings the end before stdin does. */
class Ending {
  status = 0;
  readonly begun: Promise<void>;
  /** Before there is anything to kill: nothing. */
  killAllNow: () => void = () => {};
  readonly #removers: (() => void)[];
  readonly #begun = new AbortController();
  #begin: () => void = () => {};
  #signalCount = 0;

  constructor(host: Host) {
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.#removers = (Object.keys(statusOfSignal) as Signal[]).map((signal) =>
      host.onSignal(signal, () => {
        if (this.#signalCount++ > 0) {
          this.killAllNow();
          host.exitNow(this.status);
        }
        this.status = statusOfSignal[signal];
        this.begin();
      }),
    );
  }

  /** Fires when the end begins. */
  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  begin(): void {
    this.#begin();
    this.#begun.abort();
  }

  release(): void {
    for (const remove of this.#removers) remove();
  }
}
