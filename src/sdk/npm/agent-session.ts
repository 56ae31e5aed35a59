// One conversation for callers of the library; names follow the npm agent's. Made by `createAgentSession`, exported by `pi`.
// Invariant: it only forwards: everything is the session host's and the session's of now; subscriptions outlive a change of session.

import { resolve } from "node:path";
import type { CompactionResult } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import type { Cancellable } from "../../contracts/extension.ts";
import type { ImageContent, Message, UserContent } from "../../contracts/message.ts";
import { availableThinkingLevels, type Model, type ThinkingLevel } from "../../contracts/model.ts";
import type { Outcome } from "../../contracts/outcome.ts";
import type { EntryOf } from "../../contracts/session-entry.ts";
import type { Tool } from "../../contracts/tool.ts";
import { viewsOf } from "../../contracts/tool-view.ts";
import { forkMessages } from "../../harness/compaction/branch.ts";
import { knownToolNames } from "../../harness/conversation/known-tools.ts";
import type { ContextUsage, SessionStats } from "../../harness/conversation/session-stats.ts";
import { sessionStats, usageOfWindow } from "../../harness/conversation/session-stats.ts";
import type { ExtensionBindings } from "../../harness/extensions/extension-context.ts";
import type { HostedExtensions } from "../../harness/host/extension-host.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import type { ScopedModel } from "../../harness/models/model-scope.ts";
import type { CodingSession } from "../../harness/run/coding-session.ts";
import type { ShellCommandResult } from "../../harness/run/shell-command.ts";
import type { Session } from "../../session/tree/session.ts";
import type { exportHtml } from "../../transcript/export-html.ts";
import { agentSessionCalls } from "./agent-session-calls.ts";
import { checkCalls } from "./checked-calls.ts";
import { SessionManager } from "./session-manager.ts";
import { type AgentSessionEventListener, type PromptOptions, SessionPrompts } from "./session-prompts.ts";

export type { AgentSessionEvent, AgentSessionEventListener, PromptDisposition, PromptOptions } from "./session-prompts.ts";

export interface NavigateOptions {
  summarize?: boolean;
  customInstructions?: string;
  /** They stand in place of the usual ones. */
  replaceInstructions?: boolean;
  /** Put on the summary, or on the entry that is gone to where there is none. */
  label?: string;
}

export class AgentSession {
  readonly #sessions: SessionHost;
  /** By the session that each shows: one of another session is never given out. */
  readonly #views: WeakMap<Session, SessionManager>;
  readonly #prompts: SessionPrompts;

  /** `manager`: of the session in force, where the caller has one. */
  constructor(sessions: SessionHost, manager?: SessionManager) {
    this.#sessions = sessions;
    this.#prompts = new SessionPrompts(sessions);
    this.#views = new WeakMap(manager === undefined ? [] : [[sessions.coding.session, manager]]);
  }

  /** For modes that run on it. */
  get host(): SessionHost {
    return this.#sessions;
  }

  get #coding(): CodingSession {
    return this.#sessions.coding;
  }

  /** For what changes something. */
  get #live(): CodingSession {
    return this.#prompts.live;
  }

  /** Of the session in force. */
  get sessionManager(): SessionManager {
    const { session } = this.#coding;
    const view = this.#views.get(session) ?? new SessionManager(session);
    this.#views.set(session, view);
    return view;
  }

  get sessionId(): string {
    return this.#coding.session.id;
  }

  get sessionFile(): string | undefined {
    return this.#coding.session.filePath;
  }

  get sessionName(): string | undefined {
    return this.#coding.conversation.name;
  }

  get messages(): readonly Message[] {
    return this.#coding.conversation.messages;
  }

  get state(): { messages: readonly Message[]; model: Model | undefined; thinkingLevel: ThinkingLevel; isStreaming: boolean } {
    return { messages: this.messages, model: this.model, thinkingLevel: this.thinkingLevel, isStreaming: this.isStreaming };
  }

  /** Nothing while there is none to use. */
  get model(): Model | undefined {
    return this.#sessions.models.inForce;
  }

  get thinkingLevel(): ThinkingLevel {
    return this.#coding.conversation.thinkingLevel;
  }

  get scopedModels(): readonly ScopedModel[] {
    return this.#sessions.models.scope;
  }

  get isStreaming(): boolean {
    return this.#coding.isStreaming;
  }

  get isCompacting(): boolean {
    return this.#coding.compaction.isRunning;
  }

  /** Nothing runs but perhaps a command of `bash`. */
  get isIdle(): boolean {
    return !this.isStreaming && !this.isCompacting;
  }

  /** Whether it waits to try a failed model call again. */
  get isRetrying(): boolean {
    return this.#coding.retry.isWaiting;
  }

  get isBashRunning(): boolean {
    return this.#coding.shell.isRunning;
  }

  /** In force, with what the model will only be told by the next prompt. */
  get systemPrompt(): string {
    return this.#coding.conversation.promptInForce();
  }

  /** For hosts that replace sessions themselves. */
  get extensionHost(): HostedExtensions {
    return this.#sessions.extensions;
  }

  get pendingMessageCount(): number {
    return this.#coding.queue.count;
  }

  get steeringMode(): "all" | "one-at-a-time" {
    return this.#coding.queue.steeringMode;
  }

  get followUpMode(): "all" | "one-at-a-time" {
    return this.#coding.queue.followUpMode;
  }

  get autoCompactionEnabled(): boolean {
    return this.#coding.compaction.isAutomatic;
  }

  get autoRetryEnabled(): boolean {
    return this.#coding.retry.isEnabled;
  }

  /** Of the session in force, also after `newSession`, `switchSession` and `fork`. Returns the remover. */
  subscribe(listener: AgentSessionEventListener): () => void {
    return this.#prompts.subscribe(listener);
  }

  /** Lends extensions what only the host has (all of it may be absent), and tells them that the session has started. */
  async bindExtensions(bindings: ExtensionBindings): Promise<void> {
    await this.#sessions.extensions.bind(bindings);
  }

  /**
   * Resolves when the run has settled, with how it ended: a failed model call and an abort are outcomes, not errors; at once where an
   * extension has handled the prompt. Rejects where the prompt is refused: `auth.no_credential`, `session.busy_run`, `session.closed`;
   * with a listener's error where one failed.
   */
  prompt(text: string, options: PromptOptions = {}): Promise<Outcome> {
    return this.#prompts.prompt(text, options);
  }

  /** Told to the model before its next call; without a run, with the next prompt. */
  steer(text: string, images?: readonly ImageContent[]): Promise<"queued" | "handled"> {
    return this.#prompts.queue("steer", text, { images });
  }

  /** Told to the model when it would stop. */
  followUp(text: string, images?: readonly ImageContent[]): Promise<"queued" | "handled"> {
    return this.#prompts.queue("followUp", text, { images });
  }

  /** A prompt of blocks, templates not filled in. During a run `deliverAs` says how it is queued; resolves as `prompt` and `steer` do. */
  sendUserMessage(content: string | readonly UserContent[], options: { deliverAs?: "steer" | "followUp" } = {}): Promise<void> {
    return this.#prompts.sendUserMessage(content, options);
  }

  getSteeringMessages(): readonly string[] {
    return this.#coding.queue.texts.steering;
  }

  getFollowUpMessages(): readonly string[] {
    return this.#coding.queue.texts.followUp;
  }

  /** The texts that were queued. */
  clearQueue(): { steering: string[]; followUp: string[] } {
    return this.#sessions.intake.clearQueue();
  }

  /** Stops what runs and waits until it has settled; queued messages stay queued. */
  abort(): Promise<void> {
    return this.#coding.abort();
  }

  /** Resolves when no run and no compaction is going; at once where none is. */
  waitForIdle(): Promise<void> {
    return this.#coding.waitForIdle();
  }

  /** From the next model call on, also of a run under way; recorded in the session. Rejects with `config.no_base_url`. */
  async setModel(model: Model): Promise<void> {
    const ready = await this.#sessions.models.ready(model);
    this.#live.conversation.choices.setModel(ready);
  }

  /** The next of `scopedModels`, or of all that could be asked; nothing where there is no other. */
  async cycleModel(
    direction: "forward" | "backward" = "forward",
  ): Promise<{ model: Model; thinkingLevel: ThinkingLevel; isScoped: boolean } | undefined> {
    const { cycleModel } = await import("../../harness/models/usable-model.ts");
    void this.#live;
    return (await cycleModel(this.#sessions.models, direction === "forward" ? 1 : -1)) ?? undefined;
  }

  setScopedModels(models: readonly ScopedModel[]): void {
    this.#sessions.models.scope = models;
  }

  /** The nearest that the model takes; recorded in the session. */
  setThinkingLevel(level: ThinkingLevel): void {
    this.#live.conversation.choices.setThinkingLevel(level);
  }

  cycleThinkingLevel(): ThinkingLevel | undefined {
    return this.#live.conversation.choices.cycleThinkingLevel();
  }

  getAvailableThinkingLevels(): ThinkingLevel[] {
    return availableThinkingLevels(this.#coding.conversation.model);
  }

  supportsThinking(): boolean {
    return this.#coding.conversation.model.reasoning;
  }

  setSteeringMode(mode: "all" | "one-at-a-time"): void {
    this.#coding.queue.steeringMode = mode;
  }

  setFollowUpMode(mode: "all" | "one-at-a-time"): void {
    this.#coding.queue.followUpMode = mode;
  }

  setAutoCompactionEnabled(enabled: boolean): void {
    this.#coding.compaction.isAutomatic = enabled;
  }

  setAutoRetryEnabled(enabled: boolean): void {
    this.#coding.retry.isEnabled = enabled;
  }

  /**
   * Puts a summary in place of the older part of the branch; a run under way is stopped first. Rejects with `session.nothing_to_compact`,
   * `session.compaction_cancelled`, `session.summarization_failed`, `session.busy_compaction`.
   */
  async compact(customInstructions?: string): Promise<CompactionResult> {
    return this.#live.compaction.run(customInstructions);
  }

  abortCompaction(): void {
    this.#coding.compaction.abort();
  }

  /** The summary of a branch that `navigate` is leaving. */
  abortBranchSummary(): void {
    this.#coding.compaction.abort();
  }

  abortRetry(): void {
    this.#coding.retry.abort();
  }

  /** Runs a command as the user; what it says is part of the conversation from the next prompt on. */
  async executeBash(
    command: string,
    onChunk?: (chunk: string) => void,
    how: { excludeFromContext?: boolean } = {},
  ): Promise<ShellCommandResult> {
    return this.#live.shell.run(command, { ...how, ...defined({ onData: onChunk }) });
  }

  /** The same. A command that fails is a result with its `exitCode`. Rejects with `tool.cwd_missing`, `tool.spawn_failed`. */
  bash(command: string, how: { excludeFromContext?: boolean; onChunk?: (chunk: string) => void } = {}): Promise<ShellCommandResult> {
    const { onChunk, ...rest } = how;
    return this.executeBash(command, onChunk, rest);
  }

  abortBash(): void {
    this.#coding.shell.abort();
  }

  /** A blank name takes away the one there is. */
  setSessionName(name: string): void {
    this.#live.conversation.setName(name);
  }

  /**
   * Makes another entry the end of the branch in force; at a user message, the one before it, whose text comes back. `null`: before all
   * entries. Rejects with `session.entry_not_found`, `session.busy_run`, `session.busy_compaction`, `session.summarization_failed`.
   */
  async navigate(
    entryId: string | null,
    options: NavigateOptions = {},
  ): Promise<{ cancelled: boolean; text?: string; summaryEntryId?: string }> {
    return this.#live.navigate(entryId, options);
  }

  async navigateTree(
    targetId: string,
    options: NavigateOptions = {},
  ): Promise<{ cancelled: boolean; editorText?: string; summaryEntry?: EntryOf<"branch_summary"> }> {
    const { cancelled, text, summaryEntryId } = await this.navigate(targetId, options);
    const summaryEntry = summaryEntryId === undefined ? undefined : this.#coding.session.entry(summaryEntryId);
    return {
      cancelled,
      ...defined({ editorText: text }),
      ...(summaryEntry === undefined ? {} : { summaryEntry: summaryEntry as EntryOf<"branch_summary"> }),
    };
  }

  /** Without a label: takes it away. @throws PiError `session.entry_not_found`. */
  setLabel(entryId: string, label?: string): void {
    this.#live.setLabel(entryId, label);
  }

  /** Stops what runs and goes on in a new, empty session. Queued messages are dropped. Cancelled where an extension would not have it; so are the ones below. */
  newSession(options: { parentSession?: string } = {}): Promise<Cancellable> {
    return this.#sessions.changes.newSession(options);
  }

  /** The same with a session of a file. Rejects with `session.invalid`, `session.busy`, `session.version`, `session.cwd_gone`. */
  switchSession(sessionPath: string): Promise<Cancellable> {
    return this.#sessions.changes.switchSession(sessionPath);
  }

  /** Goes on in a new session that ends before this user message, whose text comes back. Rejects with `session.invalid_fork`, `session.unsaved`. */
  async fork(entryId: string): Promise<{ text: string } & Cancellable> {
    void this.#live;
    return this.#sessions.changes.fork(entryId);
  }

  /** Goes on in a copy of the branch in force. Rejects with `session.unsaved`. */
  async clone(): Promise<Cancellable> {
    void this.#live;
    return this.#sessions.changes.clone();
  }

  /** Reads configuration, credentials, context files and skills anew. */
  reload(): Promise<void> {
    return this.#sessions.changes.reload();
  }

  getUserMessagesForForking(): { entryId: string; text: string }[] {
    return forkMessages(this.#coding.conversation);
  }

  /** Of the whole session, also of branches left behind; tokens, and cost in USD. */
  stats(): SessionStats {
    return sessionStats(this.#coding.conversation);
  }

  getSessionStats(): SessionStats {
    return this.stats();
  }

  /** How full the model's window is; nothing where its size is not known. */
  getContextUsage(): ContextUsage | undefined {
    return usageOfWindow(this.#coding.conversation);
  }

  getLastAssistantText(): string | undefined {
    return this.#coding.conversation.lastAssistantText();
  }

  /** Default: `pi-session-….html` in the session's directory, from which relative paths start. Answers with the absolute path. */
  async exportToHtml(outputPath?: string): Promise<string> {
    const { exportHtml } = await import("../../transcript/export-html.ts");
    return this.#exported(exportHtml, outputPath);
  }

  /** The branch in force as a session file; the path as for `exportToHtml`. */
  async exportToJsonl(outputPath?: string): Promise<string> {
    const { exportJsonl } = await import("../../transcript/export-jsonl.ts");
    return this.#exported(exportJsonl, outputPath);
  }

  async #exported(write: typeof exportHtml, outputPath: string | undefined): Promise<string> {
    const { cwd } = this.#sessions.launch.options;
    const { artifactTotal } = await import("../../artifacts/copy-artifacts.ts");
    const { session } = this.#coding;
    const shown = { toolViews: viewsOf(this.#coding.conversation.tools), artifacts: artifactTotal(session.filePath) };
    const { path } = await write(session, { cwd, ...shown, ...defined({ outputPath }) });
    return resolve(cwd, path);
  }

  getActiveToolNames(): string[] {
    return [...this.#coding.conversation.activeToolNames];
  }

  getAllTools(): readonly Tool[] {
    return this.#coding.conversation.tools;
  }

  getToolDefinition(name: string): Tool | undefined {
    return this.getAllTools().find((tool) => tool.name === name);
  }

  /** From the next prompt on. @throws PiError `usage.unknown_tool`. */
  setActiveToolsByName(names: readonly string[]): void {
    this.#live.conversation.setActiveToolNames(knownToolNames(names, this.getAllTools()));
  }

  /**
   * Stops what runs, lets go of the file, ends what commands have left behind. At any time, also twice; what would change something
   * rejects with `session.closed` from now on, and what was said can still be read.
   */
  dispose(): Promise<void> {
    return this.#sessions.dispose();
  }
}

checkCalls(AgentSession.prototype, "AgentSession", agentSessionCalls);
