// An extension's tool as the agent runs it. Called by the harness for every registered tool.

import type { AnyExtensionTool, ExtensionContext } from "../contracts/extension.ts";
import type { Tool } from "../contracts/tool.ts";

/** What it throws is an error result, as with any tool. */
export function toolOf(definition: AnyExtensionTool, createContext: () => ExtensionContext): Tool {
  const { name, description, promptSnippet, promptGuidelines, prepareArguments } = definition;
  return {
    name,
    description,
    parameters: definition.parameters as Record<string, unknown>,
    promptLine: promptSnippet ?? description.split("\n", 1)[0] ?? name,
    ...(promptGuidelines === undefined ? {} : { guidelines: promptGuidelines }),
    ...(prepareArguments === undefined ? {} : { prepareArguments: (args) => prepareArguments(args) as Record<string, unknown> }),
    ...(definition.executionMode === "sequential" ? { isSequential: true } : {}),
    execute: (args, { toolCallId, signal, onUpdate }) => definition.execute(toolCallId, args, signal, onUpdate, createContext()),
  };
}
