// The npm agent's names that work: what the library exports and what extensions import of `pi-coding-agent` is this one list.
// Imported by index.ts and pi-coding-agent.ts. Invariant: nothing in it is a stand-in, and nothing of it loads a package.

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
} from "../../contracts/extension-event.ts";
export type { Context, ModelStreamEvent, ModelStreamOptions } from "../../contracts/model-call.ts";
export {
  type AnyEntry,
  type SessionEntry,
  type SessionHeader,
  sessionVersion as CURRENT_SESSION_VERSION,
} from "../../contracts/session-entry.ts";
export { version, version as VERSION } from "../../contracts/version.ts";
export { createExtensionRuntime } from "../../extensions/runtime.ts";
export type { ModelStream } from "../../harness/models/model-stream.ts";
export { RpcClient } from "../../modes/rpc/client.ts";
export {
  AgentSession,
  type AgentSessionEvent,
  type AgentSessionEventListener,
  type NavigateOptions,
  type PromptDisposition,
  type PromptOptions,
} from "./agent-session.ts";
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
} from "./built-in-tools.ts";
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
} from "./conversations.ts";
export { type CreateAgentSessionOptions, type CreateAgentSessionResult, createAgentSession } from "./create-agent-session.ts";
export { defineTool, type ToolDefinition } from "./define-tool.ts";
export { createEventBus } from "./event-bus.ts";
export {
  isBashToolResult,
  isEditToolResult,
  isFindToolResult,
  isGrepToolResult,
  isLsToolResult,
  isPowerShellToolResult,
  isReadToolResult,
  isWriteToolResult,
} from "./event-guards.ts";
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
} from "./machine.ts";
export { ModelRegistry } from "./model-registry.ts";
export { ModelRuntime, type ModelRuntimeOptions } from "./model-runtime.ts";
export { type Args, parseArgs } from "./parse-args.ts";
export { getAgentDir } from "./places.ts";
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
} from "./resource-loader.ts";
export { type PrintModeOptions, runPrintMode, runRpcMode } from "./run-modes.ts";
export * from "./session-manager.ts";
export {
  AgentSessionRuntime,
  type CreateAgentSessionRuntimeFactory,
  type CreateAgentSessionRuntimeOptions,
  type CreateAgentSessionRuntimeResult,
  createAgentSessionRuntime,
} from "./session-runtime.ts";
export {
  type AgentSessionRuntimeDiagnostic,
  type AgentSessionServices,
  type CreateAgentSessionFromServicesOptions,
  type CreateAgentSessionServicesOptions,
  createAgentSessionFromServices,
  createAgentSessionServices,
} from "./session-services.ts";
export type * from "./session-views.ts";
export { getLatestCompactionEntry, parseSessionEntries } from "./session-views.ts";
export { type SettingsError, SettingsManager, type SettingsTree } from "./settings-manager.ts";
export {
  formatSkillsForPrompt,
  loadProjectContextFiles,
  loadSkills,
  loadSkillsFromDir,
  parseFrontmatter,
  parseSkillBlock,
  stripFrontmatter,
} from "./skill-functions.ts";
export {
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_LINES,
  formatReadLineRange,
  formatSize,
  truncateHead,
  truncateLine,
  truncateTail,
} from "./truncation.ts";
