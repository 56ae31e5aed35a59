// `pi`: the agent as a library. Named exports only; what is not exported here or by an entry beside it is nobody's but ours.

export type { AgentEvent, CompactionResult, LoopEvent, SessionEvent } from "./contracts/agent-event.ts";
export { PiError } from "./contracts/error.ts";
export type {
  AnyExtensionTool,
  CommandOptions,
  EventBus,
  Extension,
  ExtensionAPI,
  ExtensionCommandContext,
  ExtensionContext,
  ExtensionError,
  ExtensionFactory,
  ExtensionHandler,
  ExtensionMode,
  ExtensionRuntime,
  ExtensionToolDefinition,
  ExtensionToolResult,
  ExtensionUIContext,
  InlineExtension,
  LoadExtensionsResult,
  ReadonlySessionManager,
  RegisteredCommand,
  ReplacedSessionContext,
  SlashCommandInfo,
  ToolInfo,
} from "./contracts/extension.ts";
export {
  type BeforeAgentStartEvent,
  type BuiltinToolInputs,
  type CompactionPreparation,
  type ExtensionEvent,
  type ExtensionEventName,
  type InputEvent,
  type InputEventResult,
  type InputSource,
  isToolCallEventType,
  type SessionBeforeCompactEvent,
  type SessionShutdownEvent,
  type SessionStartEvent,
  type ToolCallEvent,
  type ToolResultEvent,
} from "./contracts/extension-event.ts";
export type * from "./contracts/message.ts";
export { type Model, type ThinkingLevel, thinkingLevels } from "./contracts/model.ts";
export type { Outcome, OutcomeKind } from "./contracts/outcome.ts";
export {
  type AnyEntry,
  type SessionEntry,
  type SessionHeader,
  sessionVersion as CURRENT_SESSION_VERSION,
} from "./contracts/session-entry.ts";
export type { FileOperations, ShellOperations, Tool, ToolContext, ToolResult } from "./contracts/tool.ts";
export type { Usage } from "./contracts/usage.ts";
export { version, version as VERSION } from "./contracts/version.ts";
export { createExtensionRuntime } from "./extensions/runtime.ts";
export type { ModelAccess } from "./harness/conversation/conversation-deps.ts";
export type { ContextUsage, SessionStats } from "./harness/conversation/session-stats.ts";
export type { ExtensionBindings } from "./harness/extensions/extension-context.ts";
export type { ScopedModel } from "./harness/models/model-scope.ts";
export type { ShellCommandResult } from "./harness/run/shell-command.ts";
export type { MethodName, ParamsOf, ResultOf, RpcCommand } from "./modes/rpc/methods.ts";
export type * from "./modes/rpc/records.ts";
export {
  AgentSession,
  type AgentSessionEvent,
  type AgentSessionEventListener,
  type NavigateOptions,
  type PromptDisposition,
  type PromptOptions,
} from "./sdk/npm/agent-session.ts";
export {
  createBashTool,
  createBashToolDefinition,
  createCodingTools,
  createEditTool,
  createEditToolDefinition,
  createFindTool,
  createFindToolDefinition,
  createGrepTool,
  createGrepToolDefinition,
  createLocalBashOperations,
  createLsTool,
  createLsToolDefinition,
  createReadOnlyTools,
  createReadTool,
  createReadToolDefinition,
  createWriteTool,
  createWriteToolDefinition,
  detectSupportedImageMimeTypeFromFile,
  withFileMutationQueue,
} from "./sdk/npm/built-in-tools.ts";
export {
  calculateContextTokens,
  collectEntriesForBranchSummary,
  compact,
  convertToLlm,
  DEFAULT_COMPACTION_SETTINGS,
  estimateTokens,
  findCutPoint,
  findTurnStartIndex,
  generateBranchSummary,
  generateSummary,
  generateSummaryWithUsage,
  getLastAssistantUsage,
  prepareBranchEntries,
  serializeConversation,
  sessionEntryToContextMessages,
  shouldCompact,
} from "./sdk/npm/conversations.ts";
export { type CreateAgentSessionOptions, type CreateAgentSessionResult, createAgentSession } from "./sdk/npm/create-agent-session.ts";
export { defineTool, type ToolDefinition } from "./sdk/npm/define-tool.ts";
export { createEventBus } from "./sdk/npm/event-bus.ts";
export {
  isBashToolResult,
  isEditToolResult,
  isFindToolResult,
  isGrepToolResult,
  isLsToolResult,
  isPowerShellToolResult,
  isReadToolResult,
  isWriteToolResult,
} from "./sdk/npm/event-guards.ts";
export {
  CONFIG_DIR_NAME,
  copyToClipboard,
  formatDimensionNote,
  generateDiffString,
  generateUnifiedPatch,
  getShellConfig,
  hasTrustRequiringProjectResources,
  ProjectTrustStore,
  resizeImage,
} from "./sdk/npm/machine.ts";
export { ModelRuntime, type ModelRuntimeOptions } from "./sdk/npm/model-runtime.ts";
export type { Context, ModelStream, ModelStreamEvent, ModelStreamOptions } from "./sdk/npm/model-stream.ts";
export { getAgentDir } from "./sdk/npm/places.ts";
export {
  createSyntheticSourceInfo,
  DefaultResourceLoader,
  type DefaultResourceLoaderOptions,
  type PromptTemplate,
  type ResourceDiagnostic,
  type ResourceExtensionPaths,
  type ResourceLoader,
  type Skill,
  type SourceInfo,
  type Theme,
} from "./sdk/npm/resource-loader.ts";
export {
  buildContextEntries,
  buildSessionContext,
  buildSessionProjection,
  type NewSessionOptions,
  type SessionInfo,
  type SessionListProgress,
  SessionManager,
} from "./sdk/npm/session-manager.ts";
export {
  AgentSessionRuntime,
  type CreateAgentSessionRuntimeFactory,
  type CreateAgentSessionRuntimeOptions,
  type CreateAgentSessionRuntimeResult,
  createAgentSessionRuntime,
} from "./sdk/npm/session-runtime.ts";
export {
  type AgentSessionRuntimeDiagnostic,
  type AgentSessionServices,
  type CreateAgentSessionFromServicesOptions,
  type CreateAgentSessionServicesOptions,
  createAgentSessionFromServices,
  createAgentSessionServices,
} from "./sdk/npm/session-services.ts";
export type * from "./sdk/npm/session-views.ts";
export { getLatestCompactionEntry, parseSessionEntries } from "./sdk/npm/session-views.ts";
export { type SettingsError, SettingsManager, type SettingsTree } from "./sdk/npm/settings-manager.ts";
export {
  formatSkillsForPrompt,
  loadProjectContextFiles,
  loadSkills,
  loadSkillsFromDir,
  parseFrontmatter,
  parseSkillBlock,
  stripFrontmatter,
} from "./sdk/npm/skill-functions.ts";
export {
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_LINES,
  formatReadLineRange,
  formatSize,
  truncateHead,
  truncateLine,
  truncateTail,
} from "./sdk/npm/truncation.ts";
export type { SessionContext, TreeNode } from "./session/tree/session.ts";
