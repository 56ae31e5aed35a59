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
export {
  AgentSession,
  type AgentSessionEvent,
  type AgentSessionEventListener,
  type NavigateOptions,
  type PromptDisposition,
  type PromptOptions,
} from "./entries/agent-session.ts";
export { type CreateAgentSessionOptions, type CreateAgentSessionResult, createAgentSession } from "./entries/create-agent-session.ts";
export { defineTool, type ToolDefinition } from "./entries/define-tool.ts";
export { ModelRuntime, type ModelRuntimeOptions } from "./entries/model-runtime.ts";
export type { Context, ModelStream, ModelStreamEvent, ModelStreamOptions } from "./entries/model-stream.ts";
export { getAgentDir } from "./entries/places.ts";
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
} from "./entries/resource-loader.ts";
export {
  buildContextEntries,
  buildSessionContext,
  buildSessionProjection,
  type NewSessionOptions,
  type SessionInfo,
  type SessionListProgress,
  SessionManager,
} from "./entries/session-manager.ts";
export {
  AgentSessionRuntime,
  type CreateAgentSessionRuntimeFactory,
  type CreateAgentSessionRuntimeOptions,
  type CreateAgentSessionRuntimeResult,
  createAgentSessionRuntime,
} from "./entries/session-runtime.ts";
export {
  type AgentSessionRuntimeDiagnostic,
  type AgentSessionServices,
  type CreateAgentSessionFromServicesOptions,
  type CreateAgentSessionServicesOptions,
  createAgentSessionFromServices,
  createAgentSessionServices,
} from "./entries/session-services.ts";
export type * from "./entries/session-views.ts";
export { getLatestCompactionEntry, parseSessionEntries } from "./entries/session-views.ts";
export { type SettingsError, SettingsManager, type SettingsTree } from "./entries/settings-manager.ts";
export { createExtensionRuntime } from "./extensions/runtime.ts";
export type { ModelAccess } from "./harness/conversation.ts";
export type { ExtensionBindings } from "./harness/extension-context.ts";
export type { ScopedModel } from "./harness/model-scope.ts";
export type { ContextUsage, SessionStats } from "./harness/session-stats.ts";
export type { ShellCommandResult } from "./harness/shell-command.ts";
export type { MethodName, ParamsOf, ResultOf, RpcCommand } from "./modes/rpc/methods.ts";
export type * from "./modes/rpc/records.ts";
export type { SessionContext, TreeNode } from "./session/session.ts";
