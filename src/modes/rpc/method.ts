// What one method of RPC mode is: a record from which dispatch, validation, documents, JSON Schemas and the client's types are made.

import type { AgentEvent, RpcOnlyEvent } from "../../contracts/agent-event.ts";
import type { Fields, ObjectOf, Shape, Typed } from "../../contracts/schema.ts";
import type { SessionHost } from "../../harness/host/session-host.ts";
import type { PromptDesk } from "./prompt-desk.ts";

export interface MethodContext {
  readonly sessions: SessionHost;
  readonly desk: PromptDesk;
  /** Of the command. */
  readonly id: string | undefined;
  /** Settles when what was asked for before has begun, changes have ended; nothing where that is so already. */
  readonly before: Promise<void> | undefined;
  /** A promise where the client reads slowly. */
  emit(event: AgentEvent | RpcOnlyEvent): Promise<void> | undefined;
}

/**
 * `at once`: whatever else is going on. `in turn`: after the changes of session or model that were asked for before it.
 * `change`: such a change; what is `in turn` waits for it.
 */
export type MethodOrder = "at once" | "in turn" | "change";

export interface Method<N extends string = string, F extends Fields = Fields, R = unknown> {
  readonly name: N;
  readonly group: "Prompting" | "State" | "Model and thinking" | "Compaction and retry" | "Shell" | "Session" | "Beyond the npm agent";
  /** Sentences for the documentation. */
  readonly about: string;
  readonly params: F;
  /** Of `data`; without it the answer has none. */
  readonly result?: Shape;
  readonly order: MethodOrder;
  /** What has to be done with the parameters first; what is `in turn` waits for that, too. Nothing where there is nothing to do. */
  prepare?(params: ObjectOf<F>, context: MethodContext): Promise<ObjectOf<F>> | undefined;
  run(params: ObjectOf<F>, context: MethodContext): R | Promise<R>;
  /** Whether the events that the method has caused at once are told after this answer; else they come before it. */
  answersFirst?(data: R): boolean;
  /** The JSON text of `data`, where `JSON.stringify` is not enough. */
  encode?(data: R): string;
}

/** JSON leaves out what is undefined. */
type Sayable<D> = D extends object ? { [K in keyof D]: object extends Pick<D, K> ? D[K] | undefined : D[K] } : D;

/** Infers the types of a record; the table keeps them. What `run` gives is what `result` says. */
export function method<const N extends string, F extends Fields, R extends Sayable<D>, D = undefined>(
  record: Method<N, F, R> & { readonly result?: Typed<D> },
): Method<N, F, R> {
  return record;
}
