// Whether a failed model call is worth another try, and after how long. Called by auto-retry, the summarizer and request-retries.
// Invariant: decided by failure code, never by text.

import { timerMs } from "../../contracts/duration.ts";
import type { FailureCode, ModelFailure } from "../../contracts/stream-event.ts";
import type { RetrySettings } from "./recovery-settings.ts";

export interface Clock {
  now(): number;
  random(): number;
}

const retryable: ReadonlySet<FailureCode> = new Set<FailureCode>(["overloaded", "rate_limited", "network", "stalled"]);

/**
 * Milliseconds to wait before try number `attempt` (from 1), or nothing when the failure is final. The service's own word on when to
 * come back wins over the exponential step; one beyond the cap makes the failure final, since the user would rather be told.
 */
export function retryDelayMs(failure: ModelFailure, attempt: number, settings: RetrySettings, clock: Clock): number | undefined {
  if (!settings.enabled || attempt > settings.maxRetries || !retryable.has(failure.code)) return undefined;
  // Some systems know no name at all while they have no network: that alone may be over by the next try.
  if (failure.unreachable !== undefined && !(failure.unreachable.lacks === "name" && attempt === 1)) return undefined;
  if (failure.retryAt !== undefined) {
    const wait = Math.max(0, failure.retryAt - clock.now());
    return wait > longestAskedMs(settings) ? undefined : wait;
  }
  const step = Math.min(settings.baseDelayMs * 2 ** (attempt - 1), settings.maxDelayMs);
  // Jitter only upwards of the step keeps the documented delays as the least.
  return Math.round(step * (1 + clock.random() * 0.1));
}

function longestAskedMs({ maxDelayMs, provider }: RetrySettings): number {
  if (provider?.maxRetryDelayMs === undefined) return maxDelayMs;
  return provider.maxRetryDelayMs === 0 ? Number.POSITIVE_INFINITY : provider.maxRetryDelayMs;
}

/** True when the time has passed, false when the signal came first. */
export function waitFor(delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve(true);
    }, timerMs(delayMs));
    const onAbort = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
