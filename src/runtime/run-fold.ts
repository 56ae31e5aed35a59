// What a run came to, as a fold over its events: numbers, calls, whether something was done that cannot be taken back. One a run, fed by
// hosted-run. Invariant: it sees every event before anybody waits for it, so what a broken run has done is known all the same.

import type { AgentEvent } from "../contracts/agent-event.ts";
import { textOf } from "../contracts/message.ts";
import { RunTally } from "../harness/run/run-tally.ts";
import type { RanToolCall } from "./result.ts";

export interface RunFoldDeps {
  now(): number;
  /** Without secrets. */
  redact(text: string): string;
  isReadOnly(tool: string): boolean;
  /** What a call says to people; nothing where it says nothing to them. */
  sentText(tool: string, args: Readonly<Record<string, unknown>>): string | undefined;
}

const maxPreview = 500;
/** More calls than a host looks at; the newest count. */
const maxCalls = 1000;

export class RunFold {
  readonly #deps: RunFoldDeps;
  readonly #tally: RunTally;
  readonly #calls = new Map<string, RanToolCall>();
  readonly #sending = new Set<string>();
  /** Calls that may have changed something. */
  readonly #changing = new Set<string>();
  /** Text of the message under way, by block. */
  #blocks = new Map<number, string>();
  #lastText = "";
  #hasSubagents = false;
  compactions = 0;
  didSend = false;

  constructor(deps: RunFoldDeps) {
    this.#deps = deps;
    this.#tally = new RunTally(deps.now);
  }

  take(event: AgentEvent): void {
    this.#tally.take(event);
    switch (event.type) {
      case "message_start":
        if (event.message.role === "assistant") this.#blocks = new Map();
        return;
      case "message_update": {
        const update = event.assistantMessageEvent;
        if (update.type === "text_delta")
          this.#blocks.set(update.contentIndex, (this.#blocks.get(update.contentIndex) ?? "") + update.delta);
        return;
      }
      case "message_end":
        if (event.message.role !== "assistant") return;
        this.#blocks = new Map();
        this.#lastText = textOf(event.message.content) || this.#lastText;
        return;
      case "tool_execution_start":
        this.#begin(event.toolCallId, event.toolName, event.args);
        return;
      case "tool_execution_end":
        this.#end(event);
        return;
      case "compaction_end":
        if (event.result !== undefined) this.compactions++;
        return;
    }
  }

  #begin(id: string, tool: string, args: Readonly<Record<string, unknown>>): void {
    if (!this.#deps.isReadOnly(tool)) this.#changing.add(id);
    if (this.#deps.sentText(tool, args) !== undefined) this.#sending.add(id);
    if (this.#calls.size >= maxCalls) this.#calls.delete(this.#calls.keys().next().value ?? "");
    this.#calls.set(id, { id, tool, args, status: "error", resultPreview: "" });
  }

  #end({ toolCallId, result, isError, durationMs }: Extract<AgentEvent, { type: "tool_execution_end" }>): void {
    if (!isError && this.#sending.has(toolCallId)) this.didSend = true;
    // It was refused before it began.
    if (isError && durationMs === undefined) this.#changing.delete(toolCallId);
    const call = this.#calls.get(toolCallId);
    if (call === undefined) return;
    call.status = isError ? (durationMs === undefined ? "blocked" : "error") : "done";
    // Before it is cut: half a secret is one, too.
    call.resultPreview = this.#deps.redact(textOf(result.content)).slice(0, maxPreview);
  }

  /** As much of the last answer as there is. */
  get text(): string {
    const current = [...this.#blocks].sort(([a], [b]) => a - b).map(([, text]) => text);
    return current.length > 0 ? current.join("\n") : this.#lastText;
  }

  /** What another agent does on its behalf is not among its calls. */
  noteSubagent(): void {
    this.#hasSubagents = true;
  }

  get hasSideEffects(): boolean {
    return this.#hasSubagents || this.#changing.size > 0;
  }

  get toolCalls(): RanToolCall[] {
    return [...this.#calls.values()];
  }

  record(): Pick<ReturnType<RunTally["record"]>, "turns" | "usage" | "cost" | "durationMs"> {
    return this.#tally.record({ kind: "done", text: "" }, undefined);
  }
}
