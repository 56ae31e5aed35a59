// Drives `pi --mode rpc` from another program: the entry `pi/rpc`. Method names follow the npm agent's client.
// Invariants: one child at a time; events are numbered through from the first start on; whatever waits for a run hears of the child's end.

import type { AgentEvent, RpcOnlyEvent } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import { timerMs } from "../../contracts/duration.ts";
import { PiError } from "../../contracts/error.ts";
import type { ImageContent } from "../../contracts/message.ts";
import { ownProgram, programAt } from "../../platform/processes/child-program.ts";
import { EventFeed, handOut } from "./event-feed.ts";
import type { MethodName, ParamsOf, ResultOf } from "./methods.ts";
import type { ExtensionUiRequest, ExtensionUiResponse } from "./records.ts";
import { RpcCalls } from "./rpc-calls.ts";
import { RpcConnection } from "./rpc-connection.ts";

/** An event as RPC mode tells it. */
export type RpcEvent = (AgentEvent | RpcOnlyEvent) & {
  /** From 1, without gaps, also across `restart`. */
  seq: number;
  /** Id of the prompt that caused the run. */
  promptId?: string;
};

export type RpcEventListener = (event: RpcEvent) => void;

export interface RpcClientOptions {
  /** A script or a program; the `pi` of this package when absent. */
  cliPath?: string;
  cwd?: string;
  /** Added to this process's environment. */
  env?: Record<string, string>;
  provider?: string;
  model?: string;
  /** Further arguments of the command line. */
  args?: string[];
  /** Of a call that should be answered at once. Default 30 s. */
  timeoutMs?: number;
  /** Until the first answer. Default 30 s. */
  startTimeoutMs?: number;
  /** How many of the newest events are kept for `events({ sinceSeq })`. Default 0. */
  keepEvents?: number;
}

const defaultTimeoutMs = 30_000;
const defaultRunTimeoutMs = 60_000;
const stopGraceMs = 5_000;

/** Methods that take as long as what they do. */
const slowMethods: readonly MethodName[] = [
  "abort",
  "bash",
  "compact",
  "export_html",
  "navigate",
  "new_session",
  "switch_session",
  "fork",
  "clone",
  "reload",
];

/** Options about how a session begins, and whether a value follows them. */
const sessionOptions: Readonly<Record<string, boolean>> = {
  "--continue": false,
  "-c": false,
  "--session": true,
  "--session-id": true,
  "--fork": true,
  "--name": true,
  "-n": true,
};

export class RpcClient extends RpcCalls {
  readonly #options: RpcClientOptions;
  readonly #feed: EventFeed<RpcEvent>;
  readonly #uiListeners = new Set<(request: ExtensionUiRequest) => void>();
  #connection: RpcConnection | undefined;
  #restarting: Promise<void> | undefined;
  /** Of the child that has ended last. */
  #stderr = "";
  #sessionFile: string | undefined;
  #lastSeq = 0;

  constructor(options: RpcClientOptions = {}) {
    super();
    this.#options = options;
    this.#feed = new EventFeed(options.keepEvents ?? 0);
  }

  get isRunning(): boolean {
    return this.#connection !== undefined;
  }

  /** Resolves when the child has answered for the first time. Errors: `rpc.started`, `rpc.exited`, `rpc.timeout`. */
  async start(): Promise<void> {
    const { provider, model, args = [] } = this.#options;
    await this.#start([...given("--provider", provider), ...given("--model", model), ...args]);
  }

  async #start(args: readonly string[]): Promise<void> {
    if (this.#connection !== undefined) throw new PiError("rpc.started", "The client has been started already");
    const { cliPath, cwd, env, startTimeoutMs } = this.#options;
    const program = cliPath === undefined ? ownProgram() : programAt(cliPath);
    // A child counts its events from 1.
    const seqBase = this.#lastSeq;
    const connection = new RpcConnection({
      command: program.command,
      args: [...program.args, "--mode", "rpc", ...args],
      ...defined({ cwd, env }),
      onRecord: (record) => this.#take(record as RpcEvent | ExtensionUiRequest, seqBase),
    });
    this.#connection = connection;
    void connection.ended.then(() => {
      this.#stderr = connection.stderr;
      this.#connection = undefined;
      this.#feed.interrupt();
    });
    try {
      await this.#call(connection, "get_state", {}, { limitMs: startTimeoutMs ?? defaultTimeoutMs });
    } catch (error) {
      connection.kill("SIGKILL");
      await connection.ended;
      throw error;
    }
  }

  /**
   * Ends the child in order: what runs is stopped. `finish`: what was accepted is finished first. One that does not end is killed after
   * `graceMs` (default 5 s; with `finish`, never). Nothing to do where there is no child.
   */
  async stop({ finish = false, graceMs = stopGraceMs }: { finish?: boolean; graceMs?: number } = {}): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.finish();
    if (!finish) connection.kill("SIGTERM");
    const timer = finish ? undefined : setTimeout(() => connection.kill("SIGKILL"), timerMs(graceMs));
    await connection.ended;
    clearTimeout(timer);
  }

  /**
   * Ends the child, if it lives, and goes on with the same session in a new one, model included. Events keep counting: those that were
   * missed in between are had by `events({ sinceSeq })`. Asked for while one is under way, it is that one.
   */
  restart(): Promise<void> {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined;
    });
    return this.#restarting;
  }

  async #restart(): Promise<void> {
    // A child that does not answer is no reason not to start another.
    if (this.#connection !== undefined) await this.getState().catch(() => undefined);
    await this.stop();
    const { existsSync } = await import("node:fs");
    const file = this.#sessionFile;
    if (file === undefined || !existsSync(file)) return this.start();
    // The session knows its model; what the options say is where it began.
    await this.#start([...withoutSessionOptions(this.#options.args ?? []), "--session", file]);
  }

  /** Returns the remover. */
  onEvent(listener: RpcEventListener): () => void {
    return this.#feed.listen(listener);
  }

  /**
   * Events from now on, or from behind `sinceSeq` as far as they are kept (`keepEvents`; error `rpc.events_gone`). Ends when the child ends
   * or the loop is left.
   */
  events(from: { sinceSeq?: number } = {}): AsyncIterableIterator<RpcEvent> {
    return this.#feed.iterate(from.sinceSeq);
  }

  /** Requests of extensions to the user. Returns the remover. */
  onExtensionUiRequest(listener: (request: ExtensionUiRequest) => void): () => void {
    this.#uiListeners.add(listener);
    return () => this.#uiListeners.delete(listener);
  }

  answerExtensionUi(answer: Omit<ExtensionUiResponse, "type">): void {
    this.#connection?.send({ type: "extension_ui_response", ...answer });
  }

  /** The newest 64 KiB, of the child there is or of the last one. */
  getStderr(): string {
    return this.#connection?.stderr ?? this.#stderr;
  }

  /** Any command, by its wire name. Errors: `rpc.not_running`, `rpc.exited`, `rpc.timeout`, `rpc.refused` with the answer's text. */
  async request<N extends MethodName>(type: N, params: ParamsOf<N>, timeoutMs?: number): Promise<ResultOf<N>> {
    return this.#call(this.#running(), type, params, defined({ limitMs: timeoutMs }));
  }

  /** Resolves when nothing runs: at once, or with the next `agent_settled`. */
  async waitForIdle(timeoutMs = defaultRunTimeoutMs): Promise<void> {
    const watch = this.#watchRun(timeoutMs);
    try {
      // A run that settled before the answer is not the one that goes on now.
      const { isStreaming } = await this.#call(this.#running(), "get_state", {}, { onAnswer: watch.begin });
      if (isStreaming) await watch.settled;
    } finally {
      watch.cancel();
    }
  }

  /** All events up to the next `agent_settled`, that one included. */
  async collectEvents(timeoutMs = defaultRunTimeoutMs): Promise<RpcEvent[]> {
    this.#running();
    const watch = this.#watchRun(timeoutMs);
    watch.begin();
    try {
      return await watch.settled;
    } finally {
      watch.cancel();
    }
  }

  /**
   * The events of the run that the prompt began; none where it was handled without one. Error `rpc.timeout` where the run takes longer: it
   * goes on all the same.
   */
  async promptAndWait(message: string, images?: ImageContent[], timeoutMs = defaultRunTimeoutMs): Promise<RpcEvent[]> {
    const watch = this.#watchRun(timeoutMs);
    try {
      const params = { message, ...defined({ images }) };
      // What comes before the answer is of a run before this one.
      const { disposition } = await this.#call(this.#running(), "prompt", params, { onAnswer: watch.begin });
      return disposition === "handled" ? [] : await watch.settled;
    } finally {
      watch.cancel();
    }
  }

  #running(): RpcConnection {
    if (this.#connection === undefined) throw new PiError("rpc.not_running", "pi is not running", { hint: "Call start() first" });
    return this.#connection;
  }

  async #call<N extends MethodName>(
    connection: RpcConnection,
    type: N,
    params: ParamsOf<N>,
    { limitMs, onAnswer }: { limitMs?: number; onAnswer?: () => void },
  ): Promise<ResultOf<N>> {
    const limit = limitMs ?? (slowMethods.includes(type) ? undefined : (this.#options.timeoutMs ?? defaultTimeoutMs));
    const data = await connection.call(type, params, defined({ limitMs: limit, onAnswer }));
    const file = (data as { sessionFile?: unknown } | null | undefined)?.sessionFile;
    if (typeof file === "string") this.#sessionFile = file;
    return data as ResultOf<N>;
  }

  #watchRun(timeoutMs: number): { begin(): void; settled: Promise<RpcEvent[]>; cancel(): void } {
    const seen: RpcEvent[] = [];
    let begin = (): void => {};
    let cancel = (): void => {};
    const settled = new Promise<RpcEvent[]>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new PiError("rpc.timeout", `The run has not settled within ${timeoutMs} ms`)),
        timerMs(timeoutMs),
      );
      let stopListening = (): void => {};
      const ended = (): void => {
        reject(new PiError("rpc.exited", "pi has ended before the run had settled"));
      };
      begin = () => {
        stopListening = this.#feed.listen((event) => {
          seen.push(event);
          if (event.type === "agent_settled") resolve(seen);
        }, ended);
      };
      cancel = () => {
        stopListening();
        clearTimeout(timer);
      };
    });
    // Whoever waits hears of it; one who cancelled does not want to.
    settled.catch(() => undefined);
    return { begin: () => begin(), settled, cancel: () => cancel() };
  }

  #take(record: RpcEvent | ExtensionUiRequest, seqBase: number): void {
    if (record.type === "extension_ui_request") {
      handOut(record, this.#uiListeners);
      return;
    }
    // The npm agent numbers nothing.
    this.#lastSeq = record.seq === undefined ? this.#lastSeq + 1 : seqBase + record.seq;
    record.seq = this.#lastSeq;
    this.#feed.push(record);
  }
}

function given(option: string, value: string | undefined): string[] {
  return value === undefined ? [] : [option, value];
}

function withoutSessionOptions(args: readonly string[]): string[] {
  return args.filter((arg, index) => {
    const [name = ""] = arg.split("=");
    return sessionOptions[name] === undefined && !(index > 0 && sessionOptions[args[index - 1] ?? ""] === true);
  });
}
