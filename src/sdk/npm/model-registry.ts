// What a `ModelRuntime` knows, asked without waiting; names follow the npm agent's, whose extensions and hosts use it. Exported by `pi`.
// Invariant: it keeps nothing of its own; kinds of models that there are none of here are refused by name.

import type { ExtensionModelRegistry } from "../../contracts/extension.ts";
import type { AssistantMessage } from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";
import type { Context, ModelStreamOptions } from "../../contracts/model-call.ts";
import { modelsFor } from "../../harness/extensions/model-view.ts";
import type { ModelStream } from "../../harness/models/model-stream.ts";
import type { ModelRuntime } from "./model-runtime.ts";
import { unavailable } from "./stand-in.ts";

type ProviderGiven = Parameters<ExtensionModelRegistry["registerProvider"]>[1];

export class ModelRegistry {
  readonly #runtime: ModelRuntime;
  readonly #registered = new Map<string, ProviderGiven>();
  #error: string | undefined;

  constructor(runtime: ModelRuntime) {
    this.#runtime = runtime;
  }

  /** Of now: keys that are set at run time make another. */
  get #view(): ExtensionModelRegistry {
    return modelsFor(this.#runtime.registry, {
      call: (model, context, options) => this.#runtime.stream(model, context, options),
      report: ({ error }) => {
        this.#error = error;
      },
    });
  }

  /** Reads configuration and credentials anew. */
  async refresh(): Promise<{ aborted: boolean; errors: ReadonlyMap<string, Error> }> {
    await this.#runtime.refresh();
    for (const [name, provider] of this.#registered) this.#view.registerProvider(name, provider);
    return { aborted: false, errors: new Map() };
  }

  /** What was wrong with the provider that was registered last. */
  getError(): string | undefined {
    return this.#error;
  }

  getAll(): Model[] {
    return [...this.#runtime.getModels()];
  }

  getAvailable(): Model[] {
    return this.#runtime.getAvailableSnapshot();
  }

  find(provider: string, modelId: string): Model | undefined {
    return this.#runtime.getModel(provider, modelId);
  }

  hasConfiguredAuth(model: Pick<Model, "provider">): boolean {
    return this.#runtime.registry.isAvailable(model.provider, true);
  }

  getApiKeyAndHeaders(model: Model): ReturnType<ExtensionModelRegistry["getApiKeyAndHeaders"]> {
    return this.#view.getApiKeyAndHeaders(model);
  }

  getApiKeyForProvider(provider: string): Promise<string | undefined> {
    return this.#view.getApiKeyForProvider(provider);
  }

  getProviderAuth(provider: string): ReturnType<ExtensionModelRegistry["getProviderAuth"]> {
    return this.#view.getProviderAuth(provider);
  }

  getProviderAuthStatus(provider: string): { configured: boolean; label?: string } {
    return this.#runtime.getProviderAuthStatus(provider);
  }

  getProvider(provider: string): { id: string; name: string } | undefined {
    return this.#view.getProvider(provider);
  }

  getProviderDisplayName(provider: string): string {
    return this.getProvider(provider)?.name ?? provider;
  }

  isUsingOAuth(model: Pick<Model, "provider">): boolean {
    return this.#runtime.isUsingOAuth(model.provider);
  }

  stream(model: Model, context: Context, options?: ModelStreamOptions): ModelStream {
    return this.#runtime.stream(model, context, options);
  }

  streamSimple(model: Model, context: Context, options?: ModelStreamOptions): ModelStream {
    return this.#runtime.stream(model, context, options);
  }

  complete(model: Model, context: Context, options?: ModelStreamOptions): Promise<AssistantMessage> {
    return this.#runtime.complete(model, context, options);
  }

  completeSimple(model: Model, context: Context, options?: ModelStreamOptions): Promise<AssistantMessage> {
    return this.#runtime.complete(model, context, options);
  }

  registerProvider(name: string, provider: ProviderGiven): void {
    this.#error = undefined;
    this.#view.registerProvider(name, provider);
    if (this.#error === undefined) this.#registered.set(name, provider);
  }

  unregisterProvider(name: string): void {
    this.#registered.delete(name);
    this.#view.unregisterProvider(name);
  }

  getRegisteredProviderConfig(name: string): ProviderGiven | undefined {
    return this.#registered.get(name);
  }

  getRegisteredProviderIds(): readonly string[] {
    return [...this.#registered.keys()];
  }

  /** Of kinds other than `chat` there are none. */
  getModelsOfType(type: string, provider?: string): readonly Model[] {
    return type === "chat" ? this.#runtime.getModels(provider) : [];
  }

  async getAvailableOfType(type: string, provider?: string): Promise<readonly Model[]> {
    return type === "chat" ? this.#runtime.getAvailable(provider) : [];
  }

  getModelOfType(type: string, provider: string, modelId: string): Model | undefined {
    return type === "chat" ? this.find(provider, modelId) : undefined;
  }

  findOfType(type: string, provider: string, modelId: string): Model | undefined {
    return this.getModelOfType(type, provider, modelId);
  }

  classify(): never {
    throw unavailable("ModelRegistry.classify");
  }

  generateImages(): never {
    throw unavailable("ModelRegistry.generateImages");
  }

  registerVirtualModel(): never {
    throw unavailable("ModelRegistry.registerVirtualModel");
  }
}
