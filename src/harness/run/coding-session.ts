// One conversation of the product, behind one facade. Made by create-session, driven by modes and SDK users.
// Invariant: what listeners are told is on disk already; one run at a time; `agent_settled` is the last event of a run.
// Each concern has its own file; here they are only put together.

import type { QueueMode } from "../../agent/message-queue.ts";
import type { CompactionResult } from "../../contracts/agent-event.ts";
import { PiError } from "../../contracts/error.ts";
import type { SendMessageOptions } from "../../contracts/extension.ts";
import type { SessionHooks } from "../../contracts/hooks.ts";
import type { CustomMessage, ImageContent, Message, UserContent, UserMessage } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { ModelRequest } from "../../contracts/model-request.ts";
import type { Outcome } from "../../contracts/outcome.ts";
import type { Tool } from "../../contracts/tool.ts";
import type { Session } from "../../session/tree/session.ts";
import { AutoCompaction } from "../compaction/auto-compact.ts";
import { forkPoint, setLabel } from "../compaction/branch.ts";
import { Compactor } from "../compaction/compact.ts";
import type { NavigateOptions, Navigation } from "../compaction/navigate.ts";
import type { CodingSessionDeps } from "../conversation/conversation.ts";
import { Conversation } from "../conversation/conversation.ts";
import type { SessionListener } from "../conversation/listeners.ts";
import type { ContextUsage, SessionStats } from "../conversation/session-stats.ts";
import { sessionStats, usageOfWindow } from "../conversation/session-stats.ts";
import { RetryRecovery } from "../recovery/auto-retry.ts";
import { FallbackRecovery } from "../recovery/fallback.ts";
import { withStorage } from "../recovery/run-outcome.ts";
import type { Recovery } from "../recovery/settle-run.ts";
import { settleRun } from "../recovery/settle-run.ts";
import { ExtensionMessages } from "./extension-messages.ts";
import type { ShellCommandOptions, ShellCommandResult } from "./shell-command.ts";
import { ShellCommands } from "./shell-command.ts";

export type { CodingSessionDeps, CompactionSettings, ModelAccess } from "../conversation/conversation.ts";
export type { SessionListener } from "../conversation/listeners.ts";

export interface PromptOptions {
  images?: readonly ImageContent[];
  /** What to do with a prompt that comes while a run is going; without it such a prompt is refused. */
  streamingBehavior?: "steer" | "followUp";
  /** One of several prompts of one run: the run's limits go on counting. */
  continuesRun?: boolean;
  /** More prompts of this run follow: its answer is not yet the one that has to fit the output schema. */
  isInterim?: boolean;
}

export class CodingSession {
  readonly #conversation: Conversation;
  readonly #retry: RetryRecovery;
  readonly #compactor: Compactor;
  readonly #autoCompaction: AutoCompaction;
  readonly #fallback: FallbackRecovery;
  readonly #shell: ShellCommands;
  #compactionAbortCount = 0;
  /** Asked in this order when a run ended badly. */
  readonly #recoveries: readonly Recovery[];
  /** Of the newest run that has settled. */
  lastOutcome: Outcome | undefined;
  #running: { done: Promise<Outcome>; abort: AbortController } | undefined;
  readonly #extensionMessages: ExtensionMessages;

  constructor(deps: CodingSessionDeps) {
    this.#conversation = new Conversation(deps, {
      beforeNextTurn: async (signal) => {
        await this.#extensionMessages.sayKept();
        await this.#autoCompaction.ifFull(signal);
      },
      answered: (answer) => {
        this.#autoCompaction.answered(answer);
        return this.#retry.answered();
      },
    });
    this.#retry = new RetryRecovery(deps.retry, deps.clock, (event) => this.#conversation.emit(event));
    this.#compactor = new Compactor(this.#conversation);
    this.#autoCompaction = new AutoCompaction(this.#conversation, this.#compactor);
    this.#extensionMessages = new ExtensionMessages(this.#conversation);
    this.#shell = new ShellCommands(this.#conversation, () => this.isStreaming);
    this.#fallback = new FallbackRecovery(deps.fallback, {
      currentModel: () => this.model,
      setModel: (model, level) => this.#conversation.switchModel(model, level),
      giveUpRetries: (result) => this.#retry.close(result),
    });
    this.#recoveries = [this.#retry, this.#autoCompaction, this.#fallback];
  }

  get session(): Session {
    return this.#conversation.session;
  }

  get model(): Model {
    return this.#conversation.model;
  }

  get thinkingLevel(): ThinkingLevel {
    return this.#conversation.thinkingLevel;
  }

  get outputSchema(): Record<string, unknown> | undefined {
    return this.#conversation.deps.outputSchema;
  }

  get messages(): readonly Message[] {
    return this.#conversation.messages;
  }

  get isStreaming(): boolean {
    return this.#running !== undefined;
  }

  get hooks(): SessionHooks | undefined {
    return this.#conversation.deps.hooks;
  }

  /** Of the run under way. */
  get signal(): AbortSignal | undefined {
    return this.#running?.abort.signal;
  }

  /** What the model is told, also of what it has not been told yet. */
  get promptInForce(): string {
    return this.#conversation.promptInForce();
  }

  get tools(): readonly Tool[] {
    return this.#conversation.tools;
  }

  setTools(tools: readonly Tool[]): void {
    this.#conversation.setTools(tools);
  }

  setResources(prompt: CodingSessionDeps["prompt"], expand: CodingSessionDeps["expand"]): void {
    this.#conversation.setResources(prompt, expand);
  }

  get activeTools(): Tool[] {
    return this.#conversation.activeTools;
  }

  get activeToolNames(): readonly string[] {
    return this.#conversation.activeToolNames;
  }

  /** Told to the model with the next prompt. @throws PiError `usage.unknown_tool`. */
  setActiveToolNames(names: readonly string[]): void {
    this.#conversation.setActiveToolNames(names);
  }

  /** Returns the remover. A listener that answers with a promise slows the run down to its pace. */
  subscribe(listener: SessionListener): () => void {
    return this.#conversation.listeners.add(listener);
  }

  /** Resolves when the run has settled; a queued prompt resolves with the run it joined. One that comes during a compaction waits for it. */
  prompt(text: string, options: PromptOptions = {}): Promise<Outcome> {
    const message = this.#userMessage(text, options.images);
    if (this.#running) {
      if (!options.streamingBehavior) {
        throw new PiError(
          "session.busy_run",
          "Agent is already processing. Specify streamingBehavior ('steer' or 'followUp') to queue the message.",
        );
      }
      if (options.streamingBehavior === "steer") this.#conversation.agent.steer(message);
      else this.#conversation.agent.followUp(message);
      this.#conversation.listeners.release();
      return this.#running.done;
    }
    return this.#begin(message, options);
  }

  /** A message of an extension's. Gives the run that it begins, where it begins one. */
  add(message: CustomMessage, { deliverAs = "steer", triggerTurn }: SendMessageOptions = {}): Promise<unknown> | undefined {
    if (deliverAs === "nextTurn") {
      this.#extensionMessages.keepForPrompt(message);
      return undefined;
    }
    if (this.#running === undefined) return triggerTurn === true ? this.#begin(message, {}) : this.#conversation.say(message);
    if (triggerTurn === false) this.#extensionMessages.keepForTurn(message);
    else if (deliverAs === "steer") this.#conversation.agent.steer(message);
    else this.#conversation.agent.followUp(message);
    return undefined;
  }

  /** An entry that the model is not shown, announced. */
  appendCustomEntry(customType: string, data: unknown): void {
    const entry = this.session.append({ type: "custom", customType, ...(data === undefined ? {} : { data }) });
    void this.#conversation.emit({ type: "entry_appended", entry });
  }

  /** What a text stands for when it is typed as a prompt: templates and skills filled in. */
  async expand(text: string): Promise<string> {
    return this.#conversation.expand(text);
  }

  steer(text: string, images?: readonly ImageContent[]): void {
    this.#conversation.agent.steer(this.#userMessage(text, images));
  }

  followUp(text: string, images?: readonly ImageContent[]): void {
    this.#conversation.agent.followUp(this.#userMessage(text, images));
  }

  clearQueue(): { steering: string[]; followUp: string[] } {
    return this.#conversation.agent.clearQueues();
  }

  get pendingMessageCount(): number {
    return this.#conversation.agent.queuedCount;
  }

  /** What `queue_update` shows. */
  get queuedTexts(): { steering: string[]; followUp: string[] } {
    const { steering, followUps } = this.#conversation.agent;
    return { steering: steering.texts(), followUp: followUps.texts() };
  }

  get steeringMode(): QueueMode {
    return this.#conversation.agent.steering.mode;
  }

  set steeringMode(mode: QueueMode) {
    this.#conversation.agent.steering.mode = mode;
  }

  get followUpMode(): QueueMode {
    return this.#conversation.agent.followUps.mode;
  }

  set followUpMode(mode: QueueMode) {
    this.#conversation.agent.followUps.mode = mode;
  }

  /** Stops the run and any compaction, and waits until all has settled. Queued messages stay queued. */
  async abort(): Promise<void> {
    this.#running?.abort.abort();
    this.#compactor.abort();
    await this.waitForIdle();
  }

  /** May be called by a listener: what it is told is then no longer waited for. */
  async waitForIdle(): Promise<void> {
    this.#conversation.listeners.release();
    await this.#running?.done.catch(() => undefined);
    await this.#compactor.settled();
  }

  get retryCount(): number {
    return this.#retry.count;
  }

  /** Whether the delay before a retry is under way. */
  get isRetrying(): boolean {
    return this.#retry.isWaiting;
  }

  get isAutoRetryEnabled(): boolean {
    return this.#retry.isEnabled;
  }

  set isAutoRetryEnabled(isEnabled: boolean) {
    this.#retry.isEnabled = isEnabled;
  }

  /** Ends the delay before a retry, and with it the run. */
  abortRetry(): void {
    this.#retry.abort();
  }

  get isCompacting(): boolean {
    return this.#compactor.isRunning;
  }

  get isAutoCompactionEnabled(): boolean {
    return this.#autoCompaction.isEnabled;
  }

  set isAutoCompactionEnabled(isEnabled: boolean) {
    this.#autoCompaction.isEnabled = isEnabled;
  }

  /**
   * Stops a run first. Rejects with `session.nothing_to_compact`, `session.compaction_cancelled`, `session.summarization_failed`,
   * `session.busy_compaction`.
   */
  async compact(customInstructions?: string): Promise<CompactionResult> {
    const abortCount = this.#compactionAbortCount;
    while (this.#running) await this.abort();
    // Whoever stopped all work meanwhile (another session, the end) does not expect it to begin now.
    if (this.#compactionAbortCount !== abortCount) throw new PiError("session.compaction_cancelled", "Compaction cancelled");
    const { keepRecentTokens } = this.#autoCompaction;
    return this.#compactor.compact({
      reason: "manual",
      keepRecentTokens,
      ...(customInstructions === undefined ? {} : { customInstructions }),
    });
  }

  /** Also one that waits for the end of the run it has stopped. */
  abortCompaction(): void {
    this.#compactionAbortCount++;
    this.#compactor.abort();
  }

  /** Recorded for the model's next prompt; while a run is going, as soon as it has settled. */
  runShell(command: string, options: ShellCommandOptions = {}): Promise<ShellCommandResult> {
    return this.#shell.run(command, options);
  }

  get isShellRunning(): boolean {
    return this.#shell.isRunning;
  }

  abortShell(): void {
    this.#shell.abort();
  }

  /** Resolves when no command of `runShell` is running any more, and what they said is recorded. */
  waitForShell(): Promise<void> {
    return this.#shell.settled();
  }

  /** Cheaper than `stats`. */
  contextUsage(): ContextUsage | undefined {
    return usageOfWindow(this.#conversation);
  }

  stats(): SessionStats {
    return sessionStats(this.#conversation);
  }

  /** Rejects with `session.entry_not_found`, `session.busy_run`, `session.busy_compaction`, `session.summarization_failed`. */
  async navigate(entryId: string | null, options: NavigateOptions = {}): Promise<Navigation> {
    if (this.#running) {
      throw new PiError("session.busy_run", "Agent is already processing", { hint: "Wait for the run to settle, or abort it" });
    }
    const { navigate } = await import("../compaction/navigate.ts");
    return navigate(entryId, options, this.#conversation, this.#compactor);
  }

  /** @throws PiError `session.invalid_fork`. */
  forkPoint(entryId: string): { leafId: string | null; text: string } {
    return forkPoint(entryId, this.#conversation);
  }

  /** @throws PiError `session.empty_name`. */
  setSessionName(name: string): void {
    this.#conversation.setName(name);
  }

  /** Without a label: takes it away. @throws PiError `session.entry_not_found`. */
  setLabel(entryId: string, label: string | undefined): void {
    setLabel(entryId, label, this.#conversation);
  }

  lastAssistantText(): string | undefined {
    const answer = this.messages.findLast((message) => message.role === "assistant" && textOf(message.content).trim() !== "");
    return answer?.role === "assistant" ? textOf(answer.content) : undefined;
  }

  /** `source`: what extensions are told. */
  setModel(model: Model, source?: "set" | "cycle"): void {
    this.#conversation.setModel(model, source);
  }

  /** The level in force: the nearest the model takes. */
  setThinkingLevel(level: ThinkingLevel): ThinkingLevel {
    return this.#conversation.setThinkingLevel(level);
  }

  /** What the model would be asked with these messages: the one place where a request is made up. */
  request(messages: readonly Message[]): ModelRequest {
    return this.#conversation.request(messages);
  }

  async dispose(): Promise<void> {
    this.#shell.abort();
    this.abortCompaction();
    await Promise.all([this.abort(), this.#shell.settled()]);
    this.#conversation.budget.stopClock();
    this.#conversation.listeners.clear();
    this.session.close();
  }

  #begin(message: UserMessage | CustomMessage, options: PromptOptions): Promise<Outcome> {
    const abort = new AbortController();
    const running = { abort, done: this.#run(message, options, abort.signal) };
    this.#running = running;
    return running.done;
  }

  async #run(message: UserMessage | CustomMessage, options: PromptOptions, signal: AbortSignal): Promise<Outcome> {
    const { budget } = this.#conversation;
    let outcome: Outcome | undefined;
    try {
      // The caller gets the promise before anything is told.
      await this.#compactor.settled();
      if (!options.continuesRun) budget.begin();
      budget.startClock(() => void this.abort());
      this.#autoCompaction.begin();
      this.#fallback.begin();
      await this.#autoCompaction.ifFull(signal);
      const opening = await this.#extensionMessages.opening(message);
      this.#conversation.recordChoices();
      outcome = await this.#settle(opening, signal);
      if (this.outputSchema !== undefined && outcome.kind === "done" && !options.isInterim) {
        const { checkedAnswer } = await import("../recovery/structured-answer.ts");
        outcome = await checkedAnswer(outcome, this.outputSchema, (text) => this.#settle([this.#userMessage(text)], signal));
      }
      this.session.flush();
      outcome = withStorage(outcome, this.session.storageLost);
      return outcome;
    } finally {
      budget.stopClock();
      this.lastOutcome = outcome;
      this.#conversation.runPrompt = undefined;
      await this.#extensionMessages.sayKept();
      this.#shell.recordWaiting();
      this.#running = undefined;
      await this.#conversation.emit({ type: "agent_settled", aborted: outcome?.kind === "aborted", outcome: outcome?.kind ?? "error" });
    }
  }

  /** What there is to say when the run has nothing more to spend. */
  async #settle(messages: readonly Message[], signal: AbortSignal): Promise<Outcome> {
    const { agent, budget } = this.#conversation;
    if (budget.isReached() && budget.stop) return { kind: "budget", text: this.lastAssistantText() ?? "", ...budget.stop };
    return settleRun(messages, signal, {
      agent,
      budget,
      recoveries: this.#recoveries,
      maxOutputTokens: () => this.model.maxTokens,
      emit: (event) => this.#conversation.emit(event),
      afterAnswer: (end) => this.#autoCompaction.ifFull(end),
    });
  }

  #userMessage(text: string, images: readonly ImageContent[] = []): UserMessage {
    const content: UserContent[] = [{ type: "text", text }, ...images];
    return { role: "user", content, timestamp: this.#conversation.deps.clock.now() };
  }
}
