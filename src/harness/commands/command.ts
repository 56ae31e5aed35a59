// What a session can do, one record each: RPC mode makes methods of them, and whoever else lists or calls them reads the same table.
// Invariant: a command needs the sessions in force and nothing of whoever calls it; what needs the wire is a method of RPC's own.

import type { Fields, ObjectOf, Shape, Typed } from "../../contracts/schema.ts";
import type { SessionHost } from "../host/session-host.ts";

export interface CommandContext {
  readonly sessions: SessionHost;
}

/**
 * `at once`: whatever else is going on. `in turn`: after the changes of session or model that were asked for before it.
 * `change`: such a change; what is `in turn` waits for it.
 */
export type CommandOrder = "at once" | "in turn" | "change";

/** What a command is, but for what it does. */
export interface CommandFacts<N extends string = string, F extends Fields = Fields> {
  /** As it goes over the wire. */
  readonly name: N;
  readonly group: "Prompting" | "State" | "Model and thinking" | "Compaction and retry" | "Shell" | "Session" | "Beyond the npm agent";
  /** Sentences for the documentation. */
  readonly about: string;
  readonly params: F;
  /** Of what it gives; without it, nothing. Made for who reads it, which are documents: whoever runs commands does not. */
  readonly result?: () => Shape;
  readonly order: CommandOrder;
}

/** How a person types a command: `/name argument`. */
export interface SlashForm {
  readonly name: string;
  /** One line, for a list of them. */
  readonly about: string;
  /** As such a list shows it: `<path>`, or `[path]` where it may be left out. Without it there is none. */
  readonly argument?: string;
  /**
   * What was typed behind the name (trimmed, perhaps empty) as parameters that are still to be checked, as those of the wire are. Nothing:
   * not enough was said to run it, or nothing that is there, and whoever has a screen asks. Without it there are no parameters.
   */
  params?(argument: string, cwd: string): Record<string, unknown> | undefined;
}

export interface Command<N extends string = string, F extends Fields = Fields, R = unknown> extends CommandFacts<N, F> {
  /** For those that people type. */
  readonly slash?: SlashForm;
  run(params: ObjectOf<F>, at: CommandContext): R | Promise<R>;
}

/** JSON leaves out what is undefined. */
export type Sayable<D> = D extends object ? { [K in keyof D]: object extends Pick<D, K> ? D[K] | undefined : D[K] } : D;

/** Infers the types of a record; the table keeps them. What `run` gives is what `result` says. */
export function command<const N extends string, F extends Fields, R extends Sayable<D>, D = undefined>(
  record: Command<N, F, R> & { readonly result?: () => Typed<D> },
): Command<N, F, R> {
  return record;
}
