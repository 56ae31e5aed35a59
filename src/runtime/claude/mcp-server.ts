// Our tools as Claude Code calls them: a server of the Model Context Protocol whose messages come and go in its control requests. Called by control.
// Invariant: every request has one answer; what we do not know is an error of the protocol, never silence.

import type { UserContent } from "../../contracts/message.ts";
import type { Tool, ToolResult } from "../../contracts/tool.ts";
import { version } from "../../contracts/version.ts";
import type { ClaudeRecord } from "./child.ts";
import { serverName } from "./launch.ts";
import { fieldsOf, textIn } from "./records.ts";

export interface CalledTool {
  /** As it stands in the conversation; nothing where the child does not say. */
  toolUseId: string | undefined;
  name: string;
  args: Record<string, unknown>;
  signal: AbortSignal;
}

export interface McpServerDeps {
  tools(): readonly Tool[];
  /** Those that the host carries out. */
  clientTools: readonly Pick<Tool, "name" | "description" | "parameters">[];
  call(called: CalledTool): Promise<ToolResult>;
}

const methodNotFound = -32601;
const fallbackProtocol = "2025-06-18";

export class McpServer {
  readonly #deps: McpServerDeps;
  /** By the id of their request. */
  readonly #running = new Map<string, AbortController>();

  constructor(deps: McpServerDeps) {
    this.#deps = deps;
  }

  /** The message that answers; of a notification an empty one. */
  async answer(message: ClaudeRecord): Promise<object> {
    const { id, method } = message;
    const params = fieldsOf(message.params);
    if (method === "notifications/cancelled") this.#running.get(JSON.stringify(params.requestId))?.abort();
    if (id === undefined || id === null) return { jsonrpc: "2.0", id: 0, result: {} };
    switch (method) {
      case "initialize":
        return this.#result(id, {
          protocolVersion: textIn(params, "protocolVersion") ?? fallbackProtocol,
          capabilities: { tools: {} },
          serverInfo: { name: serverName, version },
        });
      case "ping":
        return this.#result(id, {});
      case "tools/list":
        return this.#result(id, { tools: [...this.#deps.tools(), ...this.#deps.clientTools].map(declared) });
      case "tools/call":
        return this.#result(id, await this.#called(id, params));
      default:
        return { jsonrpc: "2.0", id, error: { code: methodNotFound, message: `There is no method ${String(method).slice(0, 80)}` } };
    }
  }

  abortAll(): void {
    for (const one of this.#running.values()) one.abort();
  }

  async #called(id: unknown, params: ClaudeRecord): Promise<object> {
    const abort = new AbortController();
    const key = JSON.stringify(id);
    this.#running.set(key, abort);
    try {
      const { content, isError } = await this.#deps.call({
        toolUseId: textIn(fieldsOf(params._meta), "claudecode/toolUseId"),
        name: textIn(params, "name") ?? "",
        args: { ...fieldsOf(params.arguments) },
        signal: abort.signal,
      });
      return { content: content.map(contentOf), ...(isError === true ? { isError } : {}) };
    } finally {
      this.#running.delete(key);
    }
  }

  #result(id: unknown, result: object): object {
    return { jsonrpc: "2.0", id, result };
  }
}

function declared({ name, description, parameters, ...tool }: Pick<Tool, "name" | "description" | "parameters" | "isReadOnly">): object {
  const isReadOnly = tool.isReadOnly === true;
  return { name, description, inputSchema: parameters, ...(isReadOnly ? { annotations: { readOnlyHint: true } } : {}) };
}

function contentOf(block: UserContent): object {
  return block.type === "text" ? { type: "text", text: block.text } : { type: "image", data: block.data, mimeType: block.mimeType };
}
