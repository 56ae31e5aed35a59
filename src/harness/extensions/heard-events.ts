// What extensions hear of a session's events: their own words for some, with what they are told beside. Made by session-extensions, one for
// each session. Invariant: `take` is given every event, in order, whether or not anybody listens: turns and half messages are counted from it.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import type { ExtensionEventName, ExtensionEventOf } from "../../contracts/extension-event.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import { isHeardAlike } from "../../extensions/event-names.ts";
import { PartialMessage } from "../../extensions/partial-message.ts";
import type { Session } from "../../session/tree/session.ts";

type CompactionEntry = ExtensionEventOf<"session_compact">["compactionEntry"];

type Compacted = NonNullable<Extract<AgentEvent, { type: "compaction_end" }>["result"]>;

interface Surroundings {
  now(): number;
  /** The newest of the branch in force. */
  lastCompaction(): CompactionEntry | undefined;
}

export class HeardEvents {
  readonly #at: Surroundings;
  readonly #partial = new PartialMessage();
  #turnIndex = 0;

  constructor(at: Surroundings) {
    this.#at = at;
  }

  /** From 0, of the turn under way. */
  get turnIndex(): number {
    return this.#turnIndex;
  }

  /** Nothing where extensions have no event for it. */
  take(event: AgentEvent): ExtensionEventOf<ExtensionEventName> | undefined {
    this.#partial.take(event);
    if (event.type === "agent_start") this.#turnIndex = 0;
    const heard = this.#eventOf(event);
    if (event.type === "turn_end") this.#turnIndex++;
    return heard;
  }

  #eventOf(event: AgentEvent): ExtensionEventOf<ExtensionEventName> | undefined {
    switch (event.type) {
      case "turn_start":
        return { type: "turn_start", turnIndex: this.#turnIndex, timestamp: this.#at.now() };
      case "message_update": {
        const { message } = this.#partial;
        return message && { type: "message_update", message, assistantMessageEvent: event.assistantMessageEvent };
      }
      case "session_info_changed":
        return { type: "session_info_changed", name: event.name };
      case "compaction_end":
        return this.#compactionEvent(event);
      default:
        // `message_end` has been told before the message was recorded, `turn_end` when all of the turn was.
        return isHeardAlike(event) ? event : undefined;
    }
  }

  #compactionEvent({
    reason,
    result,
    aborted,
    willRetry,
    errorMessage,
  }: Extract<AgentEvent, { type: "compaction_end" }>): ExtensionEventOf<"session_compact" | "session_compact_failed"> | undefined {
    if (result === undefined) {
      return { type: "session_compact_failed", reason, aborted, willRetry, ...defined({ errorMessage }) };
    }
    // Another agent's conversation has no entries of ours.
    const compactionEntry = this.#at.lastCompaction() ?? entryOf(result, this.#at.now());
    const { estimatedTokensAfter } = result;
    return {
      type: "session_compact",
      compactionEntry,
      fromExtension: compactionEntry.fromHook === true,
      reason,
      willRetry,
      ...defined({ estimatedTokensAfter }),
    };
  }
}

function entryOf(result: Compacted, now: number): CompactionEntry {
  const { summary, firstKeptEntryId, tokensBefore } = result;
  return { type: "compaction", id: "", parentId: null, timestamp: isoTime(now), summary, firstKeptEntryId, tokensBefore };
}

export function lastCompaction(session: Session): CompactionEntry | undefined {
  return session.branch().findLast((entry) => entry.type === "compaction") as CompactionEntry | undefined;
}
