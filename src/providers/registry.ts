// The shelf of wire formats: from the name of one to its provider, loaded when first needed. Called by the harness.
// Invariant: nothing of a format is imported before it is asked for.

import { PiError } from "../contracts/error.ts";
import type { Api } from "../contracts/model.ts";
import { nearestName } from "../contracts/nearest.ts";
import type { Provider } from "../contracts/provider.ts";
import { apiAliases } from "./vendors.ts";

const loaders: Readonly<Record<string, () => Promise<Provider>>> = {
  "anthropic-messages": async () => (await import("./anthropic/provider.ts")).anthropicProvider,
  "openai-completions": async () => (await import("./openai-completions/provider.ts")).completionsProvider,
  scripted: async () => (await import("./scripted/provider.ts")).createScriptedProvider(),
  "openai-responses": async () => (await import("./openai-responses/provider.ts")).responsesProvider,
  "google-generative-ai": async () => (await import("./google/provider.ts")).googleProvider,
};

/** Wire formats that `loadProvider` takes, aliases left out. */
export const knownApis: readonly string[] = Object.keys(loaders);

/** Throws PiError `model.unknown_api`. */
export async function loadProvider(api: Api): Promise<Provider> {
  const load = loaders[apiAliases[api] ?? api];
  if (load !== undefined) return load();
  const near = nearestName(api, knownApis);
  throw new PiError("model.unknown_api", `Unknown model API "${api}"`, {
    hint: near !== undefined ? `did you mean ${near}?` : `known ones: ${knownApis.join(", ")}`,
  });
}
