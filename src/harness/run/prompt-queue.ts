// Words that wait for the run under way: steering after this turn, follow-ups at its end. An owner of coding-session, shown to modes and the library.
// Invariant: what is queued stays until a run takes it or `clear` gives it back, also over an abort.

import type { QueueMode } from "../../agent/message-queue.ts";
import type { ImageContent, UserContent, UserMessage } from "../../contracts/message.ts";
import type { Conversation } from "../conversation/conversation.ts";

export class PromptQueue {
  readonly #conversation: Conversation;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  steer(said: string | UserMessage): void {
    this.#conversation.agent.steer(typeof said === "string" ? this.userMessage(said) : said);
  }

  followUp(said: string | UserMessage): void {
    this.#conversation.agent.followUp(typeof said === "string" ? this.userMessage(said) : said);
  }

  /** What was waiting. */
  clear(): { steering: string[]; followUp: string[] } {
    return this.#conversation.agent.clearQueues();
  }

  get count(): number {
    return this.#conversation.agent.queuedCount;
  }

  /** What `queue_update` shows. */
  get texts(): { steering: string[]; followUp: string[] } {
    const { steering, followUps } = this.#conversation.agent;
    return { steering: steering.texts(), followUp: followUps.texts() };
  }

  get steeringMode(): QueueMode {
    return this.#conversation.agent.steering.mode;
  }

  set steeringMode(mode: QueueMode) {
    this.#conversation.agent.steering.mode = mode;
  }

  get followUpMode(): QueueMode {
    return this.#conversation.agent.followUps.mode;
  }

  set followUpMode(mode: QueueMode) {
    this.#conversation.agent.followUps.mode = mode;
  }

  /** What a prompt of the user's is to the model. */
  userMessage(text: string, images: readonly ImageContent[] = []): UserMessage {
    const content: UserContent[] = [{ type: "text", text }, ...images];
    return { role: "user", content, timestamp: this.#conversation.deps.clock.now() };
  }
}
