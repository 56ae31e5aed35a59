// Providers of extensions: what they register becomes settings like those of a file, and their own way to call a model one of ours.
// Called by session-extensions. Invariant: what is wrong with one is that extension's error; the provider is then as it was before.

import { convertProvider } from "../../config/npm-agent.ts";
import { mergeProviders } from "../../config/provider-settings.ts";
import { defined } from "../../contracts/defined.ts";
import { messageOf, PiError } from "../../contracts/error.ts";
import type {
  ExtensionProvider,
  ExtensionStream,
  ProviderCalls,
  ProviderChange,
  RefreshModelsContext,
} from "../../contracts/extension-provider.ts";
import type { AssistantMessage } from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";
import type { ModelCall } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import type { ProviderSettings } from "../../contracts/provider-settings.ts";
import type { StreamEvent } from "../../contracts/stream-event.ts";
import type { Env } from "../../platform/paths.ts";
import { codeOfText } from "../../providers/shared/http-failure.ts";
import type { BroughtParts, ModelRegistry } from "../models/model-registry.ts";
import { asProviderSignIn, flowOf, ownKeyOf } from "./extension-sign-in.ts";

export interface ProviderHost {
  /** What goes with each of its calls. */
  watch?(model: Model): object;
  /** Its own code has failed where nobody asked for anything: what it was to change stays as it was. */
  failed?(error: unknown): void;
}

/** @throws PiError `extension.bad_provider` */
export function changeProvider({ name, provider: given }: ProviderChange, registry: ModelRegistry, host: ProviderHost = {}): void {
  if (given === undefined) {
    registry.setProvider(name, undefined);
    return;
  }
  const provider = asConfiguration(name, given);
  const known = registry.settingsOf(name);
  const stream = provider.streamSimple ?? provider.stream;
  const brought: BroughtParts = {
    ...(stream !== undefined && { stream: providerOf(provider.api ?? name, stream, host.watch) }),
    ...accountParts(name, provider, registry.env),
    ...modelParts(provider, host),
    ...(provider.refreshModels !== undefined && {
      refreshModels: async (signal) => {
        const publish: RefreshModelsContext["publish"] = async ({ update } = {}) => {
          await update?.();
          return true;
        };
        // Renewed where that is due; one that cannot be is the list's own to miss.
        await registry.credential(name).catch(() => undefined);
        const credential = registry.storedAccount(name);
        const context: RefreshModelsContext = { signal, credential, allowNetwork: true, stored: undefined, publish };
        const models = (await provider.refreshModels?.(context)) ?? modelsOf(provider);
        if (models !== undefined) registry.setProvider(name, settingsWith(models), brought);
      },
    }),
  };
  const settingsWith = (models: readonly object[] | undefined): ProviderSettings | undefined =>
    settingsOf(name, { ...provider, models }, known);
  registry.setProvider(name, settingsWith(modelsOf(provider)), brought);
}

/** How it is paid for: by a sign-in, by a key in its own way, or by both. */
function accountParts(name: string, { oauth, auth, authHeader }: ExtensionProvider, env: Env): BroughtParts {
  const isBearer = authHeader === true;
  const signIn = oauth === undefined ? auth?.oauth : asProviderSignIn(oauth);
  return {
    ...(signIn !== undefined && { flow: flowOf(name, signIn, isBearer) }),
    ...(auth?.apiKey !== undefined && ownKeyOf(name, auth.apiKey, isBearer, env)),
  };
}

/** What its models are for one account. */
function modelParts({ oauth, filterModels }: ExtensionProvider, { failed = () => {} }: ProviderHost): BroughtParts {
  const told = new Set<string>();
  const orAsTheyAre = (models: readonly Model[], change: () => readonly Model[]): readonly Model[] => {
    try {
      const changed: unknown = change();
      if (Array.isArray(changed) && changed.every((model: Partial<Model> | null) => typeof model?.id === "string"))
        return changed as Model[];
      throw new Error("what it makes of the models is no list of models");
    } catch (error) {
      // Lists are asked for again and again.
      if (!told.has(messageOf(error))) failed(error);
      told.add(messageOf(error));
      return models;
    }
  };
  return {
    ...(oauth?.modifyModels !== undefined && {
      modelsFor: (models, stored) =>
        stored?.type === "oauth" ? orAsTheyAre(models, () => oauth.modifyModels?.(structuredClone(models), stored) ?? models) : models,
    }),
    ...(filterModels !== undefined && { callable: (models, stored) => orAsTheyAre(models, () => filterModels(models, stored)) }),
  };
}

type Configuration = ExtensionProvider & { api?: string };

/** A whole provider calls its models itself: by one way, or by that of each model's format. */
function asConfiguration(name: string, provider: ExtensionProvider): Configuration {
  const { api } = provider;
  if (api === undefined || typeof api === "string") return { ...provider, api } as Configuration;
  const isOne = (calls: object): calls is ProviderCalls => ["stream", "streamSimple"].some((way) => way in calls);
  const byFormat: Readonly<Record<string, ProviderCalls | undefined>> = isOne(api) ? {} : api;
  const streamSimple: ExtensionStream = (model, ...asked) => {
    const calls = isOne(api) ? api : byFormat[model.api];
    const call = calls?.streamSimple ?? calls?.stream;
    if (call === undefined) throw new Error(`The provider ${name} has no way to call ${model.api}`);
    return call(model, ...asked);
  };
  return { ...provider, api: Object.keys(byFormat)[0] ?? name, streamSimple };
}

/** A whole provider tells them when it is asked. */
function modelsOf({ models, getModels }: ExtensionProvider): readonly object[] | undefined {
  return models ?? getModels?.();
}

function settingsOf(name: string, given: Record<string, unknown>, known: ProviderSettings | undefined): ProviderSettings | undefined {
  const providers: Record<string, ProviderSettings> = known === undefined ? {} : { [name]: known };
  const refuse = (path: readonly (string | number)[], expected: string): never => {
    throw new PiError("extension.bad_provider", `registerProvider ${name}: ${path.slice(2).join(".")} must be ${expected}`);
  };
  mergeProviders(
    providers,
    { [name]: convertProvider({ ...given, compat: given.compat }) },
    { kind: "command line" },
    { unknownKey: () => {}, wrongType: refuse, forbidden: (path) => refuse(path, "left out") },
  );
  return providers[name];
}

/** A way to call a model in the npm agent's form, as one of ours. */
export function providerOf(api: string, stream: ExtensionStream, watch: (model: Model) => object = () => ({})): Provider {
  return {
    api,
    stream: async function* ({ model, request, credential, signal }: ModelCall): AsyncIterable<StreamEvent> {
      const { systemPrompt, messages, tools, thinkingLevel, maxTokens, sessionId } = request;
      const options = {
        signal,
        ...(credential.value === "" ? {} : { apiKey: credential.value }),
        ...defined({ env: credential.request?.env }),
        maxTokens: maxTokens ?? model.maxTokens,
        ...(thinkingLevel === "off" ? {} : { reasoning: thinkingLevel }),
        ...defined({ sessionId, headers: model.headers }),
        ...watch(model),
      };
      // Newer ones find the prompt among the messages, older ones beside them.
      const system = { role: "system" as const, content: systemPrompt, toolsAdded: [...tools], timestamp: 0 };
      const isSaid = systemPrompt !== "" || tools.length > 0;
      const context = { systemPrompt, messages: isSaid ? [system, ...messages] : messages, tools };
      let isOver = false;
      try {
        for await (const event of await stream(model, context, options)) {
          for (const told of translated(event)) {
            isOver ||= told.type === "finish" || told.type === "failure";
            yield told;
          }
          if (isOver) return;
        }
      } catch (error) {
        yield { type: "failure", failure: { code: signal.aborted ? "aborted" : codeOfText(messageOf(error)), message: messageOf(error) } };
        return;
      }
      const code = signal.aborted ? "aborted" : "network";
      if (!isOver) yield { type: "failure", failure: { code, message: "The provider's stream ended without an answer" } };
    },
  };
}

/** From the npm agent's events to ours, which say the same. */
function* translated(event: { type: string; [field: string]: unknown }): Generator<StreamEvent> {
  const contentIndex = Number(event.contentIndex ?? 0);
  const block = (event.partial as AssistantMessage | undefined)?.content[contentIndex];
  switch (event.type) {
    case "text_start":
    case "thinking_start":
      yield { type: event.type, contentIndex };
      return;
    case "text_delta":
    case "thinking_delta":
    case "toolcall_delta":
      yield { type: event.type, contentIndex, delta: String(event.delta ?? "") };
      return;
    case "text_end":
      yield { type: "text_end", contentIndex };
      return;
    case "thinking_end": {
      const signature = block?.type === "thinking" ? block.thinkingSignature : undefined;
      yield { type: "thinking_end", contentIndex, ...defined({ signature }) };
      return;
    }
    case "toolcall_start":
      yield {
        type: "toolcall_start",
        contentIndex,
        id: String(event.id ?? (block?.type === "toolCall" ? block.id : `call_${contentIndex}`)),
        toolName: String(event.toolName ?? (block?.type === "toolCall" ? block.name : "")),
      };
      return;
    case "toolcall_end": {
      const call = event.toolCall as { arguments?: Record<string, unknown> } | undefined;
      yield { type: "toolcall_end", contentIndex, ...(call?.arguments === undefined ? {} : { arguments: call.arguments }) };
      return;
    }
    case "done": {
      const { usage, stopReason } = event.message as AssistantMessage;
      yield { type: "usage", usage };
      yield { type: "finish", stopReason: stopReason === "length" || stopReason === "toolUse" ? stopReason : "stop" };
      return;
    }
    case "error": {
      const { errorMessage = "The provider failed", stopReason } = event.error as AssistantMessage;
      yield { type: "failure", failure: { code: stopReason === "aborted" ? "aborted" : codeOfText(errorMessage), message: errorMessage } };
    }
  }
}
