// The records of RPC mode that are not methods: answers, state, what a repeated prompt is told. Types only; read by server and client.

import type { ImageContent } from "../../contracts/message.ts";
import type { SessionState } from "../../harness/commands/state.ts";
import type { StreamingBehavior } from "../../harness/intake/intake.ts";
import type { PromptOutcome } from "../../harness/intake/prompt-keys.ts";

export type { SlashCommandInfo as RpcSlashCommand } from "../../contracts/extension.ts";
export type { PromptOutcome, SessionState as RpcSessionState, StreamingBehavior };

/** Any command line: what stands behind `type` is the method's business. */
export interface RpcRequest {
  id?: string;
  type: string;
  [parameter: string]: unknown;
}

export type RpcResponse =
  | { id?: string; type: "response"; command: string; success: true; data?: unknown }
  | { id?: string; type: "response"; command?: string; success: false; error: string };

/** `handled`: no run began for this prompt; do not wait for `agent_settled`. */
export type PromptDisposition = "started" | "queued" | "handled";
export type QueuedInputDisposition = "queued" | "handled";

export type QueueMode = "all" | "one-at-a-time";

export interface PromptAnswer {
  disposition: PromptDisposition;
  /** Only for a `key` that was used before in this session: what became of the prompt that brought it. */
  outcome?: PromptOutcome;
}

export interface PromptInput {
  message: string;
  images?: ImageContent[];
}

/** A request to the client's user, by an extension. */
export type ExtensionUiRequest = { type: "extension_ui_request"; id: string } & (
  | { method: "select"; title: string; options: string[]; timeout?: number }
  | { method: "confirm"; title: string; message: string; timeout?: number }
  | { method: "input"; title: string; placeholder?: string; timeout?: number }
  | { method: "editor"; title: string; prefill?: string; timeout?: number }
  | { method: "notify"; message: string; notifyType?: "info" | "warning" | "error" }
  | { method: "setStatus"; statusKey: string; statusText?: string }
  | { method: "setWidget"; widgetKey: string; widgetLines?: string[]; widgetPlacement?: "aboveEditor" | "belowEditor" }
  | { method: "setTitle"; title: string }
  | { method: "set_editor_text"; text: string }
);

/** Answers a dialog; `cancelled` answers any. */
export interface ExtensionUiResponse {
  type: "extension_ui_response";
  id: string;
  value?: string;
  confirmed?: boolean;
  cancelled?: boolean;
}
