// `pi/rpc`: drives `pi --mode rpc` in a process of its own.

export type { AgentEvent, RpcOnlyEvent } from "../contracts/agent-event.ts";
export { PiError } from "../contracts/error.ts";
export type * from "../contracts/message.ts";
export type { Model, ThinkingLevel } from "../contracts/model.ts";
export { RpcClient, type RpcClientOptions, type RpcEvent, type RpcEventListener } from "../modes/rpc/client.ts";
export type { MethodName, ParamsOf, ResultOf, RpcCommand } from "../modes/rpc/methods.ts";
export type * from "../modes/rpc/records.ts";
