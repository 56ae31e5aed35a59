// One model call outside of a conversation: events as they come, the message at the end. Made by the library's `ModelRuntime` and for extensions.
// Invariant: a call that fails is an answer with `stopReason` `error` or `aborted` and an `errorMessage`; nothing rejects.

import { defined } from "../../contracts/defined.ts";
import type { AssistantMessage, Message, ModelMessage } from "../../contracts/message.ts";
import { clampThinkingLevel, type Model, type ThinkingLevel } from "../../contracts/model.ts";
import type { Context, ModelAnswer, ModelStreamEvent, ModelStreamOptions } from "../../contracts/model-call.ts";
import type { Credential } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import { failureOfError, type StreamPart } from "../../contracts/stream-event.ts";

export interface ModelCallParts {
  model: Model;
  context: Context;
  options: ModelStreamOptions;
  /** Longest silence in ms; 0: none. */
  silenceMs: number;
  /** The model as a request needs it, and the way to it. */
  access(
    credential: Credential | undefined,
  ): Promise<{ model: Model; provider: Provider; credential: Credential; fetch: typeof globalThis.fetch }>;
}

export class ModelStream implements ModelAnswer {
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
    const { modelMessages } = await import("../conversation/model-messages.ts");
    const { model, context, options, silenceMs } = parts;
    const thinkingLevel = clampThinkingLevel(options.reasoning ?? options.reasoningEffort ?? "off", model);
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
): AsyncIterable<StreamPart> {
  const { promptText, systemStateOf } = await import("../conversation/system-prompt.ts");
  // Transcripts have the prompt and the tools among their messages.
  const said = systemStateOf(parts.context.messages);
  const { systemPrompt = promptText(said), tools = [...said.tools.values()] } = parts.context;
  const { maxTokens, outputSchema, apiKey, headers, temperature, cacheRetention, sessionId } = parts.options;
  let found: Awaited<ReturnType<ModelCallParts["access"]>>;
  try {
    found = await parts.access(apiKey === undefined ? undefined : keyCredential(apiKey));
  } catch (error) {
    yield { type: "failure", failure: failureOfError(error) };
    return;
  }
  const { provider, credential, fetch } = found;
  const model = headers === undefined ? found.model : { ...found.model, headers: { ...found.model.headers, ...headers } };
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

function keyCredential(value: string): Credential {
  return { scheme: "own", billing: "metered", value, source: "apiKey" };
}

function lastEvent(message: AssistantMessage): ModelStreamEvent {
  const { stopReason } = message;
  if (stopReason === "error" || stopReason === "aborted") return { type: "error", reason: stopReason, error: message };
  return { type: "done", reason: stopReason === "length" || stopReason === "toolUse" ? stopReason : "stop", message };
}
