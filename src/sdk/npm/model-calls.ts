// Model calls without a session, under the npm agent's names: each uses what the program itself would. Imported by extensions.
// Invariant: nothing is read before the first call; a call that fails is an answer that says so.

import type { Config } from "../../config/load-config.ts";
import type { AssistantMessage } from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";
import type { Context, ModelAnswer, ModelStreamEvent, ModelStreamOptions } from "../../contracts/model-call.ts";
import { emptyUsage } from "../../contracts/usage.ts";
import type { ModelRegistry } from "../../harness/models/model-registry.ts";
import { AssistantMessageEventStream } from "./event-stream.ts";
import { ModelRuntime, registryWithKeys } from "./model-runtime.ts";
import { surroundings } from "./places.ts";

let runtime: Promise<ModelRuntime> | undefined;

/** What the process knows of models; read once. */
export function processRuntime(): Promise<ModelRuntime> {
  runtime ??= ModelRuntime.create();
  return runtime;
}

/** Events as they come, and the answer by `result()`. */
export function stream(model: Model, context: Context, options: ModelStreamOptions = {}): AssistantMessageEventStream {
  const events = new AssistantMessageEventStream();
  const forward = async (): Promise<void> => {
    const answer: ModelAnswer = (await processRuntime()).stream(model, context, options);
    for await (const event of answer as AsyncIterable<ModelStreamEvent>) events.push(event as Parameters<typeof events.push>[0]);
  };
  forward().catch((error: unknown) => events.push({ type: "error", reason: "error", error: failed(model, error) }));
  return events;
}

export function complete(model: Model, context: Context, options?: ModelStreamOptions): Promise<AssistantMessage> {
  return stream(model, context, options).result();
}

/** Of the catalogue, whether there is a credential or not. */
export function getModels(provider: string): Model[] {
  return [...registryOfCatalogue().models(provider)];
}

export function getProviders(): string[] {
  return [...registryOfCatalogue().providers()];
}

/** What is known without any configuration. */
export function registryOfCatalogue(): ModelRegistry {
  return registryWithKeys(surroundings(), { providers: {} } as Config, {});
}

export { complete as completeSimple, stream as streamSimple };

function failed({ api, provider, id }: Model, error: unknown): AssistantMessage {
  return {
    role: "assistant",
    content: [],
    api,
    provider,
    model: id,
    usage: emptyUsage(),
    stopReason: "error",
    errorMessage: error instanceof Error ? error.message : String(error),
    timestamp: Date.now(),
  };
}
