// What Claude Code does between its messages, as events of ours: trying again, making its conversation shorter. Owned by the translation.
// Invariant: what has begun ends, whatever comes instead of its end.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import type { ClaudeRecord } from "./child.ts";
import { fieldsOf, numberIn } from "./records.ts";

type Emit = (event: AgentEvent) => Promise<void>;

export class Interludes {
  readonly #emit: Emit;
  #retry: { attempt: number } | undefined;
  #isCompacting = false;
  /** Of the compaction under way, told by its hook. */
  summary: string | undefined;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  async retrying(record: ClaudeRecord): Promise<void> {
    const attempt = numberIn(record, "attempt") ?? 1;
    this.#retry = { attempt };
    const status = numberIn(record, "error_status");
    await this.#emit({
      type: "auto_retry_start",
      attempt,
      maxAttempts: numberIn(record, "max_retries") ?? attempt,
      delayMs: numberIn(record, "retry_delay_ms") ?? 0,
      errorMessage: status === undefined ? "The service could not be reached" : `The service answered ${status}`,
    });
  }

  async retried(success: boolean): Promise<void> {
    const retry = this.#retry;
    if (retry === undefined) return;
    this.#retry = undefined;
    await this.#emit({ type: "auto_retry_end", success, attempt: retry.attempt });
  }

  async status(record: ClaudeRecord): Promise<void> {
    if (record.status !== "compacting" || this.#isCompacting) return;
    this.#isCompacting = true;
    await this.#emit({ type: "compaction_start", reason: "threshold" });
  }

  async compacted(record: ClaudeRecord): Promise<void> {
    const metadata = fieldsOf(record.compact_metadata);
    const reason = metadata.trigger === "manual" ? "manual" : "threshold";
    if (!this.#isCompacting) await this.#emit({ type: "compaction_start", reason });
    this.#isCompacting = false;
    const after = numberIn(metadata, "post_tokens");
    const result = {
      summary: this.summary ?? "",
      firstKeptEntryId: "",
      tokensBefore: numberIn(metadata, "pre_tokens") ?? 0,
      ...defined({ estimatedTokensAfter: after }),
    };
    this.summary = undefined;
    await this.#emit({ type: "compaction_end", reason, result, aborted: false, willRetry: false } as AgentEvent);
  }

  /** Nothing more will come. */
  async close(isSuccess: boolean): Promise<void> {
    await this.retried(isSuccess);
    if (!this.#isCompacting) return;
    this.#isCompacting = false;
    await this.#emit({ type: "compaction_end", reason: "threshold", aborted: true, willRetry: false });
  }
}
