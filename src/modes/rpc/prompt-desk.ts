// Takes prompts in: accepts or refuses them, knows which one caused the run, and makes those with a key run once. Called by the methods
// and told every event. Invariant: a prompt is answered `started` or `queued` only if it is in the session or in a queue that is announced.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import type { AssistantMessage, ImageContent } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { AnyEntry, EntryOf } from "../../contracts/session-entry.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import type { CodingSession } from "../../harness/run/coding-session.ts";
import type { PromptAnswer, PromptOutcome, QueuedInputDisposition, StreamingBehavior } from "./records.ts";

/** Of the `custom` entries that say which keys have been used. */
export const promptKeyType = "pi.prompt_key";

/** What such an entry holds: one when the prompt enters the conversation, one when its run has settled. */
export interface PromptKeyData {
  key: string;
  state: "accepted" | "settled";
  stopReason?: string;
  errorMessage?: string;
  /** Entry of the run's last answer. */
  answerId?: string;
}

export interface Prompt {
  message: string;
  images?: readonly ImageContent[];
  streamingBehavior?: StreamingBehavior;
  key?: string;
}

/** Of each queue: every change is told with the whole of it. */
const maxQueued = 1000;

interface Waiting {
  key: string | undefined;
}

interface LastAnswer {
  message: AssistantMessage;
  entryId: string | null;
}

export interface PromptDeskDeps {
  sessions: SessionHost;
  /** Tells the client of an entry that this desk has made. */
  announce(entry: AnyEntry): void;
  /** A run that broke: nothing in the events says so. */
  warn(line: string): void;
}

export class PromptDesk {
  readonly #deps: PromptDeskDeps;
  /** By session id: a key belongs to one session. */
  readonly #keys = new Map<string, Map<string, PromptOutcome>>();
  #waiting: { steer: Waiting[]; followUp: Waiting[] } = { steer: [], followUp: [] };
  /** By the parameters of their commands. */
  readonly #dealtWith = new WeakSet<object>();
  #runKeys: string[] = [];
  #lastAnswer: LastAnswer | undefined;
  /** `id` of the prompt that caused the run under way. */
  promptId: string | undefined;

  constructor(deps: PromptDeskDeps) {
    this.#deps = deps;
    deps.sessions.onReplaced(() => this.#forget());
  }

  /** Whether a prompt with this key has been here. */
  knows(key: string): boolean {
    return this.#outcomes(this.#deps.sessions.coding).has(key);
  }

  /** An extension has taken care of it: there is nothing left to be run. */
  dealtWith<P extends { key?: string }>(prompt: P): P {
    this.#dealtWith.add(prompt);
    const { key } = prompt;
    if (key !== undefined) {
      const { coding } = this.#deps.sessions;
      this.#outcomes(coding).set(key, { state: "settled", stopReason: "stop" });
      this.#record(coding, { key, state: "settled", stopReason: "stop" });
    }
    return prompt;
  }

  /** Starts a run or queues the prompt. Throws where it is refused. */
  prompt(prompt: Prompt, id: string | undefined): PromptAnswer {
    if (this.#dealtWith.has(prompt)) return { disposition: "handled" };
    const { coding } = this.#deps.sessions;
    const known = prompt.key === undefined ? undefined : this.#outcomes(coding).get(prompt.key);
    if (known !== undefined) return { disposition: "handled", outcome: this.#withText(known, coding) };
    const options = {
      ...(prompt.images === undefined ? {} : { images: prompt.images }),
      ...(prompt.streamingBehavior === undefined ? {} : { streamingBehavior: prompt.streamingBehavior }),
    };
    this.#deps.sessions.requireUsableModel();
    if (coding.isStreaming && prompt.streamingBehavior !== undefined) {
      this.#enqueue(prompt.streamingBehavior, prompt.key, () => void coding.prompt(prompt.message, options).catch(() => undefined));
      return { disposition: "queued" };
    }
    const before = this.promptId;
    if (!coding.isStreaming) this.promptId = id;
    try {
      const running = coding.prompt(prompt.message, options);
      running.catch((error: unknown) => this.#deps.warn(messageOf(error)));
    } catch (error) {
      this.promptId = before;
      throw error;
    }
    // A refused prompt leaves no trace; one that was taken has not reached the file yet, so its key comes before it.
    if (prompt.key !== undefined) this.#accept(prompt.key, coding);
    return { disposition: "started" };
  }

  queue(kind: StreamingBehavior, prompt: Pick<Prompt, "message" | "images">): QueuedInputDisposition {
    if (this.#dealtWith.has(prompt)) return "handled";
    this.#enqueue(kind, undefined, () => this.#deps.sessions.coding.queue[kind](prompt.message, prompt.images));
    return "queued";
  }

  /** Cleared prompts were not run: their keys are free again. */
  clearQueue(): { steering: string[]; followUp: string[] } {
    const { coding } = this.#deps.sessions;
    const outcomes = this.#outcomes(coding);
    for (const { key } of [...this.#waiting.steer, ...this.#waiting.followUp]) if (key !== undefined) outcomes.delete(key);
    this.#waiting = { steer: [], followUp: [] };
    return coding.queue.clear();
  }

  /** Before the client is told of the event. */
  take(event: AgentEvent): void {
    if (event.type === "queue_update") {
      this.#follow(this.#waiting.steer, event.steering.length);
      this.#follow(this.#waiting.followUp, event.followUp.length);
    } else if (event.type === "message_end" && event.message.role === "assistant") {
      this.#lastAnswer = { message: event.message, entryId: this.#deps.sessions.coding.session.leafId };
    } else if (event.type === "agent_settled") this.#settle(event.aborted);
  }

  /** After the client was told of the event. */
  leave(event: AgentEvent): void {
    if (event.type === "agent_settled") this.promptId = undefined;
  }

  #enqueue(kind: StreamingBehavior, key: string | undefined, push: () => void): void {
    const queue = this.#waiting[kind];
    if (queue.length >= maxQueued) {
      throw new PiError("rpc.queue_full", `There are ${maxQueued} messages in this queue already`, {
        hint: "Wait until the run has taken some, or clear the queue",
      });
    }
    // Before the push: it announces the queue as it then is.
    queue.push({ key });
    try {
      push();
    } catch (error) {
      queue.pop();
      throw error;
    }
    if (key !== undefined) this.#outcomes(this.#deps.sessions.coding).set(key, { state: "queued" });
  }

  /** The first of the queue have gone into the conversation. */
  #follow(queue: Waiting[], length: number): void {
    while (queue.length > length) {
      const key = queue.shift()?.key;
      if (key !== undefined) this.#accept(key, this.#deps.sessions.coding);
    }
  }

  #accept(key: string, coding: CodingSession): void {
    this.#outcomes(coding).set(key, { state: "running" });
    this.#runKeys.push(key);
    this.#record(coding, { key, state: "accepted" });
  }

  #settle(aborted: boolean): void {
    const { coding } = this.#deps.sessions;
    const answer = this.#lastAnswer;
    const stopReason = aborted ? "aborted" : (answer?.message.stopReason ?? "error");
    const errorMessage = answer?.message.errorMessage;
    for (const key of this.#runKeys) {
      this.#outcomes(coding).set(key, {
        state: "settled",
        stopReason,
        ...(answer === undefined ? {} : { text: textOf(answer.message.content) }),
        ...(errorMessage === undefined ? {} : { errorMessage }),
      });
      this.#record(coding, {
        key,
        state: "settled",
        stopReason,
        ...(errorMessage === undefined ? {} : { errorMessage }),
        ...(answer?.entryId == null ? {} : { answerId: answer.entryId }),
      });
    }
    this.#runKeys = [];
    this.#lastAnswer = undefined;
  }

  #record(coding: CodingSession, data: PromptKeyData): void {
    this.#deps.announce(coding.session.append({ type: "custom", customType: promptKeyType, data }));
  }

  #outcomes(coding: CodingSession): Map<string, PromptOutcome> {
    const { session } = coding;
    let outcomes = this.#keys.get(session.id);
    if (outcomes === undefined) {
      outcomes = recordedOutcomes(session.entries());
      this.#keys.set(session.id, outcomes);
    }
    return outcomes;
  }

  #withText(outcome: PromptOutcome, coding: CodingSession): PromptOutcome {
    const { answerId, ...plain } = outcome as PromptOutcome & { answerId?: string };
    const entry = answerId === undefined ? undefined : coding.session.entry(answerId);
    const message = entry?.type === "message" ? (entry as EntryOf<"message">).message : undefined;
    return message?.role === "assistant" ? { ...plain, text: textOf(message.content) } : plain;
  }

  /** Another session: what waited went with the one before, whose queues were cleared with an announcement. */
  #forget(): void {
    this.#waiting = { steer: [], followUp: [] };
    this.#runKeys = [];
    this.#lastAnswer = undefined;
    this.#keys.clear();
  }
}

/**
 * From the entries of a session file. A key whose prompt never followed it (the process ended in between) was not used; one whose run
 * never settled was interrupted.
 */
function recordedOutcomes(entries: readonly AnyEntry[]): Map<string, PromptOutcome> {
  const outcomes = new Map<string, PromptOutcome>();
  const followed = new Set(entries.filter((entry) => isUserMessage(entry)).map((entry) => entry.parentId));
  const entriesById = new Map(entries.map((entry) => [entry.id, entry]));
  // Between a key and its prompt may stand other keys and the system message.
  for (const parentId of [...followed]) {
    for (let at = parentId === null ? undefined : entriesById.get(parentId); at !== undefined; ) {
      if (at.type !== "custom" && !(at.type === "message" && (at as EntryOf<"message">).message.role === "system")) break;
      followed.add(at.id);
      at = at.parentId === null ? undefined : entriesById.get(at.parentId);
    }
  }
  for (const entry of entries) {
    const data = keyDataOf(entry);
    if (data === undefined) continue;
    if (data.state === "settled") {
      const { key, state, ...rest } = data;
      outcomes.set(key, { ...rest, state });
    } else if (followed.has(entry.id)) outcomes.set(data.key, { state: "interrupted" });
  }
  return outcomes;
}

function isUserMessage(entry: AnyEntry): boolean {
  return entry.type === "message" && (entry as EntryOf<"message">).message.role === "user";
}

function keyDataOf(entry: AnyEntry): PromptKeyData | undefined {
  if (entry.type !== "custom") return undefined;
  const { customType, data } = entry as EntryOf<"custom">;
  return customType === promptKeyType && typeof (data as PromptKeyData | undefined)?.key === "string" ? (data as PromptKeyData) : undefined;
}
