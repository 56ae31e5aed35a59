// What all runtimes have alike: starting runs, keeping what is open, closing it. The class that each of them extends.
// Invariant: `dispose` resolves when nothing of any run is left, also of those that were given up.

import type { Config } from "../config/load-config.ts";
import { defined } from "../contracts/defined.ts";
import type { SessionHost } from "../harness/host/session-host.ts";
import { giveMemoryFeedback } from "./context/memory-feedback.ts";
import { type EngineEnd, type RunAt, startHostedRun } from "./hosted-run.ts";
import type { RunRequest } from "./request.ts";
import type { RunResult, RuntimeKind } from "./result.ts";
import { type RuntimeDeps, timeoutMsOf } from "./run-launch.ts";
import type { AgentRuntime, Probe, Run } from "./runtime.ts";
import type { SessionPlace } from "./sessions/remembered-session.ts";
import { requireWorkspace } from "./workspace.ts";

export interface HostedDeps extends RuntimeDeps {
  /** Without secrets. */
  redact(text: string): string;
}

/** A run whose request says which session it goes on with, if it goes on with one. */
export interface PlacedRun extends RunAt {
  /** That session is not there: another one to go on with, or nothing where one is to be begun, which the host is told. */
  lost(sessionId: string): Promise<string | undefined>;
}

export abstract class HostedRuntime implements AgentRuntime {
  abstract readonly kind: RuntimeKind;
  protected readonly deps: HostedDeps;
  readonly #open = new Set<SessionHost>();
  readonly #going = new Set<Promise<unknown>>();
  readonly #runs = new Set<Run>();

  constructor(deps: HostedDeps) {
    this.deps = deps;
  }

  abstract probe(): Promise<Probe>;
  /** `config`: what holds for the run from its beginning to its end. */
  abstract carryOut(at: PlacedRun, config: Config): Promise<EngineEnd>;

  /**
   * `config`: that of the workspace, where the caller has it already. `place` says which session the run goes on with, and may wait for it:
   * in the time of the run.
   */
  start(request: RunRequest, config?: Config, place?: SessionPlace): Run {
    const { host, settings, warn, redact } = this.deps;
    let inForce = config;
    const configured = async (): Promise<Config> => {
      inForce ??= await settings.of(request.workspaceDir);
      return inForce;
    };
    const run = startHostedRun(
      {
        kind: this.kind,
        timeoutMs: async (asked) => timeoutMsOf(asked, await configured()),
        carryOut: async (at) => {
          requireWorkspace(at.request.workspaceDir);
          const sessionId = place === undefined ? at.request.sessionId : await place.find(at);
          const { sessionId: _, ...asked } = at.request;
          const lost = async (id: string): Promise<string | undefined> => {
            const other = await place?.replacing(id, at);
            if (other === undefined) at.warn(`Session ${JSON.stringify(id.slice(0, 80))} is not there: a new one is begun`);
            return other;
          };
          return this.#tracked(this.carryOut({ ...at, request: { ...asked, ...defined({ sessionId }) }, lost }, await configured()));
        },
      },
      request,
      {
        now: () => host.now(),
        redact,
        warn,
        replies: async (asked, facts) => (await import("./replies-of.ts")).repliesOf(asked, facts, warn),
      },
    );
    if (request.memoryFeedback !== undefined) void giveMemoryFeedback(run, request.prompt, request.memoryFeedback, warn);
    this.#runs.add(run);
    void run.result.finally(() => this.#runs.delete(run));
    return run;
  }

  run(request: RunRequest): Promise<RunResult> {
    return this.start(request).result;
  }

  async dispose(): Promise<void> {
    for (const run of this.#runs) run.abort();
    await Promise.all([...this.#runs].map(({ result }) => result));
    await Promise.allSettled(this.#going);
  }

  /** For a process that has to end now: KILL to all that commands have started. */
  killAllNow(): void {
    for (const sessions of this.#open) sessions.killAllNow();
  }

  protected opened(sessions: SessionHost): void {
    this.#open.add(sessions);
  }

  protected async closed(sessions: SessionHost): Promise<void> {
    await sessions.dispose();
    this.#open.delete(sessions);
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    this.#going.add(work);
    void work.then(
      () => this.#going.delete(work),
      () => this.#going.delete(work),
    );
    return work;
  }
}
