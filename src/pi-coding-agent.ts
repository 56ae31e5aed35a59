// `@earendil-works/pi-coding-agent` for extensions: what works without a terminal is ours, the rest stands in. Loaded when one imports it.
// A test compares the names with those that the npm agent has (test/fixtures/host-module-exports.json).

import { standInClass, standInFunction } from "./sdk/npm/stand-in.ts";

export { main } from "./index.ts";
export { convertToPng } from "./sdk/npm/machine.ts";
export * from "./sdk/npm/names.ts";
export {
  ExtensionEditorComponent,
  ExtensionInputComponent,
  ExtensionSelectorComponent,
  ModelSelectorComponent,
  OAuthSelectorComponent,
  ShowImagesSelectorComponent,
  ThemeSelectorComponent,
  ThinkingSelectorComponent,
} from "./sdk/npm/tui/choice-components.ts";
export { BorderedLoader, DynamicBorder } from "./sdk/npm/tui/components.ts";
export { CustomEditor } from "./sdk/npm/tui/custom-editor.ts";
export { renderDiff, truncateToVisualLines } from "./sdk/npm/tui/drawn-text.ts";
export { SessionSelectorComponent, TreeSelectorComponent, UserMessageSelectorComponent } from "./sdk/npm/tui/history-components.ts";
export {
  AssistantMessageComponent,
  BashExecutionComponent,
  BranchSummaryMessageComponent,
  CompactionSummaryMessageComponent,
  CustomMessageComponent,
  SkillInvocationMessageComponent,
  ToolExecutionComponent,
  UserMessageComponent,
} from "./sdk/npm/tui/message-components.ts";
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
} from "./sdk/npm/tui/theme.ts";

export const VIRTUAL_MODEL_STATE_ENTRY = "virtual-model-state";

// What needs a terminal, or a service that there is none of.
export const ArminComponent = standInClass("ArminComponent");
export const CredentialSynchronizationError = standInClass("CredentialSynchronizationError");
export const DefaultPackageManager = standInClass("DefaultPackageManager");
export const ExtensionRunner = standInClass("ExtensionRunner");
export const FooterComponent = standInClass("FooterComponent");
export const InteractiveMode = standInClass("InteractiveMode");
export const LoginDialogComponent = standInClass("LoginDialogComponent");
export const SettingsSelectorComponent = standInClass("SettingsSelectorComponent");
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
export const migrateSessionEntries = standInFunction("migrateSessionEntries");
export const readStoredCredential = standInFunction("readStoredCredential");
export const resolveCliModel = standInFunction("resolveCliModel");
export const resolveModelScopeWithDiagnostics = standInFunction("resolveModelScopeWithDiagnostics");
export const wrapRegisteredTool = standInFunction("wrapRegisteredTool");
export const wrapRegisteredTools = standInFunction("wrapRegisteredTools");
