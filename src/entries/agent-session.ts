// One conversation for callers of the library; names follow the npm agent's. Made by `createAgentSession`, exported by `pi`.
// Invariant: everything is the session host's and the session's of now; subscriptions outlive a change of session.

import type { AgentEvent, CompactionResult } from "../contracts/agent-event.ts";
import type { ImageContent, Message } from "../contracts/message.ts";
import { textOf } from "../contracts/message.ts";
import { availableThinkingLevels, type Model, type ThinkingLevel } from "../contracts/model.ts";
import type { Outcome } from "../contracts/outcome.ts";
import type { EntryOf } from "../contracts/session-entry.ts";
import type { Tool } from "../contracts/tool.ts";
import type { CodingSession } from "../harness/coding-session.ts";
import { knownToolNames } from "../harness/known-tools.ts";
import type { ScopedModel } from "../harness/model-scope.ts";
import type { SessionHost } from "../harness/session-host.ts";
import type { ShellCommandResult } from "../harness/shell-command.ts";
import { SessionManager } from "./session-manager.ts";

/** What `subscribe` tells; the same events as JSON and RPC mode. */
export type AgentSessionEvent = AgentEvent;
/** One that answers with a promise slows the run down to its pace. */
export type AgentSessionEventListener = (event: AgentSessionEvent) => Promise<void> | undefined | void;

export interface PromptOptions {
  images?: readonly ImageContent[];
  /** What to do while a run goes on; without it such a prompt is refused. */
  streamingBehavior?: "steer" | "followUp";
  /** Whether `/template` and `/skill:name` stand for what they name. Default true. */
  expandPromptTemplates?: boolean;
}

export interface NavigateOptions {
  summarize?: boolean;
  customInstructions?: string;
  /** Put on the entry. */
  label?: string;
}

export class AgentSession {
  readonly #sessions: SessionHost;
  #manager: SessionManager | undefined;

  constructor(sessions: SessionHost) {
    this.#sessions = sessions;
    sessions.onReplaced(() => {
      this.#manager = undefined;
    });
  }

  get #coding(): CodingSession {
    return this.#sessions.coding;
  }

  /** Of the session in force. */
  get sessionManager(): SessionManager {
    this.#manager ??= new SessionManager(this.#coding.session);
    return this.#manager;
  }

  get sessionId(): string {
    return this.#coding.session.id;
  }

  get sessionFile(): string | undefined {
    return this.#coding.session.filePath;
  }

  get sessionName(): string | undefined {
    return this.#sessions.sessionName;
  }

  get messages(): readonly Message[] {
    return this.#coding.messages;
  }

  get state(): { messages: readonly Message[]; model: Model | undefined; thinkingLevel: ThinkingLevel; isStreaming: boolean } {
    return { messages: this.messages, model: this.model, thinkingLevel: this.thinkingLevel, isStreaming: this.isStreaming };
  }

  /** Nothing while there is none to use. */
  get model(): Model | undefined {
    return this.#sessions.hasModel ? this.#coding.model : undefined;
  }

  get thinkingLevel(): ThinkingLevel {
    return this.#coding.thinkingLevel;
  }

  get scopedModels(): readonly ScopedModel[] {
    return this.#sessions.scope;
  }

  get isStreaming(): boolean {
    return this.#coding.isStreaming;
  }

  get isCompacting(): boolean {
    return this.#coding.isCompacting;
  }

  get isIdle(): boolean {
    return !this.isStreaming && !this.isCompacting;
  }

  /** What the model has been told so far; empty before the first prompt. */
  get systemPrompt(): string {
    return this.#coding.request(this.#coding.messages).systemPrompt;
  }

  get pendingMessageCount(): number {
    return this.#coding.pendingMessageCount;
  }

  get steeringMode(): "all" | "one-at-a-time" {
    return this.#coding.steeringMode;
  }

  get followUpMode(): "all" | "one-at-a-time" {
    return this.#coding.followUpMode;
  }

  get autoCompactionEnabled(): boolean {
    return this.#coding.isAutoCompactionEnabled;
  }

  get autoRetryEnabled(): boolean {
    return this.#coding.isAutoRetryEnabled;
  }

  /** Returns the remover. */
  subscribe(listener: AgentSessionEventListener): () => void {
    return this.#sessions.subscribe(listener);
  }

  /** Resolves when the run has settled. Rejects where the prompt is refused: `auth.no_credential`, `session.busy_run`. */
  async prompt(text: string, options: PromptOptions = {}): Promise<Outcome> {
    this.#sessions.requireUsableModel();
    const { expandPromptTemplates = true, ...how } = options;
    const said = expandPromptTemplates && text.startsWith("/") ? await this.#coding.expand(text) : text;
    return this.#coding.prompt(said, how);
  }

  async steer(text: string, images?: readonly ImageContent[]): Promise<"queued"> {
    this.#coding.steer(text.startsWith("/") ? await this.#coding.expand(text) : text, images);
    return "queued";
  }

  async followUp(text: string, images?: readonly ImageContent[]): Promise<"queued"> {
    this.#coding.followUp(text.startsWith("/") ? await this.#coding.expand(text) : text, images);
    return "queued";
  }

  clearQueue(): { steering: string[]; followUp: string[] } {
    return this.#coding.clearQueue();
  }

  /** Stops what runs and waits until it has settled; queued messages stay queued. */
  abort(): Promise<void> {
    return this.#coding.abort();
  }

  waitForIdle(): Promise<void> {
    return this.#coding.waitForIdle();
  }

  async setModel(model: Model): Promise<void> {
    const { registry } = this.#sessions;
    this.#coding.setModel(await registry.ready(model));
  }

  async cycleModel(): Promise<{ model: Model; thinkingLevel: ThinkingLevel; isScoped: boolean } | undefined> {
    const { cycleModel } = await import("../harness/usable-model.ts");
    return (await cycleModel(this.#sessions)) ?? undefined;
  }

  setScopedModels(models: readonly ScopedModel[]): void {
    this.#sessions.scope = models;
  }

  setThinkingLevel(level: ThinkingLevel): void {
    this.#coding.setThinkingLevel(level);
  }

  cycleThinkingLevel(): ThinkingLevel | undefined {
    const levels = this.getAvailableThinkingLevels();
    const next = levels[(levels.indexOf(this.thinkingLevel) + 1) % levels.length];
    return levels.length <= 1 || next === undefined ? undefined : this.#coding.setThinkingLevel(next);
  }

  getAvailableThinkingLevels(): ThinkingLevel[] {
    return availableThinkingLevels(this.#coding.model);
  }

  supportsThinking(): boolean {
    return this.#coding.model.reasoning;
  }

  setSteeringMode(mode: "all" | "one-at-a-time"): void {
    this.#coding.steeringMode = mode;
  }

  setFollowUpMode(mode: "all" | "one-at-a-time"): void {
    this.#coding.followUpMode = mode;
  }

  setAutoCompactionEnabled(enabled: boolean): void {
    this.#coding.isAutoCompactionEnabled = enabled;
  }

  setAutoRetryEnabled(enabled: boolean): void {
    this.#coding.isAutoRetryEnabled = enabled;
  }

  compact(customInstructions?: string): Promise<CompactionResult> {
    return this.#coding.compact(customInstructions);
  }

  abortCompaction(): void {
    this.#coding.abortCompaction();
  }

  abortRetry(): void {
    this.#coding.abortRetry();
  }

  /** Runs a command as the user; what it says is part of the conversation from the next prompt on. */
  executeBash(command: string, onChunk?: (chunk: string) => void, how: { excludeFromContext?: boolean } = {}): Promise<ShellCommandResult> {
    return this.#coding.runShell(command, { ...how, ...(onChunk === undefined ? {} : { onData: onChunk }) });
  }

  bash(command: string, how: { excludeFromContext?: boolean; onChunk?: (chunk: string) => void } = {}): Promise<ShellCommandResult> {
    const { onChunk, ...rest } = how;
    return this.executeBash(command, onChunk, rest);
  }

  abortBash(): void {
    this.#coding.abortShell();
  }

  setSessionName(name: string): void {
    this.#coding.setSessionName(name);
  }

  /** Makes another entry the end of the branch in force; at a user message, the one before it, whose text comes back. `null`: before all entries. */
  async navigate(
    entryId: string | null,
    options: NavigateOptions = {},
  ): Promise<{ cancelled: boolean; text?: string; summaryEntryId?: string }> {
    const { label, ...how } = options;
    const result = await this.#coding.navigate(entryId, how);
    if (label !== undefined && entryId !== null) this.#coding.setLabel(entryId, label);
    return result;
  }

  async navigateTree(
    targetId: string,
    options: NavigateOptions = {},
  ): Promise<{ cancelled: boolean; editorText?: string; summaryEntry?: EntryOf<"branch_summary"> }> {
    const { cancelled, text, summaryEntryId } = await this.navigate(targetId, options);
    const summaryEntry = summaryEntryId === undefined ? undefined : this.#coding.session.entry(summaryEntryId);
    return {
      cancelled,
      ...(text === undefined ? {} : { editorText: text }),
      ...(summaryEntry === undefined ? {} : { summaryEntry: summaryEntry as EntryOf<"branch_summary"> }),
    };
  }

  setLabel(entryId: string, label?: string): void {
    this.#coding.setLabel(entryId, label);
  }

  newSession(options: { parentSession?: string } = {}): Promise<void> {
    return this.#sessions.newSession(options);
  }

  switchSession(sessionPath: string): Promise<void> {
    return this.#sessions.switchSession(sessionPath);
  }

  /** Goes on in a new session that ends before this user message. */
  fork(entryId: string): Promise<{ text: string }> {
    return this.#sessions.fork(entryId);
  }

  clone(): Promise<void> {
    return this.#sessions.clone();
  }

  reload(): Promise<void> {
    return this.#sessions.reload();
  }

  getUserMessagesForForking(): { entryId: string; text: string }[] {
    return this.#coding.session.entries().flatMap((entry) => {
      const message = entry.type === "message" ? (entry as EntryOf<"message">).message : undefined;
      return message?.role === "user" ? [{ entryId: entry.id, text: textOf(message.content) }] : [];
    });
  }

  stats(): ReturnType<CodingSession["stats"]> {
    return this.#coding.stats();
  }

  getSessionStats(): ReturnType<CodingSession["stats"]> {
    return this.stats();
  }

  getLastAssistantText(): string | undefined {
    return this.#coding.lastAssistantText();
  }

  async exportToHtml(outputPath?: string): Promise<string> {
    const { exportHtml } = await import("../harness/export-html.ts");
    const { path } = await exportHtml(this.#coding.session, {
      cwd: this.#sessions.workspace.options.cwd,
      ...(outputPath === undefined ? {} : { outputPath }),
    });
    return path;
  }

  getActiveToolNames(): string[] {
    return [...this.#coding.activeToolNames];
  }

  getAllTools(): readonly Tool[] {
    return this.#sessions.workspace.tools;
  }

  /** From the next prompt on. @throws PiError `usage.unknown_tool`. */
  setActiveToolsByName(names: readonly string[]): void {
    this.#coding.setActiveToolNames(knownToolNames(names, this.getAllTools()));
  }

  /** Stops what runs, lets go of the file, ends what commands have left behind. */
  dispose(): Promise<void> {
    return this.#sessions.dispose();
  }
}
