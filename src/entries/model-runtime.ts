// The models and credentials that sessions of a caller share; names follow the npm agent's. Exported by `pi` and `pi/ai`.

import { dirname, resolve } from "node:path";
import { addBaseUrls, type Config, loadConfig } from "../config/load-config.ts";
import { emptyProvider } from "../config/provider-settings.ts";
import type { Model } from "../contracts/model.ts";
import { ModelRegistry } from "../harness/model-registry.ts";
import type { Env } from "../platform/paths.ts";
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
  readonly #config: Config;
  readonly #place: Surroundings;
  readonly #keys: Record<string, string> = {};
  #registry: ModelRegistry;

  private constructor(place: Surroundings, config: Config) {
    this.#place = place;
    this.#config = config;
    this.#registry = this.registryFor(place, config);
  }

  static async create(options: ModelRuntimeOptions = {}): Promise<ModelRuntime> {
    const file = options.authPath ?? options.modelsPath;
    const place = surroundings({ ...options, ...(file === undefined ? {} : { agentDir: dirname(resolve(file)) }) });
    return new ModelRuntime(place, await loadConfig(place));
  }

  get agentDir(): string {
    return this.#place.agentDir;
  }

  /** For this process only; wins over every other credential of the provider. */
  async setRuntimeApiKey(provider: string, key: string): Promise<void> {
    this.#keys[provider] = key;
    this.#registry = this.registryFor(this.#place, this.#config);
  }

  async removeRuntimeApiKey(provider: string): Promise<void> {
    delete this.#keys[provider];
    this.#registry = this.registryFor(this.#place, this.#config);
  }

  /** Of the catalogue or the configuration, whether there is a credential or not. */
  getModel(provider: string, modelId: string): Model | undefined {
    return this.#registry.find(provider, modelId);
  }

  /** Those that could be called now. */
  async getAvailable(): Promise<Model[]> {
    return this.#registry.available();
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
