// A caller's own tool. Exported by `pi` and `pi/tools`.

import type { TSchema } from "typebox";
import type { AnyExtensionTool, ExtensionToolDefinition } from "../../contracts/extension.ts";
import type { Tool } from "../../contracts/tool.ts";

/** A tool; its line in the prompt is the first line of its description where none is given. */
export interface ToolDefinition extends Omit<Tool, "promptLine"> {
  promptLine?: string;
}

/** Gives the literal its type. One with a `label` is in the form of extensions' tools. */
export function defineTool<P extends TSchema, D = unknown>(tool: ExtensionToolDefinition<P, D>): ExtensionToolDefinition<P, D>;
export function defineTool(tool: ToolDefinition): ToolDefinition;
export function defineTool(tool: ToolDefinition | AnyExtensionTool): ToolDefinition | AnyExtensionTool {
  return tool;
}

export function isExtensionTool(tool: ToolDefinition | AnyExtensionTool): tool is AnyExtensionTool {
  return "label" in tool;
}

export function toolFrom(definition: ToolDefinition): Tool {
  return { ...definition, promptLine: definition.promptLine ?? definition.description.split("\n", 1)[0] ?? definition.name };
}
