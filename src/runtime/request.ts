// What a host asks of a runtime: one run, said in full. Made by hosts and by the runner, meant alike by every runtime. Types only.
// Invariant: `prompt` is text and nothing else; what decides about rights comes in `context` and `policy`, from the host.

import type { AgentEvent } from "../contracts/agent-event.ts";
import type { ImageContent, ToolCall, ToolDeclaration } from "../contracts/message.ts";
import type { MessagingContext, PolicyRule } from "../contracts/messaging.ts";
import type { ThinkingLevel } from "../contracts/model.ts";
import type { Tool } from "../contracts/tool.ts";
import type { Enqueue, LaneWait } from "./queue/queue.ts";
import type { BlockChunkerOptions } from "./replies/block-chunker.ts";
import type { ReplyPayload } from "./replies/directives.ts";

export type { MessagingContext, PolicyRule } from "../contracts/messaging.ts";
export type { ReplyPayload } from "./replies/directives.ts";

export type Verbosity = "off" | "on" | "full";

export interface BootstrapFile {
  /** As the model is told it: `AGENTS.md`. */
  name: string;
  content: string;
}

/** The skills that a run is to know of, in place of what lies in folders. */
export interface SkillsSnapshot {
  skills: readonly { name: string; description: string; path: string }[];
}

/** A tool that the host carries out itself: a call of it ends the run, and a later run brings the result. */
export type ClientTool = ToolDeclaration;

export interface ClientToolResult {
  toolCallId: string;
  toolName: string;
  text: string;
  isError?: boolean;
}

export interface MemoryEvaluation {
  query: string;
  results: string;
  prompt: string;
  answer: string;
}

export interface MemoryFeedback {
  /** Once behind a run that searched its memory. What it fails at is a warning. */
  evaluate(evaluation: MemoryEvaluation): Promise<void> | void;
}

export type HostEventStream = "lifecycle" | "assistant" | "thinking" | "tool" | "compaction" | "subagent";

export interface HostEvent {
  stream: HostEventStream;
  data: Record<string, unknown>;
}

type Told<T extends unknown[]> = (...args: T) => Promise<void> | void;

/** Called one at a time, in order, and awaited; one that throws is logged and ends nothing. */
export interface ReplyCallbacks {
  onAssistantMessageStart?: Told<[]>;
  /** The whole cleaned text of the message so far. */
  onPartialReply?: Told<[{ text: string }]>;
  onBlockReply?: Told<[ReplyPayload]>;
  /** Before each tool, once what was held has gone out. */
  onBlockReplyFlush?: Told<[]>;
  /** The whole thinking of the block so far. */
  onReasoningStream?: Told<[{ text: string }]>;
  onReasoningEnd?: Told<[]>;
  onToolResult?: Told<[{ text: string; mediaUrls?: string[]; isError?: boolean }]>;
  onAgentEvent?: Told<[HostEvent]>;
  /** Asked when there is something to tell. Default: verbosity on or full. */
  shouldEmitToolResult?: () => boolean;
  /** Asked when there is something to tell. Default: verbosity full. */
  shouldEmitToolOutput?: () => boolean;
}

export interface ReplyOptions {
  /** Default `text_end`. */
  blockReplyBreak?: "text_end" | "message_end";
  blockReplyChunking?: BlockChunkerOptions;
  /** Thinking as a block before the answer, where nobody hears `onReasoningStream`. Default false. */
  emitReasoningInBlockReply?: boolean;
  /** Only what is in `<final>` is an answer. Default false. */
  enforceFinalTag?: boolean;
}

export interface RunRequest {
  /** Plain text: `/x` and `@file` mean nothing. */
  prompt: string;
  /** Absolute. */
  workspaceDir: string;
  /** Lane and map key, usually the group. */
  sessionKey: string;
  sessionId?: string;
  /** A new session, whatever is known of an older one. */
  isFresh?: boolean;
  /** Nobody waits for the answer. */
  isScheduledTask?: boolean;
  images?: readonly ImageContent[];
  model?: string;
  thinking?: ThinkingLevel;
  /** Absent: what the configuration says. 0: its longest. */
  timeoutMs?: number;
  /** 0: no limit. */
  maxTurns?: number;
  /** 0: no limit. */
  maxCostUsd?: number;
  context?: MessagingContext;
  policy?: readonly PolicyRule[];
  extraSystemPrompt?: string;
  /** False: none. Absent: those of the workspace. */
  bootstrap?: readonly BootstrapFile[] | false;
  skillsSnapshot?: SkillsSnapshot;
  extraTools?: readonly Tool[];
  /** The runtime's own tools, by its own names. Absent: what the configuration says. */
  builtInTools?: readonly string[];
  clientTools?: readonly ClientTool[];
  toolResults?: readonly ClientToolResult[];
  lane?: string;
  enqueue?: Enqueue;
  onWait?: (wait: LaneWait) => void;
  signal?: AbortSignal;
  /** Default `off`. */
  verbosity?: Verbosity;
  replies?: ReplyCallbacks & ReplyOptions;
  memoryFeedback?: MemoryFeedback;
}

/**
 * What turns the events of one run into replies. Told of each event before anybody else; a promise holds the run until it resolves, so that a
 * flush is over before its tool begins. Made by `replies/reply-stream`.
 */
export interface ReplyStream {
  take(event: AgentEvent): Promise<void> | undefined;
  /** Events that stand outside of the run's own stream: sub-agents. */
  tell(event: HostEvent): Promise<void> | undefined;
  /** The run has ended with this text: what is held goes out, and is waited for until `overdue`. The payloads of the last message. */
  finish(finalText: string, overdue?: Promise<void>): Promise<ReplyPayload[]>;
  /** Whether a block has been handed to `onBlockReply`. */
  readonly hasDelivered: boolean;
}

/** Calls that the host has to carry out. */
export type PendingToolCall = ToolCall;
