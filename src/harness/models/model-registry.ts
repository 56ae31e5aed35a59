// All models that can be named: catalogue, vendors and configuration put together, a provider at a time. Made once a run by the harness;
// selection, listing and credentials ask it. Invariant: a provider nobody asks for is not read.

import { Accounts, type CredentialWish } from "../../accounts/accounts.ts";
import { providerOfAccount, type StoredKey, type StoredToken } from "../../accounts/auth-file.ts";
import { noCredential } from "../../accounts/credentials.ts";
import type { Flow, LoginFlow, OwnKey } from "../../accounts/flows/flow.ts";
import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { Api, Model } from "../../contracts/model.ts";
import type { Credential } from "../../contracts/model-request.ts";
import type { Provider } from "../../contracts/provider.ts";
import type { FlowEndpoints, ModelSettings, ProviderSettings } from "../../contracts/provider-settings.ts";
import { echoed } from "../../contracts/text/echoed.ts";
import { withoutUrlSecrets } from "../../contracts/text/url-secrets.ts";
import type { Env } from "../../platform/paths.ts";
import {
  catalogCacheDirectory,
  catalogHolders,
  catalogModel,
  catalogModels,
  catalogProviders,
  isInCatalog,
} from "../../providers/catalog.ts";
import { nearestKin } from "../../providers/nearest-kin.ts";
import { knownApis } from "../../providers/registry.ts";
import { variablesOf } from "../../providers/vendor.ts";
import { apiAliases, type Vendor, vendorByAlias, vendors } from "../../providers/vendors.ts";
import { learnSecrets } from "./known-secrets.ts";
import { applySettings, namesIn, variablesIn } from "./model-settings.ts";
import { demoModel, free, scriptedModel } from "./scripted-model.ts";

export interface ModelRegistryInput {
  /** `values` say how the network is reached where a sign-in is renewed. */
  config: Pick<Config, "providers"> & Partial<Pick<Config, "values">>;
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

/** What an extension has for a provider beside its settings. */
export interface BroughtParts {
  /** Its own way to be called. */
  stream?: Provider | undefined;
  flow?: Flow | undefined;
  key?: OwnKey | undefined;
  /** Known when this is: whether there is a key in the surroundings. */
  learned?: Promise<void> | undefined;
  refreshModels?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** The models as they are for whoever has this account. */
  modelsFor?: ((models: readonly Model[], stored: StoredKey | StoredToken | undefined) => readonly Model[]) | undefined;
  /** Those of them that can be called with it. */
  callable?: BroughtParts["modelsFor"];
}

const unknownModelDefaults = { contextWindow: 128_000, maxTokens: 16_384 };

export class ModelRegistry {
  readonly #input: ModelRegistryInput;
  readonly #cacheDir: string;
  /** Those of the configuration, with what extensions have put in their place. */
  readonly #providers: Config["providers"];
  readonly #brought = new Map<string, BroughtParts>();
  readonly #models = new Map<string, Model[]>();
  /** What servers had when they were asked; other ids are as good there. */
  readonly #served = new Map<string, readonly ModelSettings[]>();
  readonly #accounts: Accounts;

  constructor(input: ModelRegistryInput) {
    this.#input = input;
    this.#cacheDir = catalogCacheDirectory(input.agentDir);
    this.#providers = Object.assign(Object.create(null), input.config.providers) as Config["providers"];
    learnSecrets(input);
    this.#accounts = new Accounts({
      ...input,
      providers: this.#providers,
      vendorOf,
      flowOf: (id) => this.#brought.get(id)?.flow,
      keyOf: (id) => this.#brought.get(id)?.key,
      fetch: async () => {
        const { createFetch } = await import("../../platform/network/fetch.ts");
        const { proxy = "", caFile = "" } = input.config.values?.network ?? {};
        return createFetch({ env: input.env, proxy, caFile });
      },
    });
  }

  /** In place of what configuration says of the provider, with what an extension brings for it. Nothing: taken back. */
  setProvider(id: string, settings: ProviderSettings | undefined, brought?: BroughtParts): void {
    const inForce = settings ?? this.#input.config.providers[id];
    if (inForce === undefined) delete this.#providers[id];
    else this.#providers[id] = inForce;
    if (settings !== undefined) learnSecrets({ env: this.#input.env, config: { providers: { [id]: settings } } });
    if (brought === undefined) this.#brought.delete(id);
    else this.#brought.set(id, brought);
    this.#models.delete(id);
  }

  get env(): Env {
    return this.#input.env;
  }

  /** The way to call a model that its provider brings. */
  streamOf(model: Model): Provider | undefined {
    return this.#brought.get(model.provider)?.stream;
  }

  /** How to sign in to a provider, where that can be done. */
  flow(providerId: string): Promise<Flow | undefined> {
    return this.#accounts.flow(providerId);
  }

  /** How its key is asked for, where that is more than the key. */
  keyFlow(providerId: string): LoginFlow | undefined {
    return this.#brought.get(providerId)?.key?.flow;
  }

  /** What is stored of a provider's account. */
  storedAccount(providerId: string): StoredKey | StoredToken | undefined {
    return this.#accounts.stored(providerId);
  }

  /** Whether a stored sign-in is used at all. */
  usesToken(providerId: string, token: StoredToken): boolean {
    return this.#accounts.usesToken(providerId, token);
  }

  /** All that was registered so far knows whether there is a key for it. */
  async learned(): Promise<void> {
    await Promise.all([...this.#brought.values()].map(({ learned }) => learned));
  }

  /** Has providers that know how look again which models there are. What one cannot be asked for is told, and its list stays. */
  async refreshModels(signal: AbortSignal, failed: (providerId: string, error: unknown) => void): Promise<void> {
    const asked = [...this.#brought.keys()].map((id) => this.refreshModelsOf(id, signal, failed));
    await Promise.all([...asked, this.refreshServed(signal, failed)]);
  }

  /** The same of one that an extension has brought. */
  async refreshModelsOf(id: string, signal: AbortSignal, failed: (providerId: string, error: unknown) => void): Promise<void> {
    try {
      await this.#brought.get(id)?.refreshModels?.(signal);
    } catch (error) {
      failed(id, error);
    }
  }

  /** The same of servers of the user's own alone: those that say which models they have loaded, where one was set up or asked before. */
  async refreshServed(signal: AbortSignal, failed: (providerId: string, error: unknown) => void): Promise<void> {
    const { env, config } = this.#input;
    const { values } = config;
    const isMeant = (id: string): boolean =>
      this.#settings(id) !== undefined || this.#served.has(id) || this.credentialSource(id) !== noCredential.source;
    if (values === undefined) return;
    const asked = Object.keys(vendors).map(async (id) => {
      if (vendorOf(id)?.saysLoaded !== true || !isMeant(id)) return;
      try {
        const { llamaRouter, servedModels } = await import("./llama-router.ts");
        const router = await llamaRouter(id, { registry: this, config: { values }, env });
        this.setServed(id, servedModels(await router.models(signal, { orSingle: true })));
      } catch (error) {
        failed(id, error);
      }
    });
    await Promise.all(asked);
  }

  /** In place of what the server had before. */
  setServed(id: string, models: readonly ModelSettings[]): void {
    this.#served.set(id, models);
    this.#models.delete(id);
  }

  /** The id of a provider, by that or by the name that the npm agent has for it. */
  providerId(said: string): string {
    return this.hasProvider(said) ? said : (vendorByAlias(said) ?? said);
  }

  /** What is said of a provider; nothing of one that only the catalogue knows. */
  settingsOf(providerId: string): ProviderSettings | undefined {
    return this.#settings(providerId);
  }

  /** Ids of all providers: of configuration, of the catalogue, of the vendors. */
  providers(): string[] {
    return [...new Set([...Object.keys(this.#providers), ...catalogProviders(this.#cacheDir), ...Object.keys(vendors)])];
  }

  hasProvider(id: string): boolean {
    return id === "scripted" || vendorOf(id) !== undefined || Object.hasOwn(this.#providers, id) || isInCatalog(id, this.#cacheDir);
  }

  /** A full name in its parts, where a provider is known by the first of them; ids of both may have slashes, and the longest one counts. */
  parts(name: string): { provider: string; id: string } | undefined {
    for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1)) {
      const provider = this.providerId(name.slice(0, at));
      if (this.hasProvider(provider)) return { provider, id: name.slice(at + 1) };
    }
    return undefined;
  }

  /** Providers with a credential, or that need none and were configured. */
  availableProviders(): string[] {
    const isSetUp = (id: string): boolean => vendorOf(id)?.keyless !== true || this.#settings(id) !== undefined || this.#served.has(id);
    return this.providers().filter((id) => this.isAvailable(id) && isSetUp(id));
  }

  /** Whether a call could be paid for; looks at `--api-key` only when asked to. */
  isAvailable(providerId: string, withApiKey = false): boolean {
    return providerId === "scripted" || this.#accounts.has(providerId, withApiKey);
  }

  models(providerId: string): Model[] {
    const { modelsFor } = this.#brought.get(providerId) ?? {};
    const models = this.#allModels(providerId);
    return modelsFor === undefined ? models : [...modelsFor(models, this.storedAccount(providerId))];
  }

  #allModels(providerId: string): Model[] {
    const known = this.#models.get(providerId);
    if (known !== undefined) return known;
    const settings = this.#settings(providerId);
    const said = settings?.models ?? [];
    const served = (this.#served.get(providerId) ?? []).filter(({ id }) => !said.some((one) => one.id === id));
    const own = [...said, ...served].map((model) => this.#fromSettings(providerId, model));
    const listed = catalogModels(providerId, this.#cacheDir)
      .filter((model) => !own.some((one) => one.id === model.id))
      .map((model) => this.#fromCatalogue(model, settings));
    const models = providerId === "scripted" ? [demoModel] : [...own, ...listed];
    this.#models.set(providerId, models);
    return models;
  }

  /** Those of the providers whose `models` would hold the id; cheaper than asking for them. */
  holders(providerIds: readonly string[], modelId: string): string[] {
    const listed = new Set(catalogHolders(providerIds, modelId, this.#cacheDir));
    return providerIds.filter((id) => listed.has(id) || this.#settings(id)?.models.some((model) => model.id === modelId) === true);
  }

  /** The model of this very id. A server of the user's own may have more models than are listed: there any id is one. */
  find(providerId: string, modelId: string): Model | undefined {
    if (providerId === "scripted") return modelId === "demo" ? demoModel : scriptedModel(modelId);
    const listed = this.findListed(providerId, modelId);
    return listed === undefined && modelId !== "" && this.takesAnyId(providerId) ? this.#fromSettings(providerId, { id: modelId }) : listed;
  }

  /** The same, of the models that are known by name. */
  findListed(providerId: string, modelId: string): Model | undefined {
    if (providerId === "scripted") return modelId === "demo" ? demoModel : undefined;
    if (this.#brought.get(providerId)?.modelsFor !== undefined) return this.models(providerId).find(({ id }) => id === modelId);
    const settings = this.#settings(providerId);
    const isMeant = ({ id }: ModelSettings): boolean => id === modelId;
    const own = settings?.models.find(isMeant) ?? this.#served.get(providerId)?.find(isMeant);
    if (own !== undefined) return this.#fromSettings(providerId, own);
    const listed = catalogModel(providerId, modelId, this.#cacheDir);
    return listed === undefined ? undefined : this.#fromCatalogue(listed, settings);
  }

  /** Whether an id that is not listed is none: what a server had at a time says nothing of others. */
  hasList(providerId: string): boolean {
    if (providerId === "scripted") return false;
    return this.#served.has(providerId) ? (this.#settings(providerId)?.models ?? []).length > 0 : this.models(providerId).length > 0;
  }

  /** A server of the user's own, whose models only it knows. */
  takesAnyId(providerId: string): boolean {
    if (vendorOf(providerId)?.keyless !== true && this.#settings(providerId)?.baseUrl === undefined) return false;
    return !isInCatalog(providerId, this.#cacheDir);
  }

  /** A model that is in no list, by the id that the service may know: the listed one that it is most like stands in for what is known of it. */
  unlisted(providerId: string, modelId: string): Model | undefined {
    if (vendorOf(providerId) === undefined && this.#settings(providerId)?.baseUrl === undefined) return undefined;
    const kin = nearestKin(
      modelId,
      this.models(providerId).filter((model) => this.speaks(model)),
    );
    return kin === undefined ? this.#fromSettings(providerId, { id: modelId }) : { ...kin, id: modelId, name: modelId };
  }

  speaks(model: Model): boolean {
    return this.streamOf(model) !== undefined || (this.#input.apis ?? knownApis).includes(model.api);
  }

  /** All models that a call could be made to now. */
  available(): Model[] {
    return this.availableProviders().flatMap((id) => {
      const models = this.models(id).filter((model) => this.speaks(model));
      return this.#brought.get(id)?.callable?.(models, this.storedAccount(id)) ?? models;
    });
  }

  /** Where the credential of a provider would come from, by name; nothing when there is none. Never its value. */
  credentialSource(providerId: string, withApiKey = false): string | undefined {
    return providerId === "scripted" ? noCredential.source : this.#accounts.source(providerId, withApiKey);
  }

  /** Environment variables that a provider is set up by: its keys, its address. */
  variablesOf(providerId: string): readonly string[] {
    const vendor = vendorOf(providerId);
    return vendor === undefined ? this.credentialVariables(providerId) : variablesOf(vendor);
  }

  /** Variables that hold the provider's credential. */
  credentialVariables(providerId: string): readonly string[] {
    return this.#accounts.variables(providerId);
  }

  /** @throws PiError `auth.no_credential` naming the variable to set, `auth.command`. */
  async credential(providerId: string): Promise<Credential> {
    return providerId === "scripted" ? noCredential : this.#accounts.credential(providerId);
  }

  /** The credential of an account, which may be another than the one in use: `openai#work`. */
  credentialOf(accountId: string, wish: Omit<CredentialWish, "accountId"> = {}): Promise<Credential> {
    return this.#accounts.credential(providerOfAccount(accountId), accountId.includes("#") ? { ...wish, accountId } : wish);
  }

  /** Addresses of a provider's sign-in, of the user's own. */
  endpoints(providerId: string): FlowEndpoints {
    return this.#accounts.endpoints(providerId);
  }

  missingCredential(providerId: string): PiError {
    return this.#accounts.missing(providerId);
  }

  /** The model as a request needs it: with its base URL known and variables and commands in headers replaced by what they give. */
  async ready(model: Model): Promise<Model> {
    if (model.api !== "scripted" && model.baseUrl === "") throw this.#missingBaseUrl(model.provider);
    const open = variablesIn(model.baseUrl);
    if (open.length > 0) throw this.#missingBaseUrl(model.provider, open);
    this.#checkAddress(model);
    const named = this.#asTheCustomerHasIt(model);
    if (model.headers === undefined) return named;
    return { ...named, headers: await this.#accounts.headers(model.provider, model.headers) };
  }

  /** Of what we call ourselves: what an extension's own code makes of an address is its own. */
  #checkAddress({ api, provider, baseUrl }: Model): void {
    const isOurs = api !== "scripted" && knownApis.includes(apiAliases[api] ?? api) && this.#brought.get(provider)?.stream === undefined;
    if (!isOurs || (/^https?:\/\/[^/\s]/i.test(baseUrl) && URL.canParse(baseUrl))) return;
    const made = this.#baseUrl(provider) === undefined ? variablesIn(this.#vendorBaseUrl(provider)) : [];
    throw new PiError("config.base_url", `The base URL of ${provider} is no web address: ${withoutUrlSecrets(echoed(baseUrl))}`, {
      hint: `It begins with https:// or http://${made.length === 0 ? "" : `, and of ${made.join(", ")} a name stands in it`}; pi inspect shows where it is set.`,
    });
  }

  /** Under the name and in the version that the environment says. */
  #asTheCustomerHasIt(model: Model): Model {
    const { env } = this.#input;
    const { namesVariable, versionVariable } = vendorOf(model.provider) ?? {};
    const requestName = namesVariable === undefined ? undefined : namesIn(env[namesVariable] ?? "", namesVariable).get(model.id);
    const version = versionVariable?.api === model.api ? env[versionVariable.name]?.trim() : undefined;
    if (version && !/^[\w.-]+$/.test(version)) {
      throw new PiError("config.wrong_type", `${versionVariable?.name} is no version of an API: ${echoed(version)}`, {
        hint: "Write one as the service names it, for example v1 or 2026-01-01-preview, or unset the variable.",
      });
    }
    if (!requestName && !version) return model;
    const glue = model.baseUrl.includes("?") ? "&" : "?";
    const isSaid = !version || /[?&]api-version=/.test(model.baseUrl);
    return {
      ...model,
      ...(requestName ? { requestName } : {}),
      ...(isSaid ? {} : { baseUrl: `${model.baseUrl}${glue}api-version=${encodeURIComponent(version)}` }),
    };
  }

  #settings(providerId: string): ProviderSettings | undefined {
    return this.#providers[providerId];
  }

  #fromCatalogue(model: Model, settings: ProviderSettings | undefined): Model {
    const spoken = apiAliases[model.api];
    const based: Model = { ...model, ...defined({ api: spoken }) };
    based.baseUrl = this.#baseUrl(model.provider) ?? this.#filled(model.baseUrl || this.#vendorBaseUrl(model.provider));
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
      baseUrl: this.#baseUrl(providerId) ?? this.#filled(known?.baseUrl || this.#vendorBaseUrl(providerId)),
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

  /** With the variables in it replaced by their values, where they have one. */
  #filled(baseUrl: string): string {
    return variablesIn(baseUrl).reduce((url, name) => {
      const value = this.#input.env[name]?.trim();
      return value ? url.replace(`{${name}}`, encodeURIComponent(value)) : url;
    }, baseUrl);
  }

  #vendorBaseUrl(providerId: string): string {
    return vendorOf(providerId)?.baseUrl ?? "";
  }

  #missingBaseUrl(providerId: string, open: readonly string[] = []): PiError {
    const variables = [...open, vendorOf(providerId)?.baseUrlVariable].filter((name) => name !== undefined);
    return new PiError("config.no_base_url", `The base URL of ${providerId} is not known.`, {
      hint: `Set ${[...variables, `base_url under [providers.${providerId}]`].join(" or ")}.`,
    });
  }
}

function vendorOf(providerId: string): Vendor | undefined {
  return Object.hasOwn(vendors, providerId) ? vendors[providerId] : undefined;
}
