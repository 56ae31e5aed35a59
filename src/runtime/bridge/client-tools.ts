// Tools that the host of a run carries out itself: a call of one ends the run, and the next run brings what came of it. Used by the runtime `pi`;
// the text of results by every runtime.
// Invariant: a call is either pending for the host or not there; what else its answer asked for is done first.

import type { Interceptor } from "../../contracts/interceptor.ts";
import { toolCallsOf } from "../../contracts/message.ts";
import { type Tool, textResult } from "../../contracts/tool.ts";
import type { ClientTool, ClientToolResult, PendingToolCall } from "../request.ts";

export interface ClientTools {
  tools: Tool[];
  interceptor: Interceptor;
  /** Calls that the host has to carry out, in their order. */
  pending(): PendingToolCall[];
}

const handedOver = "The host carries this out. What came of it will stand in the next message.";

export function clientToolsOf(declared: readonly ClientTool[]): ClientTools {
  const names = new Set(declared.map(({ name }) => name));
  const pending = new Map<string, PendingToolCall>();
  /** By call, whether its answer asks the host for something: then all its results end the run together. */
  const ending = new Set<string>();
  return {
    tools: declared.map(({ name, description, parameters }) => ({
      name,
      description,
      parameters,
      execute: async (args, { toolCallId }) => {
        pending.set(toolCallId, { type: "toolCall", id: toolCallId, name, arguments: args });
        return { ...textResult(handedOver), terminate: true };
      },
    })),
    interceptor: {
      name: "client tools",
      messageEnd: (message) => {
        if (message.role !== "assistant") return undefined;
        const calls = toolCallsOf(message);
        if (calls.some((call) => names.has(call.name))) for (const { id } of calls) ending.add(id);
        return undefined;
      },
      toolResult: async (call, _args, result) => (ending.has(call.id) ? { ...result, terminate: true } : result),
    },
    pending: () => [...pending.values()],
  };
}

/** What came of such calls, for a model to read: a line of JSON each, so that no result can pass for another or for the message behind it. */
export function clientResultsText(results: readonly ClientToolResult[]): string {
  const lines = results.map(({ toolCallId, toolName, text, isError }) =>
    JSON.stringify({ tool_call_id: toolCallId, tool: toolName, ...(isError === true ? { is_error: true } : {}), result: text }),
  );
  return `Results of the tools that the host has carried out, one a line:\n${lines.join("\n")}`;
}
