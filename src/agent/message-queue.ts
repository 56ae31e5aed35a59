// Messages waiting for the run: steering (before the next model call) and follow-ups (when the run would stop).
// Called by the loop, filled by the harness. Invariant: a message taken is out of the queue; abort takes nothing.

import type { CustomMessage, UserMessage } from "../contracts/message.ts";
import { textOf } from "../contracts/message.ts";

/** Of the user's, or put in by an extension. */
export type QueuedMessage = UserMessage | CustomMessage;

export type QueueMode = "all" | "one-at-a-time";

export class MessageQueue {
  mode: QueueMode = "one-at-a-time";
  #messages: QueuedMessage[] = [];

  get size(): number {
    return this.#messages.length;
  }

  get waiting(): readonly QueuedMessage[] {
    return this.#messages;
  }

  push(message: QueuedMessage): void {
    this.#messages.push(message);
  }

  /** The next message, or all of them, as the mode says. */
  take(): QueuedMessage[] {
    return this.#messages.splice(0, this.mode === "all" ? this.#messages.length : 1);
  }

  clear(): QueuedMessage[] {
    return this.#messages.splice(0);
  }

  /** What `queue_update` and `clear_queue` show: the user's. */
  texts(): string[] {
    return this.#messages.filter((message) => message.role === "user").map((message) => textOf(message.content));
  }
}
