// Where a run may be changed between its steps: behind each turn, and before it settles. What may be written there, and what those who are asked are
// shown. Types only; told to extensions (extension-event), asked through the interceptor, carried out by harness/run/boundary.

import type { AssistantMessage, Message, ModelMessage, ToolResultMessage, UserContent } from "./message.ts";
import type { AnyEntry, EntryOf } from "./session-entry.ts";
import type { Usage } from "./usage.ts";

/** An entry before it is one. */
export type BoundaryDraft =
  | { type: "custom"; customType: string; data?: unknown }
  | { type: "custom_message"; customType: string; content: string | UserContent[]; display: boolean; details?: unknown }
  | { type: "context_edit"; targetId: string; replacement: EntryOf<"context_edit">["replacement"] }
  /** `null`: nothing before it is kept. */
  | { type: "compaction"; summary: string; firstKeptEntryId: string | null; details?: unknown; usage?: Usage };

/** What is to happen, as far as those asked have said. */
export interface BoundaryProposal {
  entries: BoundaryDraft[];
  /** Whether one more answer of the model is wanted; without effect where there will be one anyway. */
  continue: boolean;
}

/** The context as it would be. */
export interface BoundaryPreview {
  /** The entries that count, each with what it says to the model; nothing for one that only records a choice or is left out. */
  contextEntries: { sourceEntry: AnyEntry; messages: Message[] }[];
  contextMessages: Message[];
  llmMessages: ModelMessage[];
  /** Said before the next answer, if there is one. */
  pendingMessages: Message[];
  /** Whether the model could be asked. */
  canContinue: boolean;
}

export type BoundaryOutcome = "completed" | "aborted" | "error";

/** Which one it is. */
export type Boundary = { outcome: BoundaryOutcome } & (
  | {
      type: "turn_end";
      message: AssistantMessage;
      toolResults: ToolResultMessage[];
      /** The entry that holds the answer. */
      messageEntryId: string;
      toolResultEntryIds: string[];
    }
  | { type: "agent_before_settle" }
);

/** @throws PiError `extension.bad_entries`, where one of them cannot be written. */
export type PreviewBoundary = (entries: readonly BoundaryDraft[]) => BoundaryPreview;
