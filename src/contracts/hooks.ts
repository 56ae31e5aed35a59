// Where a session asks before it goes on: what others may change, as told beside the events that they only hear. Types only; asked by
// conversation, coding-session and compaction-pass, answered by session-extensions. Invariant: no hook rejects, and an abort ends it.

import type {
  ExtensionCompaction,
  InputSource,
  SessionBeforeCompactEvent,
  SessionBeforeTreeEvent,
  SessionBeforeTreeResult,
  SessionTreeEvent,
  UserBashEvent,
  UserBashResult,
} from "./extension-event.ts";
import type { CustomMessage, ImageContent, Message, ToolCall, UserMessage } from "./message.ts";
import type { Model, ThinkingLevel } from "./model.ts";
import type { ToolResult } from "./tool.ts";

export interface InputText {
  text: string;
  images?: readonly ImageContent[];
  source: InputSource;
  streamingBehavior?: "steer" | "followUp";
}

export interface SessionHooks {
  /** Runs the command that a text names; false where it names none. */
  runCommand(text: string): Promise<boolean>;
  /** What the text has become; nothing: it has been dealt with. */
  input(input: InputText): Promise<Pick<InputText, "text" | "images"> | undefined>;
  /** `promptInForce` makes a replaced prompt the one in force, and says what is. */
  beforeAgentStart(
    message: UserMessage | CustomMessage,
    promptInForce: (replaced: string | undefined) => string,
  ): Promise<{ messages: CustomMessage[]; systemPrompt?: string }>;
  /** The transcript as the model is to be shown it this time; nothing: as it is. */
  context(messages: readonly Message[]): Promise<readonly Message[] | undefined>;
  /** The way to a service with those who look at requests and answers on it; nothing where nobody does. */
  fetch(fetch: typeof globalThis.fetch, model: Model): typeof globalThis.fetch | undefined;
  /** Somewhere else to run a command of the user's, or what became of it; rejects with the reason why it must not run. */
  userBash(event: Omit<UserBashEvent, "type">): Promise<UserBashResult | undefined>;
  /** A reason why the call must not run, or nothing; may change `args`. */
  toolCall(call: ToolCall, args: Record<string, unknown>): Promise<string | undefined>;
  toolResult(call: ToolCall, args: Record<string, unknown>, result: ToolResult): Promise<ToolResult>;
  /** May change the message in place, before it is recorded. */
  messageEnd(message: Message): Promise<void> | undefined;
  /** `cancel`, a summary of their own, or nothing. */
  beforeCompact(event: Omit<SessionBeforeCompactEvent, "type">): Promise<{ cancel?: boolean; compaction?: ExtensionCompaction }>;
  /** `cancel`, a summary of their own, other instructions for one, or nothing. */
  beforeTree(event: Omit<SessionBeforeTreeEvent, "type">): Promise<SessionBeforeTreeResult>;
  /** Before the caller goes on. */
  treeChanged(event: Omit<SessionTreeEvent, "type">): Promise<void>;
  modelChanged(model: Model, previous: Model, source: "set" | "cycle"): void;
  thinkingLevelChanged(level: ThinkingLevel, previous: ThinkingLevel): void;
}
