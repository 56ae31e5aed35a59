// What a model is asked: one value built in one place (harness), so that `pi inspect`, the session and the request cannot disagree.

import type { ModelMessage, ToolDeclaration } from "./message.ts";
import type { Model, ThinkingLevel } from "./model.ts";

export interface ModelRequest {
  /** The whole prompt text in force. */
  systemPrompt: string;
  messages: ModelMessage[];
  tools: ToolDeclaration[];
  thinkingLevel: ThinkingLevel;
  /** Tokens to think with at a level, for models that take a budget; the format's own where absent. */
  thinkingBudgets?: Partial<Record<ThinkingLevel, number>>;
  /** The longest that the service offers; its usual one where absent. */
  cacheRetention?: "long";
  /** Where the model takes one; the service's own where absent. */
  temperature?: number;
  /** Stable per session; services use it as a cache key. */
  sessionId?: string;
  /** What the prompt takes, where a service has counted most of it in an earlier answer; guessed from its length when absent. */
  promptTokens?: number;
  /** Output tokens; the model's maximum when absent. */
  maxTokens?: number;
  /** The final answer is JSON valid against this JSON Schema (native schema modes; others are instructed in the prompt). */
  outputSchema?: Record<string, unknown>;
}

/** How to prove who asks, and who pays; the one says nothing of the other. */
export interface Credential {
  /** `own`: in the header of the wire format; `bearer`: as `Authorization: Bearer`. */
  scheme: "own" | "bearer" | "none";
  /** `plan`: a subscription, whose prices are notional and count against no budget. */
  billing: "metered" | "plan";
  value: string;
  /** Where it came from, by name, for `pi inspect` (`ANTHROPIC_API_KEY`, `auth.json`, `--api-key`). */
  source: string;
  /** Of a sign-in: whose it is (an id in auth.json), and where alone it may be sent, with which headers beside it. */
  account?: { id: string; baseUrl: string; headers?: Record<string, string> };
  /** Of a key that an extension has made a request's parts of: the address and headers that belong to it, and variables for the provider's own code. */
  request?: { baseUrl?: string; headers?: Record<string, string>; env?: Record<string, string> };
}

export interface ModelCall {
  model: Model;
  request: ModelRequest;
  credential: Credential;
  signal: AbortSignal;
  /** The platform's fetch, with proxy and CA. */
  fetch: typeof globalThis.fetch;
}
