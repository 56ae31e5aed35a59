// The agent loop for programs that bring their own model calls and tools; names follow the npm agent's core. Imported by extensions and `pi`.
// Invariant: it is the program's own loop (agent/loop): what it says of order, results and aborts holds here too; nothing rejects for a model's failure.

import { type LoopDeps, runLoop } from "../../agent/loop.ts";
import type { LoopEvent } from "../../contracts/agent-event.ts";
import { defined } from "../../contracts/defined.ts";
import type { ExtensionStream } from "../../contracts/extension-provider.ts";
import type { AssistantMessage, Message, ModelMessage, ToolCall } from "../../contracts/message.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import type { StreamPart } from "../../contracts/stream-event.ts";
import type { Tool, ToolContext, ToolResult } from "../../contracts/tool.ts";
import { PartialMessage } from "../../extensions/partial-message.ts";
import { providerOf } from "../../harness/extensions/extension-provider.ts";
import { EventStream } from "./event-stream.ts";
import { stream } from "./model-calls.ts";

export type AgentMessage = Message;
export type StreamFn = ExtensionStream;

export interface AgentTool {
  name: string;
  label?: string;
  description: string;
  parameters: unknown;
  prepareArguments?(args: Record<string, unknown>): Record<string, unknown>;
  executionMode?: "sequential" | "parallel";
  // biome-ignore lint/suspicious/noExplicitAny: what its schema says
  execute(toolCallId: string, args: any, signal?: AbortSignal, onUpdate?: ToolContext["onUpdate"]): Promise<ToolResult>;
}

export interface AgentContext {
  systemPrompt?: string;
  messages: AgentMessage[];
  tools?: readonly AgentTool[];
}

export interface ToolCallAbout {
  toolCall: Pick<ToolCall, "id" | "name" | "arguments">;
  args: Record<string, unknown>;
  context: AgentContext;
}

export interface AgentLoopConfig {
  model: Model;
  reasoning?: ThinkingLevel;
  maxTokens?: number;
  sessionId?: string;
  apiKey?: string;
  /** From what the conversation holds to what a model is shown. Default: the program's own. */
  convertToLlm?(messages: AgentMessage[]): ModelMessage[] | Promise<ModelMessage[]>;
  transformContext?(messages: AgentMessage[], signal?: AbortSignal): Promise<AgentMessage[]>;
  getApiKey?(provider: string): string | undefined | Promise<string | undefined>;
  /** Asked after each turn: said before the next model call. */
  getSteeringMessages?(): Promise<AgentMessage[]> | AgentMessage[];
  /** Asked when the run would end. */
  getFollowUpMessages?(): Promise<AgentMessage[]> | AgentMessage[];
  beforeToolCall?(about: ToolCallAbout, signal?: AbortSignal): Promise<{ block?: boolean; reason?: string } | undefined>;
  afterToolCall?(
    about: ToolCallAbout & { result: ToolResult; isError: boolean },
    signal?: AbortSignal,
  ): Promise<Partial<Pick<ToolResult, "content" | "details" | "isError">> | undefined>;
}

/** As the loop tells it; updates carry the answer so far, the end carries what was added. */
export type AgentCoreEvent =
  | Exclude<LoopEvent, { type: "message_update" }>
  | (Extract<LoopEvent, { type: "message_update" }> & { message: AssistantMessage | undefined })
  | { type: "agent_end"; messages: AgentMessage[] };

type Emit = (event: AgentCoreEvent) => void | Promise<void>;

let defaultStream: StreamFn = (model, context, { apiKey, ...options } = {}) =>
  stream(model, context as never, { ...options, ...(apiKey ? { apiKey } : {}) } as never) as unknown as ReturnType<StreamFn>;

/** For calls that bring none of their own. */
export function setDefaultStreamFn(streamFn: StreamFn): void {
  defaultStream = streamFn;
}

export function agentLoop(
  prompts: readonly AgentMessage[],
  context: AgentContext,
  config: AgentLoopConfig,
  signal?: AbortSignal,
  streamFn?: StreamFn,
): EventStream<AgentCoreEvent, AgentMessage[]> {
  const events = new EventStream<AgentCoreEvent, AgentMessage[]>(
    ({ type }) => type === "agent_end",
    (event) => (event.type === "agent_end" ? event.messages : []),
  );
  // What the caller's own functions fail at is the caller's, where the events are read.
  runAgentLoop(prompts, context, config, (event) => events.push(event), signal, streamFn).catch((error: unknown) => events.fail(error));
  return events;
}

/** From where the context stands. @throws where there is nothing to answer. */
export function agentLoopContinue(
  context: AgentContext,
  config: AgentLoopConfig,
  signal?: AbortSignal,
  streamFn?: StreamFn,
): EventStream<AgentCoreEvent, AgentMessage[]> {
  requireQuestion(context);
  return agentLoop([], context, config, signal, streamFn);
}

export function runAgentLoopContinue(
  context: AgentContext,
  config: AgentLoopConfig,
  emit: Emit,
  signal?: AbortSignal,
  streamFn?: StreamFn,
): Promise<AgentMessage[]> {
  requireQuestion(context);
  return runAgentLoop([], context, config, emit, signal, streamFn);
}

function requireQuestion({ messages }: AgentContext): void {
  const last = messages.at(-1);
  if (last === undefined) throw new Error("Cannot continue: no messages in context");
  if (last.role === "assistant") throw new Error("Cannot continue from message role: assistant");
}

/** What was added. The context's messages stay as they are. */
export async function runAgentLoop(
  prompts: readonly AgentMessage[],
  context: AgentContext,
  config: AgentLoopConfig,
  emit: Emit,
  signal: AbortSignal = new AbortController().signal,
  streamFn?: StreamFn,
): Promise<AgentMessage[]> {
  const transcript = [...context.messages];
  const added: AgentMessage[] = [];
  const partial = new PartialMessage();
  const steering: AgentMessage[] = [];
  const tell = async (event: LoopEvent): Promise<void> => {
    partial.take(event);
    if (event.type === "message_update") await emit({ ...event, message: partial.message });
    else await emit(event);
  };
  const deps: LoopDeps = {
    // One run to whoever hears it, in however many pieces.
    emit: (event) => (event.type === "agent_start" ? undefined : tell(event)),
    now: () => Date.now(),
    turn: () => ({
      model: config.model,
      thinkingLevel: config.reasoning ?? "off",
      stallTimeoutMs: 0,
      stream: (messages, stop) => answer(messages, context, config, stop, streamFn ?? defaultStream),
    }),
    tools: () => toolSetup(context, config, transcript),
    steering: {
      get size() {
        return steering.length;
      },
      take: () => steering.splice(0),
    },
    followUps: { size: 0, take: () => [] },
    beforeNextTurn: async () => {
      steering.push(...((await config.getSteeringMessages?.()) ?? []));
    },
  };
  await tell({ type: "agent_start" });
  let next: readonly AgentMessage[] = [...prompts, ...((await config.getSteeringMessages?.()) ?? [])];
  for (;;) {
    const result = await runLoop(transcript, next, signal, deps);
    added.push(...result.messages);
    if (result.failure !== undefined || signal.aborted) break;
    next = (await config.getSteeringMessages?.()) ?? [];
    if (next.length === 0) next = (await config.getFollowUpMessages?.()) ?? [];
    if (next.length === 0) break;
  }
  await emit({ type: "agent_end", messages: added });
  return added;
}

async function* answer(
  messages: readonly AgentMessage[],
  { systemPrompt = "", tools = [] }: AgentContext,
  config: AgentLoopConfig,
  signal: AbortSignal,
  streamFn: StreamFn,
): AsyncIterable<StreamPart> {
  const { model, reasoning = "off", maxTokens, sessionId } = config;
  const { modelMessages } = await import("../../harness/conversation/model-messages.ts");
  const shown = (await config.transformContext?.([...messages], signal)) ?? [...messages];
  const request = {
    systemPrompt,
    messages: (await config.convertToLlm?.(shown)) ?? modelMessages(shown),
    tools: tools.map(({ name, description, parameters }) => ({ name, description, parameters: parameters as Record<string, unknown> })),
    thinkingLevel: reasoning,
    ...defined({ maxTokens, sessionId }),
  };
  const value = (await config.getApiKey?.(model.provider)) ?? config.apiKey ?? "";
  const credential = { scheme: "own", billing: "metered", value, source: "the caller" } as const;
  yield* providerOf(model.api, streamFn).stream({ model, request, credential, signal, fetch: globalThis.fetch });
}

function toolSetup(context: AgentContext, config: AgentLoopConfig, transcript: AgentMessage[]): ReturnType<LoopDeps["tools"]> {
  const { beforeToolCall, afterToolCall } = config;
  const about = (call: { id: string; name: string }, args: Record<string, unknown>): ToolCallAbout => ({
    toolCall: { ...call, arguments: args },
    args,
    context: { ...context, messages: transcript },
  });
  return {
    tools: (context.tools ?? []).map(toolFromCore),
    stallTimeoutMs: 0,
    validate: async (tool, args) => (await import("../../tools/shared/validate.ts")).validateArguments(tool, args),
    // Tools of this form take nothing else of their surroundings.
    context: (call, signal, onUpdate) => ({ toolCallId: call.id, signal, onUpdate }) as ToolContext,
    ...(beforeToolCall && {
      refuse: async (call, args, signal) => {
        const said = await beforeToolCall(about(call, args), signal);
        return said?.block === true ? { reason: said.reason ?? "Tool execution was blocked" } : undefined;
      },
    }),
    ...(afterToolCall && {
      amend: async (call, args, result, signal) => ({
        ...result,
        ...(await afterToolCall({ ...about(call, args), result, isError: result.isError === true }, signal)),
      }),
    }),
  };
}

function toolFromCore(tool: AgentTool): Tool {
  return {
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters as Record<string, unknown>,
    ...(tool.prepareArguments === undefined ? {} : { prepareArguments: (args) => tool.prepareArguments?.(args) ?? args }),
    ...(tool.executionMode === "sequential" ? { isSequential: true } : {}),
    execute: (args, { toolCallId, signal, onUpdate }) => tool.execute(toolCallId, args, signal, onUpdate),
  };
}
