// An extension's tool as the agent runs it. Called by the harness for every registered tool.

import { defined } from "../contracts/defined.ts";
import type { AnyExtensionTool, ExtensionContext, ExtensionToolContext } from "../contracts/extension.ts";
import type { NestedCalls, Tool } from "../contracts/tool.ts";
import { errorResult, factsOf } from "../contracts/tool.ts";

/** What it throws is an error result, as with any tool. */
export function toolOf(definition: AnyExtensionTool, createContext: () => ExtensionContext): Tool {
  const { name, description, promptSnippet, promptGuidelines, prepareArguments, exposure } = definition;
  return {
    name,
    description,
    parameters: definition.parameters as Record<string, unknown>,
    ...defined({ promptLine: promptSnippet, guidelines: promptGuidelines }),
    ...(prepareArguments === undefined ? {} : { prepareArguments: (args) => prepareArguments(args) as Record<string, unknown> }),
    ...(definition.executionMode === "sequential" ? { isSequential: true } : {}),
    ...defined({ exposure }),
    ...factsOf(definition),
    execute: (args, { toolCallId, signal, onUpdate, calls }) =>
      definition.execute(toolCallId, args, signal, onUpdate, withCalls(createContext(), calls)),
  };
}

/** `createContext` makes a new one for each call: it may be added to. */
function withCalls(context: ExtensionContext, calls: NestedCalls | undefined): ExtensionToolContext {
  const tools = (calls?.tools ?? []).map((tool) => {
    const { name, description, parameters, exposure = "direct" } = tool;
    return { name, description, parameters, exposure, ...factsOf(tool) };
  });
  const alone = { ...errorResult("There is no run here in which a tool could call others"), isError: true };
  return Object.defineProperties(context, {
    tools: { value: tools, enumerable: true },
    executeTool: { value: calls?.execute ?? (async () => alone), enumerable: true },
  }) as ExtensionToolContext;
}
