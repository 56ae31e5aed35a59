// `pi/tools`: the built-in tools, their validation, and what runs them on this machine.

export type {
  FileInfo,
  FileOperations,
  ShellOperations,
  ShellRequest,
  SpawnOutcome,
  Tool,
  ToolContext,
  ToolResult,
} from "../contracts/tool.ts";
export { errorResult, textResult } from "../contracts/tool.ts";
export { createFileOperations } from "../platform/files/files.ts";
export { createShellOperations, type ProcessShell, type ShellSettings } from "../platform/processes/spawn.ts";
export { defaultToolNames, selectTools, type ToolSelection, type ToolSelectionSpec } from "../tools/registry.ts";
export { type ValidatedArguments, validateArguments } from "../tools/shared/validate.ts";
export { defineTool, type ToolDefinition } from "./npm/define-tool.ts";
export { builtinTools, type RunToolOptions, runTool } from "./npm/run-tool.ts";
