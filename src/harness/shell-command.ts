// Commands the user runs beside the model (RPC `bash`). Called by coding-session.
// Invariant: what a command said is recorded once, and never between a tool call and its result.

import type { BashExecutionMessage } from "../contracts/message.ts";
import type { Conversation } from "./conversation.ts";

export interface ShellCommandOptions {
  /** Recorded, but not shown to the model. */
  excludeFromContext?: boolean;
  /** Output as it comes, stdout and stderr in order. A promise slows the command down to its pace. */
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

export class ShellCommands {
  readonly #conversation: Conversation;
  readonly #isAgentRunning: () => boolean;
  readonly #commands = new Map<AbortController, Promise<unknown>>();
  #unrecorded: BashExecutionMessage[] = [];

  /** `isAgentRunning`: whether a run is going, during which nothing may be put into the transcript. */
  constructor(conversation: Conversation, isAgentRunning: () => boolean) {
    this.#conversation = conversation;
    this.#isAgentRunning = isAgentRunning;
  }

  run(command: string, options: ShellCommandOptions): Promise<ShellCommandResult> {
    const abort = new AbortController();
    const running = this.#run(command, options, abort.signal);
    this.#commands.set(abort, running);
    return running.finally(() => this.#commands.delete(abort));
  }

  get isRunning(): boolean {
    return this.#commands.size > 0;
  }

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

  async #run(command: string, { excludeFromContext, onData }: ShellCommandOptions, signal: AbortSignal): Promise<ShellCommandResult> {
    const { toolContext, clock } = this.#conversation.deps;
    const { OutputCollector } = await import("../tools/shared/output-collector.ts");
    const collector = new OutputCollector(toolContext.artifactDir);
    const decoder = new TextDecoder();
    const tell = (text: string): Promise<void> | undefined | void => (text === "" ? undefined : onData?.(text));
    const outcome = await toolContext.shell
      .run({
        command,
        cwd: toolContext.cwd,
        signal,
        onData: (chunk) => {
          const slow = tell(decoder.decode(chunk, { stream: true }));
          const kept = collector.push(chunk);
          return slow ? Promise.all([slow, kept]).then(() => undefined) : kept;
        },
      })
      .catch((error: unknown) => {
        collector.finish();
        throw error;
      });
    await tell(decoder.decode());
    const { text, truncation, fullOutputPath } = collector.finish();
    const result: ShellCommandResult = {
      output: text,
      exitCode: outcome.cancelled ? undefined : outcome.exitCode,
      cancelled: outcome.cancelled,
      truncated: truncation.truncated,
      ...(fullOutputPath === undefined ? {} : { fullOutputPath }),
    };
    this.#unrecorded.push({
      role: "bashExecution",
      command,
      ...result,
      ...(excludeFromContext ? { excludeFromContext } : {}),
      timestamp: clock.now(),
    });
    if (!this.#isAgentRunning()) this.recordWaiting();
    return result;
  }
}
