// The kinds of entries of a session file (version 3), one record each: own fields, and what it means. The types in session-entry.ts, the schema
// of a session line, and the tables of those who show entries follow from it. Invariant: only schemas read it at run time, so no start pays.

import { thinkingLevels } from "./model.ts";
import { named } from "./named-shapes.ts";
import { amount, anything, choice, either, type Fields, fields, flag, list, optional, orNull, text } from "./schema.ts";

export interface EntryRecord {
  /** A sentence for the documents. */
  readonly about: string;
  readonly fields: Fields;
}

/** Field order in a file: `type` and these first, so that the head of a line can be indexed unparsed. */
export const entryBase = {
  id: text("8 hexadecimal digits in what pi writes; longer ones of other writers are taken"),
  parentId: orNull(text()),
  timestamp: text("ISO 8601"),
};

const content = either(text(), list(either(named("text"), named("image"))));
const usage = optional(named("usage"));
const ofSummary = { usage, details: optional(anything()), fromHook: optional(flag("an extension wrote it")) };

export const entries = {
  message: { about: "What was said.", fields: { message: named("message") } },
  model_change: { about: "Another model from here on.", fields: { provider: text(), modelId: text() } },
  thinking_level_change: { about: "Another thinking level from here on.", fields: { thinkingLevel: choice(thinkingLevels) } },
  compaction: {
    about: "A summary in place of everything before `firstKeptEntryId`.",
    fields: {
      summary: text(),
      firstKeptEntryId: text(),
      tokensBefore: amount(),
      systemMessage: optional(named("systemMessage")),
      ...ofSummary,
    },
  },
  branch_summary: {
    about: "What was done on a branch that was left.",
    fields: { fromId: orNull(text()), summary: text(), ...ofSummary },
  },
  context_edit: {
    about: "Another entry is shown to the model in other words, or not at all.",
    fields: { targetId: text(), replacement: orNull(fields({ content }), "null: not at all") },
  },
  usage: {
    about: "Paid for, and not part of the context.",
    fields: { kind: text(), provider: text(), model: text(), usage: named("usage"), note: optional(text()) },
  },
  custom: { about: "What an extension keeps.", fields: { customType: text(), data: optional(anything()) } },
  custom_message: {
    about: "What an extension says to the model.",
    fields: { customType: text(), content, display: flag("whether people are shown it"), details: optional(anything()) },
  },
  label: { about: "A label on another entry; without one it is taken away.", fields: { targetId: text(), label: optional(text()) } },
  session_info: { about: "The session's name.", fields: { name: optional(text()) } },
} as const satisfies Record<string, EntryRecord>;
