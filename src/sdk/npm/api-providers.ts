// Wire formats and providers as extensions name them when they build one of their own. Imported by extensions.
// Invariant: a provider of an extension counts in the session where `pi.registerProvider` was called, and nowhere else.

import { knownApis } from "../../providers/registry.ts";
import { apiAliases } from "../../providers/vendors.ts";
import { AssistantMessageEventStream } from "./event-stream.ts";
import { failedAnswer, streamByRuntime } from "./model-calls.ts";
import { type ApiProvider, registeredApis, type StreamFunction } from "./registered-apis.ts";

export type { ApiProvider } from "./registered-apis.ts";

/** Of the formats that there are here; a provider that names one is called in it. */
const builtIn = (api: string) => (): ApiProvider => {
  const call: StreamFunction = (model, context, options) => streamByRuntime({ ...model, api }, context, options);
  return { api, stream: call, streamSimple: call };
};

export const anthropicMessagesApi = builtIn("anthropic-messages");
export const openAICompletionsApi = builtIn("openai-completions");
export const openAIResponsesApi = builtIn("openai-responses");
export const googleGenerativeAIApi = builtIn("google-generative-ai");
export const azureOpenAIResponsesApi = builtIn("azure-openai-responses");
export const openAICodexResponsesApi = builtIn("openai-codex-responses");
export const mistralConversationsApi = builtIn("mistral-conversations");

const builtInApis = (): string[] => [...knownApis, ...Object.keys(apiAliases)].filter((api) => api !== "scripted");

export function registerApiProvider(provider: ApiProvider): void {
  registeredApis.set(provider.api, provider);
}

/** One that was registered, else of the formats that there are. */
export function getApiProvider(api: string): ApiProvider | undefined {
  return registeredApis.get(api) ?? (builtInApis().includes(api) ? builtIn(api)() : undefined);
}

export function getApiProviders(): ApiProvider[] {
  return [...new Set([...builtInApis(), ...registeredApis.keys()])].flatMap((api) => getApiProvider(api) ?? []);
}

export function unregisterApiProviders(...apis: string[]): void {
  for (const api of apis) registeredApis.delete(api);
}

/** The formats that there are, and no others; they are never missing. */
export function resetApiProviders(): void {
  registeredApis.clear();
}

/** A format that is loaded with its first call. */
export function lazyApi(load: () => Promise<{ stream: StreamFunction; streamSimple?: StreamFunction }>): Omit<ApiProvider, "api"> {
  const call =
    (name: "stream" | "streamSimple"): StreamFunction =>
    (model, context, options) =>
      lazyStream(async () => {
        const loaded = await load();
        return (loaded[name] ?? loaded.stream)(model, context, options);
      });
  return { stream: call("stream"), streamSimple: call("streamSimple") };
}

/** A stream that is made later; what keeps it from being made ends this one with an error. */
export function lazyStream(make: () => Promise<AssistantMessageEventStream>): AssistantMessageEventStream {
  const events = new AssistantMessageEventStream();
  const forward = async (): Promise<void> => {
    for await (const event of await make()) events.push(event);
    // One that said nothing of its end has ended all the same.
    if (!events.isOver) throw new Error("The stream ended without an answer");
  };
  forward().catch((error: unknown) => {
    const said = error instanceof Error ? error.message : String(error);
    events.push({ type: "error", reason: "error", error: failedAnswer({ api: "", provider: "", id: "" }, said) });
  });
  return events;
}

/** What `pi.registerProvider` takes in place of a name and a configuration. */
export function createProvider<T extends object>(options: T): T {
  return { ...options };
}
