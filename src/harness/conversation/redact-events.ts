// Events as they may leave the process, without secrets. Used by the conversation before it tells.
// Invariant: what holds no secret is told as it is.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import type { AssistantMessageEvent } from "../../contracts/stream-event.ts";
import { StreamRedactor } from "../../platform/pipes/redact-stream.ts";
import { liveSecrets } from "../../platform/secrets.ts";

type Update = Extract<AgentEvent, { type: "message_update" }>;

export class EventRedactor {
  readonly #stream = new StreamRedactor<AssistantMessageEvent>();
  #lastUpdate: Update | undefined;

  /** What is told in the event's place: one, or none while it is not known whether a secret begins there. */
  redact(event: AgentEvent): readonly AgentEvent[] {
    if (liveSecrets.isEmpty) return [event];
    if (event.type !== "message_update") {
      const rest = event.type === "message_end" ? this.#told(this.#stream.rest(), this.#lastUpdate) : [];
      return [...rest, liveSecrets.redactValue(event)];
    }
    this.#lastUpdate = event;
    return this.#told(this.#stream.redact(event.assistantMessageEvent), event);
  }

  #told(parts: readonly AssistantMessageEvent[], update: Update | undefined): readonly AgentEvent[] {
    if (update === undefined) return [];
    return parts.map((part) => (part === update.assistantMessageEvent ? update : { ...update, assistantMessageEvent: part }));
  }
}
