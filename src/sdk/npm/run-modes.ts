// Print, JSON and RPC mode over a session that a program has made; names follow the npm agent's. Exported by `pi`.
// Invariant: the modes are those of the command line, on the process's own streams; a signal ends them in order, a second one at once.

import { messageOf } from "../../contracts/error.ts";
import type { ImageContent } from "../../contracts/message.ts";
import { exitStatusOf, type Outcome } from "../../contracts/outcome.ts";
import type { ModePrompt } from "../../modes/mode.ts";
import type { Host } from "../../platform/host.ts";
import type { AgentSessionRuntime } from "./session-runtime.ts";

export interface PrintModeOptions {
  /** `text`: the last answer; `json`: all events. */
  mode: "text" | "json";
  /** Behind `initialMessage`, one after another. */
  messages?: readonly string[];
  initialMessage?: string;
  initialImages?: readonly ImageContent[];
}

/** The exit status: 0 where the prompts were answered. The session is disposed of. */
export async function runPrintMode(runtime: AgentSessionRuntime, options: PrintModeOptions): Promise<number> {
  const { initialMessage, initialImages = [], messages = [] } = options;
  const isFirst = initialMessage !== undefined || initialImages.length > 0;
  const first = isFirst ? [{ text: initialMessage ?? "", images: [...initialImages] }] : [];
  const { outcome, signalStatus, isWritten } = await runOn(runtime, options.mode, [
    ...first,
    ...messages.map((text) => ({ text, images: [] })),
  ]);
  const status = outcome.kind === "done" ? 0 : (signalStatus ?? exitStatusOf[outcome.kind]);
  return status === 0 && !isWritten ? 1 : status;
}

/** Serves stdin until it ends; the process ends with it. */
export async function runRpcMode(runtime: AgentSessionRuntime): Promise<never> {
  const { host, signalStatus, isWritten } = await runOn(runtime, "rpc", []);
  return host.exitNow(signalStatus ?? (runtime.session.host.hasLostStorage || !isWritten ? 1 : 0));
}

const statusOfSignal = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

interface RanMode {
  outcome: Outcome;
  signalStatus: number | undefined;
  host: Host;
  /** All that was to be said: a reader who went away has had enough, a disk that took no more has lost it. */
  isWritten: boolean;
}

async function runOn(runtime: AgentSessionRuntime, name: "text" | "json" | "rpc", prompts: readonly ModePrompt[]): Promise<RanMode> {
  const [{ modeTable }, { processHost, writeErrorLine }] = await Promise.all([
    import("../../modes/modes.ts"),
    import("../../platform/host.ts"),
  ]);
  const mode = await modeTable.find((one) => one.name === name)?.load();
  if (mode === undefined) throw new Error(`no mode ${name}`);
  const host = processHost();
  const ending = new AbortController();
  let signalStatus: number | undefined;
  const removers = (Object.keys(statusOfSignal) as (keyof typeof statusOfSignal)[]).map((signal) =>
    host.onSignal(signal, () => {
      if (signalStatus !== undefined) {
        runtime.session.host.killAllNow();
        host.exitNow(signalStatus);
      }
      signalStatus = statusOfSignal[signal];
      ending.abort();
      void runtime.session.host.end();
    }),
  );
  try {
    const outcome = await mode.run({
      open: async () => runtime.session.host,
      prompts,
      picksSession: false,
      io: host,
      ending: ending.signal,
      warn: (line) => writeErrorLine(`pi: ${line}`),
      onInterrupt: () => () => {},
      takeWarnings: () => () => {},
      showsAnswer: true,
      progress: () => ({ lines: "none", isVerbose: false }),
      streamsAnswer: () => false,
      env: host.env,
      tuiMode: "regular",
    });
    await host.stdout.flush();
    const { message, hint } = outcome;
    if (mode.status === "outcome" && message !== undefined) writeErrorLine(hint === undefined ? message : `${message} (${hint})`);
    const { failure } = host.stdout;
    if (failure !== undefined) writeErrorLine(`Error: Cannot write to stdout: ${messageOf(failure)}`);
    return { outcome, signalStatus, host, isWritten: failure === undefined };
  } finally {
    await runtime.session.dispose();
    await host.stdout.flush();
    for (const remove of removers) remove();
  }
}
