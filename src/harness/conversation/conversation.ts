// What all concerns of one conversation share: its record on disk, its agent, its model and tools, and who listens. Made by coding-session.
// Invariant: what listeners are told is on disk already; the agent's messages are always what the session file gives.

import { Agent } from "../../agent/agent.ts";
import type { ToolSetup } from "../../agent/run-tools.ts";
import type { AgentEvent } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { Interceptor } from "../../contracts/interceptor.ts";
import type { AssistantMessage, CustomMessage, Message, ToolCall } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { ModelRequest } from "../../contracts/model-request.ts";
import { nearestName } from "../../contracts/nearest.ts";
import type { Denial } from "../../contracts/policy.ts";
import type { NewEntry } from "../../contracts/session-entry.ts";
import { failureOfError, type StreamEvent, type StreamPart } from "../../contracts/stream-event.ts";
import { inOneLine } from "../../contracts/text/one-line.ts";
import type { Tool, ToolContext } from "../../contracts/tool.ts";
import type { Session, SessionContext } from "../../session/tree/session.ts";
import { Budget } from "./budget.ts";
import { type ContextTokens, contextTokens, measuredTokens } from "./context-tokens.ts";
import { type CodingSessionDeps, type ConversationHooks, isBilled, type ModelAccess } from "./conversation-deps.ts";
import { Listeners } from "./listeners.ts";
import { shownResult } from "./long-results.ts";
import { ModelChoices } from "./model-choices.ts";
import { modelMessages, withoutImages } from "./model-messages.ts";
import { EventRedactor } from "./redact-events.ts";
import { StoredContext } from "./stored-context.ts";
import type { PromptParts } from "./system-prompt.ts";
import { promptSections, promptText, systemChange, systemStateOf } from "./system-prompt.ts";

export class Conversation {
  readonly deps: CodingSessionDeps;
  readonly session: Session;
  readonly agent: Agent;
  readonly budget: Budget;
  /** Of model and thinking level: who changes them does it there. */
  readonly choices: ModelChoices;
  readonly listeners = new Listeners();
  readonly #redactor = new EventRedactor();
  /** The entry that holds the newest answer of this process, and those of the results that its calls have got. */
  lastAnswerEntryId: string | undefined;
  lastResultEntryIds: string[] = [];
  /** Tool calls of the run that were carried out. */
  ranCalls = 0;
  /** Of the session; known without looking into its file. */
  name: string | undefined;
  readonly #hooks: ConversationHooks;
  /** In place of the recorded prompt, for the run under way. */
  runPrompt: string | undefined;
  #tools: readonly Tool[];
  #prompt: CodingSessionDeps["prompt"];
  #expand: CodingSessionDeps["expand"];
  #activeToolNames: readonly string[];
  #isBilled = true;
  #edited: SessionContext["edited"];
  /** As long as its messages have not been needed. */
  #stored: StoredContext | undefined;

  constructor(deps: CodingSessionDeps, hooks: ConversationHooks) {
    this.deps = deps;
    this.#hooks = hooks;
    this.#tools = deps.tools;
    this.#prompt = deps.prompt;
    this.#expand = deps.expand;
    this.session = deps.session;
    this.name = deps.session.name;
    this.choices = new ModelChoices(deps, (event) => this.emit(event));
    this.#activeToolNames = deps.activeToolNames;
    this.budget = new Budget(deps.limits, () => deps.clock.now());
    const stored = deps.stored ?? new StoredContext(this.session);
    this.#stored = stored;
    this.agent = new Agent(
      {
        emit: (event) => this.emit(event),
        now: () => deps.clock.now(),
        turn: async (signal) => {
          const { model, thinkingLevel } = this.choices;
          const shown = signal.aborted ? undefined : await deps.interceptor?.context?.(this.agent.messages);
          return {
            model,
            thinkingLevel,
            stallTimeoutMs: deps.stall.modelMs,
            stream: (messages, signal) => this.#ask(model, shown ?? messages, signal),
          };
        },
        tools: () => this.toolSetup(),
        shouldStop: () => this.budget.isReached(),
        beforeNextTurn: (signal) => hooks.beforeNextTurn(signal),
        turnKept: (turn) => hooks.turnKept(turn),
      },
      () => this.#takeStored(stored),
    );
    this.choices.noteRecorded(stored.outline);
    // A session that is only looked at stays as it is: what this run chose is recorded with its first prompt.
    if (this.session.leafId === null) this.choices.record();
  }

  get model(): Model {
    return this.choices.model;
  }

  get thinkingLevel(): ThinkingLevel {
    return this.choices.thinkingLevel;
  }

  get messages(): readonly Message[] {
    return this.agent.messages;
  }

  /** Whether its messages are at hand. */
  get isRead(): boolean {
    return this.#stored?.isRead !== false;
  }

  /** Takes care that they are, and leaves time for other things meanwhile: a long session takes a while. Nothing to wait for where they are. */
  read(): Promise<void> | undefined {
    const reading = this.#stored?.ahead();
    if (reading !== undefined) return reading.then(() => void this.messages);
    void this.messages;
    return undefined;
  }

  get activeToolNames(): readonly string[] {
    return this.#activeToolNames;
  }

  /** All there are, active or not. */
  get tools(): readonly Tool[] {
    return this.#tools;
  }

  /** From the next prompt on; those that are active stay so as long as they are there. */
  setTools(tools: readonly Tool[]): void {
    this.#tools = tools;
    this.#activeToolNames = this.#activeToolNames.filter((name) => tools.some((tool) => tool.name === name));
  }

  /** What the launch found has changed: told to the model with the next prompt. */
  setResources(prompt: CodingSessionDeps["prompt"], expand: CodingSessionDeps["expand"]): void {
    this.#prompt = prompt;
    this.#expand = expand;
  }

  /** What a text stands for when it is typed as a prompt. */
  async expand(text: string): Promise<string> {
    return this.#expand === undefined ? text : this.#expand(text);
  }

  get activeTools(): Tool[] {
    return this.#tools.filter((tool) => this.#activeToolNames.includes(tool.name));
  }

  /** Disk first, then listeners; a promise only when some listener is slow, since this runs for every delta. */
  emit(event: AgentEvent): Promise<void> | undefined {
    const changing = event.type === "message_end" ? this.deps.interceptor?.messageEnd?.(event.message) : undefined;
    return changing === undefined ? this.#publish(event) : changing.then(() => this.#publish(event));
  }

  #publish(event: AgentEvent): Promise<void> | undefined {
    if (event.type === "message_end") this.#record(event.message);
    else if (event.type === "turn_end") this.budget.count(event.message, this.#isBilled);
    else if (event.type === "tool_execution_end" && event.durationMs !== undefined) this.ranCalls++;
    const told = this.#tell(event);
    if (event.type !== "message_end" || event.message.role !== "assistant" || !isWhole(event.message)) return told;
    const hooked = this.#hooks.answered(event.message);
    return told && hooked ? Promise.all([told, hooked]).then(() => undefined) : (told ?? hooked);
  }

  /** A command that gives a key, or a sign-in, is waited for as the model is: no longer than its silence may last, and not past an abort. */
  async *#ask(model: Model, messages: readonly Message[], signal: AbortSignal): AsyncIterable<StreamPart> {
    let access: ModelAccess;
    try {
      access = await this.deps.access(model);
    } catch (error) {
      yield* noAccess(error);
      return;
    }
    const { provider, credential } = access;
    const fetch = this.deps.interceptor?.fetch?.(access.fetch, model) ?? access.fetch;
    this.#isBilled = isBilled(access);
    yield* provider.stream({ model, request: this.request(messages), credential, signal, fetch });
  }

  #tell(event: AgentEvent): Promise<void> | undefined {
    let told: Promise<void> | undefined;
    // One event can stand for several, when what was held back comes out: each waits for those that are slow with the one before it.
    for (const one of this.#redactor.redact(event)) {
      told = told === undefined ? this.listeners.tell(one) : told.then(() => this.listeners.tell(one));
    }
    return told;
  }

  #record(message: Message): void {
    const { id } = this.session.append(message.role === "custom" ? customEntry(message) : { type: "message", message });
    if (message.role === "assistant") [this.lastAnswerEntryId, this.lastResultEntryIds] = [id, []];
    else if (message.role === "toolResult") this.lastResultEntryIds.push(id);
  }

  /** A message that no run made: on disk and in what the model is shown. */
  addMessage(message: Message): void {
    const { messages } = this.agent;
    this.#record(message);
    messages.push(message);
  }

  /** The same, told to listeners. */
  async say(message: Message): Promise<void> {
    this.agent.messages.push(message);
    await this.emit({ type: "message_start", message });
    await this.emit({ type: "message_end", message });
  }

  /** Takes over what the session file says at its leaf. */
  reload(): void {
    const context = this.session.context();
    this.#stored?.drop();
    this.#stored = undefined;
    this.agent.replaceMessages(context.messages);
    this.choices.noteRecorded(context);
    this.#edited = context.edited;
  }

  #takeStored(stored: StoredContext): Message[] {
    const { messages, edited } = stored.read();
    this.#stored = undefined;
    this.#edited = edited;
    return messages;
  }

  /** How full the window is. */
  contextTokens(): ContextTokens {
    // In this order: what is edited is known with the messages.
    const { messages } = this.agent;
    return contextTokens(messages, this.#edited);
  }

  /** @throws PiError `usage.unknown_tool`. */
  setActiveToolNames(names: readonly string[]): void {
    const known = this.#tools.map((tool) => tool.name);
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      const near = nearestName(unknown, known);
      throw new PiError("usage.unknown_tool", `Unknown tool ${unknown}`, {
        hint: near === undefined ? `There are ${known.join(", ")}` : `Did you mean ${near}?`,
      });
    }
    // Another order says nothing: those that stay keep their places.
    this.#activeToolNames = [...new Set([...this.#activeToolNames.filter((name) => names.includes(name)), ...names])];
  }

  /** A blank one takes the name away. Whoever asks people for a name refuses that before. */
  setName(text: string): void {
    // Lists and titles have one line for it.
    const name = inOneLine(text).trim();
    if (name === "" && this.name === undefined) return;
    this.session.append({ type: "session_info", name });
    this.name = name === "" ? undefined : name;
    void this.emit({ type: "session_info_changed", ...defined({ name: this.name }) });
  }

  request(messages: readonly Message[]): ModelRequest {
    const state = systemStateOf(messages);
    const { wishes } = this.deps;
    return {
      systemPrompt: this.runPrompt ?? promptText(state),
      tools: [...state.tools.values()],
      messages: wishes?.blocksImages ? withoutImages(modelMessages(messages)) : modelMessages(messages),
      thinkingLevel: this.choices.thinkingLevel,
      ...(wishes !== undefined && Object.keys(wishes.thinkingBudgets).length > 0 ? { thinkingBudgets: wishes.thinkingBudgets } : {}),
      ...(wishes?.cacheRetention === "long" ? { cacheRetention: "long" } : {}),
      sessionId: this.session.id,
      ...defined({ promptTokens: measuredTokens(messages, this.#edited), outputSchema: this.deps.outputSchema }),
    };
  }

  /** The newest answer that says something. */
  lastAssistantText(): string | undefined {
    const answer = this.messages.findLast((message) => message.role === "assistant" && textOf(message.content).trim() !== "");
    return answer?.role === "assistant" ? textOf(answer.content) : undefined;
  }

  /** An entry that the model is not shown, announced; a promise where a listener is slow. */
  appendCustomEntry(customType: string, data: unknown): Promise<void> | undefined {
    const entry = this.session.append({ type: "custom", customType, ...defined({ data }) });
    return this.emit({ type: "entry_appended", entry });
  }

  /** Calls that the policy has refused. */
  get denied(): readonly Denial[] {
    return this.deps.denied ?? [];
  }

  /** Who may change what happens. */
  get interceptor(): Interceptor | undefined {
    return this.deps.interceptor;
  }

  /** What has to be said so that the prompt in force is the one wanted; nothing when it is. */
  systemChange(): Message[] {
    const tools = this.activeTools;
    const sections = promptSections({ ...this.#prompt, tools });
    const change = systemChange(systemStateOf(this.agent.messages), sections, tools, this.deps.clock.now());
    return change ? [change] : [];
  }

  /** What the prompt of now is made of. */
  promptParts(): PromptParts {
    return { ...this.#prompt, tools: this.activeTools };
  }

  /** The prompt in force, with what has still to be said. */
  promptInForce(): string {
    return this.runPrompt ?? promptText(systemStateOf([...this.agent.messages, ...this.systemChange()]));
  }

  /** What a call of a tool goes through, whoever makes it. */
  toolSetup(): ToolSetup {
    return {
      tools: this.activeTools,
      callable: this.#callableTools(),
      validate: this.deps.validate,
      stallTimeoutMs: this.deps.stall.toolMs,
      context: (call, signal, onUpdate) => this.#toolContext(call, signal, onUpdate),
      ...this.#gates(),
    };
  }

  /** Those that tools can call. */
  #callableTools(): Tool[] {
    return this.#tools.filter(({ name, exposure = "direct" }) =>
      exposure === "direct" ? this.#activeToolNames.includes(name) : exposure === "codemode" || exposure === "deferred",
    );
  }

  /** Calls wait for one another only where somebody is asked about them. */
  #gates(): Pick<ToolSetup, "refuse" | "amend"> {
    const { interceptor, toolContext } = this.deps;
    return {
      ...(interceptor?.toolCall === undefined
        ? {}
        : { refuse: (...about) => interceptor.toolCall?.(...about) ?? Promise.resolve(undefined) }),
      amend: async (call, args, result, signal) =>
        shownResult(call, (await interceptor?.toolResult?.(call, args, result, signal)) ?? result, toolContext.artifacts),
    };
  }

  #toolContext(call: ToolCall, signal: AbortSignal, onUpdate: ToolContext["onUpdate"]): ToolContext {
    return { ...this.deps.toolContext, toolCallId: call.id, signal, onUpdate, acceptsImages: this.model.input.includes("image") };
  }
}

function customEntry({ customType, content, display, details }: CustomMessage): NewEntry {
  return { type: "custom_message", customType, content, display, ...defined({ details }) };
}

/** A credential that cannot be had (a refused refresh, a model chosen meanwhile) fails the call like any other refusal. */
async function* noAccess(error: unknown): AsyncIterable<StreamEvent> {
  yield { type: "failure", failure: failureOfError(error) };
}

/** Whether an answer is one, and not the remains of a failed call. */
export function isWhole(answer: AssistantMessage): boolean {
  return answer.stopReason !== "error" && answer.stopReason !== "aborted";
}
