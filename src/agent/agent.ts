// One conversation that can be prompted, steered and aborted: the loop with its queues and its transcript. Called by the harness and by
// SDK users who bring their own everything. Invariant: one run at a time.

import { PiError } from "../contracts/error.ts";
import type { Message } from "../contracts/message.ts";
import type { LoopDeps, LoopResult, MessageSource } from "./loop.ts";
import { runLoop } from "./loop.ts";
import { MessageQueue, type QueuedMessage } from "./message-queue.ts";

export type AgentDeps = Omit<LoopDeps, "steering" | "followUps">;

export class Agent {
  readonly steering = new MessageQueue();
  readonly followUps = new MessageQueue();
  readonly #deps: AgentDeps;
  #running: AbortController | undefined;
  #messages: Message[] | (() => Message[]);

  /** `messages` is taken over, not copied; a function is asked for them when they are first needed. */
  constructor(deps: AgentDeps, messages: Message[] | (() => Message[]) = []) {
    this.#deps = deps;
    this.#messages = messages;
  }

  /** What the model is shown. One array for good: a run that is going holds it. */
  get messages(): Message[] {
    if (typeof this.#messages === "function") this.#messages = this.#messages();
    return this.#messages;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Runs until the model has nothing more to do; without prompts it goes on from where the transcript stands. `signal` ends it as `abort`
   * does. Rejects with `session.busy_run` while another run is going.
   */
  async run(prompts: readonly Message[], signal?: AbortSignal): Promise<LoopResult> {
    if (this.#running) {
      throw new PiError("session.busy_run", "Agent is already processing", { hint: "Steer it, or queue a follow-up" });
    }
    const running = new AbortController();
    this.#running = running;
    const onAbort = (): void => running.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await runLoop(this.messages, prompts, running.signal, {
        ...this.#deps,
        steering: this.#announced(this.steering),
        followUps: this.#announced(this.followUps),
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#running = undefined;
    }
  }

  /** Another branch, or the same one compacted; also between two turns of a run. */
  replaceMessages(messages: readonly Message[]): void {
    if (typeof this.#messages === "function") this.#messages = [];
    this.#messages.length = 0;
    for (const message of messages) this.#messages.push(message);
  }

  get queuedCount(): number {
    return this.steering.size + this.followUps.size;
  }

  /** All that waits, steering first. */
  get queued(): QueuedMessage[] {
    return [...this.steering.waiting, ...this.followUps.waiting];
  }

  /** What a run would take next from the queues: steering, else a follow-up. */
  takeQueued(): Message[] {
    const steering = this.#take(this.steering);
    return steering.length > 0 ? steering : this.#take(this.followUps);
  }

  abort(): void {
    this.#running?.abort();
  }

  steer(message: QueuedMessage): void {
    this.steering.push(message);
    this.#announceQueues();
  }

  followUp(message: QueuedMessage): void {
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

  #announced(queue: MessageQueue): MessageSource {
    return {
      get size() {
        return queue.size;
      },
      take: () => this.#take(queue),
    };
  }

  #take(queue: MessageQueue): QueuedMessage[] {
    const messages = queue.take();
    if (messages.length > 0) this.#announceQueues();
    return messages;
  }

  #announceQueues(): void {
    void this.#deps.emit({ type: "queue_update", steering: this.steering.texts(), followUp: this.followUps.texts() });
  }
}
