// A provider whose refused requests are sent again within one call, and whose answers must begin in time (`retry.provider` of the configuration).
// Put around a provider by model-access, only where that is configured. Invariant: what has begun to answer is passed on and never asked again.

import { timerMs } from "../../contracts/duration.ts";
import type { ModelCall } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import { eventsOf, type ModelFailure, type StreamPart } from "../../contracts/stream-event.ts";
import type { RetrySettings } from "../conversation/recovery-settings.ts";
import { type Clock, retryDelayMs, waitFor } from "../conversation/retry-delay.ts";

/** Of the delays between tries; longer ones that a service asks for are the run's to wait for, which tells of them. */
const baseDelayMs = 500;
const longestDelayMs = 8000;
const longestAskedMs = 60_000;

export function withRequestRetries(inner: Provider, settings: RetrySettings, clock: Clock): Provider {
  const { maxRetries = 0, timeoutMs = 0, maxRetryDelayMs = settings.maxDelayMs } = settings.provider ?? {};
  const delays: RetrySettings = {
    enabled: true,
    maxRetries,
    baseDelayMs,
    maxDelayMs: longestDelayMs,
    provider: { maxRetries, maxRetryDelayMs },
  };
  return {
    api: inner.api,
    async *stream(call) {
      for (let attempt = 1; ; attempt++) {
        const failure = yield* answerOf(inner, call, timeoutMs);
        if (failure === undefined) return;
        const delayMs = call.signal.aborted ? undefined : retryDelayMs(failure, attempt, delays, clock);
        if (delayMs === undefined || delayMs > longestAskedMs) {
          yield { type: "failure", failure };
          return;
        }
        if (await waitFor(delayMs, call.signal)) continue;
        yield { type: "failure", failure: { code: "aborted", message: "Request was aborted" } };
        return;
      }
    },
  };
}

/** Gives out a whole answer; a failure that comes before anything else is given back instead. */
async function* answerOf(inner: Provider, call: ModelCall, timeoutMs: number): AsyncGenerator<StreamPart, ModelFailure | undefined, void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([call.signal, stop.signal]);
  const events = inner.stream({ ...call, signal })[Symbol.asyncIterator]();
  try {
    const first = await inTime(events.next(), timeoutMs);
    if (first === "late") {
      const { provider, id } = call.model;
      return { code: "stalled", message: `${provider}/${id} did not begin to answer within ${timeoutMs / 1000} s` };
    }
    if (first.done === true) return undefined;
    const [event] = eventsOf(first.value);
    if (event?.type === "failure") return event.failure;
    yield first.value;
    for (;;) {
      const next = await events.next();
      if (next.done === true) return undefined;
      yield next.value;
    }
  } finally {
    stop.abort();
    // Not waited for: it may be deaf.
    void events.return?.()?.catch(() => undefined);
  }
}

async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T | "late"> {
  if (timeoutMs === 0) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), timerMs(timeoutMs));
  });
  // Whoever is late may fail when nobody listens any more.
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
