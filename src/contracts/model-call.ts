// One model call outside of a conversation: what is asked, and the answer as it comes. Of extensions and callers of the library; made by
// harness/models/model-stream. Invariant: a call that fails is an answer with `stopReason` `error` or `aborted`; nothing rejects.

import type { AssistantMessage, Message, ToolDeclaration } from "./message.ts";
import type { ThinkingLevel } from "./model.ts";
import type { AssistantMessageEvent } from "./stream-event.ts";

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
  /** The nearest that the model takes. Default `off`. */
  reasoning?: ThinkingLevel;
  /** The same, as the npm agent's OpenAI calls name it. */
  reasoningEffort?: ThinkingLevel;
  /** In place of what is found for the provider. */
  apiKey?: string;
  /** Sent with the request. */
  headers?: Record<string, string>;
  /** What the calls of one conversation have in common: services keep their beginning by it. */
  sessionId?: string;
  /** A JSON Schema that the answer has to fit. */
  outputSchema?: Record<string, unknown>;
}

export type ModelStreamEvent =
  | AssistantMessageEvent
  /** The last one. */
  | { type: "done"; reason: "stop" | "length" | "toolUse"; message: AssistantMessage }
  | { type: "error"; reason: "error" | "aborted"; error: AssistantMessage };

/** Its events from the first one on, whenever they are asked for. */
export interface ModelAnswer extends AsyncIterable<ModelStreamEvent> {
  /** The answer, whole or failed. */
  result(): Promise<AssistantMessage>;
}
