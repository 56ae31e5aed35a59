// One conversation of the product, behind one facade. Made by start-session, driven by modes and SDK users.
// Invariant: what listeners are told is on disk already; one run at a time; `agent_settled` is the last event of a run.
// Each concern has its own file; here they are only put together.

import type { Boundary } from "../../contracts/boundary.ts";
import { PiError } from "../../contracts/error.ts";
import type { SendMessageOptions } from "../../contracts/extension.ts";
import type { Interceptor } from "../../contracts/interceptor.ts";
import type { CustomMessage, ImageContent, Message, UserMessage } from "../../contracts/message.ts";
import type { Outcome } from "../../contracts/outcome.ts";
import type { Session } from "../../session/tree/session.ts";
import { AutoCompaction } from "../compaction/auto-compact.ts";
import { forkPoint, setLabel } from "../compaction/branch.ts";
import { Compactor } from "../compaction/compact.ts";
import type { NavigateOptions, Navigation } from "../compaction/navigate.ts";
import { SessionCompaction } from "../compaction/session-compaction.ts";
import { Conversation } from "../conversation/conversation.ts";
import type { CodingSessionDeps } from "../conversation/conversation-deps.ts";
import type { SessionListener } from "../conversation/listeners.ts";
import { RetryRecovery } from "../recovery/auto-retry.ts";
import { FallbackRecovery } from "../recovery/fallback.ts";
import { ImageOverflowRecovery } from "../recovery/image-overflow.ts";
import { withDenials, withStorage } from "../recovery/run-outcome.ts";
import type { Recovery } from "../recovery/settle-run.ts";
import { settleRun } from "../recovery/settle-run.ts";
import { ExtensionMessages } from "./extension-messages.ts";
import { PromptQueue } from "./prompt-queue.ts";
import { ShellCommands } from "./shell-command.ts";

export type { CodingSessionDeps } from "../conversation/conversation-deps.ts";
export type { SessionListener } from "../conversation/listeners.ts";

export interface PromptOptions {
  images?: readonly ImageContent[];
  /** What to do with a prompt that comes while a run is going; without it such a prompt is refused. */
  streamingBehavior?: "steer" | "followUp";
  /** One of several prompts of one run: the run's limits go on counting. */
  continuesRun?: boolean;
  /** More prompts of this run follow: its answer is not yet the one that has to fit the output schema. */
  isInterim?: boolean;
  /** It asks for an answer that fits the output schema: one that does not is not asked for again. */
  isRepair?: boolean;
}

export class CodingSession {
  /** Its record: model, tools, messages, prompt, name, listeners. */
  readonly conversation: Conversation;
  readonly retry: RetryRecovery;
  readonly queue: PromptQueue;
  readonly compaction: SessionCompaction;
  readonly #compactor: Compactor;
  readonly #autoCompaction: AutoCompaction;
  readonly #imageOverflow: ImageOverflowRecovery;
  readonly #fallback: FallbackRecovery;
  readonly shell: ShellCommands;
  /** Asked in this order when a run ended badly. */
  readonly #recoveries: readonly Recovery[];
  /** Of the newest run that has settled. */
  lastOutcome: Outcome | undefined;
  #running: { done: Promise<Outcome>; abort: AbortController } | undefined;
  readonly #extensionMessages: ExtensionMessages;

  constructor(deps: CodingSessionDeps) {
    this.conversation = new Conversation(deps, {
      beforeNextTurn: async (signal) => {
        await this.#extensionMessages.sayKept();
        await this.#autoCompaction.ifFull(signal);
      },
      turnKept: ({ answer, toolResults, outcome }) => {
        const { lastAnswerEntryId: messageEntryId = "", lastResultEntryIds } = this.conversation;
        const ids = { messageEntryId, toolResultEntryIds: [...lastResultEntryIds] };
        return this.#atBoundary({ type: "turn_end", message: answer, toolResults: [...toolResults], ...ids, outcome });
      },
      answered: (answer) => {
        this.#autoCompaction.answered(answer);
        return this.retry.answered();
      },
    });
    this.retry = new RetryRecovery(deps.retry, deps.clock, (event) => this.conversation.emit(event));
    this.#compactor = new Compactor(this.conversation);
    this.#autoCompaction = new AutoCompaction(this.conversation, this.#compactor);
    this.compaction = new SessionCompaction(this.conversation, this.#compactor, this.#autoCompaction, () =>
      this.#running ? this.abort() : undefined,
    );
    this.queue = new PromptQueue(this.conversation);
    this.#extensionMessages = new ExtensionMessages(this.conversation);
    this.shell = new ShellCommands(this.conversation, () => this.isStreaming);
    this.#imageOverflow = new ImageOverflowRecovery(this.conversation);
    this.#fallback = new FallbackRecovery(deps.fallback, {
      currentModel: () => this.conversation.model,
      setModel: (model, level) => this.conversation.choices.switchModel(model, level),
      giveUpRetries: (result) => this.retry.close(result),
    });
    this.#recoveries = [this.retry, this.#imageOverflow, this.#autoCompaction, this.#fallback];
  }

  get session(): Session {
    return this.conversation.session;
  }

  get isStreaming(): boolean {
    return this.#running !== undefined;
  }

  /** Of the run under way. */
  get signal(): AbortSignal | undefined {
    return this.#running?.abort.signal;
  }

  /** Returns the remover. A listener that answers with a promise slows the run down to its pace. */
  subscribe(listener: SessionListener): () => void {
    return this.conversation.listeners.add(listener);
  }

  /** Resolves when the run has settled; a queued prompt resolves with the run it joined. One that comes during a compaction waits for it. */
  prompt(said: string | UserMessage, options: PromptOptions = {}): Promise<Outcome> {
    const message = typeof said === "string" ? this.queue.userMessage(said, options.images) : said;
    if (this.#running) {
      if (!options.streamingBehavior) {
        throw new PiError(
          "session.busy_run",
          "Agent is already processing. Specify streamingBehavior ('steer' or 'followUp') to queue the message.",
        );
      }
      this.#join(message, options.streamingBehavior);
      this.conversation.listeners.release();
      return this.#running.done;
    }
    return this.#begin(message, options);
  }

  /**
   * What an interim run came to when nothing was run behind it: its answer is the final one after all, and has to fit the output schema. One
   * that does not is asked for again in a run of its own, where `isGone` does not say that another session has taken this one's place.
   */
  async finalOutcome(outcome: Outcome, isGone: boolean): Promise<Outcome> {
    const { outputSchema } = this.conversation.deps;
    if (outputSchema === undefined || outcome.kind !== "done") return outcome;
    const { checkedAnswer } = await import("../recovery/structured-answer.ts");
    const ask = (text: string): Promise<Outcome> => this.#begin(this.queue.userMessage(text), { continuesRun: true, isRepair: true });
    this.lastOutcome = await checkedAnswer(outcome, outputSchema, isGone ? undefined : ask);
    return this.lastOutcome;
  }

  /** A message of an extension's. Gives the run that it begins, where it begins one. */
  add(message: CustomMessage, { deliverAs = "steer", triggerTurn }: SendMessageOptions = {}): Promise<unknown> | undefined {
    if (deliverAs === "nextTurn") {
      this.#extensionMessages.keepForPrompt(message);
      return undefined;
    }
    if (this.#running === undefined) return triggerTurn === true ? this.#begin(message, {}) : this.conversation.say(message);
    if (triggerTurn === false) this.#extensionMessages.keepForTurn(message);
    else this.#join(message, deliverAs);
    return undefined;
  }

  /** A word of an extension's that is none of ours is taken for the usual one. */
  #join(message: UserMessage | CustomMessage, how: "steer" | "followUp"): void {
    if (how === "followUp") this.conversation.agent.followUp(message);
    else this.conversation.agent.steer(message);
  }

  /** Stops the run and any compaction, and waits until all has settled. Queued messages stay queued. */
  async abort(): Promise<void> {
    this.#running?.abort.abort();
    this.#compactor.abort();
    await this.waitForIdle();
  }

  /** May be called by a listener: what it is told is then no longer waited for. */
  async waitForIdle(): Promise<void> {
    this.conversation.listeners.release();
    await this.#running?.done.catch(() => undefined);
    await this.#compactor.settled();
  }

  /** Rejects with `session.entry_not_found`, `session.busy_run`, `session.busy_compaction`, `session.summarization_failed`. */
  async navigate(entryId: string | null, options: NavigateOptions = {}): Promise<Navigation> {
    if (this.#running) {
      throw new PiError("session.busy_run", "Agent is already processing", { hint: "Wait for the run to settle, or abort it" });
    }
    const { navigate } = await import("../compaction/navigate.ts");
    return navigate(entryId, options, this.conversation, this.#compactor);
  }

  /** @throws PiError `session.invalid_fork`. */
  forkPoint(entryId: string): { leafId: string | null; text: string } {
    return forkPoint(entryId, this.conversation);
  }

  /** Without a label: takes it away. @throws PiError `session.entry_not_found`. */
  setLabel(entryId: string, label: string | undefined): void {
    setLabel(entryId, label, this.conversation);
  }

  async dispose(): Promise<void> {
    this.shell.abort();
    this.compaction.abort();
    await Promise.all([this.abort(), this.shell.settled()]);
    this.conversation.budget.stopClock();
    this.conversation.listeners.clear();
    this.session.close();
  }

  #begin(message: UserMessage | CustomMessage, options: PromptOptions): Promise<Outcome> {
    const abort = new AbortController();
    const running = { abort, done: this.#run(message, options, abort.signal) };
    this.#running = running;
    return running.done;
  }

  async #run(message: UserMessage | CustomMessage, options: PromptOptions, signal: AbortSignal): Promise<Outcome> {
    const { budget, deps } = this.conversation;
    const { outputSchema } = deps;
    const deniedBefore = this.conversation.denied.length;
    this.conversation.ranCalls = 0;
    let outcome: Outcome | undefined;
    try {
      // The caller gets the promise before anything is told.
      await this.#compactor.settled();
      if (!options.continuesRun) budget.begin();
      budget.startClock(() => void this.abort());
      this.#autoCompaction.begin();
      this.#imageOverflow.begin();
      this.#fallback.begin();
      const reading = this.conversation.read();
      if (reading !== undefined) await reading;
      await this.#autoCompaction.ifFull(signal);
      const opening = await this.#extensionMessages.opening(message);
      this.conversation.choices.record();
      outcome = await this.#settle(opening, signal);
      if (outputSchema !== undefined && outcome.kind === "done" && !options.isInterim) {
        const { checkedAnswer } = await import("../recovery/structured-answer.ts");
        const ask = (text: string): Promise<Outcome> => this.#settle([this.queue.userMessage(text)], signal);
        outcome = await checkedAnswer(outcome, outputSchema, options.isRepair ? undefined : ask);
      }
      this.session.flush();
      outcome = withStorage(outcome, this.session.storageLost);
      outcome = withDenials(outcome, this.conversation.denied.slice(deniedBefore), this.conversation.ranCalls);
      return outcome;
    } finally {
      budget.stopClock();
      this.lastOutcome = outcome;
      this.conversation.runPrompt = undefined;
      await this.#extensionMessages.sayKept();
      this.shell.recordWaiting();
      this.#running = undefined;
      await this.conversation.emit({ type: "agent_settled", aborted: outcome?.kind === "aborted", outcome: outcome?.kind ?? "error" });
    }
  }

  /** What there is to say when the run has nothing more to spend. */
  async #settle(messages: readonly Message[], signal: AbortSignal): Promise<Outcome> {
    const { agent, budget } = this.conversation;
    if (budget.isReached() && budget.stop) return { kind: "budget", text: this.conversation.lastAssistantText() ?? "", ...budget.stop };
    return settleRun(messages, signal, {
      agent,
      budget,
      recoveries: this.#recoveries,
      model: () => this.conversation.model,
      emit: (event) => this.conversation.emit(event),
      afterAnswer: (end) => this.#autoCompaction.ifFull(end),
      beforeSettle: (how) => this.#atBoundary({ type: "agent_before_settle", outcome: how }),
    });
  }

  /** Whether one more answer is wanted by who may change the run here; nothing where nobody may. */
  #atBoundary(boundary: Boundary): Promise<boolean> | undefined {
    return this.conversation.interceptor?.boundary === undefined
      ? undefined
      : this.#askAt(boundary, this.conversation.interceptor.boundary);
  }

  async #askAt(boundary: Boundary, ask: NonNullable<Interceptor["boundary"]>): Promise<boolean> {
    const pending = (): Message[] => [...this.conversation.agent.queued, ...this.#extensionMessages.kept];
    const { entries, continue: isWanted } = await ask(boundary, { entries: [], continue: false }, async () => {
      const { previewDrafts } = await import("./boundary.ts");
      return (drafts) => previewDrafts(drafts, pending(), this.conversation);
    });
    if (entries.length > 0) await (await import("./boundary.ts")).writeDrafts(entries, this.conversation);
    return isWanted;
  }
}
