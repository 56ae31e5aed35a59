// Claude Code's records as events of ours: the same stream that a conversation of our own makes, so that everything that is a fold over it works
// for both. Made for one run by claude-runtime, which gives it each record in order.
// Invariant: what has begun ends, wherever the stream is cut: a message, a turn, a compaction, a retry; each call of a tool has one result.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { assembleMessage, type MessageAssembly } from "../../contracts/assemble-message.ts";
import { defined } from "../../contracts/defined.ts";
import type { AssistantMessage, ToolResultMessage, UserMessage } from "../../contracts/message.ts";
import { toolCallsOf } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { OutcomeKind } from "../../contracts/outcome.ts";
import type { StreamEvent } from "../../contracts/stream-event.ts";
import { addUsage, emptyUsage, type Prices, priceUsage, type Usage } from "../../contracts/usage.ts";
import { charged } from "../charge.ts";
import type { HostEvent } from "../request.ts";
import type { ClaudeRecord } from "./child.ts";
import { Interludes } from "./interludes.ts";
import { prefixOf } from "./launch.ts";
import { contentOf, countsOf, fieldsOf, listOf, numberIn, textIn } from "./records.ts";

export interface TranslateDeps {
  emit(event: AgentEvent): Promise<void> | undefined;
  tell(event: HostEvent): Promise<void> | undefined;
  now(): number;
  thinkingLevel: ThinkingLevel;
  /** Of a model of the service, where we know it. */
  prices(model: string): Prices | undefined;
  /** A turn is over and another call of the model would follow. */
  turnEnded(): void;
}

interface Call {
  name: string;
  args: Record<string, unknown>;
  /** Of a tool that we carry out. */
  isOurs: boolean;
  isAnnounced: boolean;
  isDone: boolean;
}

interface Current {
  id: string | undefined;
  assembly: MessageAssembly;
  /** Whether its pieces came as they were made; else they are made of whole blocks. */
  isStreamed: boolean;
  /** Indices of blocks that have begun and not ended. */
  open: Map<number, "text" | "thinking" | "toolcall">;
  /** The next index of a block that came whole. */
  next: number;
  usage: ClaudeRecord;
}

export class Translation {
  readonly #deps: TranslateDeps;
  #current: Current | undefined;
  #model = "claude";
  #isTurnOpen = false;
  #answer: AssistantMessage | undefined;
  #toolResults: ToolResultMessage[] = [];
  #messages: AssistantMessage[] = [];
  readonly #interludes: Interludes;
  /** Calls by id: their names, and what became of them. */
  readonly #calls = new Map<string, Call>();
  /** When calls of its own tools began. */
  readonly #begun = new Map<string, number>();
  /** Calls that were refused before they ran. */
  readonly #denied = new Set<string>();
  readonly #waiting = new Map<string, (() => void)[]>();
  #hasStarted = false;
  #hasSettled = false;
  /** Of messages that were none: what went wrong. */
  failureText: string | undefined;

  constructor(deps: TranslateDeps) {
    this.#deps = deps;
    this.#interludes = new Interludes((event) => this.#emit(event));
  }

  get model(): string {
    return this.#model;
  }

  /** The first that is told of a run. */
  async start(prompt: UserMessage): Promise<void> {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    await this.#emit({ type: "agent_start" });
    await this.#openTurn();
    await this.#say(prompt);
  }

  async say(message: UserMessage): Promise<void> {
    await this.#say(message);
  }

  async take(record: ClaudeRecord): Promise<void> {
    if (record.type !== "system" || record.subtype !== "api_retry")
      await this.#interludes.retried(record.type !== "result" || record.is_error !== true);
    if (typeof record.parent_tool_use_id === "string") return void (await this.#tellSubagent(record));
    switch (record.type) {
      case "system":
        return this.#system(record);
      case "stream_event":
        return this.#streamed(fieldsOf(record.event));
      case "assistant":
        return this.#assistant(record);
      case "user":
        return this.#user(record);
    }
  }

  /** Resolves when the message that asks for a call has been told whole; at once where there is none to come. */
  async announced(toolUseId: string | undefined): Promise<void> {
    const id = toolUseId;
    if (this.#current !== undefined && !this.#current.isStreamed) await this.#endMessage();
    if (id === undefined) return;
    const call = this.#calls.get(id);
    if (call?.isAnnounced || (call === undefined && this.#current === undefined)) return;
    await new Promise<void>((resolve) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve]);
    });
  }

  /** The id of a call that the child did not name: the first of that tool that nothing has become of. */
  idOf(name: string): string | undefined {
    for (const [id, call] of this.#calls) if (call.name === name && !call.isDone && call.isOurs) return id;
    return undefined;
  }

  /** It does not run, whoever was to carry it out. */
  deny(id: string): void {
    this.#denied.add(id);
  }

  /** The host carries it out, in its own time. */
  defer(id: string): void {
    const call = this.#calls.get(id);
    if (call !== undefined) call.isDone = true;
  }

  /** A result of ours, as the run of tools has told it. */
  toldResult(message: ToolResultMessage): void {
    const call = this.#calls.get(message.toolCallId);
    if (call !== undefined) call.isDone = true;
    this.#toolResults.push(message);
  }

  /** A call of its own tools is about to run. */
  async beginBuiltIn(id: string, name: string, args: Record<string, unknown>): Promise<void> {
    await this.announced(id);
    await this.#emit({ type: "tool_execution_start", toolCallId: id, toolName: name, args });
    this.#begun.set(id, this.#deps.now());
  }

  summary(text: string): void {
    this.#interludes.summary = text;
  }

  /** The last that is told of a run; brings to its end whatever has begun. */
  async settle(kind: OutcomeKind, usage?: Usage): Promise<void> {
    if (this.#hasSettled) return;
    this.#hasSettled = true;
    await this.#interludes.close(kind === "done");
    await this.#endMessage(kind === "done" ? undefined : kind === "aborted" ? "aborted" : "error");
    if (this.#answer !== undefined && usage !== undefined) {
      const known = this.#messages.reduce((sum, message) => addUsage(sum, message.usage), emptyUsage());
      this.#answer.usage = charged(this.#answer.usage, known, usage);
    }
    for (const [id, call] of this.#calls)
      if (!call.isDone) await this.#endBuiltIn(id, [{ type: "text", text: "The run ended before a result" }], true);
    await this.#closeTurn();
    if (!this.#hasStarted) await this.#emit({ type: "agent_start" });
    await this.#emit({ type: "agent_end", messages: [...this.#messages], willRetry: false });
    await this.#emit({ type: "agent_settled", aborted: kind === "aborted", outcome: kind });
    for (const resolve of [...this.#waiting.values()].flat()) resolve();
  }

  async #system(record: ClaudeRecord): Promise<void> {
    switch (record.subtype) {
      case "init":
        this.#model = textIn(record, "model") ?? this.#model;
        return;
      case "api_retry":
        return this.#interludes.retrying(record);
      case "status":
        return this.#interludes.status(record);
      case "permission_denied":
        this.#denied.add(textIn(record, "tool_use_id") ?? "");
        return;
      case "compact_boundary":
        return this.#interludes.compacted(record);
      default:
        if (String(record.subtype).startsWith("task_") || record.subtype === "background_tasks_changed") await this.#tellSubagent(record);
    }
  }

  async #tellSubagent(record: ClaudeRecord): Promise<void> {
    const parent = textIn(record, "parent_tool_use_id");
    await this.#deps.tell({
      stream: "subagent",
      data: {
        type: record.type,
        ...defined({ subtype: record.subtype }),
        ...(parent && { parentToolCallId: parent }),
      },
    });
  }

  async #streamed(event: ClaudeRecord): Promise<void> {
    const index = numberIn(event, "index") ?? 0;
    switch (event.type) {
      case "message_start": {
        await this.#endMessage();
        const message = fieldsOf(event.message);
        return this.#beginMessage(textIn(message, "id"), textIn(message, "model"), true, fieldsOf(message.usage));
      }
      case "content_block_start":
        return this.#beginBlock(index, fieldsOf(event.content_block));
      case "content_block_delta":
        return this.#delta(index, fieldsOf(event.delta));
      case "content_block_stop":
        return this.#endBlock(index);
      case "message_delta": {
        if (this.#current !== undefined) this.#current.usage = { ...this.#current.usage, ...fieldsOf(event.usage) };
        const reason = textIn(fieldsOf(event.delta), "stop_reason");
        if (reason !== undefined) this.#stopReason = reason;
        return;
      }
      case "message_stop":
        return this.#endMessage();
    }
  }

  #stopReason: string | undefined;

  async #beginMessage(id: string | undefined, model: string | undefined, isStreamed: boolean, usage: ClaudeRecord): Promise<void> {
    await this.#openTurn();
    this.#model = model ?? this.#model;
    this.#stopReason = undefined;
    const assembly = assembleMessage(this.#asModel(), this.#deps.thinkingLevel, this.#deps.now());
    this.#current = { id, assembly, isStreamed, open: new Map(), next: 0, usage };
    await this.#apply({ type: "response", ...defined({ responseId: id }) });
    await this.#emit({ type: "message_start", message: structuredClone(assembly.message) });
  }

  async #beginBlock(index: number, block: ClaudeRecord): Promise<void> {
    const current = this.#current;
    if (current === undefined || current.open.has(index)) return;
    if (block.type === "text") {
      current.open.set(index, "text");
      await this.#apply({ type: "text_start", contentIndex: index });
      const text = textIn(block, "text");
      if (text) await this.#apply({ type: "text_delta", contentIndex: index, delta: text });
    } else if (block.type === "thinking" || block.type === "redacted_thinking") {
      current.open.set(index, "thinking");
      await this.#apply({ type: "thinking_start", contentIndex: index });
      const text = textIn(block, "thinking");
      if (text) await this.#apply({ type: "thinking_delta", contentIndex: index, delta: text });
      const signature = textIn(block, "signature") ?? textIn(block, "data");
      if (signature) this.#signatures.set(index, signature);
    } else if (block.type === "tool_use") {
      current.open.set(index, "toolcall");
      const id = textIn(block, "id") ?? crypto.randomUUID();
      const name = textIn(block, "name") ?? "";
      await this.#apply({ type: "toolcall_start", contentIndex: index, id, toolName: plainName(name) });
      if (name.startsWith(prefixOf)) this.#ours.add(id);
      const input = fieldsOf(block.input);
      if (Object.keys(input).length > 0) this.#inputs.set(index, { ...input });
    }
  }

  /** Calls of our tools. */
  readonly #ours = new Set<string>();
  readonly #signatures = new Map<number, string>();
  readonly #inputs = new Map<number, Record<string, unknown>>();

  async #delta(index: number, delta: ClaudeRecord): Promise<void> {
    if (this.#current?.open.has(index) !== true) return;
    const [text, thinking, json, signature] = ["text", "thinking", "partial_json", "signature"].map((name) => textIn(delta, name));
    if (delta.type === "text_delta" && text !== undefined) await this.#apply({ type: "text_delta", contentIndex: index, delta: text });
    if (delta.type === "thinking_delta" && thinking !== undefined)
      await this.#apply({ type: "thinking_delta", contentIndex: index, delta: thinking });
    if (delta.type === "input_json_delta" && json !== undefined)
      await this.#apply({ type: "toolcall_delta", contentIndex: index, delta: json });
    if (delta.type === "signature_delta" && signature !== undefined)
      this.#signatures.set(index, (this.#signatures.get(index) ?? "") + signature);
  }

  async #endBlock(index: number): Promise<void> {
    const kind = this.#current?.open.get(index);
    if (kind === undefined) return;
    this.#current?.open.delete(index);
    const signature = this.#signatures.get(index);
    const input = this.#inputs.get(index);
    this.#signatures.delete(index);
    this.#inputs.delete(index);
    const about = { contentIndex: index, ...defined({ signature }) };
    if (kind === "text") await this.#apply({ type: "text_end", ...about });
    else if (kind === "thinking") await this.#apply({ type: "thinking_end", ...about });
    else await this.#apply({ type: "toolcall_end", contentIndex: index, ...defined({ arguments: input }) });
  }

  /** A block that has finished. Where its pieces came it says nothing new. */
  async #assistant(record: ClaudeRecord): Promise<void> {
    const message = fieldsOf(record.message);
    const id = textIn(message, "id");
    if (message.model === "<synthetic>" || record.error !== undefined) {
      const text = contentOf(message.content).flatMap((block) => (block.type === "text" ? [block.text] : []));
      this.failureText = text.join("\n") || this.failureText;
      return;
    }
    if (this.#current?.isStreamed && (id === undefined || this.#current.id === id)) return;
    if (this.#finished.has(id ?? "")) return;
    if (this.#current === undefined || this.#current.id !== id) {
      await this.#endMessage();
      await this.#beginMessage(id, textIn(message, "model"), false, fieldsOf(message.usage));
    }
    for (const block of listOf(message.content)) {
      const index = this.#current?.next ?? 0;
      if (this.#current !== undefined) this.#current.next++;
      await this.#beginBlock(index, block);
      await this.#endBlock(index);
    }
    const reason = textIn(message, "stop_reason");
    if (reason !== undefined) this.#stopReason = reason;
    // Somebody waits for the call that it asks for.
    if (this.#current !== undefined && toolCallsOf(this.#current.assembly.message).some((call) => this.#waiting.has(call.id)))
      await this.#endMessage();
  }

  /** Ids of messages that were streamed to their end: their blocks may still come whole. */
  readonly #finished = new Set<string>();

  async #endMessage(cut?: "aborted" | "error"): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    for (const index of [...current.open.keys()]) await this.#endBlock(index);
    this.#current = undefined;
    if (current.isStreamed && current.id !== undefined) this.#finished.add(current.id);
    const { message } = current.assembly;
    const counts = countsOf(current.usage);
    const usage = priceUsage(counts, this.#deps.prices(this.#model) ?? { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 });
    current.assembly.apply({ type: "usage", usage });
    if (cut === undefined) {
      const reason = this.#stopReason;
      const stopReason = reason === "max_tokens" ? "length" : toolCallsOf(message).length > 0 ? "toolUse" : "stop";
      current.assembly.apply({ type: "finish", stopReason, ...defined({ rawStopReason: reason }) });
    } else
      current.assembly.apply({
        type: "failure",
        failure: { code: cut === "aborted" ? "aborted" : "network", message: "The answer was cut" },
      });
    // Of a cut message only those that have come whole.
    const calls = toolCallsOf(message);
    this.#answer = message;
    this.#messages.push(message);
    for (const { id, name, arguments: args } of calls)
      this.#calls.set(id, { name, args, isOurs: this.#ours.has(id), isAnnounced: false, isDone: false });
    await this.#emit({ type: "message_end", message });
    for (const { id } of calls) {
      const call = this.#calls.get(id);
      if (call !== undefined) call.isAnnounced = true;
    }
    // Also who waits for a call that it did not ask for: nothing else will come of that.
    const told = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const resolve of told) resolve();
  }

  /** Results of tools; what else a user message has is its own business. */
  async #user(record: ClaudeRecord): Promise<void> {
    if (record.isSynthetic === true || record.isReplay === true) return;
    for (const block of listOf(fieldsOf(record.message).content)) {
      const id = textIn(block, "tool_use_id");
      if (block.type !== "tool_result" || id === undefined) continue;
      await this.#endMessage();
      const call = this.#calls.get(id);
      if (call === undefined || call.isDone) continue;
      await this.#endBuiltIn(id, contentOf(block.content), block.is_error === true);
    }
  }

  async #endBuiltIn(id: string, content: ReturnType<typeof contentOf>, isError: boolean): Promise<void> {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.isDone = true;
    const startedMs = this.#begun.get(id);
    if (startedMs === undefined) await this.#emit({ type: "tool_execution_start", toolCallId: id, toolName: call.name, args: call.args });
    const timestamp = this.#deps.now();
    // Of its own tools it may have run one without telling us: what is not known not to have run has.
    const hasRun = startedMs !== undefined || (!call.isOurs && !this.#denied.has(id));
    const durationMs = hasRun ? timestamp - (startedMs ?? timestamp) : undefined;
    const took = durationMs === undefined ? {} : { durationMs };
    await this.#emit({ type: "tool_execution_end", toolCallId: id, toolName: call.name, result: { content }, isError, ...took });
    const message: ToolResultMessage = { role: "toolResult", toolCallId: id, toolName: call.name, content, isError, ...took, timestamp };
    await this.#say(message);
    this.#toolResults.push(message);
  }

  async #openTurn(): Promise<void> {
    if (this.#isTurnOpen && this.#answer !== undefined) await this.#closeTurn();
    if (this.#isTurnOpen) return;
    this.#isTurnOpen = true;
    this.#answer = undefined;
    this.#toolResults = [];
    await this.#emit({ type: "turn_start" });
  }

  async #closeTurn(): Promise<void> {
    if (!this.#isTurnOpen) return;
    this.#isTurnOpen = false;
    const message = this.#answer;
    if (message === undefined) return;
    await this.#emit({ type: "turn_end", message, toolResults: this.#toolResults });
    if (!this.#hasSettled) this.#deps.turnEnded();
  }

  async #say(message: UserMessage | ToolResultMessage): Promise<void> {
    await this.#emit({ type: "message_start", message });
    await this.#emit({ type: "message_end", message });
  }

  async #apply(event: StreamEvent): Promise<void> {
    const current = this.#current;
    const shown = current?.assembly.apply(event);
    if (current === undefined || shown === undefined) return;
    await this.#emit({ type: "message_update", usage: current.assembly.message.usage, assistantMessageEvent: shown });
  }

  async #emit(event: AgentEvent): Promise<void> {
    await this.#deps.emit(event);
  }

  #asModel(): Model {
    return { provider: "anthropic", id: this.#model, api: "anthropic-messages" } as Model;
  }
}

/** Our tools have the names here that they have with us. */
export function plainName(name: string): string {
  return name.startsWith(prefixOf) ? name.slice(prefixOf.length) : name;
}
