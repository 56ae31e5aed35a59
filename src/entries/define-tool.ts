// A caller's own tool. Exported by `pi` and `pi/tools`.

import type { Tool } from "../contracts/tool.ts";

/** A tool; its line in the prompt is the first line of its description where none is given. */
export interface ToolDefinition extends Omit<Tool, "promptLine"> {
  promptLine?: string;
}

/** Gives the literal its type. */
export function defineTool(tool: ToolDefinition): ToolDefinition {
  return tool;
}

export function toolFrom(definition: ToolDefinition): Tool {
  return { ...definition, promptLine: definition.promptLine ?? definition.description.split("\n", 1)[0] ?? definition.name };
}
