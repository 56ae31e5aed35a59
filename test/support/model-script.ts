// A provider that answers as a test says, one answer a call, and remembers what it was asked.

import type { Model } from "../../src/contracts/model.ts";
import type { ModelCall } from "../../src/contracts/model-request.ts";
import type { Provider } from "../../src/contracts/provider.ts";
import type { FailureCode, StreamEvent } from "../../src/contracts/stream-event.ts";
import type { Usage } from "../../src/contracts/usage.ts";
import { emptyUsage } from "../../src/contracts/usage.ts";

export type Answer = (call: ModelCall) => AsyncIterable<StreamEvent> | Iterable<StreamEvent>;

export const testModel: Model = {
  id: "test-1",
  name: "Test",
  api: "test",
  provider: "test",
  baseUrl: "",
  reasoning: true,
  input: ["text"],
  contextWindow: 100_000,
  maxTokens: 8_000,
  cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
};

export class ModelScript implements Provider {
  readonly api = "test";
  readonly calls: ModelCall[] = [];
  readonly #answers: Answer[] = [];
  /** For calls beyond the script; without it they fail. */
  #otherwise: Answer = () => [failed("bad_request", "the script has no further answer")];

  /** More answers, in order. */
  next(...answers: Answer[]): this {
    this.#answers.push(...answers);
    return this;
  }

  always(answer: Answer): this {
    this.#otherwise = answer;
    return this;
  }

  async *stream(call: ModelCall): AsyncIterable<StreamEvent> {
    this.calls.push(call);
    yield* (this.#answers.shift() ?? this.#otherwise)(call);
  }

  /** The text of the last user message of each call. */
  get prompts(): string[] {
    return this.calls.map((call) => {
      const last = call.request.messages.findLast((message) => message.role === "user");
      return typeof last?.content === "string"
        ? last.content
        : (last?.content ?? []).map((block) => ("text" in block ? block.text : "")).join("\n");
    });
  }
}

export function usageOf(counts: Partial<Usage>): Usage {
  const usage = { ...emptyUsage(), ...counts };
  const totalTokens = counts.totalTokens ?? usage.input + usage.output + usage.cacheRead + usage.cacheWrite;
  return { ...usage, totalTokens, cost: { ...usage.cost, total: (usage.input + 2 * usage.output) / 1e6 } };
}

/** A text answer. */
export function says(text: string, usage: Partial<Usage> = { input: 10, output: 5 }): Answer {
  return () => [...textEvents(text), { type: "usage", usage: usageOf(usage) }, { type: "finish", stopReason: "stop" }];
}

export function textEvents(text: string, contentIndex = 0): StreamEvent[] {
  return [
    { type: "text_start", contentIndex },
    { type: "text_delta", contentIndex, delta: text },
    { type: "text_end", contentIndex },
  ];
}

export function callEvents(id: string, toolName: string, args: unknown, contentIndex = 0): StreamEvent[] {
  const text = typeof args === "string" ? args : JSON.stringify(args);
  return [
    { type: "toolcall_start", contentIndex, id, toolName },
    { type: "toolcall_delta", contentIndex, delta: text },
    { type: "toolcall_end", contentIndex },
  ];
}

/** Tool calls: name and arguments (a string stands for the raw JSON text). */
export function callsTools(calls: [id: string, name: string, args: unknown][], usage: Partial<Usage> = { input: 10, output: 5 }): Answer {
  return () => [
    ...calls.flatMap(([id, name, args], index) => callEvents(id, name, args, index)),
    { type: "usage", usage: usageOf(usage) },
    { type: "finish", stopReason: "toolUse" },
  ];
}

export function failed(code: FailureCode, message: string, more: { retryAt?: number } = {}): StreamEvent {
  return { type: "failure", failure: { code, message, ...more } };
}

export function fails(code: FailureCode, message: string = code): Answer {
  return () => [failed(code, message)];
}

/** Stopped at a limit: with a text, or without a word. */
export function stopsShort(text: string, usage: Partial<Usage> = { input: 10, output: 5 }): Answer {
  return () => [
    ...(text === "" ? [] : textEvents(text)),
    { type: "usage", usage: usageOf(usage) },
    { type: "finish", stopReason: "length" },
  ];
}

/** Says nothing until the call is aborted. `onStart` tells that it has begun. */
export function hangs(onStart: () => void = () => {}, before: StreamEvent[] = []): Answer {
  return async function* ({ signal }) {
    yield* before;
    onStart();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    yield failed("aborted", "Request was aborted");
  };
}
