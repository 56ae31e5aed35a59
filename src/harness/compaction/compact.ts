// Compaction as something that runs: one at a time, abortable, told by events. Called by coding-session (by hand) and auto-compact.
// Invariant: every `compaction_start` has its `compaction_end`. What a pass does is loaded with the first one.

import type { CompactionResult } from "../../contracts/agent-event.ts";
import { isPiError, messageOf, PiError } from "../../contracts/error.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { CompactionRequest } from "./compaction-pass.ts";
import type { CompactionPlan } from "./compaction-plan.ts";

export class Compactor {
  readonly #conversation: Conversation;
  #running: { abort: AbortController; done: Promise<unknown> } | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  abort(): void {
    this.#running?.abort.abort();
  }

  /** Whether what was under way has been stopped. */
  async settled(): Promise<boolean> {
    const running = this.#running;
    await running?.done.catch(() => undefined);
    return running?.abort.signal.aborted === true;
  }

  /** Work that needs the tree at rest: one at a time, its signal fired by `abort`. Rejects with `session.busy_compaction`. */
  async exclusively<T>(work: (signal: AbortSignal) => Promise<T>, outer?: AbortSignal): Promise<T> {
    if (this.#running)
      throw new PiError("session.busy_compaction", "A compaction is already running", { hint: "Wait for it, or abort it" });
    const abort = new AbortController();
    const signal = outer ? AbortSignal.any([outer, abort.signal]) : abort.signal;
    // Begun a moment later, so that whoever the work tells of itself finds it running.
    const done = Promise.resolve()
      .then(() => work(signal))
      .finally(() => {
        this.#running = undefined;
      });
    this.#running = { abort, done };
    return done;
  }

  /** What a pass would do; nothing when there is nothing to be done. */
  async plan(keepRecentTokens: number): Promise<CompactionPlan | undefined> {
    const { planCompaction } = await import("./compaction-plan.ts");
    return planCompaction(this.#conversation.session.context(), keepRecentTokens);
  }

  /**
   * Rejects with `session.nothing_to_compact`, `session.compaction_cancelled`, `session.summarization_failed`,
   * `session.compaction_freed_nothing`, `session.busy_compaction`.
   */
  compact(request: CompactionRequest & { signal?: AbortSignal }): Promise<CompactionResult> {
    return this.exclusively((signal) => this.#announced(request, signal), request.signal);
  }

  async #announced(request: CompactionRequest, signal: AbortSignal): Promise<CompactionResult> {
    const { reason, willRetry = false } = request;
    await this.#conversation.emit({ type: "compaction_start", reason });
    let result: CompactionResult;
    try {
      const { compactOnce } = await import("./compaction-pass.ts");
      result = await compactOnce(request, signal, this.#conversation);
    } catch (error) {
      const aborted = isPiError(error) && error.code === "session.compaction_cancelled";
      const errorMessage = aborted ? {} : { errorMessage: `Compaction failed: ${messageOf(error)}` };
      await this.#conversation.emit({ type: "compaction_end", reason, aborted, willRetry: false, ...errorMessage });
      throw error;
    }
    await this.#conversation.emit({ type: "compaction_end", reason, result, aborted: false, willRetry });
    return result;
  }
}
