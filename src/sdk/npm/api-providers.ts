// Wire formats and providers as extensions name them when they build one of their own. Imported by extensions.
// Invariant: a provider of an extension counts in the session where `pi.registerProvider` was called, and nowhere else.

import type { Model } from "../../contracts/model.ts";
import type { Context, ModelStreamOptions } from "../../contracts/model-call.ts";
import type { AssistantMessageEventStream } from "./event-stream.ts";
import { stream } from "./model-calls.ts";

type StreamFunction = (model: Model, context: Context, options?: ModelStreamOptions) => AssistantMessageEventStream;

export interface ApiProvider {
  api: string;
  stream: StreamFunction;
  streamSimple: StreamFunction;
}

const registered = new Map<string, ApiProvider>();

/** Of the formats that there are here; a provider that names one is called in it. */
const builtIn = (api: string) => (): ApiProvider => {
  const call: StreamFunction = (model, context, options) => stream({ ...model, api }, context, options);
  return { api, stream: call, streamSimple: call };
};

export const anthropicMessagesApi = builtIn("anthropic-messages");
export const openAICompletionsApi = builtIn("openai-completions");
export const openAIResponsesApi = builtIn("openai-responses");
export const googleGenerativeAIApi = builtIn("google-generative-ai");

export function registerApiProvider(provider: ApiProvider): void {
  registered.set(provider.api, provider);
}

export function getApiProvider(api: string): ApiProvider | undefined {
  return registered.get(api);
}

export function getApiProviders(): ApiProvider[] {
  return [...registered.values()];
}

export function unregisterApiProviders(...apis: string[]): void {
  for (const api of apis) registered.delete(api);
}

export function resetApiProviders(): void {
  registered.clear();
}

/** What `pi.registerProvider` takes in place of a name and a configuration. */
export function createProvider<T extends object>(options: T): T {
  return { ...options };
}
