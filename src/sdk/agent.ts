// `pi/agent`: the loop alone, without files, sessions or settings: bring your own model and tools.

export { Agent, type AgentDeps } from "../agent/agent.ts";
export { type LoopDeps, type LoopResult, runLoop } from "../agent/loop.ts";
export { MessageQueue, type QueueMode } from "../agent/message-queue.ts";
export type { ToolSetup, Validation } from "../agent/run-tools.ts";
export type { Emit, TurnSetup } from "../agent/stream-turn.ts";
export type { AgentEvent, LoopEvent } from "../contracts/agent-event.ts";
export type * from "../contracts/message.ts";
export type { Model, ThinkingLevel } from "../contracts/model.ts";
export type { StreamEvent, StreamPart } from "../contracts/stream-event.ts";
export type { Tool, ToolContext, ToolResult } from "../contracts/tool.ts";
