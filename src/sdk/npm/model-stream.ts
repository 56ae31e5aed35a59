// One model call for callers of the library: events as they come, the message at the end. Made by `ModelRuntime.stream`.
// Invariant: a call that fails is an answer with `stopReason` `error` or `aborted` and an `errorMessage`; nothing rejects.

import { defined } from "../../contracts/defined.ts";
import { messageOf } from "../../contracts/error.ts";
import type { AssistantMessage, Message, ModelMessage, ToolDeclaration } from "../../contracts/message.ts";
import { clampThinkingLevel, type Model, type ThinkingLevel } from "../../contracts/model.ts";
import type { Credential } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import type { AssistantMessageEvent, StreamEvent } from "../../contracts/stream-event.ts";

/** What a model is shown. */
export interface Context {
  systemPrompt?: string;
  /** Others than of user, assistant and tools are put into words, or left out. */
  messages: readonly Message[];
  tools?: readonly ToolDeclaration[];
}

export interface ModelStreamOptions {
  signal?: AbortSignal;
  /** Output tokens. Default: the model's maximum. */
  maxTokens?: number;
  /** Default: the service's own; not told to models that take none. */
  temperature?: number;
  /** `long`: as long as the service offers. Default: as the service does. */
  cacheRetention?: "none" | "short" | "long";
  /** What the calls of one conversation have in common: services keep their beginning by it. */
  sessionId?: string;
  /** The nearest that the model takes. Default `off`. */
  reasoning?: ThinkingLevel;
  /** In place of what is found for the provider. */
  apiKey?: string;
  /** A JSON Schema that the answer has to fit. */
  outputSchema?: Record<string, unknown>;
}

export type ModelStreamEvent =
  | AssistantMessageEvent
  /** The last one. */
  | { type: "done"; reason: "stop" | "length" | "toolUse"; message: AssistantMessage }
  | { type: "error"; reason: "error" | "aborted"; error: AssistantMessage };

export interface ModelCallParts {
  model: Model;
  context: Context;
  options: ModelStreamOptions;
  /** Longest silence in ms; 0: none. */
  silenceMs: number;
  /** The model as a request needs it, and the way to it. */
  access(): Promise<{ model: Model; provider: Provider; credential: Credential; fetch: typeof globalThis.fetch }>;
}

export class ModelStream implements AsyncIterable<ModelStreamEvent> {
  readonly #events: ModelStreamEvent[] = [];
  readonly #result: Promise<AssistantMessage>;
  #isOver = false;
  #wake: (() => void)[] = [];

  constructor(parts: ModelCallParts) {
    this.#result = this.#run(parts);
  }

  /** The answer, whole or failed. */
  result(): Promise<AssistantMessage> {
    return this.#result;
  }

  /** From the first event on, whenever it is asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ModelStreamEvent> {
    for (let at = 0; ; ) {
      const event = this.#events[at];
      if (event !== undefined) {
        at++;
        yield event;
      } else if (this.#isOver) return;
      else await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  async #run(parts: ModelCallParts): Promise<AssistantMessage> {
    const { streamTurn } = await import("../../agent/stream-turn.ts");
    const { modelMessages } = await import("../../harness/conversation/model-messages.ts");
    const { model, context, options, silenceMs } = parts;
    const thinkingLevel = clampThinkingLevel(options.reasoning ?? "off", model);
    const setup = {
      model,
      thinkingLevel,
      stallTimeoutMs: silenceMs,
      stream: (messages: readonly Message[], signal: AbortSignal) => events(parts, thinkingLevel, modelMessages(messages), signal),
    };
    const { message } = await streamTurn(setup, context.messages, options.signal ?? new AbortController().signal, {
      now: () => Date.now(),
      emit: (event) => {
        if (event.type === "message_update") this.#tell(event.assistantMessageEvent);
        return undefined;
      },
    });
    this.#isOver = true;
    this.#tell(lastEvent(message));
    return message;
  }

  #tell(event: ModelStreamEvent): void {
    this.#events.push(event);
    for (const wake of this.#wake.splice(0)) wake();
  }
}

async function* events(
  parts: ModelCallParts,
  thinkingLevel: ThinkingLevel,
  messages: ModelMessage[],
  signal: AbortSignal,
): AsyncIterable<StreamEvent> {
  const { systemPrompt = "", tools = [] } = parts.context;
  const { maxTokens, outputSchema, temperature, cacheRetention, sessionId } = parts.options;
  let found: Awaited<ReturnType<ModelCallParts["access"]>>;
  try {
    found = await parts.access();
  } catch (error) {
    yield { type: "failure", failure: { code: "auth", message: messageOf(error) } };
    return;
  }
  const { model, provider, credential, fetch } = found;
  const request = {
    systemPrompt,
    messages,
    tools: [...tools],
    thinkingLevel,
    ...defined({ maxTokens, outputSchema, temperature, sessionId }),
    ...(cacheRetention === "long" ? { cacheRetention } : {}),
  };
  yield* provider.stream({ model, request, credential, signal, fetch });
}

function lastEvent(message: AssistantMessage): ModelStreamEvent {
  const { stopReason } = message;
  if (stopReason === "error" || stopReason === "aborted") return { type: "error", reason: stopReason, error: message };
  return { type: "done", reason: stopReason === "length" || stopReason === "toolUse" ? stopReason : "stop", message };
}
