// `@earendil-works/pi-coding-agent` for extensions: what works without a terminal is ours, the rest stands in. Loaded when one imports it.
// A test compares the names with those that the npm agent has (test/fixtures/host-module-exports.json).

import { standInClass, standInFunction } from "../npm/stand-in.ts";

export { isToolCallEventType } from "../../contracts/extension-event.ts";
export { sessionVersion as CURRENT_SESSION_VERSION } from "../../contracts/session-entry.ts";
export { version as VERSION } from "../../contracts/version.ts";
export { createExtensionRuntime } from "../../extensions/runtime.ts";
export { PromptEditor as CustomEditor } from "../../modes/interactive/editor/prompt-editor.ts";
export { RpcClient } from "../../modes/rpc/client.ts";
export { AgentSession } from "../npm/agent-session.ts";
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
} from "../npm/built-in-tools.ts";
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
} from "../npm/conversations.ts";
export { createAgentSession } from "../npm/create-agent-session.ts";
export { defineTool } from "../npm/define-tool.ts";
export { createEventBus } from "../npm/event-bus.ts";
export {
  isBashToolResult,
  isEditToolResult,
  isFindToolResult,
  isGrepToolResult,
  isLsToolResult,
  isPowerShellToolResult,
  isReadToolResult,
  isWriteToolResult,
} from "../npm/event-guards.ts";
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
} from "../npm/machine.ts";
export { ModelRuntime } from "../npm/model-runtime.ts";
export { getAgentDir } from "../npm/places.ts";
export { createSyntheticSourceInfo, DefaultResourceLoader } from "../npm/resource-loader.ts";
export { buildContextEntries, buildSessionContext, buildSessionProjection, SessionManager } from "../npm/session-manager.ts";
export { AgentSessionRuntime, createAgentSessionRuntime } from "../npm/session-runtime.ts";
export { createAgentSessionFromServices, createAgentSessionServices } from "../npm/session-services.ts";
export { getLatestCompactionEntry, parseSessionEntries } from "../npm/session-views.ts";
export { SettingsManager } from "../npm/settings-manager.ts";
export {
  formatSkillsForPrompt,
  loadProjectContextFiles,
  loadSkills,
  loadSkillsFromDir,
  parseFrontmatter,
  parseSkillBlock,
  stripFrontmatter,
} from "../npm/skill-functions.ts";
export {
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_LINES,
  formatReadLineRange,
  formatSize,
  truncateHead,
  truncateLine,
  truncateTail,
} from "../npm/truncation.ts";
export { BorderedLoader, DynamicBorder } from "../npm/tui/components.ts";
export {
  getLanguageFromPath,
  getMarkdownTheme,
  getSelectListTheme,
  getSettingsListTheme,
  highlightCode,
  initTheme,
  keyHint,
  keyText,
  rawKeyHint,
  Theme,
} from "../npm/tui/theme.ts";

export const VIRTUAL_MODEL_STATE_ENTRY = "virtual-model-state";

// What needs a terminal, or a service that there is none of.
export const ArminComponent = standInClass("ArminComponent");
export const AssistantMessageComponent = standInClass("AssistantMessageComponent");
export const BashExecutionComponent = standInClass("BashExecutionComponent");
export const BranchSummaryMessageComponent = standInClass("BranchSummaryMessageComponent");
export const CompactionSummaryMessageComponent = standInClass("CompactionSummaryMessageComponent");
export const CredentialSynchronizationError = standInClass("CredentialSynchronizationError");
export const CustomMessageComponent = standInClass("CustomMessageComponent");
export const DefaultPackageManager = standInClass("DefaultPackageManager");
export const ExtensionEditorComponent = standInClass("ExtensionEditorComponent");
export const ExtensionInputComponent = standInClass("ExtensionInputComponent");
export const ExtensionRunner = standInClass("ExtensionRunner");
export const ExtensionSelectorComponent = standInClass("ExtensionSelectorComponent");
export const FooterComponent = standInClass("FooterComponent");
export const InteractiveMode = standInClass("InteractiveMode");
export const LoginDialogComponent = standInClass("LoginDialogComponent");
export const ModelRegistry = standInClass("ModelRegistry");
export const ModelSelectorComponent = standInClass("ModelSelectorComponent");
export const OAuthSelectorComponent = standInClass("OAuthSelectorComponent");
export const SessionSelectorComponent = standInClass("SessionSelectorComponent");
export const SettingsSelectorComponent = standInClass("SettingsSelectorComponent");
export const ShowImagesSelectorComponent = standInClass("ShowImagesSelectorComponent");
export const SkillInvocationMessageComponent = standInClass("SkillInvocationMessageComponent");
export const ThemeSelectorComponent = standInClass("ThemeSelectorComponent");
export const ThinkingSelectorComponent = standInClass("ThinkingSelectorComponent");
export const ToolExecutionComponent = standInClass("ToolExecutionComponent");
export const TreeSelectorComponent = standInClass("TreeSelectorComponent");
export const UserMessageComponent = standInClass("UserMessageComponent");
export const UserMessageSelectorComponent = standInClass("UserMessageSelectorComponent");
export const convertToPng = standInFunction("convertToPng");
export const createCodemodeExtension = standInFunction("createCodemodeExtension");
export const createLocalPowerShellOperations = standInFunction("createLocalPowerShellOperations");
export const createMcpExtension = standInFunction("createMcpExtension");
export const createPowerShellTool = standInFunction("createPowerShellTool");
export const createPowerShellToolDefinition = standInFunction("createPowerShellToolDefinition");
export const createToolSearchExtension = standInFunction("createToolSearchExtension");
export const discoverAndLoadExtensions = standInFunction("discoverAndLoadExtensions");
export const getDocsPath = standInFunction("getDocsPath");
export const getExamplesPath = standInFunction("getExamplesPath");
export const getPackageDir = standInFunction("getPackageDir");
export const getPowerShellConfig = standInFunction("getPowerShellConfig");
export const getReadmePath = standInFunction("getReadmePath");
export const main = standInFunction("main");
export const migrateSessionEntries = standInFunction("migrateSessionEntries");
export const parseArgs = standInFunction("parseArgs");
export const readStoredCredential = standInFunction("readStoredCredential");
export const renderDiff = standInFunction("renderDiff");
export const resolveCliModel = standInFunction("resolveCliModel");
export const resolveModelScopeWithDiagnostics = standInFunction("resolveModelScopeWithDiagnostics");
export const runPrintMode = standInFunction("runPrintMode");
export const runRpcMode = standInFunction("runRpcMode");
export const truncateToVisualLines = standInFunction("truncateToVisualLines");
export const wrapRegisteredTool = standInFunction("wrapRegisteredTool");
export const wrapRegisteredTools = standInFunction("wrapRegisteredTools");
