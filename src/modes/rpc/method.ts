// What one method of RPC mode is: a command, or what needs the wire beside. Dispatch, validation, documents, JSON Schemas and the client's
// types are made from its record.

import type { AgentEvent, RpcOnlyEvent } from "../../contracts/agent-event.ts";
import type { Fields, ObjectOf, Typed } from "../../contracts/schema.ts";
import type { CommandContext, CommandFacts, Sayable } from "../../harness/commands/command.ts";
import type { PromptIds } from "./prompt-ids.ts";

export interface MethodContext extends CommandContext {
  readonly promptIds: PromptIds;
  /** Of the command. */
  readonly id: string | undefined;
  /** Settles when what was asked for before has begun, changes have ended; nothing where that is so already. */
  readonly before: Promise<void> | undefined;
  /** A promise where the client reads slowly. */
  emit(event: AgentEvent | RpcOnlyEvent): Promise<void> | undefined;
  /** One line for stderr. */
  warn(line: string): void;
}

export interface Method<N extends string = string, F extends Fields = Fields, R = unknown, P = unknown> extends CommandFacts<N, F> {
  /** What has to be done first, and is given to `run`; where it takes time, what is `in turn` waits for that, too. */
  prepare?(params: ObjectOf<F>, context: MethodContext): P | Promise<P>;
  run(params: ObjectOf<F>, context: MethodContext, prepared: P): R | Promise<R>;
  /** Whether the events that the method has caused at once are told after this answer; else they come before it. */
  answersFirst?(data: R): boolean;
  /** The JSON text of `data`, where `JSON.stringify` is not enough. */
  encode?(data: R): string;
}

/** Infers the types of a record; the table keeps them. What `run` gives is what `result` says. */
export function method<const N extends string, F extends Fields, R extends Sayable<D>, P, D = undefined>(
  record: Method<N, F, R, P> & { readonly result?: () => Typed<D> },
): Method<N, F, R, P> {
  return record;
}
