// Names that hosts of other agents know our extension events by, and what they expect to find in them. Read where an extension registers a handler.
// Invariant: an alias is another name of events that are there, never an event of its own.

import type { ExtensionEventName } from "./extension-event.ts";

export type HookAlias = "agent:bootstrap" | "agent:precompact" | "agent:compaction:end" | "session:compaction_summary";

type Fields = Readonly<Record<string, unknown>>;

interface AliasRecord {
  events: readonly ExtensionEventName[];
  /** What is added to the event under this name. */
  also?(event: Fields): Record<string, unknown>;
}

const fieldsIn = (event: Fields, name: string): Fields => (event[name] ?? {}) as Fields;

/** By alias: the events that it stands for. */
export const hookAliases: Record<HookAlias, AliasRecord> = {
  "agent:bootstrap": { events: ["agent_bootstrap"] },
  "agent:precompact": {
    events: ["session_before_compact"],
    also: (event) => {
      const { tokensBefore, messagesToSummarize } = fieldsIn(event, "preparation");
      return { tokens: tokensBefore, messageCount: Array.isArray(messagesToSummarize) ? messagesToSummarize.length : 0 };
    },
  },
  "agent:compaction:end": {
    events: ["session_compact", "session_compact_failed"],
    also: (event) => ({ aborted: event.aborted === true, error: event.errorMessage }),
  },
  "session:compaction_summary": {
    events: ["session_compact"],
    also: (event) => {
      const { summary, tokensBefore } = fieldsIn(event, "compactionEntry");
      return { summary, tokensBefore, tokensAfter: event.estimatedTokensAfter };
    },
  },
};

/** The record of a name, if it is an alias. */
export function aliasOf(name: string): AliasRecord | undefined {
  return Object.hasOwn(hookAliases, name) ? hookAliases[name as HookAlias] : undefined;
}
