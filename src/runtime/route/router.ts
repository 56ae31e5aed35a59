// The router: each run in its lane, then to whoever is to carry it out, and to the next one where that is safe; remembers sessions, keeps numbers.
// Made by `createRuntime`, for the library and `pi runner`. Invariant: who carries a run out is decided when it leaves its lane, and holds for it.

import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { lineOf } from "../../contracts/error.ts";
import type { Tool } from "../../contracts/tool.ts";
import type { HostRuntime, IpcPlace, RouteQuery, RouteSaid } from "../host-runtime.ts";
import type { HostedDeps, HostedRuntime } from "../hosted-runtime.ts";
import type { MetricsStore } from "../observe/metrics-store.ts";
import type { RunLog } from "../observe/run-log.ts";
import type { Lanes } from "../queue/queue.ts";
import type { RunRequest } from "../request.ts";
import type { RunResult, RuntimeKind } from "../result.ts";
import { timeoutMsOf } from "../run-launch.ts";
import type { Probe, Run } from "../runtime.ts";
import { RememberedSession } from "../sessions/remembered-session.ts";
import type { SessionMap } from "../sessions/session-map.ts";
import { requireWorkspace } from "../workspace.ts";
import { withFallback } from "./fallback.ts";
import { type Route, type RouteAsked, routeOf } from "./route.ts";
import { neverRun, RoutedRun } from "./routed-run.ts";

export interface RouterDeps extends HostedDeps {
  lanes: Lanes;
  /** Nothing: sessions are the host's to remember. */
  sessionMap: SessionMap | undefined;
  metrics: MetricsStore;
  log: RunLog;
}

export class Router implements HostRuntime {
  readonly kind = "pi";
  readonly lanes: Lanes;
  readonly #deps: RouterDeps;
  readonly #runtimes = new Map<RuntimeKind, Promise<HostedRuntime>>();
  readonly #made: HostedRuntime[] = [];
  readonly #going = new Set<RoutedRun>();
  /** By group: who carried out its last run. */
  readonly #last = new Map<string, RuntimeKind>();
  /** What is wrong with the map of sessions. */
  readonly #told = new Set<string>();

  constructor(deps: RouterDeps) {
    this.#deps = deps;
    this.lanes = deps.lanes;
  }

  async route({ workspaceDir, ...asked }: RouteQuery): Promise<Route> {
    return this.#routeBy(await this.#deps.settings.of(workspaceDir), asked);
  }

  async ipcTools({ dir, groupFolder, chatJid, isMain, workspaceDir }: IpcPlace): Promise<Tool[]> {
    const { values } = await this.#deps.settings.of(workspaceDir);
    const { ipcTools } = await import("../bridge/ipc-tools.ts");
    const { host } = this.#deps;
    const timezone = values.schedule.timezone || host.env.TZ || undefined;
    return ipcTools({ dir, group: groupFolder, chatJid, isMain, prefix: values.ipc.toolPrefix, timezone, now: () => host.now() });
  }

  async probe(): Promise<Probe> {
    const { runtime } = await this.route({ group: "", workspaceDir: this.#deps.settings.agentDir });
    return (await this.#runtime(runtime)).probe();
  }

  start(request: RunRequest, said: RouteSaid = {}): Run {
    const run = new RoutedRun(request, (routed, signal) => this.#inLane(request, said, routed, signal));
    this.#going.add(run);
    void run.result.finally(() => this.#going.delete(run));
    return run;
  }

  run(request: RunRequest, said?: RouteSaid): Promise<RunResult> {
    return this.start(request, said).result;
  }

  async dispose(): Promise<void> {
    const drained = this.lanes.drain();
    for (const run of this.#going) run.abort();
    await Promise.all([...this.#going].map(({ result }) => result));
    await drained;
    await Promise.all(this.#made.map((runtime) => runtime.dispose()));
  }

  killAllNow(): void {
    for (const runtime of this.#made) runtime.killAllNow();
  }

  async #inLane(request: RunRequest, said: RouteSaid, run: RoutedRun, signal: AbortSignal): Promise<RunResult> {
    const { sessionKey, lane, enqueue, context, onWait } = request;
    const begunMs = performance.now();
    let runtime: RuntimeKind | undefined;
    try {
      return await this.lanes.run(
        async () => {
          requireWorkspace(request.workspaceDir);
          // Once, for all that the run is made of: what it has begun with holds to its end.
          const config = await this.#deps.settings.of(request.workspaceDir);
          const route = this.#routeBy(config, { ...said, group: sessionKey });
          runtime = route.runtime;
          const result = await this.#routed(route, config, { ...request, signal }, run);
          this.#count(request, result);
          this.#tellRun(request, result, run.id);
          return result;
        },
        {
          sessionKey,
          signal,
          ...defined({ lane, enqueue, onWait }),
          ...(context?.spawnedBy === undefined ? {} : { spawnedBy: context.spawnedBy }),
        },
      );
    } catch (error) {
      const result = neverRun(runtime ?? "pi", error, Math.round(performance.now() - begunMs));
      // What came to no runtime is no failure of one: it must not weigh where two are compared.
      if (runtime !== undefined) this.#count(request, result);
      this.#tellRun(request, result, run.id);
      return result;
    }
  }

  #routeBy(config: Config, asked: Omit<RouteQuery, "workspaceDir">): Route {
    const hasDefault = config.origin("runtime.default").kind !== "default";
    return routeOf({ ...asked, env: this.#deps.host.env, values: config.values, hasDefault } satisfies RouteAsked);
  }

  async #routed(route: Route, config: Config, request: RunRequest, run: RoutedRun): Promise<RunResult> {
    const { sessionMap } = this.#deps;
    this.#tellSwitch(route);
    const timeoutMs = timeoutMsOf(request, config);
    return withFallback(
      [route.runtime, ...route.fallback],
      timeoutMs,
      async (kind, leftMs) => {
        const runtime = await this.#runtime(kind);
        // What the host names is of the runtime that it means; another one goes on with its own.
        const said = kind === route.runtime ? request.sessionId : undefined;
        const place = new RememberedSession({
          map: sessionMap,
          group: request.sessionKey,
          runtime: kind,
          said,
          isFresh: request.isFresh === true,
          onBroken: (error) => this.#warnOnce(error),
        });
        try {
          const result = await run.follow(runtime.start({ ...request, timeoutMs: leftMs }, config, place));
          if (result.sessionId !== undefined && request.isFresh !== true)
            await sessionMap?.set(request.sessionKey, kind, result.sessionId).catch((error: unknown) => this.#warnOnce(error));
          return result;
        } finally {
          place.leave();
        }
      },
      {
        now: () => performance.now(),
        onFallback: (from, to, code) =>
          this.#deps.log.write({ event: "fallback", group: request.sessionKey, from, to, code, run_id: run.id }),
      },
    );
  }

  #warnOnce(error: unknown): void {
    const line = lineOf(error);
    if (this.#told.has(line)) return;
    this.#told.add(line);
    this.#deps.warn(line);
  }

  #tellSwitch({ group, runtime }: Route): void {
    const last = this.#last.get(group);
    this.#last.set(group, runtime);
    if (last !== undefined && last !== runtime) this.#deps.log.write({ event: "runtime_changed", group, from: last, to: runtime });
  }

  #count(request: RunRequest, result: RunResult): void {
    const { host, metrics } = this.#deps;
    const { outcome, runtime, durationMs, sessionPresent, costUsd } = result;
    const tools: Record<string, number> = Object.create(null);
    for (const { tool } of result.toolCalls) tools[tool] = (tools[tool] ?? 0) + 1;
    metrics.append({
      t: host.now(),
      kind: "run",
      engine: runtime,
      group: request.sessionKey,
      outcome: outcome.kind,
      ...defined({ code: outcome.code }),
      durationMs,
      isTimeout: outcome.code === "runtime.timeout",
      tools,
      sessionPresent,
      isScheduledTask: request.isScheduledTask === true,
      ...defined({ fallbackFrom: result.fallbackFrom }),
      costUsd,
    });
  }

  #tellRun(request: RunRequest, result: RunResult, id: string): void {
    const { outcome, runtime, durationMs, sessionPresent } = result;
    this.#deps.log.write({
      event: "run",
      engine: runtime,
      group: request.sessionKey,
      session_present: sessionPresent,
      is_scheduled_task: request.isScheduledTask === true,
      run_id: id,
      outcome: outcome.kind,
      ...defined({ code: outcome.code, fallback_from: result.fallbackFrom }),
      duration_ms: durationMs,
    });
  }

  #runtime(kind: RuntimeKind): Promise<HostedRuntime> {
    const made = this.#runtimes.get(kind) ?? this.#make(kind);
    this.#runtimes.set(kind, made);
    return made;
  }

  async #make(kind: RuntimeKind): Promise<HostedRuntime> {
    const runtime =
      kind === "pi"
        ? new (await import("../pi/pi-runtime.ts")).PiRuntime(this.#deps)
        : new (await import("../claude/claude-runtime.ts")).ClaudeRuntime(this.#deps);
    this.#made.push(runtime);
    return runtime;
  }
}
