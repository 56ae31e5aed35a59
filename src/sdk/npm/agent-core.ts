// One conversation with the agent loop and nothing else: no files, no session, no settings; names follow the npm agent's core. Imported by
// extensions and `pi`. Invariant: one run at a time; listeners are told in order, and what they are told is in `state` already.

import type { QueueMode } from "../../agent/message-queue.ts";
import type { ImageContent } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import {
  type AgentCoreEvent,
  type AgentLoopConfig,
  type AgentMessage,
  type AgentTool,
  runAgentLoop,
  runAgentLoopContinue,
  type StreamFn,
} from "./agent-loop.ts";

export interface AgentState {
  systemPrompt: string;
  model: Model;
  thinkingLevel: ThinkingLevel;
  tools: AgentTool[];
  messages: AgentMessage[];
  readonly isStreaming: boolean;
  readonly streamingMessage?: AgentMessage | undefined;
  readonly pendingToolCalls: ReadonlySet<string>;
  readonly errorMessage?: string | undefined;
}

export interface AgentOptions extends Omit<AgentLoopConfig, "model" | "reasoning" | "getSteeringMessages" | "getFollowUpMessages"> {
  initialState?: Partial<Pick<AgentState, "systemPrompt" | "model" | "thinkingLevel" | "tools" | "messages">>;
  streamFn?: StreamFn;
  steeringMode?: QueueMode;
  followUpMode?: QueueMode;
}

type Listener = (event: AgentCoreEvent, signal: AbortSignal) => void | Promise<void>;

export class Agent {
  readonly #options: AgentOptions;
  readonly #listeners = new Set<Listener>();
  readonly #state: { -readonly [Key in keyof AgentState]: AgentState[Key] };
  #steering: AgentMessage[] = [];
  #followUps: AgentMessage[] = [];
  #running: { abort: AbortController; done: Promise<void> } | undefined;
  steeringMode: QueueMode;
  followUpMode: QueueMode;

  constructor(options: AgentOptions = {}) {
    const { initialState = {} } = options;
    this.#options = options;
    this.steeringMode = options.steeringMode ?? "one-at-a-time";
    this.followUpMode = options.followUpMode ?? "one-at-a-time";
    this.#state = {
      systemPrompt: initialState.systemPrompt ?? "",
      model: initialState.model as Model,
      thinkingLevel: initialState.thinkingLevel ?? "off",
      tools: [...(initialState.tools ?? [])],
      messages: [...(initialState.messages ?? [])],
      isStreaming: false,
      streamingMessage: undefined,
      pendingToolCalls: new Set<string>(),
      errorMessage: undefined,
    };
  }

  /** What is set in it holds from the next turn on. */
  get state(): AgentState {
    return this.#state;
  }

  /** Of the run that goes on. */
  get signal(): AbortSignal | undefined {
    return this.#running?.abort.signal;
  }

  /** Returns the remover. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Rejects while a run goes on, and without a model. */
  async prompt(said: string | AgentMessage | readonly AgentMessage[], images: readonly ImageContent[] = []): Promise<void> {
    const messages: AgentMessage[] =
      typeof said === "string"
        ? [{ role: "user", content: [{ type: "text", text: said }, ...images], timestamp: Date.now() }]
        : Array.isArray(said)
          ? [...said]
          : [said as AgentMessage];
    await this.#run(messages);
  }

  /** Goes on from where the messages stand; behind an answer, with what is queued. */
  async continue(): Promise<void> {
    if (this.#state.messages.at(-1)?.role !== "assistant") return this.#run(undefined);
    const queued = [...this.#take("steering"), ...this.#take("followUps")];
    if (queued.length === 0) throw new Error("Cannot continue from message role: assistant");
    return this.#run(queued);
  }

  steer(message: AgentMessage): void {
    this.#steering.push(message);
  }

  followUp(message: AgentMessage): void {
    this.#followUps.push(message);
  }

  clearSteeringQueue(): void {
    this.#steering = [];
  }

  clearFollowUpQueue(): void {
    this.#followUps = [];
  }

  clearAllQueues(): void {
    this.clearSteeringQueue();
    this.clearFollowUpQueue();
  }

  hasQueuedMessages(): boolean {
    return this.#steering.length + this.#followUps.length > 0;
  }

  abort(): void {
    this.#running?.abort.abort();
  }

  async waitForIdle(): Promise<void> {
    await this.#running?.done;
  }

  /** Messages and queues are gone; model, prompt and tools stay. */
  reset(): void {
    this.#state.messages = [];
    this.#state.errorMessage = undefined;
    this.clearAllQueues();
  }

  #take(queue: "steering" | "followUps"): AgentMessage[] {
    const [waiting, mode] = queue === "steering" ? [this.#steering, this.steeringMode] : [this.#followUps, this.followUpMode];
    return waiting.splice(0, mode === "all" ? waiting.length : 1);
  }

  async #run(prompts: readonly AgentMessage[] | undefined): Promise<void> {
    if (this.#running !== undefined) throw new Error("Agent is already processing. Use steer() or followUp() to queue messages.");
    if (this.#state.model === undefined) throw new Error("No model: set state.model first");
    const abort = new AbortController();
    const { streamFn, initialState: _, steeringMode: __, followUpMode: ___, ...options } = this.#options;
    const state = this.#state;
    const config: AgentLoopConfig = {
      ...options,
      get model() {
        return state.model;
      },
      get reasoning() {
        return state.thinkingLevel;
      },
      getSteeringMessages: () => this.#take("steering"),
      getFollowUpMessages: () => this.#take("followUps"),
    };
    const context = {
      messages: [...state.messages],
      get systemPrompt() {
        return state.systemPrompt;
      },
      get tools() {
        return state.tools;
      },
    };
    const tell = (event: AgentCoreEvent): Promise<void> => this.#tell(event, abort.signal);
    state.isStreaming = true;
    state.errorMessage = undefined;
    const done =
      prompts === undefined
        ? Promise.resolve().then(() => runAgentLoopContinue(context, config, tell, abort.signal, streamFn))
        : runAgentLoop(prompts, context, config, tell, abort.signal, streamFn);
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.#running = { abort, done: settled };
    try {
      await done;
    } finally {
      state.isStreaming = false;
      state.streamingMessage = undefined;
      state.pendingToolCalls = new Set();
      this.#running = undefined;
    }
  }

  async #tell(event: AgentCoreEvent, signal: AbortSignal): Promise<void> {
    const state = this.#state;
    if (event.type === "message_start") state.streamingMessage = event.message.role === "assistant" ? event.message : undefined;
    else if (event.type === "message_update") state.streamingMessage = event.message;
    else if (event.type === "message_end") {
      state.streamingMessage = undefined;
      state.messages.push(event.message);
      if (event.message.role === "assistant" && event.message.errorMessage !== undefined) state.errorMessage = event.message.errorMessage;
    } else if (event.type === "tool_execution_start") state.pendingToolCalls = new Set([...state.pendingToolCalls, event.toolCallId]);
    else if (event.type === "tool_execution_end")
      state.pendingToolCalls = new Set([...state.pendingToolCalls].filter((id) => id !== event.toolCallId));
    for (const listener of this.#listeners) await listener(event, signal);
  }
}
