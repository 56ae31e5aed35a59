// The models and credentials that sessions of a caller share; names follow the npm agent's. Exported by `pi` and `pi/ai`.

import { dirname, resolve } from "node:path";
import { authFilePath, readAuthFile } from "../../accounts/auth-file.ts";
import { addBaseUrls, type Config, loadConfig } from "../../config/load-config.ts";
import { emptyProvider } from "../../config/provider-settings.ts";
import type { AssistantMessage } from "../../contracts/message.ts";
import type { Model } from "../../contracts/model.ts";
import type { Context, ModelStreamOptions } from "../../contracts/model-call.ts";
import type { AccessTo } from "../../harness/conversation/conversation-deps.ts";
import { ModelRegistry } from "../../harness/models/model-registry.ts";
import { ModelStream } from "../../harness/models/model-stream.ts";
import type { Env } from "../../platform/paths.ts";
import { type Surroundings, surroundings } from "./places.ts";

export interface ModelRuntimeOptions {
  cwd?: string;
  agentDir?: string;
  /** A file `auth.json`: its directory is the agent directory. */
  authPath?: string;
  /** A file `models.json`: its directory is the agent directory, unless `authPath` names another. */
  modelsPath?: string;
  env?: Env;
}

export class ModelRuntime {
  #config: Config;
  readonly #place: Surroundings;
  readonly #keys: Record<string, string> = {};
  #registry: ModelRegistry;
  #access: AccessTo | undefined;

  private constructor(place: Surroundings, config: Config) {
    this.#place = place;
    this.#config = config;
    this.#registry = this.registryFor(place, config);
  }

  /** Reads configuration; models and credentials when they are asked for. Rejects with `config.*`. */
  static async create(options: ModelRuntimeOptions = {}): Promise<ModelRuntime> {
    const file = options.authPath ?? options.modelsPath;
    const place = surroundings({ ...options, ...(file === undefined ? {} : { agentDir: dirname(resolve(file)) }) });
    return new ModelRuntime(place, await loadConfig(place));
  }

  get agentDir(): string {
    return this.#place.agentDir;
  }

  /** What stands behind it, of now. */
  get registry(): ModelRegistry {
    return this.#registry;
  }

  /** Reads configuration and credentials anew. Rejects with `config.*`. */
  async refresh(): Promise<void> {
    this.#config = await loadConfig(this.#place);
    this.#refresh();
  }

  /** Whether calls go by a sign-in. */
  isUsingOAuth(provider: string): boolean {
    const stored = readAuthFile(authFilePath(this.#place.agentDir))?.[provider] as { type?: unknown } | undefined;
    return stored?.type === "oauth" && this.#registry.credentialSource(provider)?.startsWith("auth.json") === true;
  }

  /** For this process only; wins over every other credential of the provider. */
  async setRuntimeApiKey(provider: string, key: string): Promise<void> {
    this.#keys[provider] = key;
    this.#refresh();
  }

  async removeRuntimeApiKey(provider: string): Promise<void> {
    delete this.#keys[provider];
    this.#refresh();
  }

  #refresh(): void {
    this.#registry = this.registryFor(this.#place, this.#config);
    this.#access = undefined;
  }

  /** All that are known by name, of one provider or of all, whether there is a credential or not. */
  getModels(provider?: string): readonly Model[] {
    return (provider === undefined ? this.#registry.providers() : [provider]).flatMap((id) => this.#registry.models(id));
  }

  /** Of the catalogue or the configuration, whether there is a credential or not. */
  getModel(provider: string, modelId: string): Model | undefined {
    return this.#registry.find(provider, modelId);
  }

  /** Those that could be called now, of one provider or of all. */
  async getAvailable(provider?: string): Promise<Model[]> {
    return this.getAvailableSnapshot().filter((model) => provider === undefined || model.provider === provider);
  }

  getAvailableSnapshot(): Model[] {
    return this.#registry.available();
  }

  /** Whether there is a credential, and where it comes from by name (`ANTHROPIC_API_KEY`, `auth.json`); never its value. */
  getProviderAuthStatus(provider: string): { configured: boolean; label?: string } {
    const label = this.#registry.credentialSource(provider);
    return label === undefined ? { configured: false } : { configured: true, label };
  }

  /**
   * One call to a model: no session, no tools run, no retries. A call that fails, also for want of a credential, is an answer with
   * `stopReason` `error` and an `errorMessage`.
   */
  stream(model: Model, context: Context, options: ModelStreamOptions = {}): ModelStream {
    return new ModelStream({
      model,
      context,
      options,
      silenceMs: this.#config.values.network.idleTimeoutMs,
      access: async (credential) => {
        const ready = await this.#registry.ready(model);
        return { model: ready, ...(await (await this.#accessToModels())(ready, credential)) };
      },
    });
  }

  async #accessToModels(): Promise<AccessTo> {
    const { createModelAccess } = await import("../../harness/models/model-access.ts");
    const { env, now } = this.#place;
    this.#access ??= createModelAccess({ config: this.#config, env, trace: undefined, now, registry: this.#registry });
    return this.#access;
  }

  /** The answer of `stream`. */
  complete(model: Model, context: Context, options?: ModelStreamOptions): Promise<AssistantMessage> {
    return this.stream(model, context, options).result();
  }

  /** The same as `stream`; the npm agent has both. */
  streamSimple(model: Model, context: Context, options?: ModelStreamOptions): ModelStream {
    return this.stream(model, context, options);
  }

  completeSimple(model: Model, context: Context, options?: ModelStreamOptions): Promise<AssistantMessage> {
    return this.complete(model, context, options);
  }

  hasConfiguredAuth(provider: string): boolean {
    return this.#registry.isAvailable(provider);
  }

  /** The registry of a session with these keys. */
  registryFor(place: Surroundings, config: Config): ModelRegistry {
    return registryWithKeys(place, config, this.#keys);
  }
}

/** Of the catalogue, whether there is a credential or not; at the address that the environment sets, where it sets one. */
export function getModel(provider: string, modelId: string): Model | undefined {
  const { env, agentDir, cwd } = surroundings();
  const providers = Object.create(null) as Config["providers"];
  addBaseUrls(providers, env);
  return new ModelRegistry({ config: { providers }, env, agentDir, cwd }).findListed(provider, modelId);
}

/** `keys`: by provider, as they are; they win over files and environment. */
export function registryWithKeys(place: Surroundings, config: Config, keys: Readonly<Record<string, string>>): ModelRegistry {
  const providers = Object.assign(Object.create(null), config.providers) as Config["providers"];
  for (const [id, key] of Object.entries(keys)) {
    // A base URL that a project's file sets stays marked as such: these keys do not go there.
    providers[id] = { ...(providers[id] ?? emptyProvider(id)), apiKey: { value: literal(key), origin: { kind: "command line" } } };
  }
  return new ModelRegistry({ config: { providers }, env: place.env, agentDir: place.agentDir, cwd: place.cwd });
}

/** A key that begins like a command or names a variable still means itself. */
function literal(key: string): string {
  const dollars = key.replaceAll("$", "$$$$");
  return dollars.startsWith("!") ? `$${dollars}` : dollars;
}
