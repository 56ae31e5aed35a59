// What extensions are told and what they may answer, by the name of the event; names and fields are the npm agent's. Types and one guard.
// Invariant: an event is in this table if and only if the harness makes it; those that are heard as everybody hears them come from the table
// of events.

import type { AgentEvent, CompactionReason, EventNameHeardAlike } from "./agent-event.ts";
import type { Boundary, BoundaryPreview, BoundaryProposal } from "./boundary.ts";
import type { AssistantMessage, CustomMessage, ImageContent, Message, UserContent } from "./message.ts";
import type { Model, ThinkingLevel } from "./model.ts";
import type { AnyEntry, EntryOf } from "./session-entry.ts";
import type { AssistantMessageEvent } from "./stream-event.ts";
import type { ToolResult } from "./tool.ts";
import type { Usage } from "./usage.ts";

/** What an extension says of a message of its own. */
export type CustomMessageDraft<T = unknown> = { customType: string; content: string | UserContent[]; display: boolean; details?: T };

export type SessionStartReason = "startup" | "reload" | "new" | "resume" | "fork";

export interface SessionStartEvent {
  type: "session_start";
  reason: SessionStartReason;
  /** For `new`, `resume` and `fork`. */
  previousSessionFile?: string;
}

export interface SessionShutdownEvent {
  type: "session_shutdown";
  reason: "quit" | Exclude<SessionStartReason, "startup">;
  targetSessionFile?: string;
}

/** What a compaction is about to do. */
export interface CompactionPreparation {
  firstKeptEntryId: string;
  messagesToSummarize: Message[];
  /** The beginning of the turn that the cut goes through. */
  turnPrefixMessages: Message[];
  isSplitTurn: boolean;
  tokensBefore: number;
  previousSummary?: string;
  /** What the summarised messages did to files. */
  fileOps: FileOperations;
  /** As they hold for the model in force. */
  settings: { enabled: boolean; reserveTokens: number; keepRecentTokens: number };
}

/** Paths as the model gave them. */
export interface FileOperations {
  read: Set<string>;
  written: Set<string>;
  edited: Set<string>;
}

export interface SessionBeforeCompactEvent {
  type: "session_before_compact";
  preparation: CompactionPreparation;
  branchEntries: AnyEntry[];
  customInstructions?: string;
  reason: CompactionReason;
  willRetry: boolean;
  signal: AbortSignal;
}

/** A summary in place of the one a model would write. */
export interface ExtensionCompaction {
  summary: string;
  firstKeptEntryId: string;
  tokensBefore: number;
  details?: unknown;
  usage?: Usage;
}

/** What going to another place of the tree is about to do. */
export interface TreePreparation {
  targetId: string | null;
  oldLeafId: string | null;
  /** The last entry that both branches have. */
  commonAncestorId: string | null;
  /** What the model is shown now and will not be shown there; empty unless a summary of it is wanted. */
  entriesToSummarize: AnyEntry[];
  userWantsSummary: boolean;
  customInstructions?: string;
  /** `customInstructions` stand in place of the usual ones. */
  replaceInstructions?: boolean;
  /** For the summary, or for the entry gone to where there is none. */
  label?: string;
}

export interface SessionBeforeTreeEvent {
  type: "session_before_tree";
  preparation: TreePreparation;
  signal: AbortSignal;
}

export interface SessionBeforeTreeResult {
  cancel?: boolean;
  /** In place of the one a model would write; counts only where one is wanted. */
  summary?: { summary: string; details?: unknown; usage?: Usage };
  customInstructions?: string;
  replaceInstructions?: boolean;
  label?: string;
}

export interface SessionTreeEvent {
  type: "session_tree";
  newLeafId: string | null;
  oldLeafId: string | null;
  summaryEntry?: EntryOf<"branch_summary">;
  /** Whether the summary is an extension's. */
  fromExtension: boolean;
}

export interface ToolCallEvent {
  type: "tool_call";
  toolCallId: string;
  /** Where another tool made the call. */
  parentToolCallId?: string;
  toolName: string;
  /** Checked arguments; changed in place they are what the tool gets, unchecked. */
  input: Record<string, unknown>;
}

export interface ToolResultEvent {
  type: "tool_result";
  toolCallId: string;
  parentToolCallId?: string;
  toolName: string;
  input: Record<string, unknown>;
  content: UserContent[];
  details?: unknown;
  structuredContent?: unknown;
  isError: boolean;
  usage?: Usage;
}

export interface UserBashEvent {
  type: "user_bash";
  command: string;
  /** Not shown to the model. */
  excludeFromContext: boolean;
  cwd: string;
}

/** Where the command runs, or what became of it. */
export interface UserBashResult {
  operations?: {
    exec(
      command: string,
      cwd: string,
      how: { onData(data: Uint8Array): void; signal?: AbortSignal; timeout?: number; env?: Record<string, string | undefined> },
    ): Promise<{ exitCode: number | null }>;
  };
  result?: { output: string; exitCode: number | undefined; cancelled: boolean; truncated: boolean; fullOutputPath?: string };
}

export type InputSource = "interactive" | "rpc" | "extension";

export interface InputEvent {
  type: "input";
  /** As typed, before templates and skills are filled in. */
  text: string;
  images?: ImageContent[];
  source: InputSource;
  /** While a run is going: how it will be queued. */
  streamingBehavior?: "steer" | "followUp";
}

export type InputEventResult =
  | { action: "continue" }
  | { action: "transform"; text: string; images?: ImageContent[] }
  | { action: "handled" };

/** What the system prompt is made of; in `before_agent_start` it may be changed, for the run that begins. */
export interface SystemPromptOptions {
  /** In place of the preamble, the tools and the rules. */
  customPrompt?: string;
  /** In place of everything. */
  forceSystemPrompt?: string;
  selectedTools: string[];
  toolSnippets: Record<string, string>;
  toolGuidelines: Record<string, string[]>;
  promptGuidelines: string[];
  appendSystemPrompt?: string;
  /** Each becomes a section of its name. */
  sections: Record<string, string>;
  cwd: string;
  contextFiles: { path: string; content: string }[];
  skills: { name: string; description: string; filePath: string }[];
}

interface BeforeAgentStart {
  type: "before_agent_start";
  /** In force, with what earlier handlers made of it. */
  readonly systemPrompt: string;
  /** May be changed: the prompt of this run is then made of it. */
  readonly systemPromptOptions: SystemPromptOptions;
}

export type BeforeAgentStartEvent = BeforeAgentStart &
  ({ messageType: "user"; prompt: string; images?: ImageContent[] } | { messageType: "custom"; message: CustomMessage });

export interface BeforeAgentStartResult {
  /** Said after the prompt. */
  message?: CustomMessageDraft;
  /** In place of the whole system prompt, for this run. */
  systemPrompt?: string;
}

export type UiPromptKind = "select" | "confirm" | "input" | "editor" | "custom";

/** Of the dialog that began it. */
export interface UiPrompt {
  reason: "ui_prompt";
  kind: UiPromptKind;
  title?: string;
}

/** What others have proposed so far, and what came of it. */
export interface BoundaryState extends BoundaryProposal {
  /** Made when it is asked for. */
  readonly context: BoundaryPreview;
}

type Told<T extends AgentEvent["type"]> = Extract<AgentEvent, { type: T }>;

/** Events that only extensions hear, or that they hear in another shape: by name, with what a handler may return. */
export interface OwnExtensionEvents {
  session_start: { event: SessionStartEvent; result: undefined };
  session_shutdown: { event: SessionShutdownEvent; result: undefined };
  session_before_switch: {
    event: { type: "session_before_switch"; reason: "new" | "resume"; targetSessionFile?: string };
    result: { cancel?: boolean };
  };
  session_before_fork: {
    event: { type: "session_before_fork"; entryId: string; position: "before" | "at" };
    result: { cancel?: boolean };
  };
  session_before_compact: { event: SessionBeforeCompactEvent; result: { cancel?: boolean; compaction?: ExtensionCompaction } };
  session_compact: {
    event: {
      type: "session_compact";
      compactionEntry: EntryOf<"compaction">;
      fromExtension: boolean;
      reason: CompactionReason;
      willRetry: boolean;
      /** Where it is known. */
      estimatedTokensAfter?: number;
    };
    result: undefined;
  };
  session_compact_failed: {
    event: { type: "session_compact_failed"; reason: CompactionReason; errorMessage?: string; aborted: boolean; willRetry: boolean };
    result: undefined;
  };
  session_before_tree: { event: SessionBeforeTreeEvent; result: SessionBeforeTreeResult };
  session_tree: { event: SessionTreeEvent; result: undefined };
  session_info_changed: { event: { type: "session_info_changed"; name: string | undefined }; result: undefined };
  resources_discover: {
    event: { type: "resources_discover"; cwd: string; reason: "startup" | "reload" };
    result: { skillPaths?: string[]; promptPaths?: string[]; themePaths?: string[] };
  };
  /** Before the project's files are read. The first that decides counts. */
  project_trust: {
    event: { type: "project_trust"; cwd: string };
    result: { trusted: "yes" | "no" | "undecided"; remember?: boolean };
  };
  /** Of a run in a chat room or a queue: the texts of its workspace, before they become part of the prompt; what is returned is used instead. */
  agent_bootstrap: {
    event: { type: "agent_bootstrap"; files: { name: string; content: string }[]; cwd: string };
    result: { files?: { name: string; content: string }[] };
  };
  input: { event: InputEvent; result: InputEventResult };
  before_agent_start: { event: BeforeAgentStartEvent; result: BeforeAgentStartResult };
  turn_start: { event: { type: "turn_start"; turnIndex: number; timestamp: number }; result: undefined };
  /** Behind each turn, before everybody else hears of it. */
  turn_end: { event: Boundary & { type: "turn_end"; turnIndex: number } & BoundaryState; result: Partial<BoundaryProposal> };
  /** When nothing is left to do, and the run was not aborted. */
  agent_before_settle: { event: Boundary & { type: "agent_before_settle" } & BoundaryState; result: Partial<BoundaryProposal> };
  message_update: {
    event: { type: "message_update"; message: AssistantMessage; assistantMessageEvent: AssistantMessageEvent };
    result: undefined;
  };
  /** Before the message is recorded. What is returned must have the same role. */
  message_end: { event: Told<"message_end">; result: { message?: Message } };
  tool_call: { event: ToolCallEvent; result: { block?: boolean; reason?: string; terminate?: boolean } };
  tool_result: {
    event: ToolResultEvent;
    result: Partial<Pick<ToolResult, "content" | "details" | "structuredContent" | "isError" | "usage">>;
  };
  /** Before each model call; the messages without those of the system, a copy to be changed at will. */
  context: { event: { type: "context"; messages: Message[] }; result: { messages?: Message[] } };
  /** The same with the messages of the system. */
  context_with_system: { event: { type: "context_with_system"; messages: Message[] }; result: { messages?: Message[] } };
  /** Changed in place; `null` takes one away. */
  before_provider_headers: {
    event: { type: "before_provider_headers"; headers: Record<string, string | null> };
    result: undefined;
  };
  /** What is returned is sent instead. */
  before_provider_request: { event: { type: "before_provider_request"; payload: unknown }; result: Record<string, unknown> };
  after_provider_response: {
    event: { type: "after_provider_response"; status: number; headers: Record<string, string> };
    result: undefined;
  };
  /** A record of the service's stream, as it came. */
  provider_stream_event: {
    event: { type: "provider_stream_event"; provider: string; api: string; model: string; data: unknown };
    result: undefined;
  };
  /** A command that the user runs beside the model. */
  user_bash: { event: UserBashEvent; result: UserBashResult };
  /** The user is asked, by any extension; overlapping dialogs are one. Nobody waits for the handlers. */
  ui_prompt_start: { event: UiPrompt & { type: "ui_prompt_start" }; result: undefined };
  ui_prompt_end: { event: UiPrompt & { type: "ui_prompt_end" }; result: undefined };
  /** Known, and told by nobody: there are no such servers, no such warming. */
  mcp_servers_change: { event: { type: "mcp_servers_change" }; result: undefined };
  cache_warming_decision: { event: { type: "cache_warming_decision" }; result: undefined };
  model_select: {
    event: { type: "model_select"; model: Model; previousModel: Model | undefined; source: "set" | "cycle" };
    result: undefined;
  };
  thinking_level_select: {
    event: { type: "thinking_level_select"; level: ThinkingLevel; previousLevel: ThinkingLevel };
    result: undefined;
  };
}

/** Every event by name, with what a handler may return (`undefined`: nothing that counts). */
export type ExtensionEventTable = OwnExtensionEvents & { [N in EventNameHeardAlike]: { event: Told<N>; result: undefined } };

export type ExtensionEventName = keyof ExtensionEventTable;
export type ExtensionEventOf<N extends ExtensionEventName> = ExtensionEventTable[N]["event"];
export type ExtensionResultOf<N extends ExtensionEventName> = ExtensionEventTable[N]["result"];
export type ExtensionEvent = ExtensionEventOf<ExtensionEventName>;

/** Arguments of the built-in tools. */
export interface BuiltinToolInputs {
  bash: { command: string; timeout?: number };
  read: { path: string; offset?: number; limit?: number };
  edit: { path: string; edits: { oldText: string; newText: string }[] };
  write: { path: string; content: string };
  grep: { pattern: string; path?: string; glob?: string; ignoreCase?: boolean; literal?: boolean; context?: number; limit?: number };
  find: { pattern: string; path?: string; limit?: number };
  ls: { path?: string; limit?: number };
}

/** Whether a call is one of this tool's, with its arguments typed. */
export function isToolCallEventType<N extends keyof BuiltinToolInputs>(
  toolName: N,
  event: ToolCallEvent,
): event is ToolCallEvent & { toolName: N; input: BuiltinToolInputs[N] };
export function isToolCallEventType<N extends string, I extends Record<string, unknown>>(
  toolName: N,
  event: ToolCallEvent,
): event is ToolCallEvent & { toolName: N; input: I };
export function isToolCallEventType(toolName: string, event: ToolCallEvent): boolean {
  return event.toolName === toolName;
}
