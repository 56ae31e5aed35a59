// The one way in for words: of the command line, of RPC, of the library, of extensions. Made by start-session, one a session; modes, the library
// and extensions say what came, and get what became of it. Invariant: first `receive` (which may take time: commands of extensions, their
// handlers, templates, images), then `begin`, which answers at once and throws where the prompt is refused; a key is run once.

import type { AgentEvent } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { InputSource } from "../../contracts/extension-event.ts";
import type { ImageContent, UserMessage } from "../../contracts/message.ts";
import { textOf } from "../../contracts/message.ts";
import type { Outcome } from "../../contracts/outcome.ts";
import { ownWordsType } from "../../contracts/session-entry.ts";
import type { CodingSession } from "../run/coding-session.ts";
import { type KnownPrompt, PromptKeys } from "./prompt-keys.ts";

export type StreamingBehavior = "steer" | "followUp";

/** Words of a user's as they come in. */
export interface Words {
  text: string;
  images?: readonly ImageContent[] | undefined;
  source: InputSource;
  /** How they will be queued while a run is going. */
  streamingBehavior?: StreamingBehavior | undefined;
  /** Whether commands are run and templates and skills filled in. Default true. */
  isExpanded?: boolean;
  /** Makes it safe to send them again: in one session, a key is run once. */
  key?: string | undefined;
  /** What the user has said, where files, a pipe or a template may make more of it: a session is known by it. */
  ownWords?: string | undefined;
}

/** What is left of them: a message, or nothing, since an extension has handled them or their key was here before. */
export type Received = ReceivedMessage | { kind: "handled" } | ({ kind: "known"; key: string } & KnownPrompt);

export interface ReceivedMessage {
  kind: "message";
  text: string;
  images: readonly ImageContent[];
  key?: string;
  ownWords?: string;
}

export interface BeginOptions {
  /** What to do while a run is going; without it the words are refused then. */
  streamingBehavior?: StreamingBehavior | undefined;
  /** They wait for a run, also where none is going. */
  isQueued?: boolean;
  continuesRun?: boolean;
  isInterim?: boolean;
}

export type Begun =
  /** `done`: when the run that they began, or joined, has settled. */
  | { disposition: "started" | "queued"; done: Promise<Outcome> | undefined }
  /** `done`: of the run that the key has begun or joined before, where it goes on still. */
  | { disposition: "handled"; known?: KnownPrompt; done?: Promise<Outcome> };

/** More than lists show. */
const maxOwnWords = 400;

/** Of each queue: every change is told with the whole of it. */
const maxQueued = 1000;

export class Intake {
  readonly #coding: CodingSession;
  readonly #requireModel: () => void;
  readonly #keys: PromptKeys;
  /** Messages with a key that are not in the conversation yet. */
  readonly #waiting = new Map<UserMessage, string>();
  /** Of the message that begins the session, where it holds more. */
  #opening: { message: UserMessage; ownWords: string } | undefined;
  #runKeys: string[] = [];
  /** What keys have begun or joined, until it has settled. */
  readonly #runs = new Map<string, Promise<Outcome>>();
  #lastAnswer: { text: string; stopReason: string; errorMessage: string | undefined; entryId: string | undefined } | undefined;

  /** `requireModel` throws `auth.no_credential` where the model in force cannot be asked. */
  constructor(coding: CodingSession, requireModel: () => void) {
    this.#coding = coding;
    this.#requireModel = requireModel;
    this.#keys = new PromptKeys(coding);
    coding.subscribe((event) => this.#follow(event));
  }

  /** A promise only where there is something to wait for. */
  receive(words: Words): Received | Promise<Received> {
    const { text, images = [], key, isExpanded = true, ownWords } = words;
    const known = key === undefined ? undefined : this.#keys.known(key);
    if (key !== undefined && known !== undefined) return { kind: "known", key, ...known };
    const isPlain = this.#coding.conversation.interceptor === undefined && !(isExpanded && text.startsWith("/")) && images.length === 0;
    return isPlain ? message(text, images, { key, ownWords }) : this.#receive(words);
  }

  /** @throws PiError `session.busy_run`, `auth.no_credential`, `session.queue_full`. */
  begin(received: Received, options: BeginOptions = {}): Begun {
    if (received.kind === "handled") return { disposition: "handled" };
    if (received.kind === "known") return this.#repeated(received.key, received);
    const { text, images, key, ownWords } = received;
    // It may have come twice while the first was received.
    const known = key === undefined ? undefined : this.#keys.known(key);
    if (key !== undefined && known !== undefined) return this.#repeated(key, known);
    const { streamingBehavior, isQueued = false, ...how } = options;
    const coding = this.#coding;
    if (!isQueued) this.#requireModel();
    const sent = coding.queue.userMessage(text, images);
    if (ownWords !== undefined && ownWords !== text && !coding.conversation.messages.some(({ role }) => role === "user"))
      this.#opening = { message: sent, ownWords };
    if (streamingBehavior !== undefined && (isQueued || coding.isStreaming)) {
      this.#requireRoom(streamingBehavior);
      // Before the push: it announces the queue.
      if (key !== undefined) {
        this.#waiting.set(sent, key);
        this.#keys.queued(key);
      }
      const joined = coding.isStreaming ? coding.prompt(sent, { streamingBehavior }) : undefined;
      if (joined === undefined) coding.queue[streamingBehavior](sent);
      else if (key !== undefined) this.#runs.set(key, joined);
      return { disposition: "queued", done: joined };
    }
    const done = coding.prompt(sent, how);
    if (key !== undefined) {
      this.#runs.set(key, done);
      this.#waiting.set(sent, key);
      this.#keys.running(key);
      this.#runKeys.push(key);
    }
    return { disposition: "started", done };
  }

  #repeated(key: string, known: KnownPrompt): Begun {
    const done = this.#runs.get(key);
    return { disposition: "handled", known, ...defined({ done }) };
  }

  /** What was waiting. It was not run: its keys are free again. */
  clearQueue(): { steering: string[]; followUp: string[] } {
    for (const [waiting, key] of this.#waiting) {
      if (this.#runKeys.includes(key)) continue;
      this.#waiting.delete(waiting);
      this.#runs.delete(key);
      this.#keys.free(key);
    }
    return this.#coding.queue.clear();
  }

  async #receive({ text, images, source, streamingBehavior, isExpanded = true, key, ownWords }: Words): Promise<Received> {
    const { conversation } = this.#coding;
    const { interceptor } = conversation;
    if (isExpanded && text.startsWith("/") && (await interceptor?.runCommand?.(text)) === true) return this.#handled(key);
    const given = {
      text,
      source,
      ...defined({ images, streamingBehavior }),
    };
    const heard = interceptor?.input === undefined ? given : await interceptor.input(given);
    if (heard === undefined) return this.#handled(key);
    const said = isExpanded && heard.text.startsWith("/") ? await conversation.expand(heard.text) : heard.text;
    const about = { key, ownWords };
    if (heard.images === undefined || heard.images.length === 0) return message(said, [], about);
    const { fitPromptImages } = await import("./prompt-images.ts");
    const fitting = await fitPromptImages(said, heard.images, { resizes: conversation.deps.wishes?.resizesImages !== false });
    return message(fitting.message, fitting.images, about);
  }

  /** An extension has taken care of it: there is nothing left to be run. */
  #handled(key: string | undefined): Received {
    if (key !== undefined) void this.#keys.settled(key, { stopReason: "stop", outcome: { kind: "done", text: "" } });
    return { kind: "handled" };
  }

  #requireRoom(behavior: StreamingBehavior): void {
    const { steering, followUps } = this.#coding.conversation.agent;
    if ((behavior === "steer" ? steering : followUps).size < maxQueued) return;
    throw new PiError("session.queue_full", `There are ${maxQueued} messages in this queue already`, {
      hint: "Wait until the run has taken some, or clear the queue",
    });
  }

  /** Before anybody else is told of the event. */
  #follow(event: AgentEvent): Promise<void> | undefined {
    if (event.type === "message_start") return event.message.role === "user" ? this.#accept(event.message) : undefined;
    if (event.type === "agent_settled") return this.#settle(event.aborted);
    if (event.type === "message_end" && event.message.role === "assistant") {
      const { content, stopReason, errorMessage } = event.message;
      this.#lastAnswer = { text: textOf(content), stopReason, errorMessage, entryId: this.#coding.session.leafId ?? undefined };
    }
    return undefined;
  }

  /** The key comes right before its prompt, so that a file tells whether the prompt has followed. */
  #accept(sent: UserMessage): Promise<void> | undefined {
    const opening = this.#opening?.message === sent ? this.#opening : undefined;
    const said = opening && this.#coding.conversation.appendCustomEntry(ownWordsType, { text: opening.ownWords.slice(0, maxOwnWords) });
    if (opening !== undefined) this.#opening = undefined;
    const key = this.#waiting.get(sent);
    if (key === undefined) return said;
    this.#waiting.delete(sent);
    if (!this.#runKeys.includes(key)) {
      this.#keys.running(key);
      this.#runKeys.push(key);
    }
    return both(said, this.#keys.accepted(key));
  }

  #settle(aborted: boolean): Promise<void> | undefined {
    const answer = this.#lastAnswer;
    const keys = this.#runKeys;
    this.#lastAnswer = undefined;
    this.#runKeys = [];
    this.#runs.clear();
    if (keys.length === 0) return undefined;
    const { lastOutcome } = this.#coding;
    const about = {
      stopReason: aborted ? "aborted" : (answer?.stopReason ?? "error"),
      ...(answer?.errorMessage === undefined ? {} : { errorMessage: answer.errorMessage }),
      ...(answer?.entryId === undefined ? {} : { answerId: answer.entryId }),
      ...(lastOutcome === undefined ? {} : { outcome: withoutText(lastOutcome, answer?.text) }),
    };
    let slow: Promise<void> | undefined;
    for (const key of keys) {
      for (const [waiting, one] of this.#waiting) if (one === key) this.#waiting.delete(waiting);
      slow = both(slow, this.#keys.settled(key, about));
    }
    return slow;
  }
}

function message(
  text: string,
  images: readonly ImageContent[],
  { key, ownWords }: { key: string | undefined; ownWords: string | undefined },
): Received {
  return { kind: "message", text, images, ...defined({ key, ownWords }) };
}

/** The answer's own text is in the session already. */
function withoutText({ text, ...outcome }: Outcome, answer: string | undefined): Omit<Outcome, "text"> & { text?: string } {
  return text === answer ? outcome : { ...outcome, text };
}

function both(one: Promise<void> | undefined, other: Promise<void> | undefined): Promise<void> | undefined {
  return one && other ? Promise.all([one, other]).then(() => undefined) : (one ?? other);
}
