// The contract of what carries out runs for a host: `pi` in this process, `claude` as a child of it, and the router over both. Types only.
// Invariant: a run's `result` never rejects: every failure is an outcome, and of each event it is told before its result.

import type { ImageContent } from "../contracts/message.ts";
import type { SessionListener } from "../harness/conversation/listeners.ts";
import type { RunRequest } from "./request.ts";
import type { RunResult, RuntimeKind } from "./result.ts";

export { type RuntimeKind, runtimeKinds } from "./result.ts";

export type Probe = { ok: true; version: string } | { ok: false; code: string; message: string; hint: string };

export interface Run {
  readonly id: string;
  readonly result: Promise<RunResult>;
  /** Returns the remover. */
  subscribe(listener: SessionListener): () => void;
  /** One more message for the run; false where none is going. */
  steer(text: string, images?: readonly ImageContent[]): boolean;
  abort(): void;
}

export interface AgentRuntime {
  readonly kind: RuntimeKind;
  /** Whether a run could start, without asking a model. */
  probe(): Promise<Probe>;
  start(request: RunRequest): Run;
  /** `start(request).result`. */
  run(request: RunRequest): Promise<RunResult>;
  /** Ends what runs, and waits for its end. */
  dispose(): Promise<void>;
}
