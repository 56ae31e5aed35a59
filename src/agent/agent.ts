// One conversation that can be prompted, steered and aborted: the loop with its queues and its transcript. Called by the harness and by
// SDK users who bring their own everything. Invariant: one run at a time.

import { PiError } from "../contracts/error.ts";
import type { Message, UserMessage } from "../contracts/message.ts";
import type { LoopDeps, LoopResult } from "./loop.ts";
import { runLoop } from "./loop.ts";
import { MessageQueue } from "./message-queue.ts";

export type AgentDeps = Omit<LoopDeps, "takeSteering" | "takeFollowUp">;

export class Agent {
  /** What the model is shown; the harness replaces it when the branch or the compaction changes. */
  messages: Message[] = [];
  readonly steering = new MessageQueue();
  readonly followUps = new MessageQueue();
  readonly #deps: AgentDeps;
  #running: AbortController | undefined;

  constructor(deps: AgentDeps) {
    this.#deps = deps;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Runs until the model has nothing more to do. Rejects with `session.busy_run` while another run is going. */
  async run(prompts: Message[]): Promise<LoopResult> {
    if (this.#running) {
      throw new PiError("session.busy_run", "Agent is already processing", { hint: "Steer it, or queue a follow-up" });
    }
    this.#running = new AbortController();
    try {
      return await runLoop(this.messages, prompts, this.#running.signal, {
        ...this.#deps,
        takeSteering: () => this.#take(this.steering),
        takeFollowUp: () => this.#take(this.followUps),
      });
    } finally {
      this.#running = undefined;
    }
  }

  abort(): void {
    this.#running?.abort();
  }

  steer(message: UserMessage): void {
    this.steering.push(message);
    this.#announceQueues();
  }

  followUp(message: UserMessage): void {
    this.followUps.push(message);
    this.#announceQueues();
  }

  /** The texts removed. */
  clearQueues(): { steering: string[]; followUp: string[] } {
    const removed = { steering: this.steering.texts(), followUp: this.followUps.texts() };
    this.steering.clear();
    this.followUps.clear();
    this.#announceQueues();
    return removed;
  }

  #take(queue: MessageQueue): UserMessage[] {
    const messages = queue.take();
    if (messages.length > 0) this.#announceQueues();
    return messages;
  }

  #announceQueues(): void {
    void this.#deps.emit({ type: "queue_update", steering: this.steering.texts(), followUp: this.followUps.texts() });
  }
}
