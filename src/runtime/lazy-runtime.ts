// A runtime that is there at once and loaded with its first run: what the library gives, so that who imports it pays for nothing. Made by
// `sdk/runtime`. Invariant: what keeps it from being made is the outcome of each run, never a throw.

import { isPiError, messageOf } from "../contracts/error.ts";
import type { HostRuntime, IpcPlace, RouteQuery, RouteSaid } from "./host-runtime.ts";
import type { RunRequest } from "./request.ts";
import type { RunResult, RuntimeKind } from "./result.ts";
import { neverRun, RoutedRun } from "./route/routed-run.ts";
import type { AgentRuntime, Probe, Run } from "./runtime.ts";

export class LazyRuntime<R extends AgentRuntime> implements AgentRuntime {
  readonly kind: RuntimeKind;
  readonly #make: () => Promise<R>;
  readonly #going = new Set<Run>();
  #made: Promise<R> | undefined;
  /** Once it is there: who has to end now waits for no promise. */
  protected ready: R | undefined;

  constructor(kind: RuntimeKind, make: () => Promise<R>) {
    this.kind = kind;
    this.#make = make;
  }

  protected get runtime(): Promise<R> {
    this.#made ??= this.#making();
    return this.#made;
  }

  async #making(): Promise<R> {
    try {
      this.ready = await this.#make();
      return this.ready;
    } catch (error) {
      // What was in its way may be mended before the next run.
      this.#made = undefined;
      throw error;
    }
  }

  async probe(): Promise<Probe> {
    try {
      return await (await this.runtime).probe();
    } catch (error) {
      const code = isPiError(error) ? error.code : "internal.unexpected";
      return { ok: false, code, message: messageOf(error), hint: (isPiError(error) ? error.hint : undefined) ?? "See pi config check." };
    }
  }

  start(request: RunRequest, said?: RouteSaid): Run {
    const begunMs = performance.now();
    // Of a request that is none even that is not known.
    const given = request?.signal instanceof AbortSignal ? { signal: request.signal } : {};
    const started = new RoutedRun(given, async (run, signal) => {
      try {
        const { requireRequest } = await import("./request-check.ts");
        requireRequest(request);
        const runtime: { start(request: RunRequest, said?: RouteSaid): Run } = await this.runtime;
        return await run.follow(runtime.start({ ...request, signal }, said));
      } catch (error) {
        return neverRun(this.kind, error, Math.round(performance.now() - begunMs));
      }
    });
    this.#going.add(started);
    void started.result.finally(() => this.#going.delete(started));
    return started;
  }

  run(request: RunRequest, said?: RouteSaid): Promise<RunResult> {
    return this.start(request, said).result;
  }

  async dispose(): Promise<void> {
    for (const run of this.#going) run.abort();
    // Also those for which it was only being loaded.
    await Promise.all([...this.#going].map(({ result }) => result));
    const made = await this.#made?.catch(() => undefined);
    await made?.dispose();
  }
}

export class LazyRouter extends LazyRuntime<HostRuntime> implements HostRuntime {
  async route(asked: RouteQuery) {
    return (await this.runtime).route(asked);
  }

  async ipcTools(place: IpcPlace) {
    return (await this.runtime).ipcTools(place);
  }

  killAllNow(): void {
    this.ready?.killAllNow();
  }
}
