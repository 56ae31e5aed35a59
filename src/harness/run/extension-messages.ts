// What extensions say beside the user's words: behind the next prompt, behind the turn under way. Owned by coding-session.
// Invariant: each is said once, in the order given.

import type { CustomMessage, Message, UserMessage } from "../../contracts/message.ts";
import type { Conversation } from "../conversation/conversation.ts";

export class ExtensionMessages {
  readonly #conversation: Conversation;
  #forNextPrompt: CustomMessage[] = [];
  #asides: CustomMessage[] = [];

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  keepForPrompt(message: CustomMessage): void {
    this.#forNextPrompt.push(message);
  }

  keepForTurn(message: CustomMessage): void {
    this.#asides.push(message);
  }

  /** For the turn. */
  get kept(): readonly CustomMessage[] {
    return this.#asides;
  }

  /** What was kept for the turn; a promise only where there is something. */
  sayKept(): Promise<void> | undefined {
    return this.#asides.length === 0 ? undefined : this.#say(this.#asides.splice(0));
  }

  /** The prompt, what extensions say behind it, and before it what has to be said so that the prompt in force is the one wanted. */
  async opening(message: UserMessage | CustomMessage): Promise<Message[]> {
    const conversation = this.#conversation;
    const asked = await conversation.deps.interceptor?.beforeAgentStart?.(message, (replaced) => {
      conversation.runPrompt = replaced;
      return conversation.promptInForce();
    });
    conversation.runPrompt = asked?.systemPrompt;
    return [...conversation.systemChange(), message, ...this.#forNextPrompt.splice(0), ...(asked?.messages ?? [])];
  }

  async #say(messages: readonly CustomMessage[]): Promise<void> {
    for (const message of messages) await this.#conversation.say(message);
  }
}
