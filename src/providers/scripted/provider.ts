// The embedded offline provider: `demo` answers by rules, `scripted/<file>` replays a trace. Called through the registry.

import { timerMs } from "../../contracts/duration.ts";
import type { ModelCall, ModelRequest } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import type { ModelFailure, StreamEvent } from "../../contracts/stream-event.ts";
import { priceUsage } from "../../contracts/usage.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";
import type { DemoAnswer } from "./demo.ts";
import type { TraceStep } from "./trace.ts";

/** A replayed trace answers one recorded call after another, in the order of the calls made through this provider. */
export function createScriptedProvider(): Provider {
  const traces = new Map<string, { calls: TraceStep[][]; next: number }>();
  return {
    api: "scripted",
    async *stream(call: ModelCall): AsyncIterable<StreamEvent> {
      const { id } = call.model;
      if (id === "demo") {
        const { demoAnswer } = await import("./demo.ts");
        yield* demoEvents(call, demoAnswer(call.request));
        return;
      }
      let trace = traces.get(id);
      if (!trace) {
        const { parseTrace } = await import("./trace.ts");
        try {
          trace = { calls: parseTrace(readTrace(id), id), next: 0 };
        } catch (error) {
          yield { type: "failure", failure: { code: "bad_request", message: error instanceof Error ? error.message : String(error) } };
          return;
        }
        traces.set(id, trace);
      }
      const steps = trace.calls[trace.next++];
      if (steps) yield* replay(steps, call.signal);
      else yield { type: "failure", failure: { code: "bad_request", message: `The trace ${id} has no call number ${trace.next}` } };
    },
  };
}

const maxTraceBytes = 256 << 20;

function readTrace(file: string): string {
  const found = readBoundedText(file, { maxBytes: maxTraceBytes });
  if (found === undefined) throw new Error(`There is no trace ${file}`);
  if ("leftOut" in found) throw new Error(`The trace ${file} cannot be read: ${found.why}`);
  return found.text;
}

const aborted: ModelFailure = { code: "aborted", message: "Request was aborted" };

async function* replay(steps: readonly TraceStep[], signal: AbortSignal): AsyncIterable<StreamEvent> {
  for (const step of steps) {
    if (step.type === "hang") await pause(Number.POSITIVE_INFINITY, signal);
    else if (step.delayMs) await pause(step.delayMs, signal);
    if (signal.aborted) {
      yield { type: "failure", failure: aborted };
      return;
    }
    if (step.type !== "event") break;
    yield step.event;
    if (step.event.type === "finish" || step.event.type === "failure") return;
  }
  yield { type: "failure", failure: { code: "network", message: "The connection was cut before the answer was whole" } };
}

/** Resolves after the time, or at once when the signal fires. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    // An endless wait must hold the process open, or it would end as if all were said.
    const isEndless = delayMs === Number.POSITIVE_INFINITY;
    const timer = isEndless ? setInterval(() => {}, 2 ** 30) : setTimeout(resolve, timerMs(delayMs));
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

function* demoEvents(call: ModelCall, answer: DemoAnswer): Iterable<StreamEvent> {
  if (call.signal.aborted) {
    yield { type: "failure", failure: aborted };
    return;
  }
  yield { type: "response", responseModel: "demo" };
  let contentIndex = 0;
  if (answer.thinking !== "" && call.request.thinkingLevel !== "off") {
    yield { type: "thinking_start", contentIndex };
    yield* words(answer.thinking, (delta) => ({ type: "thinking_delta", contentIndex, delta }));
    yield { type: "thinking_end", contentIndex };
    contentIndex++;
  }
  if (answer.text !== "") {
    yield { type: "text_start", contentIndex };
    yield* words(answer.text, (delta) => ({ type: "text_delta", contentIndex, delta }));
    yield { type: "text_end", contentIndex };
    contentIndex++;
  }
  const callCount = call.request.messages.filter((message) => message.role === "toolResult").length;
  for (const [index, one] of answer.calls.entries()) {
    yield { type: "toolcall_start", contentIndex, id: `call_${callCount + index + 1}`, toolName: one.name };
    yield* words(JSON.stringify(one.arguments), (delta) => ({ type: "toolcall_delta", contentIndex, delta }));
    yield { type: "toolcall_end", contentIndex };
    contentIndex++;
  }
  yield { type: "usage", usage: demoUsage(call.request, answer, call.model.cost) };
  yield answer.calls.length > 0
    ? { type: "finish", stopReason: "toolUse", rawStopReason: "tool_use" }
    : { type: "finish", stopReason: "stop", rawStopReason: "end_turn" };
}

function* words(text: string, event: (delta: string) => StreamEvent): Iterable<StreamEvent> {
  for (const [word] of text.matchAll(/\s*\S+|\s+$/g)) yield event(word);
}

/** Four characters a token, as everyone estimates. */
function demoUsage(request: ModelRequest, answer: DemoAnswer, prices: ModelCall["model"]["cost"]) {
  const tokens = (value: unknown): number => Math.ceil(JSON.stringify(value).length / 4);
  const counts = {
    input: tokens([request.systemPrompt, request.tools, request.messages]),
    output: tokens(answer),
    cacheRead: 0,
    cacheWrite: 0,
  };
  return priceUsage(counts, prices);
}
