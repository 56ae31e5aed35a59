// The conversation's vocabulary: content blocks and messages as they stand in session files, on the wire and in requests.
// Used by every layer. Invariant: these are the bytes other programs read (session v3, JSON and RPC mode); a field is never renamed.

import type { ThinkingLevel } from "./model.ts";
import type { Usage } from "./usage.ts";

export interface TextContent {
  type: "text";
  text: string;
  /** Opaque replay data of the provider that wrote the text. */
  textSignature?: string;
}

export interface ImageContent {
  type: "image";
  /** Base64, without a data: prefix. */
  data: string;
  /** `image/png`, `image/jpeg`, `image/gif` or `image/webp`. */
  mimeType: string;
}

export interface ThinkingContent {
  type: "thinking";
  thinking: string;
  /** Opaque; replayed byte for byte to the provider that made it, dropped for any other. */
  thinkingSignature?: string;
  /** The provider hid the text; only the signature (its encrypted payload) can be replayed. */
  redacted?: boolean;
}

export interface ToolCall {
  type: "toolCall";
  id: string;
  name: string;
  arguments: Record<string, unknown>;
  /** Opaque replay data (Gemini thought signature, Responses item id). */
  thoughtSignature?: string;
}

export type UserContent = TextContent | ImageContent;
export type AssistantContent = TextContent | ThinkingContent | ToolCall;

/** A tool as a model is told about it. `parameters` is a JSON Schema object. */
export interface ToolDeclaration {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
}

/** Prompt sections and the tool loadout; replaying all of a path in order gives the prompt in force. A `null` section is removed. */
export interface SystemMessage {
  role: "system";
  content: string | TextContent[];
  sections?: Record<string, string | null>;
  toolsAdded?: ToolDeclaration[];
  toolsRemoved?: { name: string }[];
  timestamp: number;
}

export interface UserMessage {
  role: "user";
  content: string | UserContent[];
  timestamp: number;
}

/** `pending` stands only in the `message_start` event, never in a file. */
export type StopReason = "pending" | "stop" | "length" | "toolUse" | "error" | "aborted";

export interface AssistantMessage {
  role: "assistant";
  content: AssistantContent[];
  api: string;
  provider: string;
  model: string;
  usage: Usage;
  stopReason: StopReason;
  /** Unix ms at which the answer began. */
  timestamp: number;
  responseModel?: string;
  responseId?: string;
  rawStopReason?: string;
  errorMessage?: string;
  durationMs?: number;
  thinkingLevel?: ThinkingLevel;
}

export interface ToolResultMessage {
  role: "toolResult";
  toolCallId: string;
  toolName: string;
  content: UserContent[];
  details?: unknown;
  isError: boolean;
  usage?: Usage;
  /** Absent when the tool did not run. */
  durationMs?: number;
  timestamp: number;
}

/** A command run by the user beside the model (RPC `bash`). */
export interface BashExecutionMessage {
  role: "bashExecution";
  command: string;
  output: string;
  exitCode: number | undefined;
  cancelled: boolean;
  truncated: boolean;
  fullOutputPath?: string;
  excludeFromContext?: boolean;
  timestamp: number;
}

export interface CustomMessage {
  role: "custom";
  customType: string;
  content: string | UserContent[];
  display: boolean;
  details?: unknown;
  timestamp: number;
}

export interface BranchSummaryMessage {
  role: "branchSummary";
  summary: string;
  fromId: string | null;
  timestamp: number;
}

export interface CompactionSummaryMessage {
  role: "compactionSummary";
  summary: string;
  tokensBefore: number;
  timestamp: number;
}

export type Message =
  | SystemMessage
  | UserMessage
  | AssistantMessage
  | ToolResultMessage
  | BashExecutionMessage
  | CustomMessage
  | BranchSummaryMessage
  | CompactionSummaryMessage;

/** What a provider's encoder sees: every other role has been turned into one of these by `toModelMessages`. */
export type ModelMessage = UserMessage | AssistantMessage | ToolResultMessage;

/** Concatenated text of the text blocks, one LF between blocks. */
export function textOf(content: string | readonly { type: string }[]): string {
  if (typeof content === "string") return content;
  return content
    .filter((block): block is TextContent => block.type === "text")
    .map((block) => block.text)
    .join("\n");
}

export function toolCallsOf(message: AssistantMessage): ToolCall[] {
  return message.content.filter((block): block is ToolCall => block.type === "toolCall");
}
