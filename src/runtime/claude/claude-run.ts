// One run of Claude Code from its start to its outcome. Made by claude-runtime.
// Invariant: each record is told in order; calls of tools and hooks wait for the message that asks for them, and hold nothing up behind them.

import { runTools } from "../../agent/run-tools.ts";
import { defined } from "../../contracts/defined.ts";
import { timerMs } from "../../contracts/duration.ts";
import { messageOf } from "../../contracts/error.ts";
import type { ImageContent, ToolCall } from "../../contracts/message.ts";
import type { Outcome } from "../../contracts/outcome.ts";
import { errorResult, type ToolResult } from "../../contracts/tool.ts";
import { messageLine } from "../context/prompt-parts.ts";
import type { EngineEnd } from "../hosted-run.ts";
import type { PlacedRun } from "../hosted-runtime.ts";
import { promptOf } from "../prompt-of.ts";
import { type LaunchedRun, toolFacts } from "../run-launch.ts";
import { type ChildEnd, ClaudeChild, type ClaudeRecord } from "./child.ts";
import { Control } from "./control.ts";
import { type Bill, billOf, lacksSession, outcomeOf, sumOfBills } from "./ended.ts";
import { ClaudeHooks } from "./hooks.ts";
import { claudeArguments, claudeEnvironment, initializeRequest, resumable, serverName, userRecord } from "./launch.ts";
import { type CalledTool, McpServer } from "./mcp-server.ts";
import { listOf, numberIn, textIn } from "./records.ts";
import { Translation } from "./translate.ts";

export interface ClaudeRunDeps {
  env: Readonly<Record<string, string | undefined>>;
  now(): number;
  redact(text: string): string;
  /** Names of the variables that it sees. */
  variables: readonly string[];
  configDir: string | undefined;
}

export interface HoldingRun extends PlacedRun {
  /** Alone with that session from now on, and with the one before no longer. */
  hold(sessionId: string | undefined): Promise<void>;
}

type Stopped = Pick<Outcome, "kind" | "code" | "message" | "hint">;

/** Its own tools that change nothing. */
const readingTools: ReadonlySet<string> = new Set(["Read", "Glob", "Grep", "LS"]);

export class ClaudeRun {
  readonly #at: HoldingRun;
  readonly #launched: LaunchedRun;
  readonly #deps: ClaudeRunDeps;
  readonly #control: Control;
  readonly #server: McpServer;
  readonly #hooks: ClaudeHooks;
  readonly #translation: Translation;
  #child: ClaudeChild | undefined;
  #result: ClaudeRecord | undefined;
  #bills: Bill[] = [];
  #sessionId: string | undefined;
  #stopped: Stopped | undefined;
  /** From when it has to end on: what it still asks for is not begun. */
  readonly #halt = new AbortController();
  #stopping: Promise<void> | undefined;
  #isClosing = false;
  /** The child has ended: nobody waits for what is still to be done for it. */
  #isGone = false;
  #tasks = new Set<string>();
  #resume: string | undefined;
  #text = "";
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #callsRunning = 0;

  constructor(at: HoldingRun, launched: LaunchedRun, deps: ClaudeRunDeps) {
    this.#at = at;
    this.#launched = launched;
    this.#deps = deps;
    this.#resume = at.request.isFresh === true ? undefined : at.request.sessionId;
    const { conversation } = launched.sessions.coding;
    this.#server = new McpServer({
      tools: () => conversation.activeTools,
      clientTools: at.request.clientTools ?? [],
      call: (called) => this.#called(called),
    });
    this.#control = new Control({
      send: (record) => this.#child?.send(record),
      mcp: (message) => this.#server.answer(message),
      hook: (event, input, toolUseId) => this.#hooks.answer(event, input, toolUseId),
      warn: (line) => at.warn(line),
    });
    this.#translation = new Translation({
      emit: (event) => conversation.emit(event),
      tell: (event) => at.tell(event),
      now: deps.now,
      thinkingLevel: conversation.thinkingLevel,
      prices: (model) => launched.sessions.launch.registry.find("anthropic", model)?.cost,
      turnEnded: () => {
        if (conversation.budget.isReached() && conversation.budget.stop !== undefined)
          this.#stop({ kind: "budget", ...conversation.budget.stop });
      },
    });
    this.#hooks = new ClaudeHooks({
      at: { ...at, signal: AbortSignal.any([at.signal, this.#halt.signal]) },
      conversation: () => launched.sessions.coding.conversation,
      translation: this.#translation,
    });
  }

  async end(): Promise<EngineEnd> {
    const { request, signal } = this.#at;
    const { sessions } = this.#launched;
    const facts = toolFacts(sessions);
    this.#at.tools({
      ...facts,
      isReadOnly: (tool) => facts.isReadOnly(tool) || (readingTools.has(tool) && this.#builtInTools.includes(tool)),
    });
    sessions.subscribe((event) => {
      if (event.type === "message_update" && event.assistantMessageEvent.type === "text_delta")
        this.#text += event.assistantMessageEvent.delta;
      if (event.type === "message_start" && event.message.role === "assistant") this.#text = "";
      return this.#at.emit(event);
    });
    const onAbort = (): void => this.#stop({ kind: "aborted", code: "model.aborted", message: "The run was stopped" });
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const received = await sessions.intake.receive({
        text: promptOf(request),
        images: request.images ?? [],
        source: "rpc",
        isExpanded: false,
      });
      if (received.kind !== "message") return { outcome: { kind: "done", text: "" } };
      if (signal.aborted) return { outcome: { kind: "aborted", text: "", code: "model.aborted" } };
      sessions.coding.conversation.budget.begin();
      await this.#translation.start({ role: "user", content: received.text, timestamp: this.#deps.now() });
      const outcome = await this.#carriedOut(received.text, received.images).catch(async (error: unknown) => {
        // What has begun ends for those who follow it, whatever broke.
        await this.#translation.settle(signal.aborted ? "aborted" : "error");
        throw error;
      });
      const usage = sumOfBills(this.#bills);
      await this.#translation.settle(outcome.kind, usage);
      return { outcome, ...defined({ usage }), ...(this.#hooks.pending.length === 0 ? {} : { pendingToolCalls: this.#hooks.pending }) };
    } finally {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(this.#quiet);
    }
  }

  /** Waits until nothing of it is left. */
  async close(): Promise<void> {
    this.#server.abortAll();
    await this.#stopping;
    this.#child?.killAllNow();
    await this.#child?.ended;
  }

  killAllNow(): void {
    this.#child?.killAllNow();
  }

  get #settings() {
    return this.#launched.config.values.runtime.claude;
  }

  get #builtInTools(): readonly string[] {
    const named = this.#at.request.builtInTools ?? this.#settings.builtInTools;
    return named.filter((name) => this.#launched.permits?.(name) !== false);
  }

  async #carriedOut(text: string, images: readonly ImageContent[]): Promise<Outcome> {
    if (this.#resume !== undefined && resumable(this.#resume) === undefined) await this.#goOnWithout(this.#resume);
    for (;;) {
      const { end, recordCount, stderr } = await this.#once(text, images);
      const ended = { result: this.#result, end };
      if (this.#resume !== undefined && this.#stopped === undefined && lacksSession({ ...ended, recordCount })) {
        await this.#goOnWithout(this.#resume);
        this.#result = undefined;
        this.#bills = [];
        continue;
      }
      return outcomeOf({
        ...ended,
        command: this.#settings.command,
        failureText: this.#translation.failureText,
        text: this.#text,
        stderr: this.#deps.redact(stderr),
        stopped: this.#stopped,
        hasPending: this.#hooks.pending.length > 0,
      });
    }
  }

  /** With another session, or a new one. */
  async #goOnWithout(lost: string): Promise<void> {
    await this.#at.hold(undefined);
    this.#resume = resumable(await this.#at.lost(lost));
    await this.#at.hold(this.#resume);
  }

  async #once(text: string, images: readonly ImageContent[]): Promise<{ end: ChildEnd; recordCount: number; stderr: string }> {
    const { request } = this.#at;
    const { values } = this.#launched.config;
    const thinking = request.thinking;
    const child = new ClaudeChild({
      command: this.#settings.command,
      args: claudeArguments({
        builtInTools: this.#builtInTools,
        model: request.model ?? this.#group?.model,
        thinking: thinking ?? this.#group?.thinking,
        resume: this.#resume,
        args: this.#settings.args,
      }),
      cwd: request.workspaceDir,
      env: claudeEnvironment({
        env: this.#deps.env,
        variables: this.#deps.variables,
        configDir: this.#deps.configDir,
        thinking: thinking ?? this.#group?.thinking,
        retry: values.retry,
        hasToolResults: (request.toolResults ?? []).length > 0,
      }),
      onRecord: (record) => this.#take(record),
    });
    this.#child = child;
    this.#isClosing = false;
    this.#isGone = false;
    this.#stopping = undefined;
    this.#control.request(initializeRequest(await this.#systemPrompt()));
    child.send(this.#userRecord(text, images));
    this.#at.takeSteering((more, pictures) => void this.#steer(more, pictures));
    this.#watchSilence();
    const end = await child.ended;
    this.#isGone = true;
    clearTimeout(this.#quiet);
    this.#server.abortAll();
    return { end, recordCount: child.recordCount, stderr: child.stderr };
  }

  get #group() {
    const { groups } = this.#launched.config.values;
    const { sessionKey } = this.#at.request;
    return Object.hasOwn(groups, sessionKey) ? groups[sessionKey] : undefined;
  }

  /** What a conversation of ours is told beside its own preamble; skills where it has what reads them. */
  async #systemPrompt(): Promise<string> {
    const skills = this.#builtInTools.includes("Read") ? this.#launched.skills : "";
    return [...this.#launched.told, skills].filter((part) => part !== "").join("\n\n");
  }

  #userRecord(text: string, images: readonly ImageContent[]): object {
    const { context } = this.#at.request;
    const ours = messageLine(context, this.#launched.config.values.runtime.tellPhoneNumbers, this.#deps.now());
    return userRecord(text, images, ours);
  }

  async #steer(text: string, images: readonly ImageContent[]): Promise<void> {
    const lost = (why: string): void => this.#at.warn(`A message for run ${this.#at.id} was lost: ${why}`);
    try {
      const { intake } = this.#launched.sessions;
      const received = await intake.receive({ text, images, source: "rpc", isExpanded: false, streamingBehavior: "steer" });
      if (received.kind !== "message") return;
      if (this.#isClosing) return lost("the run has ended");
      this.#child?.send(this.#userRecord(received.text, received.images));
      await this.#translation.say({ role: "user", content: received.text, timestamp: this.#deps.now() });
    } catch (error) {
      lost(messageOf(error));
    }
  }

  async #take(record: ClaudeRecord): Promise<void> {
    this.#watchSilence();
    if (this.#control.take(record)) return;
    if (record.type === "system" && record.subtype === "init") this.#init(record);
    this.#noteTasks(record);
    await this.#translation.take(record);
    if (record.type === "result") this.#resulted(record);
  }

  #init(record: ClaudeRecord): void {
    this.#sessionId = textIn(record, "session_id") ?? this.#sessionId;
    const model = textIn(record, "model");
    this.#tellSession(model);
    const servers = record.mcp_servers;
    if (!Array.isArray(servers)) return;
    const own = listOf(servers).find((one) => one.name === serverName);
    if (own?.status === "connected") return;
    this.#stop({
      kind: "error",
      code: "runtime.bridge",
      message: `Our tools are not connected to ${this.#settings.command}: ${own === undefined ? "it does not know of them" : String(own.status)}`,
    });
  }

  #tellSession(model?: string): void {
    this.#at.session({
      ...defined({ id: this.#sessionId }),
      isPresent: this.#resume !== undefined && this.#sessionId !== undefined,
      model: model ?? this.#translation.model,
    });
  }

  /** Of sub-agents that go on behind a result. */
  #noteTasks(record: ClaudeRecord): void {
    if (record.type !== "system") return;
    const id = textIn(record, "task_id");
    if (record.subtype === "task_started" && id !== undefined) this.#tasks.add(id);
    if (["task_notification", "task_completed", "task_finished"].includes(String(record.subtype)) && id !== undefined)
      this.#tasks.delete(id);
    if (record.subtype === "background_tasks_changed" && Array.isArray(record.tasks))
      this.#tasks = new Set(listOf(record.tasks).map((task) => String(task.task_id ?? task.id)));
  }

  #resulted(record: ClaudeRecord): void {
    this.#result = record;
    this.#bills.push(billOf(record, this.#resume !== undefined));
    this.#sessionId = textIn(record, "session_id") ?? this.#sessionId;
    this.#tellSession();
    this.#hooks.deferredBy(record);
    const isLast = (numberIn(record, "queued_turn_count") ?? 0) === 0 && this.#tasks.size === 0;
    if (isLast || this.#stopped !== undefined) this.#finish();
  }

  /** It ends by itself once nothing more can come; what does not is ended. */
  #finish(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    clearTimeout(this.#quiet);
    this.#child?.close();
    this.#stopping ??= this.#child?.stop(() => undefined);
  }

  #stop(why: Stopped): void {
    if (this.#isClosing || this.#stopped !== undefined) return;
    this.#stopped = why;
    this.#halt.abort();
    this.#server.abortAll();
    this.#stopping = this.#child?.stop(() => this.#control.request({ subtype: "interrupt" }));
  }

  /** Begins to count anew; what our own tools do is no silence. */
  #watchSilence(): void {
    clearTimeout(this.#quiet);
    const { stallMs } = this.#settings;
    if (stallMs <= 0 || this.#callsRunning > 0 || this.#isClosing || this.#isGone) return;
    this.#quiet = setTimeout(() => {
      const message = `${this.#settings.command} said nothing for ${stallMs / 1000} s`;
      this.#stop({ kind: "stalled", code: "model.stalled", message, hint: "Try again, or allow more with stall_ms of [runtime.claude]" });
    }, timerMs(stallMs));
  }

  /** A call of one of our tools, through all that a call in a conversation of ours goes through. */
  async #called({ toolUseId, name, args, signal }: CalledTool): Promise<ToolResult> {
    const id = toolUseId ?? this.#translation.idOf(name) ?? crypto.randomUUID();
    this.#callsRunning++;
    clearTimeout(this.#quiet);
    try {
      await this.#translation.announced(toolUseId ?? id);
      const call: ToolCall = { type: "toolCall", id, name, arguments: args };
      const { conversation } = this.#launched.sessions.coding;
      const either = AbortSignal.any([signal, this.#at.signal, this.#halt.signal]);
      let result: ToolResult = errorResult("The run has ended");
      const setup = conversation.toolSetup();
      const { messages } = await runTools([call], new Map(), setup, either, {
        emit: (event) => conversation.emit(event),
        now: this.#deps.now,
      });
      for (const message of messages) {
        this.#translation.toldResult(message);
        result = { content: message.content, isError: message.isError };
      }
      return result;
    } finally {
      this.#callsRunning--;
      this.#watchSilence();
    }
  }
}
