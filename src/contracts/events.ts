// The events of a run, one record each: fields, what they mean, who makes them, who hears them. The types in agent-event.ts, the schemas and
// documents for programs, and what extensions are told follow from it. Invariant: at run time only these read it, so no start pays for it.

import { thinkingLevels } from "./model.ts";
import { named } from "./named-shapes.ts";
import { exitStatusOf, type OutcomeKind } from "./outcome.ts";
import { amount, anything, choice, count, either, type Fields, fields, flag, list, optional, record, text } from "./schema.ts";
import { entry } from "./shapes.ts";

export interface EventRecord {
  /** A sentence for the documents. */
  readonly about: string;
  readonly fields: Fields;
  /** `rpc`: only RPC mode tells of it. */
  readonly from: "loop" | "session" | "rpc";
  /** How extensions hear of it: as everybody does, in another shape (which `ExtensionEventTable` has), or not at all. */
  readonly extensions: "alike" | "otherwise" | "not";
}

const toolCall = { toolCallId: text(), toolName: text(), parentToolCallId: optional(text("where a tool made the call")) };
const args = record();
const resultFields = { content: list(either(named("text"), named("image"))), details: optional(anything("of the tool")) };
const retryFields = {
  attempt: count(),
  maxAttempts: count(),
  delayMs: amount(),
  errorMessage: text(),
  retryAt: optional(amount("Unix milliseconds")),
};

const reason = choice(["manual", "threshold", "overflow"]);

export const compactionResult = fields({
  summary: text(),
  firstKeptEntryId: text(),
  tokensBefore: amount(),
  estimatedTokensAfter: amount(),
  usage: optional(named("usage")),
  details: optional(anything("of whoever made the summary")),
});

export const events = {
  agent_start: { about: "A run of the loop begins.", fields: {}, from: "loop", extensions: "alike" },
  agent_end: {
    about: "It has ended; a retry, a compaction or a queued message may still follow.",
    fields: { messages: list(named("message")), willRetry: flag() },
    from: "loop",
    extensions: "alike",
  },
  agent_settled: {
    about:
      "Nothing more will happen by itself. The last event of what a prompt began; `outcome` is how it ended, as the exit status of `pi -p` and the record of `--result` tell it.",
    fields: { aborted: flag(), outcome: choice(Object.keys(exitStatusOf) as OutcomeKind[]) },
    from: "session",
    extensions: "alike",
  },
  turn_start: { about: "One answer of the model begins.", fields: {}, from: "loop", extensions: "otherwise" },
  turn_end: {
    about: "The answer and the results of its tool calls are there.",
    fields: { message: named("assistantMessage"), toolResults: list(named("toolResultMessage")) },
    from: "loop",
    extensions: "otherwise",
  },
  message_start: { about: "A message begins.", fields: { message: named("message") }, from: "loop", extensions: "alike" },
  message_update: {
    about: "A piece of an answer: `assistantMessageEvent` is a delta, never the message so far.",
    fields: { usage: named("usage"), assistantMessageEvent: named("assistantMessageEvent") },
    from: "loop",
    extensions: "otherwise",
  },
  message_end: {
    about: "The message as it is kept; it counts, whatever the deltas said.",
    fields: { message: named("message") },
    from: "loop",
    extensions: "otherwise",
  },
  tool_execution_start: { about: "A tool begins.", fields: { ...toolCall, args }, from: "loop", extensions: "alike" },
  tool_execution_update: {
    about: "The whole result so far; it replaces the one before.",
    fields: { ...toolCall, args, partialResult: fields(resultFields) },
    from: "loop",
    extensions: "alike",
  },
  tool_execution_end: {
    about: "The tool's result. `durationMs` is absent where it did not run.",
    fields: {
      ...toolCall,
      result: fields({
        ...resultFields,
        structuredContent: optional(anything("for programs; not kept")),
        isError: optional(flag("as the tool said")),
        usage: optional(named("usage")),
        terminate: optional(flag("the run ends with this batch, where all its results say so")),
      }),
      isError: flag(),
      durationMs: optional(amount()),
    },
    from: "loop",
    extensions: "alike",
  },
  queue_update: {
    about: "The queues have changed; both are given whole.",
    fields: { steering: list(text()), followUp: list(text()) },
    from: "loop",
    extensions: "not",
  },
  compaction_start: {
    about: "The older part of the conversation is being summed up.",
    fields: { reason },
    from: "session",
    extensions: "not",
  },
  compaction_end: {
    about: "It has been, or has not.",
    fields: { reason, result: optional(compactionResult), aborted: flag(), willRetry: flag(), errorMessage: optional(text()) },
    from: "session",
    extensions: "otherwise",
  },
  summarization_retry_scheduled: {
    about: "The call for a summary failed and will be made again.",
    fields: retryFields,
    from: "session",
    extensions: "not",
  },
  summarization_retry_attempt_start: {
    about: "It is made again. `reason` is that of a compaction.",
    fields: { source: choice(["compaction", "branchSummary"]), reason: optional(reason) },
    from: "session",
    extensions: "not",
  },
  summarization_retry_finished: {
    about: "No more such calls: there is a summary, or there is none.",
    fields: {},
    from: "session",
    extensions: "not",
  },
  auto_retry_start: {
    about: "A failed model call will be tried again.",
    fields: retryFields,
    from: "session",
    extensions: "not",
  },
  auto_retry_end: {
    about: "How the trying ended.",
    fields: { success: flag(), attempt: count(), finalError: optional(text()) },
    from: "session",
    extensions: "not",
  },
  image_overflow_recovery: {
    about: "The service refused the pictures: of `imageCount` the oldest `strippedCount` are left out, or none and all are made smaller.",
    fields: { imageCount: count(), strippedCount: count() },
    from: "session",
    extensions: "not",
  },
  entry_appended: {
    about: "An entry that is no message has been stored.",
    fields: { entry },
    from: "session",
    extensions: "not",
  },
  session_info_changed: {
    about: "The session has another name, or none.",
    fields: { name: optional(text()) },
    from: "session",
    extensions: "otherwise",
  },
  thinking_level_changed: {
    about: "Another thinking level is in force.",
    fields: { level: choice(thinkingLevels) },
    from: "session",
    extensions: "not",
  },
  extension_error: {
    about: "RPC only: an extension failed; the run goes on.",
    fields: { extensionPath: text(), event: text(), error: text() },
    from: "rpc",
    extensions: "not",
  },
  bash_execution_update: {
    about: "RPC only: output of a `bash` command, whose `id` it has.",
    fields: { id: optional(text()), delta: text() },
    from: "rpc",
    extensions: "not",
  },
} as const satisfies Record<string, EventRecord>;
