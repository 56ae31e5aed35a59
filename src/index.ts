// `pi`: the agent as a library. Named exports only; what is not exported here or by an entry beside it is nobody's but ours.

import type { InlineExtension } from "./contracts/extension.ts";

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
  RegisteredCommand,
  ReplacedSessionContext,
  SlashCommandInfo,
  ToolInfo,
} from "./contracts/extension.ts";
export type { ReadonlySessionManager } from "./contracts/extension-session.ts";
export type * from "./contracts/message.ts";
export { type Model, type ThinkingLevel, thinkingLevels } from "./contracts/model.ts";
export type { Outcome, OutcomeKind } from "./contracts/outcome.ts";
export type { FileOperations, ShellOperations, Tool, ToolContext, ToolResult } from "./contracts/tool.ts";
export type { Usage } from "./contracts/usage.ts";
export type { ModelAccess } from "./harness/conversation/conversation-deps.ts";
export type { ContextUsage, SessionStats } from "./harness/conversation/session-stats.ts";
export type { ExtensionBindings } from "./harness/extensions/extension-context.ts";
export type { ScopedModel } from "./harness/models/model-scope.ts";
export type { ShellCommandResult } from "./harness/run/shell-command.ts";
export type { MethodName, ParamsOf, ResultOf, RpcCommand } from "./modes/rpc/methods.ts";
export type * from "./modes/rpc/records.ts";
export type { PromptDisposition } from "./sdk/npm/agent-session.ts";
export * from "./sdk/npm/names.ts";
export type { SessionContext, TreeNode } from "./session/tree/session.ts";

/** The program itself: what the command line does with these arguments. The exit status is set, the process is not ended. */
export async function main(args: readonly string[], { extensionFactories = [] }: { extensionFactories?: readonly InlineExtension[] } = {}) {
  const { start } = await import("./cli/main.ts");
  await start({
    args,
    inlineExtensions: extensionFactories,
    hostModules: async () => (await import("./sdk/host-modules.ts")).hostModules(),
  });
}
