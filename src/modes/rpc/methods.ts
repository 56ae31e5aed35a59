// The table of all methods: dispatch, validation, docs/rpc.md, the JSON Schemas and the client's types are made from it.
// They are the commands of the harness, and the few that need the wire: a new method is one record in either place.

import type { ObjectOf } from "../../contracts/schema.ts";
import { commands } from "../../harness/commands/commands.ts";
import type { Method } from "./method.ts";
import { promptingMethods } from "./methods/prompting.ts";
import { protocolMethods } from "./methods/protocol.ts";
import { streamMethods } from "./methods/streams.ts";

export const rpcMethods = [...promptingMethods, ...commands, ...streamMethods, ...protocolMethods] as const;

type Record = (typeof rpcMethods)[number];

export type MethodName = Record["name"];
type RecordOf<N extends MethodName> = Extract<Record, { name: N }>;

/** Parameters of a method, without `id` and `type`. */
export type ParamsOf<N extends MethodName> = ObjectOf<RecordOf<N>["params"]>;
/** What stands in `data`. */
export type ResultOf<N extends MethodName> = Awaited<ReturnType<RecordOf<N>["run"]>>;

/** Any command, as it goes over the wire. */
export type RpcCommand = { [N in MethodName]: { id?: string; type: N } & ParamsOf<N> }[MethodName];

export function methodsByName(): Map<string, Method> {
  return new Map((rpcMethods as readonly unknown[] as readonly Method[]).map((one) => [one.name, one]));
}
