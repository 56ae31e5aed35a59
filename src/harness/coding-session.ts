// One conversation of the product: the agent, its record on disk, its model and tools, behind one facade. Made by create-session, driven by
// modes and SDK users. Invariant: what listeners are told is on disk already; one run at a time; `agent_settled` is the last event of a run.

import { Agent } from "../agent/agent.ts";
import type { LoopResult } from "../agent/loop.ts";
import type { Validation } from "../agent/run-tools.ts";
import type { AgentEvent } from "../contracts/agent-event.ts";
import { PiError } from "../contracts/error.ts";
import type { ImageContent, Message, ToolCall, UserContent, UserMessage } from "../contracts/message.ts";
import type { Model, ThinkingLevel } from "../contracts/model.ts";
import { clampThinkingLevel } from "../contracts/model.ts";
import type { Credential, ModelRequest } from "../contracts/model-request.ts";
import type { Outcome } from "../contracts/outcome.ts";
import type { Provider } from "../contracts/provider.ts";
import type { Tool, ToolContext } from "../contracts/tool.ts";
import type { Session } from "../session/session.ts";
import type { RetrySettings } from "./auto-retry.ts";
import { retryDelayMs, waitFor } from "./auto-retry.ts";
import type { Limits } from "./budget.ts";
import { Budget } from "./budget.ts";
import { modelMessages } from "./model-messages.ts";
import { runOutcome } from "./run-outcome.ts";
import type { PromptParts } from "./system-prompt.ts";
import { promptSections, promptText, systemChange, systemStateOf } from "./system-prompt.ts";

export interface ModelAccess {
  provider: Provider;
  credential: Credential;
  fetch: typeof globalThis.fetch;
}

export interface CodingSessionDeps {
  session: Session;
  model: Model;
  thinkingLevel: ThinkingLevel;
  /** All tools there are, and the names of those the model gets. */
  tools: readonly Tool[];
  activeToolNames: readonly string[];
  validate(tool: Tool, args: unknown): Promise<Validation>;
  toolContext: Omit<ToolContext, "toolCallId" | "signal" | "onUpdate" | "acceptsImages">;
  prompt: Omit<PromptParts, "tools">;
  /** What a prompt stands for (`/template …`); the text itself when absent. */
  expand?(text: string): Promise<string>;
  /** The final answer must be JSON valid against this JSON Schema. */
  outputSchema?: Record<string, unknown>;
  /** Loads the wire format and finds the credential of a model; rejects with a PiError that says what is missing. */
  access(model: Model): Promise<ModelAccess>;
  retry: RetrySettings;
  limits: Limits;
  /** Longest silence in ms; 0: none. */
  stall: { modelMs: number; toolMs: number };
  clock: { now(): number; random(): number };
}

export type SessionListener = (event: AgentEvent) => Promise<void> | undefined | void;

export interface PromptOptions {
  images?: readonly ImageContent[];
  /** What to do with a prompt that comes while a run is going; without it such a prompt is refused. */
  streamingBehavior?: "steer" | "followUp";
}

export class CodingSession {
  readonly session: Session;
  readonly #deps: CodingSessionDeps;
  readonly #agent: Agent;
  readonly #budget: Budget;
  readonly #listeners = new Set<SessionListener>();
  #model: Model;
  #thinkingLevel: ThinkingLevel;
  #activeToolNames: readonly string[];
  #running: { done: Promise<Outcome>; abort: AbortController } | undefined;
  #isBilled = true;
  retryCount = 0;
  isAutoRetryEnabled: boolean;

  constructor(deps: CodingSessionDeps) {
    this.#deps = deps;
    this.session = deps.session;
    this.#model = deps.model;
    this.#thinkingLevel = clampThinkingLevel(deps.thinkingLevel, deps.model);
    this.#activeToolNames = deps.activeToolNames;
    this.isAutoRetryEnabled = deps.retry.enabled;
    this.#budget = new Budget(deps.limits);
    this.#agent = new Agent({
      emit: (event) => this.#emit(event),
      now: () => deps.clock.now(),
      turn: async () => {
        const access = await deps.access(this.#model);
        this.#isBilled = access.credential.kind !== "bearer";
        const { model, thinkingLevel } = { model: this.#model, thinkingLevel: this.#thinkingLevel };
        return {
          model,
          thinkingLevel,
          stallTimeoutMs: deps.stall.modelMs,
          stream: (messages, signal) =>
            access.provider.stream({ model, request: this.request(messages), credential: access.credential, signal, fetch: access.fetch }),
        };
      },
      tools: () => ({
        tools: this.activeTools,
        validate: deps.validate,
        stallTimeoutMs: deps.stall.toolMs,
        context: (call, signal, onUpdate) => this.#toolContext(call, signal, onUpdate),
      }),
      shouldStop: () => this.#budget.isReached(),
    });
    this.#restore();
  }

  get model(): Model {
    return this.#model;
  }

  get thinkingLevel(): ThinkingLevel {
    return this.#thinkingLevel;
  }

  get outputSchema(): Record<string, unknown> | undefined {
    return this.#deps.outputSchema;
  }

  get messages(): readonly Message[] {
    return this.#agent.messages;
  }

  get isStreaming(): boolean {
    return this.#running !== undefined;
  }

  get activeTools(): Tool[] {
    return this.#deps.tools.filter((tool) => this.#activeToolNames.includes(tool.name));
  }

  get pendingMessageCount(): number {
    return this.#agent.steering.size + this.#agent.followUps.size;
  }

  /** Returns the remover. A listener that answers with a promise slows the run down to its pace. */
  subscribe(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the run has settled; a queued prompt resolves with the run it joined. */
  prompt(text: string, options: PromptOptions = {}): Promise<Outcome> {
    const message = this.#userMessage(text, options.images);
    if (this.#running) {
      if (!options.streamingBehavior) {
        throw new PiError(
          "session.busy_run",
          "Agent is already processing. Specify streamingBehavior ('steer' or 'followUp') to queue the message.",
        );
      }
      if (options.streamingBehavior === "steer") this.#agent.steer(message);
      else this.#agent.followUp(message);
      return this.#running.done;
    }
    const abort = new AbortController();
    const running = { abort, done: this.#run(message, abort.signal) };
    this.#running = running;
    return running.done.finally(() => {
      this.#running = undefined;
    });
  }

  /** What a text stands for when it is typed as a prompt: templates and skills filled in. */
  async expand(text: string): Promise<string> {
    return this.#deps.expand === undefined ? text : this.#deps.expand(text);
  }

  steer(text: string, images?: readonly ImageContent[]): void {
    this.#agent.steer(this.#userMessage(text, images));
  }

  followUp(text: string, images?: readonly ImageContent[]): void {
    this.#agent.followUp(this.#userMessage(text, images));
  }

  clearQueue(): { steering: string[]; followUp: string[] } {
    return this.#agent.clearQueues();
  }

  /** Stops the run and waits until it has settled. Queued messages stay queued. */
  async abort(): Promise<void> {
    this.#running?.abort.abort();
    this.#agent.abort();
    await this.waitForIdle();
  }

  async waitForIdle(): Promise<void> {
    await this.#running?.done.catch(() => undefined);
  }

  setModel(model: Model): void {
    this.#model = model;
    this.session.append({ type: "model_change", provider: model.provider, modelId: model.id });
    const level = clampThinkingLevel(this.#thinkingLevel, model);
    if (level !== this.#thinkingLevel) this.setThinkingLevel(level);
  }

  /** The level in force: the nearest the model takes. */
  setThinkingLevel(level: ThinkingLevel): ThinkingLevel {
    const clamped = clampThinkingLevel(level, this.#model);
    if (clamped === this.#thinkingLevel) return clamped;
    this.#thinkingLevel = clamped;
    this.session.append({ type: "thinking_level_change", thinkingLevel: clamped });
    void this.#emit({ type: "thinking_level_changed", level: clamped });
    return clamped;
  }

  /** What the model would be asked with these messages: the one place where a request is made up. */
  request(messages: readonly Message[]): ModelRequest {
    const state = systemStateOf(messages);
    return {
      systemPrompt: promptText(state),
      tools: [...state.tools.values()],
      messages: modelMessages(messages),
      thinkingLevel: this.#thinkingLevel,
      sessionId: this.session.id,
      ...(this.#deps.outputSchema === undefined ? {} : { outputSchema: this.#deps.outputSchema }),
    };
  }

  async dispose(): Promise<void> {
    await this.abort();
    this.#budget.stopClock();
    this.#listeners.clear();
    this.session.close();
  }

  /** Takes over what the session file says, and records what this run changes of it. */
  #restore(): void {
    const context = this.session.context();
    this.#agent.messages = context.messages;
    const recorded = context.model;
    if (recorded?.provider !== this.#model.provider || recorded.modelId !== this.#model.id) {
      this.session.append({ type: "model_change", provider: this.#model.provider, modelId: this.#model.id });
    }
    if (context.thinkingLevel !== this.#thinkingLevel) {
      this.session.append({ type: "thinking_level_change", thinkingLevel: this.#thinkingLevel });
    }
  }

  async #run(message: UserMessage, signal: AbortSignal): Promise<Outcome> {
    let outcome: Outcome | undefined;
    try {
      this.#budget.startClock(() => void this.abort());
      outcome = await this.#settle([...this.#systemChange(), message], signal);
      return outcome;
    } finally {
      await this.#emit({ type: "agent_settled", aborted: outcome?.kind === "aborted" });
    }
  }

  /** Runs the loop until it ends for good: an answer, a final failure, an abort, a budget. */
  async #settle(prompts: Message[], signal: AbortSignal): Promise<Outcome> {
    let attempt = 0;
    for (let pending = prompts; ; pending = []) {
      const result = await this.#agent.run(pending);
      const delayMs = this.#nextDelayMs(result, attempt + 1, signal);
      await this.#emit({ type: "agent_end", messages: result.messages, willRetry: delayMs !== undefined });
      if (delayMs === undefined) {
        await this.#endRetries(attempt, result);
        return runOutcome(result, this.#budget.stop);
      }
      attempt++;
      this.retryCount++;
      const retryAt = result.failure?.retryAt;
      await this.#emit({
        type: "auto_retry_start",
        attempt,
        maxAttempts: this.#deps.retry.maxRetries,
        delayMs,
        errorMessage: result.failure?.message ?? "",
        ...(retryAt === undefined ? {} : { retryAt }),
      });
      if (!(await waitFor(delayMs, signal))) {
        await this.#emit({ type: "auto_retry_end", success: false, attempt, finalError: "Retry cancelled" });
        const failure = { code: "aborted" as const, message: "Retry cancelled" };
        return runOutcome({ ...result, failure }, this.#budget.stop);
      }
    }
  }

  async #endRetries(attempt: number, result: LoopResult): Promise<void> {
    if (attempt === 0) return;
    const finalError = result.failure?.message;
    await this.#emit({
      type: "auto_retry_end",
      success: finalError === undefined,
      attempt,
      ...(finalError === undefined ? {} : { finalError }),
    });
  }

  #nextDelayMs(result: LoopResult, attempt: number, signal: AbortSignal): number | undefined {
    if (!result.failure || signal.aborted || this.#budget.stop) return undefined;
    // What was shown cannot be taken back: a stalled answer is only tried again while nothing of it is out.
    if (result.failure.code === "stalled" && result.hasShownContent) return undefined;
    return retryDelayMs(result.failure, attempt, { ...this.#deps.retry, enabled: this.isAutoRetryEnabled }, this.#deps.clock);
  }

  #systemChange(): Message[] {
    const tools = this.activeTools;
    const sections = promptSections({ ...this.#deps.prompt, tools });
    const change = systemChange(systemStateOf(this.#agent.messages), sections, tools, this.#deps.clock.now());
    return change ? [change] : [];
  }

  #userMessage(text: string, images: readonly ImageContent[] = []): UserMessage {
    const content: UserContent[] = [{ type: "text", text }, ...images];
    return { role: "user", content, timestamp: this.#deps.clock.now() };
  }

  #toolContext(call: ToolCall, signal: AbortSignal, onUpdate: ToolContext["onUpdate"]): ToolContext {
    return { ...this.#deps.toolContext, toolCallId: call.id, signal, onUpdate, acceptsImages: this.#model.input.includes("image") };
  }

  /** Disk first, then listeners; a promise only when some listener is slow, since this runs for every delta. */
  #emit(event: AgentEvent): Promise<void> | undefined {
    if (event.type === "message_end") this.session.append({ type: "message", message: event.message });
    else if (event.type === "turn_end") this.#budget.count(event.message, this.#isBilled);
    const slow: Promise<void>[] = [];
    for (const listener of this.#listeners) {
      const waiting = listener(event);
      if (waiting) slow.push(waiting);
    }
    return slow.length === 0 ? undefined : Promise.all(slow).then(() => undefined);
  }
}
