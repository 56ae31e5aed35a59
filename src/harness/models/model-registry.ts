// All models that can be named: catalogue, vendors and configuration put together, a provider at a time. Made once a run by the harness;
// selection, listing and credentials ask it. Invariant: a provider nobody asks for is not read.

import {
  type CredentialOptions,
  commandSource,
  credentialSource,
  hasCredential,
  resolveCredential,
  resolveSecretTexts,
} from "../../config/credentials.ts";
import type { Config } from "../../config/load-config.ts";
import type { ModelSettings, ProviderSettings } from "../../config/provider-settings.ts";
import { PiError } from "../../contracts/error.ts";
import type { Api, Model } from "../../contracts/model.ts";
import type { Credential } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import type { Env } from "../../platform/paths.ts";
import { catalogCacheDirectory, catalogHasModel, catalogModel, catalogModels, catalogProviders } from "../../providers/catalog.ts";
import { apiAliases, type Vendor, vendors } from "../../providers/vendors.ts";

export interface ModelRegistryInput {
  config: Pick<Config, "providers">;
  env: Env;
  agentDir: string;
  cwd: string;
  /** `--api-key`: for the model that is chosen, whatever its provider. */
  apiKey?: string;
  /** Unix ms. */
  now?: () => number;
  /** Wire formats that can be spoken. */
  apis?: readonly Api[];
}

const spokenApis: readonly Api[] = ["anthropic-messages", "openai-completions", "openai-responses", "google-generative-ai", "scripted"];

const commandKeepMs = 300_000;

const unknownModelDefaults = { contextWindow: 128_000, maxTokens: 16_384 };

export class ModelRegistry {
  readonly #input: ModelRegistryInput;
  readonly #cacheDir: string;
  /** Of extensions. */
  readonly #given = new Map<string, { settings: ProviderSettings; stream: Provider | undefined }>();
  readonly #models = new Map<string, Model[]>();
  /** A command is not run for every call, but often enough for tokens that expire. */
  readonly #fromCommands = new Map<string, { credential: Credential; untilMs: number }>();

  constructor(input: ModelRegistryInput) {
    this.#input = input;
    this.#cacheDir = catalogCacheDirectory(input.agentDir);
  }

  /** In place of what configuration says of the provider; `stream`: its own way to be called. Nothing: taken back. */
  setProvider(id: string, settings: ProviderSettings | undefined, stream?: Provider): void {
    if (settings === undefined) this.#given.delete(id);
    else this.#given.set(id, { settings, stream });
    this.#models.delete(id);
  }

  /** The way to call a model that its provider brings. */
  streamOf(model: Model): Provider | undefined {
    return this.#given.get(model.provider)?.stream;
  }

  /** What is said of a provider; nothing of one that only the catalogue knows. */
  settingsOf(providerId: string): ProviderSettings | undefined {
    return this.#settings(providerId);
  }

  /** Ids of all providers: of configuration, of the catalogue, of the vendors. */
  providers(): string[] {
    return [
      ...new Set([
        ...this.#given.keys(),
        ...Object.keys(this.#input.config.providers),
        ...catalogProviders(this.#cacheDir),
        ...Object.keys(vendors),
      ]),
    ];
  }

  hasProvider(id: string): boolean {
    return id === "scripted" || this.providers().includes(id);
  }

  /** Providers with a credential, or that need none and were configured. */
  availableProviders(): string[] {
    return this.providers().filter((id) => this.isAvailable(id) && (vendorOf(id)?.keyless !== true || this.#settings(id) !== undefined));
  }

  /** Whether a call could be paid for; looks at `--api-key` only when asked to. */
  isAvailable(providerId: string, withApiKey = false): boolean {
    if (providerId === "scripted") return true;
    return hasCredential(providerId, this.#credentialOptions(providerId, withApiKey));
  }

  models(providerId: string): Model[] {
    const known = this.#models.get(providerId);
    if (known !== undefined) return known;
    const settings = this.#settings(providerId);
    const own = (settings?.models ?? []).map((model) => this.#fromSettings(providerId, model));
    const listed = catalogModels(providerId, this.#cacheDir)
      .filter((model) => !own.some((one) => one.id === model.id))
      .map((model) => this.#fromCatalogue(model, settings));
    const models = providerId === "scripted" ? [demoModel] : [...own, ...listed];
    this.#models.set(providerId, models);
    return models;
  }

  /** Whether `models` would hold the id; cheaper than asking for them. */
  mayHave(providerId: string, modelId: string): boolean {
    return (
      this.#settings(providerId)?.models.some((model) => model.id === modelId) === true ||
      catalogHasModel(providerId, modelId, this.#cacheDir)
    );
  }

  /** The model of this very id. A server of the user's own may have more models than are listed: there any id is one. */
  find(providerId: string, modelId: string): Model | undefined {
    if (providerId === "scripted") return modelId === "demo" ? demoModel : scriptedModel(modelId);
    const listed = this.findListed(providerId, modelId);
    return listed === undefined && this.takesAnyId(providerId) ? this.#fromSettings(providerId, { id: modelId }) : listed;
  }

  /** The same, of the models that are known by name. */
  findListed(providerId: string, modelId: string): Model | undefined {
    if (providerId === "scripted") return modelId === "demo" ? demoModel : undefined;
    const settings = this.#settings(providerId);
    const own = settings?.models.find((model) => model.id === modelId);
    if (own !== undefined) return this.#fromSettings(providerId, own);
    const listed = catalogModel(providerId, modelId, this.#cacheDir);
    return listed === undefined ? undefined : this.#fromCatalogue(listed, settings);
  }

  /** A server of the user's own, whose models only it knows. */
  takesAnyId(providerId: string): boolean {
    if (catalogProviders(this.#cacheDir).includes(providerId)) return false;
    return vendorOf(providerId)?.keyless === true || this.#settings(providerId)?.baseUrl !== undefined;
  }

  speaks(model: Model): boolean {
    return this.streamOf(model) !== undefined || (this.#input.apis ?? spokenApis).includes(model.api);
  }

  /** All models that a call could be made to now. */
  available(): Model[] {
    return this.availableProviders().flatMap((id) => this.models(id).filter((model) => this.speaks(model)));
  }

  /** Where the credential of a provider would come from, by name; nothing when there is none. Never its value. */
  credentialSource(providerId: string, withApiKey = false): string | undefined {
    if (providerId === "scripted") return "none needed";
    return credentialSource(providerId, this.#credentialOptions(providerId, withApiKey));
  }

  /** Variables that hold the provider's credential. */
  credentialVariables(providerId: string): readonly string[] {
    return vendorOf(providerId)?.credentialVariables ?? [];
  }

  /** @throws PiError `auth.no_credential` naming the variable to set, `auth.command`. */
  async credential(providerId: string): Promise<Credential> {
    if (providerId === "scripted") return { kind: "none", value: "", source: "none needed" };
    const now = (this.#input.now ?? Date.now)();
    const kept = this.#fromCommands.get(providerId);
    if (kept !== undefined && now < kept.untilMs) return kept.credential;
    const options = this.#credentialOptions(providerId, true);
    const credential = await resolveCredential(providerId, options);
    if (credential === undefined) throw this.missingCredential(providerId);
    if (credential.source.startsWith(commandSource)) this.#fromCommands.set(providerId, { credential, untilMs: now + commandKeepMs });
    return credential;
  }

  missingCredential(providerId: string): PiError {
    const variable = this.credentialVariables(providerId).find((name) => name.endsWith("KEY")) ?? this.credentialVariables(providerId)[0];
    const projectFile = this.#settings(providerId)?.projectBaseUrlFile;
    const remedy =
      projectFile !== undefined
        ? `Its base URL is set by ${projectFile}, which must then set the key too`
        : variable !== undefined
          ? `Set ${variable}`
          : `Set api_key under [providers.${providerId}] in config.toml`;
    return new PiError("auth.no_credential", `No API key found for ${providerId}.`, {
      hint: `${remedy}, or try --model demo, which needs none.`,
    });
  }

  /** The model as a request needs it: with its base URL known and variables and commands in headers replaced by what they give. */
  async ready(model: Model): Promise<Model> {
    if (model.api !== "scripted" && model.baseUrl === "") throw this.#missingBaseUrl(model.provider);
    if (model.headers === undefined) return model;
    const headers = await resolveSecretTexts(model.headers, `A header of ${model.provider}:`, this.#input);
    return { ...model, headers };
  }

  #settings(providerId: string): ProviderSettings | undefined {
    return this.#given.get(providerId)?.settings ?? this.#input.config.providers[providerId];
  }

  #withGiven(providers: Config["providers"]): Config["providers"] {
    const all = Object.assign(Object.create(null), providers) as Config["providers"];
    for (const [id, { settings }] of this.#given) all[id] = settings;
    return all;
  }

  #credentialOptions(providerId: string, withApiKey: boolean): CredentialOptions {
    const { apiKey, env, config, agentDir, cwd, now } = this.#input;
    const vendor = vendorOf(providerId);
    return {
      env,
      config: this.#given.size === 0 ? config : { providers: this.#withGiven(config.providers) },
      agentDir,
      cwd,
      credentialVariables: vendor?.credentialVariables ?? [],
      bearerVariables: vendor?.bearerVariables ?? [],
      keyless: vendor?.keyless === true,
      ...(withApiKey && apiKey !== undefined ? { apiKey } : {}),
      ...(now === undefined ? {} : { now: now() }),
    };
  }

  #fromCatalogue(model: Model, settings: ProviderSettings | undefined): Model {
    const spoken = apiAliases[model.api];
    const based: Model = { ...model, ...(spoken === undefined ? {} : { api: spoken }) };
    based.baseUrl = this.#baseUrl(model.provider) ?? (model.baseUrl || this.#vendorBaseUrl(model.provider));
    const override = settings?.modelOverrides[model.id];
    return this.#withSettings(override === undefined ? based : applySettings(based, override), settings);
  }

  #fromSettings(providerId: string, said: ModelSettings): Model {
    const settings = this.#settings(providerId);
    const vendor = vendorOf(providerId);
    const known = catalogModel(providerId, said.id, this.#cacheDir);
    const base: Model = {
      id: said.id,
      name: said.id,
      api: settings?.api ?? known?.api ?? vendor?.api ?? "openai-completions",
      provider: providerId,
      baseUrl: this.#baseUrl(providerId) ?? (known?.baseUrl || this.#vendorBaseUrl(providerId)),
      reasoning: false,
      input: ["text"],
      ...unknownModelDefaults,
      cost: free,
    };
    return this.#withSettings(applySettings(base, said), settings);
  }

  #withSettings(model: Model, settings: ProviderSettings | undefined): Model {
    if (settings === undefined) return model;
    const headers = { ...settings.headers, ...model.headers };
    const dialect = { ...settings.dialect, ...model.dialect };
    return {
      ...model,
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      ...(Object.keys(dialect).length === 0 ? {} : { dialect }),
    };
  }

  /** What environment or configuration say, in this order. */
  #baseUrl(providerId: string): string | undefined {
    const variable = vendorOf(providerId)?.baseUrlVariable;
    return (variable === undefined ? undefined : this.#input.env[variable]) || this.#settings(providerId)?.baseUrl?.value;
  }

  #vendorBaseUrl(providerId: string): string {
    const vendor = vendorOf(providerId);
    const resource = vendor?.resourceVariable === undefined ? undefined : this.#input.env[vendor.resourceVariable];
    if (resource && vendor?.resourceUrl !== undefined) return vendor.resourceUrl.replace("{resource}", resource);
    return vendor?.baseUrl ?? "";
  }

  #missingBaseUrl(providerId: string): PiError {
    const vendor = vendorOf(providerId);
    const variables = [vendor?.baseUrlVariable, vendor?.resourceVariable].filter((name) => name !== undefined);
    return new PiError("config.no_base_url", `The base URL of ${providerId} is not known.`, {
      hint: `Set ${[...variables, `base_url under [providers.${providerId}]`].join(" or ")}.`,
    });
  }
}

function vendorOf(providerId: string): Vendor | undefined {
  return Object.hasOwn(vendors, providerId) ? vendors[providerId] : undefined;
}

const free = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

const demoModel: Model = {
  id: "demo",
  name: "Demo (embedded, offline)",
  api: "scripted",
  provider: "scripted",
  baseUrl: "",
  reasoning: false,
  input: ["text", "image"],
  contextWindow: 200_000,
  maxTokens: 16_384,
  cost: free,
};

/** Replays a trace: `id` is its file. */
function scriptedModel(file: string): Model {
  return { ...demoModel, id: file, name: `Trace ${file}`, reasoning: true };
}

function applySettings(model: Model, said: Omit<ModelSettings, "id">): Model {
  const { cost, thinkingLevelMap, headers, dialect, ...plain } = said;
  const merged: Model = { ...model, ...plain };
  if (cost !== undefined) merged.cost = { ...model.cost, ...cost };
  if (thinkingLevelMap !== undefined) merged.thinkingLevelMap = { ...model.thinkingLevelMap, ...thinkingLevelMap };
  if (headers !== undefined) merged.headers = { ...model.headers, ...headers };
  if (dialect !== undefined) merged.dialect = { ...model.dialect, ...dialect };
  return merged;
}
