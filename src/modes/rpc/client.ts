// Drives `pi --mode rpc` from another program: the entry `pi/rpc`. Method names follow the npm agent's client.
// Invariant: a call settles: by its answer, its time limit, or the death of the child, whichever comes first.

import type { AgentEvent, CompactionResult, RpcOnlyEvent } from "../../contracts/agent-event.ts";
import { PiError } from "../../contracts/error.ts";
import type { ImageContent, Message } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { ChildProgram } from "../../platform/child-program.ts";
import { ownProgram, programAt, startChildProgram } from "../../platform/child-program.ts";
import { LineSplitter } from "../../platform/line-splitter.ts";
import { EventFeed } from "./event-feed.ts";
import type { MethodName, ParamsOf, ResultOf } from "./methods.ts";
import type {
  ExtensionUiRequest,
  ExtensionUiResponse,
  PromptDisposition,
  QueuedInputDisposition,
  QueueMode,
  RpcSessionState,
  RpcSlashCommand,
  StreamingBehavior,
} from "./records.ts";

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

interface PendingCall {
  resolve(data: unknown): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const defaultTimeoutMs = 30_000;
const defaultRunTimeoutMs = 60_000;
const stopGraceMs = 5_000;
const maxLineBytes = 512 * 1024 * 1024;
const keptStderr = 64 * 1024;

/** Methods that take as long as what they do. */
const slowMethods = new Set<string>([
  "abort",
  "bash",
  "compact",
  "export_html",
  "navigate",
  "new_session",
  "switch_session",
  "fork",
  "clone",
]);

export class RpcClient {
  readonly #options: RpcClientOptions;
  readonly #feed: EventFeed<RpcEvent>;
  readonly #pending = new Map<string, PendingCall>();
  readonly #uiListeners = new Set<(request: ExtensionUiRequest) => void>();
  #child: ChildProgram | undefined;
  #callCount = 0;
  #stderr = "";
  /** Added to the child's `seq`, which begins at 1 with every start. */
  #seqBase = 0;
  #lastSeq = 0;

  constructor(options: RpcClientOptions = {}) {
    this.#options = options;
    this.#feed = new EventFeed(options.keepEvents ?? 0);
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves when the child has answered for the first time. Errors: `rpc.started`, `rpc.exited`, `rpc.timeout`. */
  async start(): Promise<void> {
    await this.#start([]);
  }

  async #start(more: readonly string[]): Promise<void> {
    if (this.#child !== undefined) throw new PiError("rpc.started", "The client has been started already");
    const { cliPath, provider, model, args = [], cwd, env } = this.#options;
    const program = cliPath === undefined ? ownProgram() : programAt(cliPath);
    const splitter = new LineSplitter(maxLineBytes);
    this.#stderr = "";
    this.#seqBase = this.#lastSeq;
    const child = await startChildProgram({
      command: program.command,
      args: [
        ...program.args,
        "--mode",
        "rpc",
        ...(provider === undefined ? [] : ["--provider", provider]),
        ...(model === undefined ? [] : ["--model", model]),
        // A session that is named wins over the search for one.
        ...(more.length === 0 ? args : args.filter((one) => one !== "--continue" && one !== "-c")),
        ...more,
      ],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      onStdout: (chunk) => {
        for (const { text } of splitter.push(chunk)) this.#take(text);
      },
      onStderr: (text) => {
        this.#stderr = (this.#stderr + text).slice(-keptStderr);
      },
    });
    this.#child = child;
    void child.exited.then((end) => {
      if (this.#child === child) this.#child = undefined;
      const how = end.error?.message ?? (end.signal === null ? `exit status ${end.code}` : end.signal);
      this.#failAll(new PiError("rpc.exited", `pi has ended (${how})`, { hint: this.#stderr.trim().slice(-500) }));
      this.#feed.interrupt();
    });
    try {
      await this.request("get_state", {}, this.#options.startTimeoutMs ?? defaultTimeoutMs);
    } catch (error) {
      child.kill("SIGKILL");
      await child.exited;
      throw error;
    }
  }

  /**
   * Ends the child in order: what runs is stopped. `finish`: what was accepted is finished first. One that does not end is killed after
   * `graceMs` (default 5 s; with `finish`, never).
   */
  async stop({ finish = false, graceMs = stopGraceMs }: { finish?: boolean; graceMs?: number } = {}): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.end();
    if (!finish) child.kill("SIGTERM");
    const timer = finish ? undefined : setTimeout(() => child.kill("SIGKILL"), graceMs);
    await child.exited;
    clearTimeout(timer);
    this.#child = undefined;
  }

  /** Ends the child, if it lives, and goes on with the same session in a new one. Events keep counting. */
  async restart(): Promise<void> {
    const file = this.#child === undefined ? this.#sessionFile : (await this.getState()).sessionFile;
    await this.stop();
    const { existsSync } = await import("node:fs");
    await this.#start(file !== undefined && existsSync(file) ? ["--session", file] : []);
  }

  #sessionFile: string | undefined;

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
    void this.#child?.write(`${JSON.stringify({ type: "extension_ui_response", ...answer })}\n`);
  }

  /** The newest 64 KiB. */
  getStderr(): string {
    return this.#stderr;
  }

  /** Any command, by its wire name. Errors: `rpc.not_running`, `rpc.exited`, `rpc.timeout`, `rpc.refused` with the answer's text. */
  request<N extends MethodName>(type: N, params: ParamsOf<N>, timeoutMs?: number): Promise<ResultOf<N>> {
    return this.#call(type, params, timeoutMs).answer as Promise<ResultOf<N>>;
  }

  async prompt(message: string, images?: ImageContent[], streamingBehavior?: StreamingBehavior): Promise<PromptDisposition> {
    const answer = await this.request("prompt", { message, ...present({ images, streamingBehavior }) });
    return answer.disposition;
  }

  async steer(message: string, images?: ImageContent[]): Promise<QueuedInputDisposition> {
    return (await this.request("steer", { message, ...present({ images }) })).disposition;
  }

  async followUp(message: string, images?: ImageContent[]): Promise<QueuedInputDisposition> {
    return (await this.request("follow_up", { message, ...present({ images }) })).disposition;
  }

  async abort(): Promise<void> {
    await this.request("abort", {});
  }

  clearQueue(): Promise<{ steering: string[]; followUp: string[] }> {
    return this.request("clear_queue", {});
  }

  newSession(parentSession?: string): Promise<{ cancelled: boolean }> {
    return this.request("new_session", present({ parentSession }));
  }

  getState(): Promise<RpcSessionState> {
    return this.request("get_state", {});
  }

  setModel(provider: string, modelId: string): Promise<Model> {
    return this.request("set_model", { provider, modelId });
  }

  cycleModel(): Promise<{ model: Model; thinkingLevel: ThinkingLevel; isScoped: boolean } | null> {
    return this.request("cycle_model", {});
  }

  async getAvailableModels(): Promise<Model[]> {
    return (await this.request("get_available_models", {})).models;
  }

  async setThinkingLevel(level: ThinkingLevel): Promise<void> {
    await this.request("set_thinking_level", { level });
  }

  cycleThinkingLevel(): Promise<{ level: ThinkingLevel } | null> {
    return this.request("cycle_thinking_level", {});
  }

  async getAvailableThinkingLevels(): Promise<ThinkingLevel[]> {
    return (await this.request("get_available_thinking_levels", {})).levels;
  }

  async setSteeringMode(mode: QueueMode): Promise<void> {
    await this.request("set_steering_mode", { mode });
  }

  async setFollowUpMode(mode: QueueMode): Promise<void> {
    await this.request("set_follow_up_mode", { mode });
  }

  compact(customInstructions?: string): Promise<CompactionResult> {
    return this.request("compact", present({ customInstructions }));
  }

  async setAutoCompaction(enabled: boolean): Promise<void> {
    await this.request("set_auto_compaction", { enabled });
  }

  async setAutoRetry(enabled: boolean): Promise<void> {
    await this.request("set_auto_retry", { enabled });
  }

  async abortRetry(): Promise<void> {
    await this.request("abort_retry", {});
  }

  bash(command: string, how: { excludeFromContext?: boolean } = {}): Promise<ResultOf<"bash">> {
    return this.request("bash", { command, ...how });
  }

  async abortBash(): Promise<void> {
    await this.request("abort_bash", {});
  }

  getSessionStats(): Promise<ResultOf<"get_session_stats">> {
    return this.request("get_session_stats", {});
  }

  exportHtml(outputPath?: string): Promise<{ path: string }> {
    return this.request("export_html", present({ outputPath }));
  }

  switchSession(sessionPath: string): Promise<{ cancelled: boolean }> {
    return this.request("switch_session", { sessionPath });
  }

  fork(entryId: string): Promise<{ text: string; cancelled: boolean }> {
    return this.request("fork", { entryId });
  }

  clone(): Promise<{ cancelled: boolean }> {
    return this.request("clone", {});
  }

  async getForkMessages(): Promise<{ entryId: string; text: string }[]> {
    return (await this.request("get_fork_messages", {})).messages;
  }

  getEntries(since?: string): Promise<ResultOf<"get_entries">> {
    return this.request("get_entries", present({ since }));
  }

  getTree(): Promise<ResultOf<"get_tree">> {
    return this.request("get_tree", {});
  }

  async getLastAssistantText(): Promise<string | null> {
    return (await this.request("get_last_assistant_text", {})).text;
  }

  async setSessionName(name: string): Promise<void> {
    await this.request("set_session_name", { name });
  }

  async getMessages(): Promise<Message[]> {
    return (await this.request("get_messages", {})).messages;
  }

  async getCommands(): Promise<RpcSlashCommand[]> {
    return (await this.request("get_commands", {})).commands;
  }

  getVersion(): Promise<ResultOf<"get_version">> {
    return this.request("get_version", {});
  }

  async getTools(): Promise<ResultOf<"get_tools">["tools"]> {
    return (await this.request("get_tools", {})).tools;
  }

  async setActiveTools(names: string[]): Promise<string[]> {
    return (await this.request("set_active_tools", { names })).names;
  }

  async listSessions(how: { all?: boolean; limit?: number } = {}): Promise<ResultOf<"list_sessions">["sessions"]> {
    return (await this.request("list_sessions", how)).sessions;
  }

  async deleteSession(sessionPath?: string): Promise<string | null> {
    return (await this.request("delete_session", present({ sessionPath }))).path;
  }

  async getAuth(): Promise<{ provider: string; source: string }[]> {
    return (await this.request("get_auth", {})).providers;
  }

  navigate(entryId: string | null, how: { summarize?: boolean; customInstructions?: string } = {}): Promise<ResultOf<"navigate">> {
    return this.request("navigate", { entryId, ...how });
  }

  async setLabel(entryId: string, label?: string): Promise<void> {
    await this.request("set_label", { entryId, ...present({ label }) });
  }

  inspect(): Promise<ResultOf<"inspect">> {
    return this.request("inspect", {});
  }

  async reload(): Promise<void> {
    await this.request("reload", {});
  }

  /** Resolves when nothing runs: at once, or with the next `agent_settled`. */
  async waitForIdle(timeoutMs = defaultRunTimeoutMs): Promise<void> {
    const settled = this.#untilSettled(timeoutMs);
    try {
      if ((await this.getState()).isStreaming) await settled.promise;
    } finally {
      settled.cancel();
    }
  }

  /** All events up to the next `agent_settled`, that one included. */
  async collectEvents(timeoutMs = defaultRunTimeoutMs): Promise<RpcEvent[]> {
    const settled = this.#untilSettled(timeoutMs);
    try {
      return await settled.promise;
    } finally {
      settled.cancel();
    }
  }

  /** The events of the run that the prompt began or joined; none where it was handled without one. */
  async promptAndWait(message: string, images?: ImageContent[], timeoutMs = defaultRunTimeoutMs): Promise<RpcEvent[]> {
    const settled = this.#untilSettled(timeoutMs);
    try {
      return (await this.prompt(message, images)) === "handled" ? [] : await settled.promise;
    } finally {
      settled.cancel();
    }
  }

  #untilSettled(timeoutMs: number): { promise: Promise<RpcEvent[]>; cancel(): void } {
    const seen: RpcEvent[] = [];
    let cancel = (): void => {};
    const promise = new Promise<RpcEvent[]>((resolve, reject) => {
      const stopListening = this.#feed.listen(
        (event) => {
          seen.push(event);
          if (event.type === "agent_settled") resolve(seen);
        },
        () => reject(new PiError("rpc.exited", "pi has ended before the run had settled", { hint: this.#stderr.trim().slice(-500) })),
      );
      const timer = setTimeout(() => reject(new PiError("rpc.timeout", `The run has not settled within ${timeoutMs} ms`)), timeoutMs);
      cancel = () => {
        stopListening();
        clearTimeout(timer);
      };
    });
    // Whoever waits hears of it; one who cancelled does not want to.
    promise.catch(() => undefined);
    return { promise, cancel };
  }

  #call(type: string, params: object, timeoutMs?: number): { id: string; answer: Promise<unknown> } {
    const child = this.#child;
    const id = `call-${++this.#callCount}`;
    if (child === undefined) return { id, answer: Promise.reject(new PiError("rpc.not_running", "The client has not been started")) };
    const limitMs = timeoutMs ?? (slowMethods.has(type) ? undefined : (this.#options.timeoutMs ?? defaultTimeoutMs));
    const answer = new Promise<unknown>((resolve, reject) => {
      const timer =
        limitMs === undefined
          ? undefined
          : setTimeout(() => {
              this.#pending.delete(id);
              reject(
                new PiError("rpc.timeout", `${type} was not answered within ${limitMs} ms`, { hint: this.#stderr.trim().slice(-500) }),
              );
            }, limitMs);
      this.#pending.set(id, { resolve, reject, timer });
    });
    void child.write(`${JSON.stringify({ id, type, ...params })}\n`);
    return { id, answer };
  }

  #take(text: string): void {
    let record: { type?: unknown };
    try {
      record = JSON.parse(text) as { type?: unknown };
    } catch {
      // Not ours: something else writes to the pipe.
      return;
    }
    if (record.type === "response") this.#settle(record as unknown as { id?: string; success: boolean; data?: unknown; error?: string });
    else if (record.type === "extension_ui_request") {
      for (const listener of this.#uiListeners) listener(record as unknown as ExtensionUiRequest);
    } else if (typeof record.type === "string") this.#tell(record as unknown as RpcEvent);
  }

  #tell(event: RpcEvent): void {
    // The npm agent numbers nothing.
    this.#lastSeq = event.seq === undefined ? this.#lastSeq + 1 : this.#seqBase + event.seq;
    event.seq = this.#lastSeq;
    this.#feed.push(event);
  }

  #settle({ id, success, data, error }: { id?: string; success: boolean; data?: unknown; error?: string }): void {
    const call = id === undefined ? undefined : this.#pending.get(id);
    if (call === undefined || id === undefined) return;
    this.#pending.delete(id);
    clearTimeout(call.timer);
    if (!success) {
      call.reject(new PiError("rpc.refused", error ?? "refused"));
      return;
    }
    const file = (data as { sessionFile?: unknown } | null | undefined)?.sessionFile;
    if (typeof file === "string") this.#sessionFile = file;
    call.resolve(data);
  }

  #failAll(error: Error): void {
    for (const call of this.#pending.values()) {
      clearTimeout(call.timer);
      call.reject(error);
    }
    this.#pending.clear();
  }
}

/** Without the fields that are not there. */
function present<T extends object>(of: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
