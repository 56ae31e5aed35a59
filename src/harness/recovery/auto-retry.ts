// Decides whether a failed model call is tried again, and waits. One of the recoveries of settle-run.
// Decided by failure code, never by text. Invariant: every `auto_retry_start` has its `auto_retry_end`.

import type { LoopResult } from "../../agent/loop.ts";
import type { AgentEvent } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import type { ModelFailure } from "../../contracts/stream-event.ts";
import type { RetrySettings } from "../conversation/recovery-settings.ts";
import { type Clock, retryDelayMs, waitFor } from "../conversation/retry-delay.ts";
import type { Recovery, RecoveryPlan, Verdict } from "./settle-run.ts";

export class RetryRecovery implements Recovery {
  isEnabled: boolean;
  /** Of all runs. */
  count = 0;
  readonly #settings: RetrySettings;
  readonly #clock: Clock;
  readonly #emit: (event: AgentEvent) => Promise<void> | undefined;
  /** Retries since the last whole answer. */
  #attempt = 0;
  #delay: AbortController | undefined;

  constructor(settings: RetrySettings, clock: Clock, emit: (event: AgentEvent) => Promise<void> | undefined) {
    this.isEnabled = settings.enabled;
    this.#settings = settings;
    this.#clock = clock;
    this.#emit = emit;
  }

  plan(result: LoopResult): RecoveryPlan | undefined {
    const { failure } = result;
    // What was shown cannot be taken back: a stalled answer is only tried again while nothing of it is out.
    if (!failure || (failure.code === "stalled" && result.hasShownContent)) return undefined;
    const delayMs = retryDelayMs(failure, this.#attempt + 1, { ...this.#settings, enabled: this.isEnabled }, this.#clock);
    return delayMs === undefined ? undefined : { willRetry: true, carryOut: (signal) => this.#retry(failure, delayMs, signal) };
  }

  async #retry(failure: ModelFailure, delayMs: number, signal: AbortSignal): Promise<Verdict> {
    this.#attempt++;
    this.count++;
    // Before it is announced, so that who hears of the delay can already end it.
    const delay = new AbortController();
    this.#delay = delay;
    await this.#emit({
      type: "auto_retry_start",
      attempt: this.#attempt,
      maxAttempts: this.#settings.maxRetries,
      delayMs,
      errorMessage: failure.message,
      ...defined({ retryAt: failure.retryAt }),
    });
    const hasPassed = await waitFor(delayMs, AbortSignal.any([signal, delay.signal]));
    this.#delay = undefined;
    if (hasPassed) return "again";
    await this.#end(false, "Retry cancelled");
    return "stop";
  }

  get isWaiting(): boolean {
    return this.#delay !== undefined;
  }

  /** Ends the delay; the run ends with the failure that was to be retried. */
  abort(): void {
    this.#delay?.abort();
  }

  /** A whole answer has come. */
  answered(): Promise<void> | undefined {
    return this.#attempt === 0 ? undefined : this.#end(true);
  }

  close(result: LoopResult): Promise<void> | undefined {
    return this.#attempt === 0 ? undefined : this.#end(false, result.failure?.message ?? "");
  }

  async #end(success: boolean, finalError?: string): Promise<void> {
    const attempt = this.#attempt;
    this.#attempt = 0;
    await this.#emit({ type: "auto_retry_end", success, attempt, ...defined({ finalError }) });
  }
}
