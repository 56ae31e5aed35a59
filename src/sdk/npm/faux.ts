// A provider that answers what a test has given it, under the npm agent's names. Imported by extensions and by their tests.
// Invariant: an answer is given once, in order; one call too many is an answer that says so.

import { defined } from "../../contracts/defined.ts";
import type { AssistantContent, AssistantMessage } from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";
import type { Context, ModelStreamOptions } from "../../contracts/model-call.ts";
import { emptyUsage } from "../../contracts/usage.ts";
import { AssistantMessageEventStream } from "./event-stream.ts";
import { registeredApis, type StreamFunction } from "./registered-apis.ts";

type Block = AssistantContent;
type Fact = Partial<Pick<AssistantMessage, "stopReason" | "errorMessage" | "timestamp" | "responseId">>;

/** A message, or what makes one of the call. */
export type FauxResponse =
  | AssistantMessage
  | ((
      context: Context,
      options: ModelStreamOptions | undefined,
      state: { callCount: number },
      model: Model,
    ) => AssistantMessage | Promise<AssistantMessage>);

export interface FauxOptions {
  api?: string;
  provider?: string;
  models?: (Partial<Model> & { id: string })[];
}

export interface FauxProvider {
  api: string;
  models: Model[];
  getModel(id?: string): Model | undefined;
  state: { callCount: number };
  setResponses(responses: readonly FauxResponse[]): void;
  appendResponses(responses: readonly FauxResponse[]): void;
  getPendingResponseCount(): number;
  unregister(): void;
}

let count = 0;

export const fauxText = (text: string): Block => ({ type: "text", text });
export const fauxThinking = (thinking: string): Block => ({ type: "thinking", thinking });
export const fauxToolCall = (
  name: string,
  args: Record<string, unknown>,
  { id = `faux-call-${++count}` }: { id?: string } = {},
): Block => ({
  type: "toolCall",
  id,
  name,
  arguments: args,
});

export function fauxAssistantMessage(content: string | Block | readonly Block[], facts: Fact = {}): AssistantMessage {
  const blocks = typeof content === "string" ? [fauxText(content)] : Array.isArray(content) ? [...content] : [content as Block];
  return {
    role: "assistant",
    content: blocks,
    api: "faux",
    provider: "faux",
    model: "faux-1",
    usage: emptyUsage(),
    stopReason: "stop",
    timestamp: Date.now(),
    ...defined(facts),
  };
}

/** Calls of its models by `stream`, `complete` and kin are answered by it until it is unregistered. */
export function registerFauxProvider({
  api = `faux:${++count}`,
  provider = "faux",
  models = [{ id: "faux-1" }],
}: FauxOptions = {}): FauxProvider {
  const known = models.map(
    (model): Model => ({
      name: "Faux Model",
      api,
      provider,
      baseUrl: "http://localhost:0",
      reasoning: false,
      input: ["text", "image"],
      contextWindow: 128_000,
      maxTokens: 16_384,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      ...model,
    }),
  );
  const responses: FauxResponse[] = [];
  const state = { callCount: 0 };
  const call: StreamFunction = (model, context, options) => {
    state.callCount++;
    const events = new AssistantMessageEventStream();
    const next = responses.shift() ?? fauxAssistantMessage([], { stopReason: "error", errorMessage: "No more faux responses queued" });
    const answered = async (): Promise<void> => {
      const answer = typeof next === "function" ? await next(context, options, state, model) : next;
      tell({ ...answer, api: model.api, provider: model.provider, model: model.id }, events, options?.signal);
    };
    answered().catch((error: unknown) =>
      tell(fauxAssistantMessage([], { stopReason: "error", errorMessage: error instanceof Error ? error.message : String(error) }), events),
    );
    return events;
  };
  registeredApis.set(api, { api, stream: call, streamSimple: call });
  return {
    api,
    models: known,
    getModel: (id = known[0]?.id) => known.find((model) => model.id === id),
    state,
    setResponses: (given) => void responses.splice(0, responses.length, ...given),
    appendResponses: (given) => void responses.push(...given),
    getPendingResponseCount: () => responses.length,
    unregister: () => void registeredApis.delete(api),
  };
}

function tell(message: AssistantMessage, events: AssistantMessageEventStream, signal?: AbortSignal): void {
  if (signal?.aborted) {
    const error: AssistantMessage = { ...message, content: [], stopReason: "aborted", errorMessage: "Request was aborted" };
    events.push({ type: "error", reason: "aborted", error });
    return;
  }
  events.push({ type: "start", partial: { ...message, content: [] } });
  message.content.forEach((block, contentIndex) => {
    const partial = { ...message, content: message.content.slice(0, contentIndex + 1) };
    const say = (type: string, fields: object = {}): void => events.push({ type, contentIndex, partial, ...fields });
    if (block.type === "toolCall") {
      say("toolcall_start", { id: block.id, toolName: block.name });
      say("toolcall_delta", { delta: JSON.stringify(block.arguments) });
      say("toolcall_end", { toolCall: block });
      return;
    }
    const text = block.type === "text" ? block.text : block.thinking;
    const kind = block.type;
    say(`${kind}_start`);
    say(`${kind}_delta`, { delta: text });
    say(`${kind}_end`, { content: text });
  });
  const { stopReason } = message;
  if (stopReason === "error" || stopReason === "aborted") events.push({ type: "error", reason: stopReason, error: message });
  else events.push({ type: "done", reason: stopReason, message });
}
