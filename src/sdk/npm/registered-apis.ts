// Wire formats that callers of the library have registered, for calls without a session. Read by model-calls, written by api-providers.
// Invariant: of this process, and of no session: what extensions register for one is the session's own.

import type { Model } from "../../contracts/model.ts";
import type { Context, ModelStreamOptions } from "../../contracts/model-call.ts";
import type { AssistantMessageEventStream } from "./event-stream.ts";

export type StreamFunction = (model: Model, context: Context, options?: ModelStreamOptions) => AssistantMessageEventStream;

export interface ApiProvider {
  api: string;
  stream: StreamFunction;
  streamSimple: StreamFunction;
}

export const registeredApis = new Map<string, ApiProvider>();
