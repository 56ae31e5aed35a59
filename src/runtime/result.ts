// How a run ended, for its host. Types only; `run-fold` makes one from the events of any runtime.

import type { Outcome } from "../contracts/outcome.ts";
import type { Usage } from "../contracts/usage.ts";
import type { PendingToolCall, ReplyPayload } from "./request.ts";

export const runtimeKinds = ["pi", "claude"] as const;
/** Who carries a run out. */
export type RuntimeKind = (typeof runtimeKinds)[number];

export interface RanToolCall {
  id: string;
  tool: string;
  args: unknown;
  /** `blocked`: a policy or a hook refused it. */
  status: "done" | "error" | "blocked";
  /** At most 500 characters, without secrets. */
  resultPreview: string;
}

export interface RunResult {
  runtime: RuntimeKind;
  outcome: Outcome;
  payloads: ReplyPayload[];
  sessionId?: string;
  /** Whether it went on with the session that was asked for. */
  sessionPresent: boolean;
  /** `provider/id`, or as the runtime names it. */
  model?: string;
  usage: Usage;
  costUsd: number;
  turns: number;
  durationMs: number;
  compactions: number;
  toolCalls: RanToolCall[];
  /** Calls that the host has to carry out before the conversation goes on. */
  pendingToolCalls?: PendingToolCall[];
  didSendViaMessagingTool: boolean;
  /** A tool has started that may have changed something. */
  hasSideEffects: boolean;
  /** A block reply or a messaging tool has reached somebody. */
  hasDelivered: boolean;
  fallbackFrom?: { runtime: RuntimeKind; code: string }[];
}
