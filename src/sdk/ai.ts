// `pi/ai`: models, credentials and the wire formats. A provider's SDK is loaded with the first call to it.

export { assembleMessage } from "../contracts/assemble-message.ts";
export { PiError } from "../contracts/error.ts";
export type * from "../contracts/message.ts";
export type { Api, Model, ThinkingLevel } from "../contracts/model.ts";
export { availableThinkingLevels, clampThinkingLevel, thinkingLevels } from "../contracts/model.ts";
export type { Context, ModelStreamEvent, ModelStreamOptions } from "../contracts/model-call.ts";
export type { Credential, ModelCall, ModelRequest } from "../contracts/model-request.ts";
export type { Provider } from "../contracts/provider.ts";
export type { AssistantMessageEvent, FailureCode, ModelFailure, StreamEvent, StreamPart } from "../contracts/stream-event.ts";
export type { Cost, Prices, Usage } from "../contracts/usage.ts";
export { addUsage, emptyUsage, priceUsage } from "../contracts/usage.ts";
export type { ModelStream } from "../harness/models/model-stream.ts";
export { type EventProvider, loadProvider } from "./load-provider.ts";
export { getModel, ModelRuntime, type ModelRuntimeOptions } from "./npm/model-runtime.ts";
