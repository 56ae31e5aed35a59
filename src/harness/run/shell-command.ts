// Commands the user runs beside the model (RPC `bash`). Called by coding-session.
// Invariants: what a command said is recorded once, and never between a tool call and its result; of many commands only a few run at a
// time, the others wait in the order they were asked for.

import { defined } from "../../contracts/defined.ts";
import type { UserBashResult } from "../../contracts/extension-event.ts";
import type { BashExecutionMessage } from "../../contracts/message.ts";
import type { ShellOperations } from "../../contracts/tool.ts";
import { liveSecrets } from "../../platform/secrets.ts";
import type { Conversation } from "../conversation/conversation.ts";

export interface ShellCommandOptions {
  /** Recorded, but not shown to the model. */
  excludeFromContext?: boolean;
  /** Output as it comes, stdout and stderr in order, cleaned as in the result. A promise slows the command down to its pace. */
  onData?(text: string): Promise<void> | undefined | void;
}

export interface ShellCommandResult {
  /** The end of it when truncated. */
  output: string;
  /** 128 + signal number when a signal ended it; `undefined` when it was cancelled. */
  exitCode: number | undefined;
  cancelled: boolean;
  truncated: boolean;
  /** Where all of a truncated output is. */
  fullOutputPath?: string;
}

/** More at a time only take the machine from each other. */
const maxAtOnce = 16;

const neverRun: ShellCommandResult = { output: "", exitCode: undefined, cancelled: true, truncated: false };

export class ShellCommands {
  readonly #conversation: Conversation;
  readonly #isAgentRunning: () => boolean;
  readonly #commands = new Map<AbortController, Promise<unknown>>();
  #unrecorded: BashExecutionMessage[] = [];
  #runningCount = 0;
  #waiting: (() => void)[] = [];

  /** `isAgentRunning`: whether a run is going, during which nothing may be put into the transcript. */
  constructor(conversation: Conversation, isAgentRunning: () => boolean) {
    this.#conversation = conversation;
    this.#isAgentRunning = isAgentRunning;
  }

  run(command: string, options: ShellCommandOptions = {}): Promise<ShellCommandResult> {
    const abort = new AbortController();
    const running = this.#inTurn(command, options, abort.signal);
    this.#commands.set(abort, running);
    return running.finally(() => this.#commands.delete(abort));
  }

  get isRunning(): boolean {
    return this.#commands.size > 0;
  }

  /** Those that wait have not run: they are answered so, and leave no trace. */
  abort(): void {
    for (const command of this.#commands.keys()) command.abort();
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#commands.values());
  }

  /** A run has settled: what was said meanwhile goes into the record. */
  recordWaiting(): void {
    for (const message of this.#unrecorded.splice(0)) this.#conversation.addMessage(message);
  }

  async #inTurn(command: string, options: ShellCommandOptions, signal: AbortSignal): Promise<ShellCommandResult> {
    if (this.#runningCount >= maxAtOnce) {
      // Whoever ends hands its place on.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (signal.aborted) {
        this.#handOn();
        return neverRun;
      }
    } else this.#runningCount++;
    try {
      return await this.#run(command, options, signal);
    } finally {
      this.#handOn();
    }
  }

  #handOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#runningCount--;
    else next();
  }

  async #run(command: string, { excludeFromContext, onData }: ShellCommandOptions, signal: AbortSignal): Promise<ShellCommandResult> {
    const { toolContext, clock, interceptor } = this.#conversation.deps;
    const asked = await interceptor?.userBash?.({ command, excludeFromContext: excludeFromContext === true, cwd: toolContext.cwd });
    if (asked?.result !== undefined) {
      const { exitCode, cancelled, truncated, fullOutputPath } = asked.result;
      const output = liveSecrets.redact(asked.result.output);
      await onData?.(output);
      const given = { output, exitCode, cancelled, truncated, ...defined({ fullOutputPath }) };
      return this.#record(command, given, excludeFromContext, clock.now());
    }
    const [{ OutputCollector }, { OutputCleaner }] = await Promise.all([
      import("../../tools/shared/output-collector.ts"),
      import("../../contracts/text/clean-output.ts"),
    ]);
    const collector = new OutputCollector(toolContext.artifacts, "bash");
    const cleaner = new OutputCleaner();
    const decoder = new TextDecoder();
    const pieces = liveSecrets.pieces();
    const tell = (text: string): Promise<void> | undefined | void => (text === "" ? undefined : onData?.(text));
    const outcome = await (asked?.operations === undefined ? toolContext.shell : elsewhere(asked.operations))
      .run({
        command,
        cwd: toolContext.cwd,
        isUnwatched: true,
        signal,
        onData: (chunk) => {
          const slow = tell(pieces.push(cleaner.push(decoder.decode(chunk, { stream: true }))));
          const kept = collector.push(chunk);
          return slow ? Promise.all([slow, kept]).then(() => undefined) : kept;
        },
      })
      .catch((error: unknown) => {
        collector.finish();
        throw error;
      });
    await tell(pieces.push(cleaner.push(decoder.decode()) + cleaner.end()) + pieces.end());
    const { text, truncation, fullOutputPath } = collector.finish();
    const result: ShellCommandResult = {
      output: text,
      exitCode: outcome.cancelled ? undefined : outcome.exitCode,
      cancelled: outcome.cancelled,
      truncated: truncation.truncated,
      ...defined({ fullOutputPath }),
    };
    return this.#record(command, result, excludeFromContext, clock.now());
  }

  #record(command: string, result: ShellCommandResult, excludeFromContext: boolean | undefined, timestamp: number): ShellCommandResult {
    this.#unrecorded.push({
      role: "bashExecution",
      command,
      ...result,
      ...(excludeFromContext ? { excludeFromContext } : {}),
      timestamp,
    });
    if (!this.#isAgentRunning()) this.recordWaiting();
    return result;
  }
}

/** Another machine, say, as the tools know a shell. */
function elsewhere({ exec }: NonNullable<UserBashResult["operations"]>): ShellOperations {
  return {
    run: async ({ command, cwd, signal, onData, timeoutMs }) => {
      try {
        const { exitCode } = await exec(command, cwd, {
          onData: (data) => void onData(data),
          signal,
          ...(timeoutMs === undefined ? {} : { timeout: timeoutMs / 1000 }),
        });
        return { exitCode: exitCode ?? 1, timedOut: false, cancelled: signal.aborted };
      } catch (error) {
        if (signal.aborted) return { exitCode: undefined, timedOut: false, cancelled: true };
        throw error;
      }
    },
  };
}
