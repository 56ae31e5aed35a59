// Models and credentials as extensions ask for them, under the npm agent's names. Made by extension-context for one session.
// Invariant: a credential is given to who asks for it, and told nowhere.

import { defined } from "../../contracts/defined.ts";
import { messageOf } from "../../contracts/error.ts";
import type { ExtensionError, ExtensionModelRegistry } from "../../contracts/extension.ts";
import type { ModelRegistry } from "../models/model-registry.ts";
import { changeProvider } from "./extension-provider.ts";

/** A list that takes longer is not waited for. */
const refreshMs = 15_000;

export interface ModelViewParts {
  report(error: ExtensionError): void;
  /** One call outside of the conversation. */
  call: ExtensionModelRegistry["stream"];
}

export function modelsFor(registry: ModelRegistry, about: ModelViewParts): ExtensionModelRegistry {
  const change = (name: string, provider: Parameters<ExtensionModelRegistry["registerProvider"]>[1] | undefined): void => {
    const failed = (error: unknown): void =>
      about.report({ extensionPath: "<runtime>", event: "registerProvider", error: messageOf(error) });
    try {
      changeProvider({ extensionPath: "<runtime>", name, provider }, registry, { failed });
    } catch (error) {
      failed(error);
    }
  };
  const keyOf = async (provider: string): Promise<string | undefined> => {
    const { scheme, value } = await registry.credential(provider);
    return scheme === "none" ? undefined : value;
  };
  const complete: ExtensionModelRegistry["complete"] = (...of) => about.call(...of).result();
  return {
    find: (provider, id) => registry.find(provider, id),
    getAll: () => registry.providers().flatMap((id) => registry.models(id)),
    getAvailable: () => registry.available(),
    hasConfiguredAuth: (model) => registry.isAvailable(model.provider, true),
    getProvider: (id) => (registry.hasProvider(id) ? { id, name: registry.settingsOf(id)?.name ?? id } : undefined),
    getProviderAuth: async (id) => {
      if (!registry.isAvailable(id, true)) return undefined;
      const { scheme, value, account, request, source } = await registry.credential(id);
      const { baseUrl, headers } = account ?? request ?? {};
      const apiKey = scheme === "none" ? undefined : value;
      return { auth: defined({ apiKey, headers, baseUrl: baseUrl || undefined }), source, ...defined({ env: request?.env }) };
    },
    getApiKeyAndHeaders: async (model) => {
      try {
        const apiKey = await keyOf(model.provider);
        const { headers } = await registry.ready(model);
        return { ok: true, ...defined({ apiKey, headers }) };
      } catch (error) {
        return { ok: false, error: messageOf(error) };
      }
    },
    getApiKeyForProvider: (id) => keyOf(id).catch(() => undefined),
    stream: about.call,
    streamSimple: about.call,
    complete,
    completeSimple: complete,
    findOfType: (type, provider, id) => (type === "chat" ? registry.find(provider, id) : undefined),
    getModelsOfType: (type, provider) =>
      type === "chat" ? (provider === undefined ? registry.providers() : [provider]).flatMap((id) => registry.models(id)) : [],
    getAvailableOfType: async (type, provider) =>
      type === "chat" ? registry.available().filter((model) => provider === undefined || model.provider === provider) : [],
    refresh: () =>
      registry.refreshModels(AbortSignal.timeout(refreshMs), (provider, error) =>
        about.report({ extensionPath: "<runtime>", event: `refreshModels:${provider}`, error: messageOf(error) }),
      ),
    getError: () => undefined,
    registerProvider: change,
    unregisterProvider: (name) => change(name, undefined),
  };
}
