// One model call as events: message_start, message_update…, message_end. Called by the loop.
// Invariant: message_end always comes, with a terminal stop reason, whatever the provider did or did not do.

import type { LoopEvent } from "../contracts/agent-event.ts";
import type { MessageAssembly } from "../contracts/assemble-message.ts";
import { assembleMessage } from "../contracts/assemble-message.ts";
import { timerMs } from "../contracts/duration.ts";
import type { Message } from "../contracts/message.ts";
import type { Model, ThinkingLevel } from "../contracts/model.ts";
import { eventsOf, type ModelFailure, type StreamEvent, type StreamPart } from "../contracts/stream-event.ts";
import { AbortGrace } from "./abort-grace.ts";

/** May answer with a promise: the reader is slow, and the stream waits for it. */
export type Emit = (event: LoopEvent) => Promise<void> | undefined;

/** Everything one model call needs, chosen anew before each call so that a change of model takes effect at once. */
export interface TurnSetup {
  model: Model;
  thinkingLevel: ThinkingLevel;
  stream(messages: readonly Message[], signal: AbortSignal): AsyncIterable<StreamPart>;
  /** Longest silence between two events; 0: none. */
  stallTimeoutMs: number;
}

export interface StreamTurnDeps {
  emit: Emit;
  now(): number;
}

export async function streamTurn(
  setup: TurnSetup,
  transcript: readonly Message[],
  signal: AbortSignal,
  deps: StreamTurnDeps,
): Promise<MessageAssembly> {
  const startedAt = deps.now();
  const assembly = assembleMessage(setup.model, setup.thinkingLevel, startedAt);
  const { message } = assembly;
  let isShown = false;

  const show = async (): Promise<void> => {
    isShown = true;
    await deps.emit({ type: "message_start", message: { ...message, content: [] } });
  };

  const take = (event: StreamEvent): Promise<void> | undefined => {
    if (message.stopReason !== "pending") return undefined;
    const visible = assembly.apply(event);
    if (!visible) return undefined;
    const update: LoopEvent = { type: "message_update", usage: message.usage, assistantMessageEvent: visible };
    return isShown ? deps.emit(update) : show().then(() => deps.emit(update));
  };

  const deadline = new SilenceDeadline(setup.stallTimeoutMs, signal);
  const grace = new AbortGrace(deadline.signal, abortGraceMs);
  const consume = async (): Promise<void> => {
    for await (const part of setup.stream(transcript, deadline.signal)) {
      deadline.touch();
      for (const event of eventsOf(part)) {
        const slowReader = take(event);
        if (slowReader) {
          // A reader that is slow is no sign of a model that is silent.
          deadline.pause();
          await slowReader;
          deadline.touch();
        }
        // Whoever is told of an event may end the call there: what came along with it was not said, not even that the answer is whole.
        if (message.stopReason !== "pending" || deadline.signal.aborted) break;
      }
      // Nothing can follow; a service that keeps its connection open must not hold up the answer.
      if (message.stopReason !== "pending") break;
    }
  };
  try {
    await Promise.race([consume(), grace.over(() => undefined)]);
  } catch (error) {
    // Providers promise not to throw; a broken promise still ends as a failed answer.
    await take({ type: "failure", failure: { code: "network", message: error instanceof Error ? error.message : String(error) } });
  } finally {
    deadline.clear();
    grace.clear();
  }

  if (deadline.hasPassed && (message.stopReason === "pending" || assembly.failure)) replaceFailure(assembly, stallFailure(setup));
  else if (message.stopReason === "pending") await take({ type: "failure", failure: endlessFailure(signal) });

  message.durationMs = deps.now() - startedAt;
  if (!isShown) await show();
  await deps.emit({ type: "message_end", message });
  return assembly;
}

/** How long a provider may take to end its stream after its signal. */
const abortGraceMs = 2_000;

function stallFailure(setup: TurnSetup): ModelFailure {
  return { code: "stalled", message: `${setup.model.provider}/${setup.model.id} sent nothing for ${setup.stallTimeoutMs / 1000} s` };
}

function endlessFailure(signal: AbortSignal): ModelFailure {
  return signal.aborted
    ? { code: "aborted", message: "Request was aborted" }
    : { code: "network", message: "The model's stream ended without an end" };
}

/** The watchdog aborts the call, which the provider reports as an abort; what really happened is the stall. */
function replaceFailure(assembly: MessageAssembly, failure: ModelFailure): void {
  assembly.apply({ type: "failure", failure });
}

/** An abort signal that also fires when nothing has happened for a while. */
class SilenceDeadline {
  hasPassed = false;
  readonly #controller = new AbortController();
  #limitMs: number;
  readonly #outer: AbortSignal;
  readonly #onOuterAbort = (): void => this.#controller.abort(this.#outer.reason);
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, outer: AbortSignal) {
    this.#limitMs = limitMs;
    this.#outer = outer;
    if (outer.aborted) this.#onOuterAbort();
    else outer.addEventListener("abort", this.#onOuterAbort, { once: true });
    this.touch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  touch(): void {
    if (this.#limitMs <= 0) return;
    // refresh() re-arms without allocating: this runs for every event of a stream.
    if (this.#timer) this.#timer.refresh();
    else
      this.#timer = setTimeout(() => {
        this.hasPassed = !this.#outer.aborted;
        this.#controller.abort();
      }, timerMs(this.#limitMs));
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** For good: a stream that was given up may say something still. */
  clear(): void {
    this.pause();
    this.#limitMs = 0;
    this.#outer.removeEventListener("abort", this.#onOuterAbort);
  }
}
