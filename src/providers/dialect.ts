// How a server's dialect may differ from the wire format it speaks: the words a vendor row or a configured model says it in.
// Read by the encoders and decoders through resolve-dialect. Field names are those of `compat` in the npm agent's models.json, so that such a
// table counts unchanged as `Model.dialect`. Invariant: data only; an absent field means the format's default below.

/** How a chat completions server is asked to think, and how hard. */
export type ThinkingFormat =
  | "openai" // reasoning_effort
  | "openrouter" // reasoning: { effort } | { enabled: false }
  | "deepseek" // thinking: { type }, reasoning_effort
  | "together" // reasoning: { enabled }, reasoning_effort
  | "zai" // thinking: { type, clear_thinking }, reasoning_effort
  | "qwen" // enable_thinking
  | "qwen-chat-template" // chat_template_kwargs: { enable_thinking, preserve_thinking }
  | "chat-template" // chat_template_kwargs, as chatTemplateKwargs says
  | "baseten" // chat_template_args, as chatTemplateArgs says; else { enable_thinking }
  | "string-thinking" // thinking: the level's word, or "none"
  | "ant-ling" // reasoning: { effort }, where the map has a word for the level
  | "none"; // nothing is said

export interface CompletionsDialect {
  /** Role of the system prompt for reasoning models; `system` where false. */
  supportsDeveloperRole: boolean;
  supportsStore: boolean;
  supportsReasoningEffort: boolean;
  /** `stream_options.include_usage`. */
  supportsUsageInStreaming: boolean;
  /** Where false, a stream that ends without a finish reason is whole. */
  supportsFinishReason: boolean;
  supportsStrictMode: boolean;
  /** `response_format: { type: "json_schema" }`. */
  supportsJsonSchema: boolean;
  maxTokensField: "max_completion_tokens" | "max_tokens";
  /** Part of a prompt by which the service, which counts with a tokenizer of its own, may count more than the model's maker has. */
  promptCountSpare: number;
  /** Tool results carry `name`. */
  requiresToolResultName: boolean;
  /** A user message may not follow a tool result directly. */
  requiresAssistantAfterToolResult: boolean;
  /** An assistant message of tool calls alone has content "" and not null. */
  requiresNonNullAssistantContent: boolean;
  /** `tools: []` is sent where the history has calls but the request has no tools. */
  requiresToolsWithToolHistory: boolean;
  /** Own thinking is replayed as text in `<thinking>` tags. */
  requiresThinkingAsText: boolean;
  /** Every replayed assistant message carries `reasoning_content`, empty if need be. */
  requiresReasoningContentOnAssistantMessages: boolean;
  thinkingFormat: ThinkingFormat;
  /** Values as given; `{ $var, omitWhenOff? }` is filled in with thinking.enabled, thinking.effort or thinking.budget. */
  chatTemplateKwargs?: Record<string, unknown>;
  chatTemplateArgs?: Record<string, unknown>;
  /** Field that limits the tokens to think with; `supportsThinkingTokenBudget` stands for thinking_token_budget. */
  thinkingTokenBudgetField?: string;
  supportsThinkingTokenBudget: boolean;
  /** Tool call ids: the general form, or exactly nine letters and digits. */
  toolCallIdFormat: "openai" | "mistral";
  /** `cache_control` marks as Anthropic's, on the system prompt, the last tool and the last user message. */
  cacheControlFormat: "anthropic" | "none";
  /** `prompt_cache_key`. */
  promptCacheKeyMode: "auto" | "enabled" | "disabled";
  /** Takes `prompt_cache_retention: "24h"`, and `ttl` on cache marks. */
  supportsLongCacheRetention: boolean;
  sendSessionAffinityHeaders: boolean;
  sessionAffinityFormat: "openai" | "openai-nosession" | "openrouter";
  /** vLLM's `priority`. */
  vllmPriority?: number;
  /** z.ai: tool arguments come in fragments only when asked for. */
  zaiToolStream: boolean;
  /** OpenRouter's `provider` field, as given. */
  openRouterRouting?: Record<string, unknown>;
  /** Vercel AI Gateway's `providerOptions.gateway`, as given. */
  vercelGatewayRouting?: Record<string, unknown>;
  /** Appended to a base URL that does not end in it. */
  versionPath: string;
  credentialHeader: CredentialHeader;
}

/** `cf-aig-authorization` holds a bearer token, too: Cloudflare's gateway leaves `authorization` to the maker behind it. */
export type CredentialHeader = "bearer" | "api-key" | "x-api-key" | "cf-aig-authorization";

export interface ResponsesDialect {
  supportsDeveloperRole: boolean;
  supportsStrictMode: boolean;
  supportsJsonSchema: boolean;
  supportsMaxOutputTokens: boolean;
  promptCacheKeyMode: "auto" | "enabled" | "disabled";
  supportsLongCacheRetention: boolean;
  /** How that is asked for: `prompt_cache_options`, else `prompt_cache_retention`. */
  supportsExplicitPromptCacheMode: boolean;
  sessionAffinityFormat: "openai" | "openai-nosession" | "openrouter";
  versionPath: string;
  credentialHeader: CredentialHeader;
  /** What `strict` says of a tool whose schema is not. */
  strictWhereLoose: false | null;
  /** Fields of every request beside those of the format. */
  extraBody: Readonly<Record<string, unknown>>;
}

export interface AnthropicDialect {
  /** `eager_input_streaming` on each tool. */
  supportsEagerToolInputStreaming: boolean;
  supportsCacheControlOnTools: boolean;
  /** `cache_control.ttl`. */
  supportsLongCacheRetention: boolean;
  /** `strict` on tools whose schema can be closed. */
  supportsStrictTools: boolean;
  supportsTemperature: boolean;
  /** `thinking.display`. */
  supportsThinkingDisplay: boolean;
  /** `output_config.format`. */
  supportsJsonSchema: boolean;
  /** `thinking: { type: "adaptive" }` with `output_config.effort`. Absent: decided by the model's id. */
  forceAdaptiveThinking?: boolean;
  /** Thinking is replayed although its signature is empty. */
  allowEmptySignature: boolean;
  sendSessionAffinityHeaders: boolean;
  sessionAffinityFormat: "session-affinity" | "openrouter";
  credentialHeader: CredentialHeader;
}

/** What a vendor's row may say, by wire format. */
export interface VendorDialect {
  "openai-completions"?: Partial<CompletionsDialect>;
  "openai-responses"?: Partial<ResponsesDialect>;
  "anthropic-messages"?: Partial<AnthropicDialect>;
}

/** OpenAI's own service. */
export const completionsDefaults: CompletionsDialect = {
  supportsDeveloperRole: true,
  supportsStore: true,
  supportsReasoningEffort: true,
  supportsUsageInStreaming: true,
  supportsFinishReason: true,
  supportsStrictMode: true,
  supportsJsonSchema: true,
  maxTokensField: "max_completion_tokens",
  promptCountSpare: 0,
  requiresToolResultName: false,
  requiresAssistantAfterToolResult: false,
  requiresNonNullAssistantContent: false,
  requiresToolsWithToolHistory: false,
  requiresThinkingAsText: false,
  requiresReasoningContentOnAssistantMessages: false,
  thinkingFormat: "openai",
  supportsThinkingTokenBudget: false,
  toolCallIdFormat: "openai",
  cacheControlFormat: "none",
  promptCacheKeyMode: "auto",
  supportsLongCacheRetention: true,
  sendSessionAffinityHeaders: false,
  sessionAffinityFormat: "openai",
  zaiToolStream: false,
  versionPath: "",
  credentialHeader: "bearer",
};

/** A server of which nothing is known but that it speaks chat completions: only what every imitator takes. */
export const unknownCompletions: Partial<CompletionsDialect> = {
  supportsDeveloperRole: false,
  supportsStore: false,
  supportsStrictMode: false,
  supportsJsonSchema: false,
  maxTokensField: "max_tokens",
  promptCacheKeyMode: "disabled",
  supportsLongCacheRetention: false,
};

export const responsesDefaults: ResponsesDialect = {
  supportsDeveloperRole: true,
  supportsStrictMode: true,
  supportsJsonSchema: true,
  supportsMaxOutputTokens: true,
  strictWhereLoose: false,
  extraBody: {},
  promptCacheKeyMode: "auto",
  supportsLongCacheRetention: true,
  supportsExplicitPromptCacheMode: false,
  sessionAffinityFormat: "openai",
  versionPath: "",
  credentialHeader: "bearer",
};

/** Anthropic's own service. */
export const anthropicDefaults: AnthropicDialect = {
  supportsEagerToolInputStreaming: true,
  supportsCacheControlOnTools: true,
  supportsLongCacheRetention: true,
  supportsStrictTools: false,
  supportsTemperature: true,
  supportsThinkingDisplay: true,
  supportsJsonSchema: true,
  allowEmptySignature: false,
  sendSessionAffinityHeaders: false,
  sessionAffinityFormat: "session-affinity",
  credentialHeader: "x-api-key",
};

/** A server that imitates Anthropic's: the format as it was in its first years. */
export const unknownAnthropic: Partial<AnthropicDialect> = {
  supportsEagerToolInputStreaming: false,
  supportsThinkingDisplay: false,
  supportsJsonSchema: false,
};
