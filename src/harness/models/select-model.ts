// Which model is meant: `provider/id`, an exact id, or a pattern, with an optional `:level`. Called for the run's model, for fallbacks and
// by RPC. Invariant: an exact name beats a pattern; among providers the one with credentials counts; two of them are refused with the list.

import { isPiError, PiError } from "../../contracts/error.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import { nearestName } from "../../contracts/nearest.ts";
import { describeOrigin, type SettingOrigin } from "../../contracts/provider-settings.ts";
import { defaultModels } from "./default-models.ts";
import { byFitness, fuzzyScore, idTail, splitLevel } from "./match-models.ts";
import type { ModelRegistry } from "./model-registry.ts";

export interface SelectedModel {
  model: Model;
  /** Of the `:level` suffix, not clamped. */
  thinkingLevel?: ThinkingLevel;
  /** For `pi inspect`. */
  why: string;
  /** What the user should know of it: the id stands in no list. */
  warning?: string;
}

export interface SelectModelDeps {
  registry: ModelRegistry;
  config: { values: { model?: string }; origin(key: string): SettingOrigin };
  /** For looking only: a model without a credential is no error. */
  withoutCredential?: boolean;
  /** Nobody wrote the name down just now, a session has it: one that is in no list any more is gone. */
  isRecorded?: boolean;
  /** `--strict`: an id that stands in no list is an error. */
  mustBeListed?: boolean;
}

/**
 * @throws PiError `usage.unknown_model`, `usage.unknown_provider`, `usage.ambiguous_model`, `config.unsupported_api`, `auth.no_credential`,
 * `config.no_base_url`: all with exit status 2.
 */
export async function selectModel(
  pattern: string | undefined,
  providerSaid: string | undefined,
  deps: SelectModelDeps,
): Promise<SelectedModel> {
  const { registry } = deps;
  const provider = providerSaid === undefined ? undefined : registry.providerId(providerSaid);
  if (provider !== undefined && !registry.hasProvider(provider)) throw unknownProvider(provider, registry);
  const selected = chooseModel(pattern, provider, deps);
  const { model } = selected;
  if (selected.warning !== undefined && deps.mustBeListed) {
    throw new PiError("usage.unknown_model", `Model "${model.provider}/${model.id}" is in no list`, {
      hint: "Use --list-models to see available models; without --strict it is asked for by this id",
    });
  }
  if (!registry.speaks(model)) {
    throw new PiError("config.unsupported_api", `Model "${model.provider}/${model.id}" speaks ${model.api}, which is not supported.`, {
      hint: "Use --list-models to see available models.",
    });
  }
  if (deps.withoutCredential) return selected;
  if (!registry.isAvailable(model.provider, true)) throw registry.missingCredential(model.provider);
  return { ...selected, model: await registry.ready(model) };
}

function chooseModel(pattern: string | undefined, provider: string | undefined, deps: SelectModelDeps): SelectedModel {
  const { registry, config } = deps;
  if (pattern !== undefined) return deps.isRecorded ? recordedModel(pattern, registry) : findModel(pattern, provider, registry);
  const configured = config.values.model;
  if (configured !== undefined && (provider === undefined || configured.startsWith(`${provider}/`))) {
    const found = configuredModel(configured, provider, deps);
    return { ...found, why: `model = "${configured}" (${describeOrigin(config.origin("model"))}); ${found.why}` };
  }
  return startingModel(provider, registry);
}

/** An error says where the name stands that nobody typed in this run. */
function configuredModel(configured: string, provider: string | undefined, { registry, config }: SelectModelDeps): SelectedModel {
  try {
    return findModel(configured, provider, registry);
  } catch (error) {
    if (!isPiError(error)) throw error;
    const origin = `It is the model of ${describeOrigin(config.origin("model"))}`;
    throw new PiError(error.code, error.message, { hint: error.hint === undefined ? origin : `${error.hint} ${origin}`, cause: error });
  }
}

/** @throws PiError `usage.unknown_model`, `usage.ambiguous_model`. */
export function findModel(pattern: string, provider: string | undefined, registry: ModelRegistry): SelectedModel {
  const { pattern: bare, level } = splitLevel(pattern);
  const { find, findListed } = lookups(registry);
  const found = exactly(pattern, provider, registry, level === undefined ? find : findListed);
  if (found !== undefined) return warned(found, registry);
  const matched =
    (level === undefined ? undefined : exactly(bare, provider, registry, find)) ??
    loosely(bare, provider, registry) ??
    asWritten(bare, provider, registry);
  if (matched === undefined) throw unknownModel(pattern, provider, registry);
  return warned(level === undefined ? matched : { ...matched, thinkingLevel: level }, registry);
}

/** This very model and none that is like it: a session does not change to another without a word. */
function recordedModel(name: string, registry: ModelRegistry): SelectedModel {
  const { provider, id } = registry.parts(name) ?? { provider: "", id: name };
  const model = registry.findListed(provider, id) ?? (registry.hasList(provider) ? undefined : registry.find(provider, id));
  if (model === undefined) throw unknownModel(name, undefined, registry);
  return { model, why: `recorded: ${name}` };
}

/** An id written out behind its provider, which no list has yet. What differs from a listed one by a slip of the hand is no such id. */
function asWritten(name: string, provider: string | undefined, registry: ModelRegistry): SelectedModel | undefined {
  const prefix = provider ?? registry.parts(name)?.provider ?? "";
  const id = prefix !== "" && name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : name;
  if (!registry.hasProvider(prefix) || !/^[\w.:@/+-]+$/.test(id) || id === "") return undefined;
  const near = nearestName(
    id,
    registry.models(prefix).map((model) => model.id),
  );
  if (near !== undefined && isSlip(id, near)) return undefined;
  const model = registry.unlisted(prefix, id);
  return model === undefined ? undefined : { model, why: `written out: ${prefix}/${id}`, warning: notListed(model) };
}

/** Whether a word of the id is one of the other's misspelt; a new version has the same words and other numbers. */
function isSlip(id: string, listed: string): boolean {
  const words = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];
  const known = words(listed);
  return words(id).some((word) => !known.includes(word) && nearestName(word, known) !== undefined);
}

/** A server of the user's own may have more models than he has listed, and it may not. */
function warned(selected: SelectedModel, registry: ModelRegistry): SelectedModel {
  const { provider, id } = selected.model;
  if (selected.warning !== undefined || provider === "scripted" || !registry.takesAnyId(provider)) return selected;
  if (!registry.hasList(provider) || registry.findListed(provider, id) !== undefined) return selected;
  return { ...selected, warning: notListed(selected.model) };
}

function notListed({ provider, id, contextWindow }: Model): string {
  return `Model "${provider}/${id}" is in no list; it is asked for by this id, with a window of ${contextWindow} tokens assumed`;
}

type Lookup = (providerId: string, modelId: string) => Model | undefined;

/** An id that ends like a level is one only where it is known by name: `local/qwen:high` means the level. */
function lookups(registry: ModelRegistry): { find: Lookup; findListed: Lookup } {
  return { find: (provider, id) => registry.find(provider, id), findListed: (provider, id) => registry.findListed(provider, id) };
}

function exactly(name: string, provider: string | undefined, registry: ModelRegistry, find: Lookup): SelectedModel | undefined {
  if (name === "demo" && (provider ?? "scripted") === "scripted") return exact(find("scripted", "demo"));
  if (provider !== undefined) {
    const own = name.startsWith(`${provider}/`) ? find(provider, name.slice(provider.length + 1)) : undefined;
    return exact(registry.findListed(provider, name) ?? own ?? find(provider, name));
  }
  const parts = registry.parts(name);
  const named = parts && find(parts.provider, parts.id);
  if (named !== undefined && registry.isAvailable(named.provider)) return exact(named);
  const available = registry.holders(registry.availableProviders(), name);
  if (named !== undefined && available.length === 0) return exact(named);
  const [holder, ...others] = available.length > 0 ? available : registry.holders(registry.providers(), name);
  if (holder === undefined) return undefined;
  if (others.length > 0)
    throw ambiguous(
      name,
      [holder, ...others].map((id) => `${id}/${name}`),
    );
  return exact(registry.findListed(holder, name));
}

function exact(model: Model | undefined): SelectedModel | undefined {
  return model === undefined ? undefined : { model, why: `named exactly: ${model.provider}/${model.id}` };
}

function loosely(pattern: string, provider: string | undefined, registry: ModelRegistry): SelectedModel | undefined {
  if (provider !== undefined)
    return bestOf(pattern.startsWith(`${provider}/`) ? pattern.slice(provider.length + 1) : pattern, [provider], registry);
  const parts = registry.parts(pattern);
  if (parts !== undefined) {
    const within = bestOf(parts.id, [parts.provider], registry);
    if (within !== undefined) return within;
  }
  const available = registry.availableProviders();
  return (
    bestOf(pattern, available, registry) ??
    bestOf(
      pattern,
      registry.providers().filter((id) => !available.includes(id)),
      registry,
    )
  );
}

/** The best match of the one provider that has any. Ids that carry their maker's name (a gateway's) count only where no plain one matches. */
function bestOf(pattern: string, providers: readonly string[], registry: ModelRegistry): SelectedModel | undefined {
  const matching = providers
    .flatMap((id) => registry.models(id))
    .filter((model) => registry.speaks(model) && fuzzyScore(pattern, model) > 0);
  const tiers = [
    matching.filter((model) => idTail(model.id).toLowerCase() === pattern.toLowerCase()),
    matching.filter((model) => !model.id.includes("/")),
    matching,
  ];
  const candidates = tiers.find((tier) => tier.length > 0);
  if (candidates === undefined) return undefined;
  const best = candidates.sort(byFitness(pattern));
  const [first, ...others] = [...new Set(best.map((model) => model.provider))].flatMap(
    (id) => best.find((model) => model.provider === id) ?? [],
  );
  if (first === undefined) return undefined;
  if (others.length > 0)
    throw ambiguous(
      pattern,
      [first, ...others].map((model) => `${model.provider}/${model.id}`),
    );
  return { model: first, why: `best match for "${pattern}" at ${first.provider}` };
}

function startingModel(provider: string | undefined, registry: ModelRegistry): SelectedModel {
  const providers = provider === undefined ? registry.availableProviders() : [provider];
  const listed = defaultModels.filter(([id]) => providers.includes(id)).map(([id]) => id);
  const unlisted = providers.filter((id) => !listed.includes(id));
  for (const id of [...listed, ...unlisted]) {
    const preferred = defaultModels.find(([one]) => one === id)?.[1];
    // By its name: one line of the catalogue is read in place of all.
    const named = preferred === undefined ? undefined : registry.findListed(id, preferred);
    const model = named !== undefined && registry.speaks(named) ? named : registry.models(id).find((one) => registry.speaks(one));
    if (model === undefined) continue;
    const reason = provider === undefined ? "the first provider with a credential" : "named by --provider";
    return { model, why: `default model of ${id}, ${reason}` };
  }
  if (provider !== undefined)
    throw new PiError("usage.no_model", `Provider "${provider}" has no model to start with.`, { hint: "Name one with --model." });
  throw noCredentials(registry);
}

function noCredentials(registry: ModelRegistry): PiError {
  const variables = ["anthropic", "openai", "google"].flatMap(
    (id) => registry.credentialVariables(id).find((name) => name.endsWith("KEY")) ?? [],
  );
  return new PiError("auth.no_credential", "No model to use: no API key found.", {
    hint: `Set ${variables.join(", ")} or another provider's variable, or try --model demo, which needs none.`,
  });
}

function unknownModel(pattern: string, provider: string | undefined, registry: ModelRegistry): PiError {
  const name = provider === undefined || pattern.startsWith(`${provider}/`) ? pattern : `${provider}/${pattern}`;
  const near = nearModels(splitLevel(name).pattern, registry);
  return new PiError("usage.unknown_model", `Model "${name}" not found. Use --list-models to see available models.`, {
    ...(near.length === 0 ? {} : { hint: `Did you mean ${near.join(" or ")}?` }),
  });
}

function nearModels(name: string, registry: ModelRegistry): string[] {
  const parts = registry.parts(name);
  const models = (parts === undefined ? registry.providers() : [parts.provider]).flatMap((id) => registry.models(id));
  const full = nearestName(
    name,
    models.map((model) => `${model.provider}/${model.id}`),
  );
  if (full !== undefined) return [full];
  const byId = nearestName(
    parts?.id ?? name,
    models.map((model) => model.id),
  );
  return models
    .filter((model) => model.id === byId)
    .slice(0, 1)
    .map((model) => `${model.provider}/${model.id}`);
}

function unknownProvider(provider: string, registry: ModelRegistry): PiError {
  const near = nearestName(provider, [...registry.providers(), "scripted"]);
  return new PiError("usage.unknown_provider", `Unknown provider "${provider}".`, {
    hint: near === undefined ? 'Use "pi models --all" to see all providers.' : `Did you mean ${near}?`,
  });
}

function ambiguous(pattern: string, names: readonly string[]): PiError {
  const shown = names.slice(0, 8);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : "";
  return new PiError("usage.ambiguous_model", `Model "${pattern}" is ambiguous: ${shown.join(", ")}${more}.`, {
    hint: "Name the provider too, or use --provider.",
  });
}
