// One run of a host from its request to its result, whoever carries it out: time, stopping, replies, what it came to. Called by the runtimes.
// Invariant: the result never rejects and comes in time, also where what carries the run out does not stop; of it nothing is told afterwards.

import type { AgentEvent } from "../contracts/agent-event.ts";
import { defined } from "../contracts/defined.ts";
import { timerMs } from "../contracts/duration.ts";
import type { ImageContent } from "../contracts/message.ts";
import { type Outcome, outcomeOfError } from "../contracts/outcome.ts";
import type { Usage } from "../contracts/usage.ts";
import type { SessionListener } from "../harness/conversation/listeners.ts";
import { charged } from "./charge.ts";
import type { HostEvent, PendingToolCall, ReplyStream, RunRequest } from "./request.ts";
import type { RunResult, RuntimeKind } from "./result.ts";
import { RunFold } from "./run-fold.ts";
import type { Run } from "./runtime.ts";

/** What is known of a run's tools once they are there. */
export interface ToolFacts {
  isReadOnly(tool: string): boolean;
  sentText(tool: string, args: Readonly<Record<string, unknown>>): string | undefined;
}

/** A run as who carries it out has it. */
export interface RunAt {
  readonly id: string;
  readonly request: RunRequest;
  /** Fires when the run has to end: stopped by the host, or out of time. */
  readonly signal: AbortSignal;
  /** Of each event of the run; a promise holds it up. */
  emit(event: AgentEvent): Promise<void> | undefined;
  /** Of what stands outside of the run's own events. */
  tell(event: HostEvent): Promise<void> | undefined;
  /** Before the first event that names a tool. */
  tools(facts: ToolFacts): void;
  /** Takes further messages from now on. */
  takeSteering(take: (text: string, images: readonly ImageContent[]) => void): void;
  /** What is known of the session, also where the run breaks. */
  session(about: { id?: string; isPresent: boolean; model?: string }): void;
  warn(line: string): void;
}

export interface EngineEnd {
  outcome: Outcome;
  /** Of the whole run, where who carried it out says so: more than its events do. */
  usage?: Usage;
  pendingToolCalls?: PendingToolCall[];
}

/** What a runtime brings. */
export interface Engine {
  readonly kind: RuntimeKind;
  /** How long the run may take, in ms. */
  timeoutMs(request: RunRequest): Promise<number>;
  carryOut(at: RunAt): Promise<EngineEnd>;
}

export interface HostedRunDeps {
  now(): number;
  redact(text: string): string;
  warn(line: string): void;
  /** Of the callbacks of a request. */
  replies(request: RunRequest, facts: ToolFacts): Promise<ReplyStream>;
}

/** How long what carries a run out may take to stop. */
const graceMs = { timeout: 600, abort: 2000 };

type Stop = "timeout" | "abort";

export function startHostedRun(engine: Engine, request: RunRequest, deps: HostedRunDeps): Run {
  const id = crypto.randomUUID();
  const run = new HostedRun(engine, request, deps, id);
  return {
    id,
    result: run.result,
    subscribe: (listener) => run.subscribe(listener),
    steer: (text, images = []) => run.steer(text, images),
    abort: () => run.stop("abort"),
  };
}

class HostedRun {
  readonly result: Promise<RunResult>;
  readonly #engine: Engine;
  readonly #request: RunRequest;
  readonly #deps: HostedRunDeps;
  readonly #id: string;
  readonly #fold: RunFold;
  readonly #listeners = new Set<SessionListener>();
  readonly #stopping = new AbortController();
  /** On a clock that is never set. */
  readonly #begunMs = performance.now();
  #timeoutMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: Stop | undefined;
  #graceOver: () => void = () => undefined;
  /** What carries it out, or whoever is told of it, has had its time to stop. */
  readonly #overdue: Promise<void>;
  #facts: ToolFacts = { isReadOnly: () => false, sentText: () => undefined };
  #steering: ((text: string, images: readonly ImageContent[]) => void) | undefined;
  #session: { id?: string; isPresent: boolean; model?: string } = { isPresent: false };
  #replies: ReplyStream | undefined;
  #isOver = false;

  constructor(engine: Engine, request: RunRequest, deps: HostedRunDeps, id: string) {
    this.#engine = engine;
    this.#request = request;
    this.#deps = deps;
    this.#id = id;
    this.#overdue = new Promise((resolve) => {
      this.#graceOver = resolve;
    });
    this.#fold = new RunFold({
      now: () => Math.round(performance.now()),
      redact: deps.redact,
      isReadOnly: (tool) => this.#facts.isReadOnly(tool),
      sentText: (tool, args) => this.#facts.sentText(tool, args),
    });
    this.result = this.#run();
  }

  subscribe(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  steer(text: string, images: readonly ImageContent[]): boolean {
    if (this.#isOver || this.#stop !== undefined || this.#steering === undefined) return false;
    this.#steering(text, images);
    return true;
  }

  stop(why: Stop): void {
    if (this.#isOver || this.#stop !== undefined) return;
    this.#stop = why;
    this.#stopping.abort();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#graceOver, graceMs[why]);
  }

  async #run(): Promise<RunResult> {
    // The caller has the run before anything is told.
    await Promise.resolve();
    const onAbort = (): void => this.stop("abort");
    this.#request.signal?.addEventListener("abort", onAbort, { once: true });
    if (this.#request.signal?.aborted) onAbort();
    const end = await this.#carriedOut();
    const text = this.#fold.text;
    const outcome = this.#outcomeOf(end.outcome, text);
    const payloads = (await this.#replies?.finish(outcome.text, this.#overdue)) ?? [];
    this.#request.signal?.removeEventListener("abort", onAbort);
    clearTimeout(this.#timer);
    this.#isOver = true;
    this.#listeners.clear();
    return this.#resultOf({ ...end, outcome }, payloads);
  }

  /** Ends with what carries it out, or when that has had its time to stop. */
  async #carriedOut(): Promise<EngineEnd> {
    const overdue = this.#overdue.then((): EngineEnd => ({ outcome: { kind: "aborted", text: this.#fold.text, code: "model.aborted" } }));
    const work = this.#work().catch((error: unknown): EngineEnd => ({ outcome: outcomeOfError(error, this.#fold.text) }));
    return Promise.race([work, overdue]);
  }

  async #work(): Promise<EngineEnd> {
    const { signal } = this.#stopping;
    if (signal.aborted) return { outcome: { kind: "aborted", text: "", code: "model.aborted" } };
    const facts: ToolFacts = {
      isReadOnly: (tool) => this.#facts.isReadOnly(tool),
      sentText: (tool, args) => this.#facts.sentText(tool, args),
    };
    this.#replies = await this.#deps.replies(this.#request, facts);
    this.#timeoutMs = await this.#engine.timeoutMs(this.#request);
    if (this.#stop === undefined) {
      const leftMs = this.#timeoutMs - (performance.now() - this.#begunMs);
      this.#timer = setTimeout(() => this.stop("timeout"), Math.max(0, timerMs(leftMs)));
    }
    await this.#tell({ stream: "lifecycle", data: { phase: "start", startedAt: this.#deps.now() } });
    let end: EngineEnd;
    try {
      end = await this.#engine.carryOut({
        id: this.#id,
        request: this.#request,
        signal,
        emit: (event) => this.#emit(event),
        tell: (event) => this.#tell(event),
        tools: (known) => {
          this.#facts = known;
        },
        takeSteering: (take) => {
          this.#steering = take;
        },
        session: (about) => {
          this.#session = about;
        },
        warn: (line) => this.#deps.warn(line),
      });
    } catch (error) {
      end = { outcome: outcomeOfError(error, this.#fold.text) };
    }
    this.#steering = undefined;
    const { kind, code, message } = this.#outcomeOf(end.outcome, this.#fold.text);
    const isError = kind !== "done";
    await this.#tell({
      stream: "lifecycle",
      data: isError
        ? { phase: "error", code, error: this.#deps.redact(message ?? code ?? kind) }
        : { phase: "end", endedAt: this.#deps.now() },
    });
    return end;
  }

  #emit(event: AgentEvent): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    this.#fold.take(event);
    const replied = this.#replies?.take(event);
    const told: Promise<void>[] = replied === undefined ? [] : [replied];
    for (const listener of this.#listeners) {
      try {
        const slow = listener(event);
        // Programs are not always type-checked: what is answered may be anything.
        if (slow)
          told.push(
            Promise.resolve(slow).catch((error: unknown) => this.#deps.warn(`A listener of run ${this.#id} failed: ${String(error)}`)),
          );
      } catch (error) {
        this.#deps.warn(`A listener of run ${this.#id} failed: ${String(error)}`);
      }
    }
    return told.length === 0 ? undefined : Promise.all(told).then(() => undefined);
  }

  #tell(event: HostEvent): Promise<void> | undefined {
    if (event.stream === "subagent") this.#fold.noteSubagent();
    return this.#isOver ? undefined : this.#replies?.tell(event);
  }

  /** What stopped a run is how it ended, unless its answer was whole before. */
  #outcomeOf(outcome: Outcome, text: string): Outcome {
    // It has spoken by its tools.
    if (outcome.code === "model.empty" && this.#fold.didSend) return { kind: "done", text: "" };
    if (this.#stop === undefined || outcome.kind === "done") return outcome;
    if (this.#stop === "abort") return { kind: "aborted", text, code: "model.aborted", message: "The run was stopped" };
    return {
      kind: "budget",
      text,
      code: "runtime.timeout",
      message: `The run took longer than its ${this.#timeoutMs} ms`,
      hint: "timeoutMs of the request, or timeout_ms of the group or of [runtime], allows more",
    };
  }

  #resultOf({ outcome, usage: whole, pendingToolCalls }: EngineEnd, payloads: RunResult["payloads"]): RunResult {
    const { turns, usage: told, durationMs } = this.#fold.record();
    const usage = whole === undefined ? told : charged(told, told, whole);
    const { id, isPresent, model } = this.#session;
    return {
      runtime: this.#engine.kind,
      outcome,
      payloads,
      ...defined({ sessionId: id }),
      sessionPresent: isPresent,
      ...defined({ model }),
      usage,
      costUsd: usage.cost.total,
      turns,
      durationMs,
      compactions: this.#fold.compactions,
      toolCalls: this.#fold.toolCalls,
      ...(pendingToolCalls === undefined || pendingToolCalls.length === 0 ? {} : { pendingToolCalls }),
      didSendViaMessagingTool: this.#fold.didSend,
      hasSideEffects: this.#fold.hasSideEffects,
      hasDelivered: this.#fold.didSend || this.#replies?.hasDelivered === true,
    };
  }
}
