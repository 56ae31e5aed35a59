// `@earendil-works/pi-ai` for extensions: model calls, streams, schemas; services that there are none of stand in. Loaded when one imports it.

import { version } from "../../contracts/version.ts";
import { anthropicMessagesApi, googleGenerativeAIApi, openAICompletionsApi, openAIResponsesApi } from "../npm/api-providers.ts";
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
  createProvider,
  getApiProvider,
  getApiProviders,
  googleGenerativeAIApi,
  openAICompletionsApi,
  openAIResponsesApi,
  registerApiProvider,
  resetApiProviders,
  unregisterApiProviders,
} from "../npm/api-providers.ts";
export { AssistantMessageEventStream, createAssistantMessageEventStream, EventStream } from "../npm/event-stream.ts";
export { complete, completeSimple, getModels, getProviders, stream, streamSimple } from "../npm/model-calls.ts";
export { getModel } from "../npm/model-runtime.ts";
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

export class ModelsError extends Error {}

// What needs a terminal, or a service that there is none of.
export const InMemoryCredentialStore = standInClass("InMemoryCredentialStore");
export const InMemoryModelsStore = standInClass("InMemoryModelsStore");
export const StreamingJsonParser = standInClass("StreamingJsonParser");
export const appendAssistantMessageDiagnostic = standInFunction("appendAssistantMessageDiagnostic");
export const azureOpenAIResponsesApi = standInFunction("azureOpenAIResponsesApi");
export const bedrockConverseStreamApi = standInFunction("bedrockConverseStreamApi");
export const cleanupSessionResources = standInFunction("cleanupSessionResources");
export const createAssistantMessageDiagnostic = standInFunction("createAssistantMessageDiagnostic");
export const createFauxCore = standInFunction("createFauxCore");
export const createInitialSystemMessage = standInFunction("createInitialSystemMessage");
export const createModels = standInFunction("createModels");
export const declarationsEqual = standInFunction("declarationsEqual");
export const defaultProviderAuthContext = standInFunction("defaultProviderAuthContext");
export const envApiKeyAuth = standInFunction("envApiKeyAuth");
export const evaluateCacheWarming = standInFunction("evaluateCacheWarming");
export const extractDiagnosticError = standInFunction("extractDiagnosticError");
export const fauxAssistantMessage = standInFunction("fauxAssistantMessage");
export const fauxProvider = standInFunction("fauxProvider");
export const fauxText = standInFunction("fauxText");
export const fauxThinking = standInFunction("fauxThinking");
export const fauxToolCall = standInFunction("fauxToolCall");
export const formatThrownValue = standInFunction("formatThrownValue");
export const formatUserAgent = standInFunction("formatUserAgent");
export const generateImages = standInFunction("generateImages");
export const generateImagesOpenRouter = standInFunction("generateImagesOpenRouter");
export const getAttributionHeaders = standInFunction("getAttributionHeaders");
export const getCacheWarmingDelayMs = standInFunction("getCacheWarmingDelayMs");
export const getCacheWarmingRequestOptions = standInFunction("getCacheWarmingRequestOptions");
export const getClientVersion = standInFunction("getClientVersion");
export const getDeclaredTools = standInFunction("getDeclaredTools");
export const getIdentityHeaders = standInFunction("getIdentityHeaders");
export const getImageModel = standInFunction("getImageModel");
export const getImageModels = standInFunction("getImageModels");
export const getImageProviders = standInFunction("getImageProviders");
export const getImagesApiProvider = standInFunction("getImagesApiProvider");
export const getInitialSystemMessage = standInFunction("getInitialSystemMessage");
export const getOpenCodeSessionHeaders = standInFunction("getOpenCodeSessionHeaders");
export const getOverflowPatterns = standInFunction("getOverflowPatterns");
export const getPromptCacheTtlMs = standInFunction("getPromptCacheTtlMs");
export const getSystemMessageText = standInFunction("getSystemMessageText");
export const getToolStateChanges = standInFunction("getToolStateChanges");
export const googleVertexApi = standInFunction("googleVertexApi");
export const hasNonAdditiveToolChanges = standInFunction("hasNonAdditiveToolChanges");
export const hasToolRedefinitions = standInFunction("hasToolRedefinitions");
export const isCacheWarmingReplayable = standInFunction("isCacheWarmingReplayable");
export const lazyApi = standInFunction("lazyApi");
export const lazyOAuth = standInFunction("lazyOAuth");
export const lazyStream = standInFunction("lazyStream");
export const mergeClientIdentity = standInFunction("mergeClientIdentity");
export const mistralConversationsApi = standInFunction("mistralConversationsApi");
export const normalizeContext = standInFunction("normalizeContext");
export const openAICodexResponsesApi = standInFunction("openAICodexResponsesApi");
export const parseToolCallArguments = standInFunction("parseToolCallArguments");
export const piMessagesApi = standInFunction("piMessagesApi");
export const registerBuiltInApiProviders = standInFunction("registerBuiltInApiProviders");
export const registerBuiltInImagesApiProviders = standInFunction("registerBuiltInImagesApiProviders");
export const registerFauxProvider = standInFunction("registerFauxProvider");
export const registerImagesApiProvider = standInFunction("registerImagesApiProvider");
export const registerSessionResourceCleanup = standInFunction("registerSessionResourceCleanup");
export const renderSystemMessageUpdate = standInFunction("renderSystemMessageUpdate");
export const repairJson = standInFunction("repairJson");
export const resolveTranscript = standInFunction("resolveTranscript");
export const resolveTranscriptTools = standInFunction("resolveTranscriptTools");
export const retryAssistantCall = standInFunction("retryAssistantCall");
export const retryDelayMs = standInFunction("retryDelayMs");
export const setBedrockProviderLoader = standInFunction("setBedrockProviderLoader");
export const setBedrockProviderModule = standInFunction("setBedrockProviderModule");
export const streamAzureOpenAIResponses = standInFunction("streamAzureOpenAIResponses");
export const streamGoogleVertex = standInFunction("streamGoogleVertex");
export const streamMistral = standInFunction("streamMistral");
export const streamOpenAICodexResponses = standInFunction("streamOpenAICodexResponses");
export const streamSimpleAzureOpenAIResponses = standInFunction("streamSimpleAzureOpenAIResponses");
export const streamSimpleGoogleVertex = standInFunction("streamSimpleGoogleVertex");
export const streamSimpleMistral = standInFunction("streamSimpleMistral");
export const streamSimpleOpenAICodexResponses = standInFunction("streamSimpleOpenAICodexResponses");
export const withClientIdentity = standInFunction("withClientIdentity");
