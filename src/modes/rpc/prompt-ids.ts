// Which command caused the run under way: its `id` stands in the run's events. Owned by the server, told what the prompt methods begin.
// Invariant: a prompt that was refused, queued or handled changes nothing.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import type { PromptDisposition } from "./records.ts";

export class PromptIds {
  /** Of the run under way. */
  current: string | undefined;

  /** Already while it begins: what it causes at once is the run's. */
  during<T extends { disposition: PromptDisposition }>(id: string | undefined, isStreaming: boolean, begin: () => T): T {
    const before = this.current;
    if (!isStreaming) this.current = id;
    let isBegun = false;
    try {
      const begun = begin();
      isBegun = begun.disposition === "started";
      return begun;
    } finally {
      if (!isBegun) this.current = before;
    }
  }

  /** After the client was told of the event. */
  leave(event: AgentEvent): void {
    if (event.type === "agent_settled") this.current = undefined;
  }
}
