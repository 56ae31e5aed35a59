// A conversation as it goes on, entry by entry or event by event, as the items that people are shown: one fold for both, so that a run reads the
// same while it lasts and from its file. Called by renderings of branches and of running sessions. Invariant: what has ended is told once.

import type { AgentEvent } from "../contracts/agent-event.ts";
import type { AnyEntry } from "../contracts/session-entry.ts";
import { type Call, callsIn, type Item, itemOf, itemOfMessage } from "./items.ts";
import { fieldsOf } from "./read-entry.ts";

export interface Told {
  item: Item;
  /** Of a result: what it answers. Where the call is not on the branch its tool's name is known, and no arguments. */
  call?: Call;
}

export class ConversationFold {
  /** Calls of answers that have no result yet, in order. */
  readonly open = new Map<string, Call>();
  /** Calls that are being carried out, those that tools have made too, in the order of their beginning. */
  readonly running = new Map<string, Call>();

  /** Entries of one branch, in order. */
  takeEntry(entry: AnyEntry): Told {
    return this.#told(itemOf(entry));
  }

  /** Nothing for an event with which nothing of the conversation has ended. A result is told when its tool has ended, not again as a message. */
  takeEvent(event: AgentEvent): Told | undefined {
    switch (event.type) {
      case "message_end": {
        const item = itemOfMessage(event.message);
        return item.kind === "result" && !this.open.has(item.callId) ? undefined : this.#told(item);
      }
      case "entry_appended":
        return this.#told(itemOf(event.entry));
      case "session_info_changed":
        return this.#told(eventItem({ type: "session_info", name: event.name }));
      case "thinking_level_changed":
        return this.#told(eventItem({ type: "thinking_level_change", thinkingLevel: event.level }));
      case "compaction_end":
        return event.result && this.#told(eventItem({ type: "compaction", ...event.result }));
      case "tool_execution_start":
        this.running.set(event.toolCallId, { kind: "call", id: event.toolCallId, name: event.toolName, args: fieldsOf(event.args) });
        return undefined;
      case "tool_execution_end": {
        const { toolCallId, toolName, result, isError, durationMs } = event;
        return this.#told(
          eventItem({ type: "message", message: { role: "toolResult", toolCallId, toolName, isError, durationMs, ...result } }),
        );
      }
      default:
        return undefined;
    }
  }

  #told(item: Item): Told {
    if (item.kind === "answer") for (const call of callsIn(item.blocks)) this.open.set(call.id, call);
    if (item.kind !== "result") return { item };
    const { callId: id, toolName } = item;
    const call = this.running.get(id) ?? this.open.get(id) ?? { kind: "call", id, name: toolName || "tool", args: {} };
    this.running.delete(id);
    this.open.delete(id);
    return { item, call };
  }
}

/** What an event tells of as the entry that it becomes, or became. */
function eventItem(entry: object): Item {
  return itemOf({ id: "", timestamp: "", ...entry } as AnyEntry);
}
