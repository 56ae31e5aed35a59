// `@earendil-works/pi-ai` for extensions: model calls, streams, schemas; services that there are none of stand in. Loaded when one imports it.

import { version } from "../../contracts/version.ts";
import {
  anthropicMessagesApi,
  azureOpenAIResponsesApi,
  googleGenerativeAIApi,
  mistralConversationsApi,
  openAICodexResponsesApi,
  openAICompletionsApi,
  openAIResponsesApi,
} from "../npm/api-providers.ts";
import { standInClass, standInFunction } from "../npm/stand-in.ts";

export { default as Type } from "typebox";
export {
  findEnvKeys,
  getEnvApiKey,
  getModelType,
  hasApi,
  isContextOverflow,
  isModelType,
  isRecoverableLength,
  isRetryableAssistantError,
  parseJsonWithRepair,
  toToolDeclaration,
  validateToolArguments,
  validateToolCall,
} from "../npm/answer-facts.ts";
export {
  anthropicMessagesApi,
  azureOpenAIResponsesApi,
  createProvider,
  getApiProvider,
  getApiProviders,
  googleGenerativeAIApi,
  lazyApi,
  lazyStream,
  mistralConversationsApi,
  openAICodexResponsesApi,
  openAICompletionsApi,
  openAIResponsesApi,
  registerApiProvider,
  resetApiProviders,
  resetApiProviders as registerBuiltInApiProviders,
  unregisterApiProviders,
} from "../npm/api-providers.ts";
export {
  appendAssistantMessageDiagnostic,
  createAssistantMessageDiagnostic,
  extractDiagnosticError,
  formatThrownValue,
  getClientVersion,
  getOverflowPatterns,
  parseToolCallArguments,
  repairJson,
} from "../npm/diagnostics.ts";
export { AssistantMessageEventStream, createAssistantMessageEventStream, EventStream } from "../npm/event-stream.ts";
export { fauxAssistantMessage, fauxText, fauxThinking, fauxToolCall, registerFauxProvider } from "../npm/faux.ts";
export { complete, completeSimple, getModels, getProviders, stream, streamSimple } from "../npm/model-calls.ts";
export { getModel } from "../npm/model-runtime.ts";
export { defaultProviderAuthContext, envApiKeyAuth, lazyOAuth } from "../npm/provider-auth.ts";
export { cleanupSessionResources, registerSessionResourceCleanup } from "../npm/session-resources.ts";
export {
  createInitialSystemMessage,
  declarationsEqual,
  getDeclaredTools,
  getInitialSystemMessage,
  getSystemMessageText,
  getToolStateChanges,
  hasNonAdditiveToolChanges,
  hasToolRedefinitions,
  normalizeContext,
  renderSystemMessageUpdate,
  resolveTranscript,
  resolveTranscriptTools,
} from "../npm/system-messages.ts";
export {
  calculateCost,
  clampThinkingLevel,
  collapseSystemMessages,
  contentText,
  getCurrentSystemMessage,
  getCurrentSystemPrompt,
  getCurrentTools,
  getSupportedThinkingLevels,
  modelsAreEqual,
  parseStreamingJson,
  StreamingJsonParser,
  StringEnum,
  ToolCallArgumentsStream,
  uuidv7,
  withoutInitialSystemMessage,
} from "../npm/transcript-state.ts";

/** Names of variables; what they hold is read by the configuration alone. */
export const ANTHROPIC_API_KEY_ENV = "ANTHROPIC_API_KEY";
export const ANTHROPIC_AUTH_TOKEN_ENV = "ANTHROPIC_AUTH_TOKEN";
export const ANTHROPIC_FEDERATION_RULE_ID_ENV = "ANTHROPIC_FEDERATION_RULE_ID";
export const ANTHROPIC_IDENTITY_TOKEN_FILE_ENV = "ANTHROPIC_IDENTITY_TOKEN_FILE";
export const ANTHROPIC_OAUTH_TOKEN_ENV = "ANTHROPIC_OAUTH_TOKEN";
export const ANTHROPIC_ORGANIZATION_ID_ENV = "ANTHROPIC_ORGANIZATION_ID";
export const ANTHROPIC_SERVICE_ACCOUNT_ID_ENV = "ANTHROPIC_SERVICE_ACCOUNT_ID";
export const ANTHROPIC_WORKSPACE_ID_ENV = "ANTHROPIC_WORKSPACE_ID";
export const AI_TELEMETRY_SCHEMA = {};
export const CACHE_WARMING_IDLE_CONTINUATION_PROBABILITY = 0;
export const CACHE_WARMING_MAX_AGE_MS = 0;
export const CACHE_WARMING_MAX_IDLE_AGE_MS = 0;
export const CACHE_WARMING_MINIMUM_EXPECTED_SAVINGS = 0;
export const DEFAULT_MAX_AGENT_RETRY_DELAY_MS = 60_000;
export const PI_AI_VERSION = version;
export const PI_ATTRIBUTION = {};

// Calls in one wire format, whatever the model says of its own.
export const { stream: streamAnthropic, streamSimple: streamSimpleAnthropic } = anthropicMessagesApi();
export const { stream: streamGoogle, streamSimple: streamSimpleGoogle } = googleGenerativeAIApi();
export const { stream: streamOpenAICompletions, streamSimple: streamSimpleOpenAICompletions } = openAICompletionsApi();
export const { stream: streamOpenAIResponses, streamSimple: streamSimpleOpenAIResponses } = openAIResponsesApi();
export const { stream: streamAzureOpenAIResponses, streamSimple: streamSimpleAzureOpenAIResponses } = azureOpenAIResponsesApi();
export const { stream: streamOpenAICodexResponses, streamSimple: streamSimpleOpenAICodexResponses } = openAICodexResponsesApi();
export const { stream: streamMistral, streamSimple: streamSimpleMistral } = mistralConversationsApi();

export class ModelsError extends Error {}

// What needs a terminal, or a service that there is none of.
export const InMemoryCredentialStore = standInClass("InMemoryCredentialStore");
export const InMemoryModelsStore = standInClass("InMemoryModelsStore");
export const bedrockConverseStreamApi = standInFunction("bedrockConverseStreamApi");
export const createFauxCore = standInFunction("createFauxCore");
export const createModels = standInFunction("createModels");
export const evaluateCacheWarming = standInFunction("evaluateCacheWarming");
export const fauxProvider = standInFunction("fauxProvider");
export const formatUserAgent = standInFunction("formatUserAgent");
export const generateImages = standInFunction("generateImages");
export const generateImagesOpenRouter = standInFunction("generateImagesOpenRouter");
export const getAttributionHeaders = standInFunction("getAttributionHeaders");
export const getCacheWarmingDelayMs = standInFunction("getCacheWarmingDelayMs");
export const getCacheWarmingRequestOptions = standInFunction("getCacheWarmingRequestOptions");
export const getIdentityHeaders = standInFunction("getIdentityHeaders");
export const getImageModel = standInFunction("getImageModel");
export const getImageModels = standInFunction("getImageModels");
export const getImageProviders = standInFunction("getImageProviders");
export const getImagesApiProvider = standInFunction("getImagesApiProvider");
export const getOpenCodeSessionHeaders = standInFunction("getOpenCodeSessionHeaders");
export const getPromptCacheTtlMs = standInFunction("getPromptCacheTtlMs");
export const googleVertexApi = standInFunction("googleVertexApi");
export const isCacheWarmingReplayable = standInFunction("isCacheWarmingReplayable");
export const mergeClientIdentity = standInFunction("mergeClientIdentity");
export const piMessagesApi = standInFunction("piMessagesApi");
export const registerBuiltInImagesApiProviders = standInFunction("registerBuiltInImagesApiProviders");
export const registerImagesApiProvider = standInFunction("registerImagesApiProvider");
export const retryAssistantCall = standInFunction("retryAssistantCall");
export const retryDelayMs = standInFunction("retryDelayMs");
export const setBedrockProviderLoader = standInFunction("setBedrockProviderLoader");
export const setBedrockProviderModule = standInFunction("setBedrockProviderModule");
export const streamGoogleVertex = standInFunction("streamGoogleVertex");
export const streamSimpleGoogleVertex = standInFunction("streamSimpleGoogleVertex");
export const withClientIdentity = standInFunction("withClientIdentity");
