// What a provider says while a model answers. Made by providers' decoders, folded by assemble-message, forwarded by the agent.
// Invariant: one terminal event (`finish` or `failure`), last; a block's start, deltas and end share its `contentIndex`.

import { isPiError, messageOf } from "./error.ts";
import type { StopReason, ToolCall } from "./message.ts";
import { type Outcome, outcomeOfError } from "./outcome.ts";
import type { Usage } from "./usage.ts";

/**
 * Why a call gave no whole answer. Recognised by HTTP status and the services' own error codes, never by prose, except
 * where a service gives only prose (context overflow).
 */
export type FailureCode =
  | "overloaded" // 503, 529, 500-class: try again
  | "rate_limited" // 429: try again after a pause
  | "quota" // paid-for amount is spent: trying again soon is useless
  | "auth" // 401, 403
  | "not_found" // 404: no such model or address
  | "bad_request" // 400, 413, 422: the request itself is refused
  | "overflow" // the context is longer than the model takes
  | "image_overflow" // too many pictures for one request, or too large for that many
  | "refusal" // the model declined
  | "network" // refused, reset, cut mid-stream, malformed stream
  | "stalled" // a deadline between events passed
  | "aborted"; // the caller's signal

/**
 * Why no connection comes about, however often it is tried: nobody listens there, nobody vouches for who does, it speaks no TLS, or no machine
 * has that name.
 */
export type ConnectionLack = "listener" | "trust" | "tls" | "name";

export interface ModelFailure {
  code: FailureCode;
  /** For people and for `errorMessage`: HTTP status, blank, raw body where there is one. Never a secret. */
  message: string;
  /** HTTP status, where there was an answer. */
  status?: number;
  /** Unix ms before which another try is useless, as the service told it. */
  retryAt?: number;
  /** Another try is useless, too; `address`: host and port, or the name. */
  unreachable?: { lacks: ConnectionLack; address: string };
  /** The call was never made: what comes of it, in our words. */
  ours?: Outcome;
  /** The service's own stop reason (a refusal). */
  rawStopReason?: string;
}

/** What kept a call from being made: a credential that cannot be had, a proxy that is no address. */
export function failureOfError(error: unknown): ModelFailure {
  const hint = isPiError(error) && error.hint !== undefined ? ` (${error.hint})` : "";
  return { code: "auth", message: `${messageOf(error)}${hint}`, ours: outcomeOfError(error) };
}

export type StreamEvent =
  | { type: "response"; responseId?: string; responseModel?: string }
  | { type: "text_start"; contentIndex: number }
  | { type: "text_delta"; contentIndex: number; delta: string }
  | { type: "text_end"; contentIndex: number; signature?: string }
  | { type: "thinking_start"; contentIndex: number }
  | { type: "thinking_delta"; contentIndex: number; delta: string }
  | { type: "thinking_end"; contentIndex: number; signature?: string; redacted?: boolean }
  | { type: "toolcall_start"; contentIndex: number; id: string; toolName: string }
  /** A fragment of the arguments' JSON text. */
  | { type: "toolcall_delta"; contentIndex: number; delta: string }
  /** `arguments` wins over the accumulated deltas (formats that send objects); `signature` becomes `thoughtSignature`. */
  | { type: "toolcall_end"; contentIndex: number; arguments?: Record<string, unknown>; signature?: string }
  | { type: "usage"; usage: Usage }
  | { type: "finish"; stopReason: Extract<StopReason, "stop" | "length" | "toolUse">; rawStopReason?: string }
  | { type: "failure"; failure: ModelFailure };

/** What a stream gives at a time: an event, or those that came together. */
export type StreamPart = StreamEvent | readonly StreamEvent[];

export function eventsOf(part: StreamPart): readonly StreamEvent[] {
  return Array.isArray(part) ? part : [part as StreamEvent];
}

/** One by one; of what came together, nothing more once the call was aborted. */
export async function* eachEvent(parts: AsyncIterable<StreamPart>, signal: AbortSignal): AsyncGenerator<StreamEvent, void, void> {
  for await (const part of parts) {
    for (const event of eventsOf(part)) {
      yield event;
      if (signal.aborted) break;
    }
  }
}

/** What the wire shows of the stream (the `assistantMessageEvent` of a `message_update`). */
export type AssistantMessageEvent =
  | { type: "text_start" | "thinking_start"; contentIndex: number }
  | { type: "text_delta" | "thinking_delta" | "toolcall_delta"; contentIndex: number; delta: string }
  | { type: "toolcall_start"; contentIndex: number; id: string; toolName: string }
  | { type: "text_end" | "thinking_end"; contentIndex: number; content: string }
  | { type: "toolcall_end"; contentIndex: number; toolCall: ToolCall };
