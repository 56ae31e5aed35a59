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
import { registeredApis } from "./registered-apis.ts";

let runtime: Promise<ModelRuntime> | undefined;

/** What the process knows of models; read once it can be. */
export function processRuntime(): Promise<ModelRuntime> {
  if (runtime === undefined) {
    const made = ModelRuntime.create();
    runtime = made;
    // What was wrong with a file may be mended before the next call.
    made.catch(() => {
      if (runtime === made) runtime = undefined;
    });
  }
  return runtime;
}

/** Events as they come, and the answer by `result()`. */
export function stream(model: Model, context: Context, options?: ModelStreamOptions): AssistantMessageEventStream {
  return (registeredApis.get(model.api)?.streamSimple ?? streamByRuntime)(model, context, options);
}

/** In the model's own format, whoever has registered one of its name. */
export function streamByRuntime(model: Model, context: Context, options: ModelStreamOptions = {}): AssistantMessageEventStream {
  const events = new AssistantMessageEventStream();
  const forward = async (): Promise<void> => {
    const answer: ModelAnswer = (await processRuntime()).stream(model, context, options);
    for await (const event of answer as AsyncIterable<ModelStreamEvent>) events.push(event as Parameters<typeof events.push>[0]);
  };
  forward().catch((error: unknown) => events.push({ type: "error", reason: "error", error: failedAnswer(model, error) }));
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

export function getAllModels(): Model[] {
  return getProviders().flatMap(getModels);
}

/** What is known without any configuration. */
export function registryOfCatalogue(): ModelRegistry {
  return registryWithKeys(surroundings(), { providers: {} } as Config, {});
}

export { complete as completeSimple, stream as streamSimple };

export function failedAnswer({ api, provider, id }: Pick<Model, "api" | "provider" | "id">, error: unknown): AssistantMessage {
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
