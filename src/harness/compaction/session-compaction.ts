// Compaction as a session shows it: by hand, by itself or not, and whether one is under way. An owner of coding-session.
// Invariant: by hand it stops a run first; what was called off while it waited for that does not begin.

import type { CompactionResult } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { NewEntry } from "../../contracts/session-entry.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { AutoCompaction } from "./auto-compact.ts";
import type { Compactor } from "./compact.ts";

export class SessionCompaction {
  readonly #conversation: Conversation;
  readonly #compactor: Compactor;
  readonly #auto: AutoCompaction;
  /** Ends the run under way; nothing where there is none. */
  readonly #stopRun: () => Promise<void> | undefined;
  #abortCount = 0;

  constructor(conversation: Conversation, compactor: Compactor, auto: AutoCompaction, stopRun: () => Promise<void> | undefined) {
    this.#conversation = conversation;
    this.#compactor = compactor;
    this.#auto = auto;
    this.#stopRun = stopRun;
  }

  get isRunning(): boolean {
    return this.#compactor.isRunning;
  }

  /** When nothing of it is under way any more; whether it was stopped. */
  settled(): Promise<boolean> {
    return this.#compactor.settled();
  }

  get isAutomatic(): boolean {
    return this.#auto.isEnabled;
  }

  set isAutomatic(isAutomatic: boolean) {
    this.#auto.isEnabled = isAutomatic;
  }

  /**
   * Stops a run first. Rejects with `session.nothing_to_compact`, `session.compaction_cancelled`, `session.summarization_failed`,
   * `session.busy_compaction`.
   */
  async run(customInstructions?: string): Promise<CompactionResult> {
    const abortCount = this.#abortCount;
    for (let stopping = this.#stopRun(); stopping !== undefined; stopping = this.#stopRun()) await stopping;
    // Whoever stopped all work meanwhile (another session, the end) does not expect it to begin now.
    if (this.#abortCount !== abortCount) throw new PiError("session.compaction_cancelled", "Compaction cancelled");
    const { keepRecentTokens, settings } = this.#auto.limits;
    return this.#compactor.compact({
      reason: "manual",
      keepRecentTokens,
      settings,
      ...defined({ customInstructions }),
    });
  }

  /** What a session that ended at `leafId` would lack, in the words of a model; nothing where that is nothing. Nothing moves. Errors as of `navigate`. */
  async summarizeLeft(leafId: string | null, focus: string | undefined, signal: AbortSignal): Promise<NewEntry | undefined> {
    const { summarizeLeft } = await import("./navigate.ts");
    return this.#compactor.exclusively((own) => summarizeLeft(leafId, focus, AbortSignal.any([signal, own]), this.#conversation));
  }

  /** Also one that waits for the end of the run it has stopped. */
  abort(): void {
    this.#abortCount++;
    this.#compactor.abort();
  }
}
