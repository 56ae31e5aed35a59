// The types of the one event stream of a run, as the table of events has them. Made by agent and harness; modes, statistics, the recorder and
// callbacks are folds over it.

import type { compactionResult, events } from "./events.ts";
import type { TypeOf, VariantOf } from "./schema.ts";

type Table = typeof events;
type NamesWhere<M> = { [K in keyof Table]: Table[K] extends M ? K : never }[keyof Table];
type EventsOf<K extends keyof Table> = { [N in K]: VariantOf<Table, N> }[K];

/** Events of the pure loop. */
export type LoopEvent = EventsOf<NamesWhere<{ from: "loop" }>>;

/** Events that only the harness makes. */
export type SessionEvent = EventsOf<NamesWhere<{ from: "session" }>>;

export type AgentEvent = LoopEvent | SessionEvent;

/** Events that only RPC mode tells of. */
export type RpcOnlyEvent = EventsOf<NamesWhere<{ from: "rpc" }>>;

/** Extensions hear these as everybody does. */
export type EventNameHeardAlike = NamesWhere<{ extensions: "alike" }>;

export type CompactionResult = TypeOf<typeof compactionResult>;
export type CompactionReason = EventsOf<"compaction_start">["reason"];
