// Keys of prompts: one that was here before is not run again. Kept in the session as `custom` entries; owned by the intake of a session.
// Invariant: a key counts as used once its prompt is in the conversation, or an extension has taken care of it; what became of it is recorded
// before anybody hears that the run has settled.

import { defined } from "../../contracts/defined.ts";
import { textOf } from "../../contracts/message.ts";
import type { Outcome } from "../../contracts/outcome.ts";
import type { AnyEntry, EntryOf } from "../../contracts/session-entry.ts";
import type { CodingSession } from "../run/coding-session.ts";

/** Of the `custom` entries that say which keys have been used. */
const promptKeyType = "pi.prompt_key";

/** What such an entry holds: one when the prompt enters the conversation, one when its run has settled. */
export interface PromptKeyData {
  key: string;
  state: "accepted" | "settled";
  stopReason?: string;
  errorMessage?: string;
  /** Entry of the run's last answer. */
  answerId?: string;
  /** How the run ended; its text is that of the answer where it has none. */
  outcome?: Omit<Outcome, "text"> & { text?: string };
}

export interface PromptOutcome {
  /** `interrupted`: the process ended before the run did; the prompt is in the session and was not run again. */
  state: "queued" | "running" | "settled" | "interrupted";
  /** Of the last answer of the run, once settled. */
  stopReason?: string;
  /** Text of that answer. */
  text?: string;
  errorMessage?: string;
}

/** What became of a prompt with a key that was used before. */
export interface KnownPrompt {
  /** As RPC tells it. */
  told: PromptOutcome;
  /** The same as an outcome. */
  outcome: Outcome;
}

type Kept = Omit<PromptOutcome, "text"> & Pick<PromptKeyData, "answerId" | "outcome">;

export class PromptKeys {
  readonly #coding: CodingSession;
  #kept: Map<string, Kept> | undefined;

  constructor(coding: CodingSession) {
    this.#coding = coding;
  }

  known(key: string): KnownPrompt | undefined {
    const kept = this.#all.get(key);
    if (kept === undefined) return undefined;
    const { answerId, outcome, ...plain } = kept;
    const text = this.#textOf(answerId);
    const told = { ...plain, ...defined({ text }) };
    return { told, outcome: outcome === undefined ? outcomeWithoutRecord(told) : { ...outcome, text: outcome.text ?? text ?? "" } };
  }

  queued(key: string): void {
    this.#all.set(key, { state: "queued" });
  }

  running(key: string): void {
    this.#all.set(key, { state: "running" });
  }

  /** Its prompt was not run. */
  free(key: string): void {
    this.#all.delete(key);
  }

  /** Its prompt is the next thing in the conversation. A promise where a listener is slow. */
  accepted(key: string): Promise<void> | undefined {
    return this.#record({ key, state: "accepted" });
  }

  settled(key: string, how: Omit<PromptKeyData, "key" | "state">): Promise<void> | undefined {
    this.#all.set(key, { state: "settled", ...how });
    return this.#record({ key, state: "settled", ...how });
  }

  get #all(): Map<string, Kept> {
    this.#kept ??= recorded(this.#coding.session.entries());
    return this.#kept;
  }

  #record(data: PromptKeyData): Promise<void> | undefined {
    return this.#coding.conversation.appendCustomEntry(promptKeyType, data);
  }

  #textOf(answerId: string | undefined): string | undefined {
    const entry = answerId === undefined ? undefined : this.#coding.session.entry(answerId);
    const message = entry?.type === "message" ? (entry as EntryOf<"message">).message : undefined;
    return message?.role === "assistant" ? textOf(message.content) : undefined;
  }
}

/** For keys whose run never settled, or was recorded without one. */
function outcomeWithoutRecord({ state, stopReason, text = "", errorMessage }: PromptOutcome): Outcome {
  if (state === "queued" || state === "running") {
    return { kind: "error", text, code: "session.busy_run", message: `The prompt with this key is ${state} already` };
  }
  if (state === "interrupted") {
    return {
      kind: "error",
      text,
      code: "session.prompt_interrupted",
      message: "The prompt with this key was begun before, by a run that ended before its answer",
      hint: "It is in the session; go on with -c, or send it again with another key",
    };
  }
  const message = errorMessage === undefined ? {} : { message: errorMessage };
  if (stopReason === "aborted") return { kind: "aborted", text, code: "model.aborted", ...message };
  if (stopReason === "error") return { kind: "error", text, ...message };
  return { kind: stopReason === "length" ? "length" : "done", text };
}

/**
 * From the entries of a session file. A key whose prompt never followed it (the process ended in between) was not used; one whose run
 * never settled was interrupted.
 */
function recorded(entries: readonly AnyEntry[]): Map<string, Kept> {
  const kept = new Map<string, Kept>();
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
      kept.set(key, { ...rest, state });
    } else if (followed.has(entry.id)) kept.set(data.key, { state: "interrupted" });
  }
  return kept;
}

function isUserMessage(entry: AnyEntry): boolean {
  return entry.type === "message" && (entry as EntryOf<"message">).message.role === "user";
}

function keyDataOf(entry: AnyEntry): PromptKeyData | undefined {
  if (entry.type !== "custom") return undefined;
  const { customType, data } = entry as EntryOf<"custom">;
  return customType === promptKeyType && typeof (data as PromptKeyData | undefined)?.key === "string" ? (data as PromptKeyData) : undefined;
}
