// Model calls for tests of providers, and what came of them folded into one value.

import type { AssistantContent, AssistantMessage, ModelMessage, ToolDeclaration } from "../../src/contracts/message.ts";
import type { Model } from "../../src/contracts/model.ts";
import type { ModelCall, ModelRequest } from "../../src/contracts/model-request.ts";
import { eventsOf, type ModelFailure, type StreamEvent, type StreamPart } from "../../src/contracts/stream-event.ts";
import { emptyUsage, type Usage } from "../../src/contracts/usage.ts";

export function testModel(values: Partial<Model> = {}): Model {
  return {
    id: "test-model",
    name: "Test model",
    api: "anthropic-messages",
    provider: "test",
    baseUrl: "http://127.0.0.1:9",
    reasoning: true,
    input: ["text", "image"],
    contextWindow: 200_000,
    maxTokens: 64_000,
    cost: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
    ...values,
  };
}

export function testRequest(values: Partial<ModelRequest> = {}): ModelRequest {
  return { systemPrompt: "You are a test.", messages: [user("Hello")], tools: [], thinkingLevel: "off", ...values };
}

export function testCall(values: Partial<ModelCall> = {}): ModelCall {
  return {
    model: testModel(),
    request: testRequest(),
    credential: { scheme: "own", billing: "metered", value: "test-key-123456", source: "TEST_API_KEY" },
    signal: new AbortController().signal,
    fetch: globalThis.fetch,
    ...values,
  };
}

export function user(content: string | Extract<ModelMessage, { role: "user" }>["content"]): ModelMessage {
  return { role: "user", content, timestamp: 1 };
}

export function toolResult(toolCallId: string, toolName: string, text: string, values: object = {}): ModelMessage {
  return { role: "toolResult", toolCallId, toolName, content: [{ type: "text", text }], isError: false, timestamp: 1, ...values };
}

export function assistant(model: Model, content: AssistantContent[], values: Partial<AssistantMessage> = {}): AssistantMessage {
  return {
    role: "assistant",
    content,
    api: model.api,
    provider: model.provider,
    model: model.id,
    usage: emptyUsage(),
    stopReason: content.some((block) => block.type === "toolCall") ? "toolUse" : "stop",
    timestamp: 1,
    ...values,
  };
}

export const readTool: ToolDeclaration = {
  name: "read",
  description: "Reads a file",
  parameters: { type: "object", properties: { path: { type: "string" }, offset: { type: "number" } }, required: ["path"] },
};

/** A red pixel. */
export const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

export interface Answer {
  content: AssistantContent[];
  usage: Usage | undefined;
  finish: Extract<StreamEvent, { type: "finish" }> | undefined;
  failure: ModelFailure | undefined;
  events: StreamEvent[];
  responseId: string | undefined;
}

export async function collect(parts: AsyncIterable<StreamPart>): Promise<Answer> {
  const all: StreamEvent[] = [];
  for await (const part of parts) all.push(...eventsOf(part));
  return fold(all);
}

/** Throws on anything that breaks the contract of StreamEvent: unbalanced blocks, a wrong order, not exactly one terminal event at the end. */
export function fold(events: StreamEvent[]): Answer {
  const answer: Answer = { content: [], usage: undefined, finish: undefined, failure: undefined, events, responseId: undefined };
  const open = new Map<number, { kind: string; text: string; id?: string; name?: string }>();
  let started = 0;
  events.forEach((event, position) => {
    if (answer.finish !== undefined || answer.failure !== undefined) throw new Error(`${event.type} after the terminal event`);
    if (event.type === "finish") {
      if (open.size > 0) throw new Error("finish with open blocks");
      answer.finish = event;
    } else if (event.type === "failure") answer.failure = event.failure;
    else if (event.type === "usage") answer.usage = event.usage;
    else if (event.type === "response") answer.responseId = event.responseId;
    else {
      if (event.type.endsWith("_start") && event.contentIndex !== started++)
        throw new Error(`event ${position}: contentIndex ${event.contentIndex} out of order`);
      foldBlock(event, open, answer.content, position);
    }
  });
  if (answer.finish === undefined && answer.failure === undefined) throw new Error("no terminal event");
  return answer;
}

type BlockEvent = Exclude<StreamEvent, { type: "finish" | "failure" | "usage" | "response" }>;

function foldBlock(
  event: BlockEvent,
  open: Map<number, { kind: string; text: string; id?: string; name?: string }>,
  content: AssistantContent[],
  position: number,
): void {
  const [kind, phase] = event.type.split("_") as [string, "start" | "delta" | "end"];
  if (phase === "start") {
    open.set(event.contentIndex, { kind, text: "", ...(event.type === "toolcall_start" ? { id: event.id, name: event.toolName } : {}) });
    return;
  }
  const block = open.get(event.contentIndex);
  if (block === undefined || block.kind !== kind) throw new Error(`event ${position}: ${event.type} for a block that is not open`);
  if ("delta" in event) {
    if (event.delta === "") throw new Error(`event ${position}: empty delta`);
    block.text += event.delta;
    return;
  }
  open.delete(event.contentIndex);
  if (event.type === "text_end") {
    content[event.contentIndex] = {
      type: "text",
      text: block.text,
      ...(event.signature === undefined ? {} : { textSignature: event.signature }),
    };
  } else if (event.type === "thinking_end") {
    content[event.contentIndex] = {
      type: "thinking",
      thinking: block.text,
      ...(event.signature === undefined ? {} : { thinkingSignature: event.signature }),
      ...(event.redacted === true ? { redacted: true } : {}),
    };
  } else if (event.type === "toolcall_end") {
    content[event.contentIndex] = {
      type: "toolCall",
      id: block.id ?? "",
      name: block.name ?? "",
      arguments: event.arguments ?? { unparsed: block.text },
      ...(event.signature === undefined ? {} : { thoughtSignature: event.signature }),
    };
  }
}

/** The assistant message that the answer makes. */
export function messageOfAnswer(model: Model, answer: Answer): AssistantMessage {
  const failed = answer.failure?.code === "aborted" ? "aborted" : "error";
  return assistant(model, answer.content, {
    stopReason: answer.finish?.stopReason ?? failed,
    ...(answer.usage ? { usage: answer.usage } : {}),
  });
}
