// The one event stream of a run. Made by agent and harness; modes, statistics, the recorder and callbacks are folds over it.

import type { AssistantMessage, Message, ToolResultMessage } from "./message.ts";
import type { ThinkingLevel } from "./model.ts";
import type { OutcomeKind } from "./outcome.ts";
import type { AnyEntry } from "./session-entry.ts";
import type { AssistantMessageEvent } from "./stream-event.ts";
import type { ToolResult } from "./tool.ts";
import type { Usage } from "./usage.ts";

/** Events of the pure loop. */
export type LoopEvent =
  | { type: "agent_start" }
  | { type: "agent_end"; messages: Message[]; willRetry: boolean }
  | { type: "turn_start" }
  | { type: "turn_end"; message: AssistantMessage; toolResults: ToolResultMessage[] }
  | { type: "message_start"; message: Message }
  | { type: "message_update"; usage: Usage; assistantMessageEvent: AssistantMessageEvent }
  | { type: "message_end"; message: Message }
  | { type: "tool_execution_start"; toolCallId: string; toolName: string; args: Record<string, unknown> }
  | {
      type: "tool_execution_update";
      toolCallId: string;
      toolName: string;
      args: Record<string, unknown>;
      partialResult: Pick<ToolResult, "content" | "details">;
    }
  | {
      type: "tool_execution_end";
      toolCallId: string;
      toolName: string;
      result: Pick<ToolResult, "content" | "details" | "structuredContent">;
      isError: boolean;
      durationMs?: number;
    }
  | { type: "queue_update"; steering: string[]; followUp: string[] };

export type CompactionReason = "manual" | "threshold" | "overflow";

export interface CompactionResult {
  summary: string;
  firstKeptEntryId: string;
  tokensBefore: number;
  estimatedTokensAfter: number;
  usage?: Usage;
  details: unknown;
}

/** Events that only the harness makes. */
export type SessionEvent =
  /** `outcome`: how the run ended, the one its exit status and result record tell too. */
  | { type: "agent_settled"; aborted: boolean; outcome: OutcomeKind }
  | { type: "compaction_start"; reason: CompactionReason }
  | {
      type: "compaction_end";
      reason: CompactionReason;
      result?: CompactionResult;
      aborted: boolean;
      willRetry: boolean;
      errorMessage?: string;
    }
  | { type: "auto_retry_start"; attempt: number; maxAttempts: number; delayMs: number; errorMessage: string; retryAt?: number }
  | { type: "auto_retry_end"; success: boolean; attempt: number; finalError?: string }
  | { type: "entry_appended"; entry: AnyEntry }
  | { type: "session_info_changed"; name?: string }
  | { type: "thinking_level_changed"; level: ThinkingLevel };

export type AgentEvent = LoopEvent | SessionEvent;

/** Events that only RPC mode tells of. */
export type RpcOnlyEvent =
  | { type: "extension_error"; extensionPath: string; event: string; error: string }
  /** `id` of the `bash` command. */
  | { type: "bash_execution_update"; id?: string; delta: string };
