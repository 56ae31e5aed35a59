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

interface OpenCall {
  call: RanToolCall;
  isChanging: boolean;
  /** It says something to people. */
  isSending: boolean;
}

const maxPreview = 500;
/** More calls than a host looks at; the newest count. */
const maxCalls = 1000;

export class RunFold {
  readonly #deps: RunFoldDeps;
  readonly #tally: RunTally;
  readonly #calls: RanToolCall[] = [];
  /** Calls that have not ended, by id: a service may give one id to call after call. */
  readonly #open = new Map<string, OpenCall[]>();
  /** How many calls may have changed something. */
  #changes = 0;
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
    const call: RanToolCall = { id, tool, args, status: "error", resultPreview: "" };
    const isChanging = !this.#deps.isReadOnly(tool);
    if (isChanging) this.#changes++;
    this.#open.set(id, [...(this.#open.get(id) ?? []), { call, isChanging, isSending: this.#deps.sentText(tool, args) !== undefined }]);
    if (this.#calls.length >= maxCalls) this.#calls.shift();
    this.#calls.push(call);
  }

  #end({ toolCallId, result, isError, durationMs }: Extract<AgentEvent, { type: "tool_execution_end" }>): void {
    const [ended, ...others] = this.#open.get(toolCallId) ?? [];
    if (ended === undefined) return;
    if (others.length > 0) this.#open.set(toolCallId, others);
    else this.#open.delete(toolCallId);
    const { call, isChanging, isSending } = ended;
    if (!isError && isSending) this.didSend = true;
    // It was refused before it began.
    if (isError && durationMs === undefined && isChanging) this.#changes--;
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
    return this.#hasSubagents || this.#changes > 0;
  }

  get toolCalls(): RanToolCall[] {
    return [...this.#calls];
  }

  record(): Pick<ReturnType<RunTally["record"]>, "turns" | "usage" | "cost" | "durationMs"> {
    return this.#tally.record({ kind: "done", text: "" }, undefined);
  }
}
