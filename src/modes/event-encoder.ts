// Events as the lines that JSON and RPC mode write. Invariant: one LF at the end of each, and none inside.

import type { AgentEvent, RpcOnlyEvent } from "../contracts/agent-event.ts";
import type { Usage } from "../contracts/usage.ts";

/** What a reader must be able to know before it happens: the run waits until the line has left the process. */
export function mustBeOut(event: AgentEvent | RpcOnlyEvent): boolean {
  return event.type === "tool_execution_start";
}

export class EventEncoder {
  #seq = 0;
  #usage: Usage | undefined;
  #usageText = "";

  /** `promptId`: the `id` of the RPC prompt that caused the run. */
  encode(event: AgentEvent | RpcOnlyEvent, promptId?: string): string {
    this.#seq++;
    const tail = promptId === undefined ? `,"seq":${this.#seq}}\n` : `,"seq":${this.#seq},"promptId":${JSON.stringify(promptId)}}\n`;
    // Most lines are small deltas that repeat the same usage object: it is encoded once.
    if (event.type === "message_update") {
      if (event.usage !== this.#usage) {
        this.#usage = event.usage;
        this.#usageText = JSON.stringify(event.usage);
      }
      return `{"type":"message_update","usage":${this.#usageText},"assistantMessageEvent":${JSON.stringify(event.assistantMessageEvent)}${tail}`;
    }
    return JSON.stringify(event).slice(0, -1) + tail;
  }
}
