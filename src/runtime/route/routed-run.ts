// A run as its host has it, whoever carries it out in the end, and also before that is known. Made by the router, and by the library before its
// runtime is loaded. Invariant: its result never rejects; listeners hear of whichever run follows.

import { PiError } from "../../contracts/error.ts";
import type { ImageContent } from "../../contracts/message.ts";
import { outcomeOfError } from "../../contracts/outcome.ts";
import { emptyUsage } from "../../contracts/usage.ts";
import type { SessionListener } from "../../harness/conversation/listeners.ts";
import type { RunRequest } from "../request.ts";
import type { RunResult, RuntimeKind } from "../result.ts";
import type { Run } from "../runtime.ts";

export class RoutedRun implements Run {
  readonly id = crypto.randomUUID();
  readonly result: Promise<RunResult>;
  readonly #stopping = new AbortController();
  /** Each with what takes it from the run that is followed. */
  readonly #listeners = new Map<SessionListener, (() => void) | undefined>();
  #inner: Run | undefined;

  constructor(request: Pick<RunRequest, "signal">, carryOut: (run: RoutedRun, signal: AbortSignal) => Promise<RunResult>) {
    const { signal } = this.#stopping;
    const either = request.signal === undefined ? signal : AbortSignal.any([signal, request.signal]);
    // The caller has the run before anything is told.
    this.result = Promise.resolve().then(() => carryOut(this, either));
  }

  subscribe(listener: SessionListener): () => void {
    this.#listeners.set(listener, this.#inner?.subscribe(listener));
    return () => {
      this.#listeners.get(listener)?.();
      this.#listeners.delete(listener);
    };
  }

  steer(text: string, images?: readonly ImageContent[]): boolean {
    return this.#inner?.steer(text, images) ?? false;
  }

  abort(): void {
    this.#stopping.abort();
  }

  async follow(inner: Run): Promise<RunResult> {
    this.#inner = inner;
    // Each by itself: one that fails keeps the event from no other.
    for (const listener of this.#listeners.keys()) this.#listeners.set(listener, inner.subscribe(listener));
    try {
      return await inner.result;
    } finally {
      this.#inner = undefined;
    }
  }
}

/** Of a run that did not come to anybody. */
export function neverRun(runtime: RuntimeKind, error: unknown, durationMs: number): RunResult {
  const outcome = outcomeOfError(error instanceof Error ? error : new PiError("internal.unexpected", String(error)));
  return {
    runtime,
    outcome,
    payloads: [],
    sessionPresent: false,
    usage: emptyUsage(),
    costUsd: 0,
    turns: 0,
    durationMs,
    compactions: 0,
    toolCalls: [],
    didSendViaMessagingTool: false,
    hasSideEffects: false,
    hasDelivered: false,
  };
}
