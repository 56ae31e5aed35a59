// Which model a session starts with, and which ones it may fall back to. Called by start-session and inspect-launch.

import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { isPiError, messageOf, PiError } from "../../contracts/error.ts";
import type { ErrorCode } from "../../contracts/error-codes.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import { isoTime } from "../../contracts/text/iso-time.ts";
import type { CompactionSettings } from "../conversation/conversation-deps.ts";
import type { FallbackModel, FallbackSettings } from "../conversation/recovery-settings.ts";
import type { ModelRegistry } from "../models/model-registry.ts";
import { resolveModelScope } from "../models/model-scope.ts";
import { QuotaMemory } from "../models/quota-memory.ts";
import { findModel, selectModel } from "../models/select-model.ts";
import { nameOf } from "../recovery/fallback.ts";
import type { Launch } from "./launch.ts";

/** A model that stands for none: nothing can be asked of it. */
export const noModel: Model = {
  id: "unknown",
  name: "unknown",
  api: "unknown",
  provider: "unknown",
  baseUrl: "",
  reasoning: false,
  input: [],
  contextWindow: 0,
  maxTokens: 0,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
};

export interface ChosenModel {
  model: Model;
  thinkingLevel?: ThinkingLevel;
  why: string;
  warning?: string;
}

/** @throws PiError `auth.no_credential` naming what to do, where this model cannot be asked. */
export function requireUsable(model: Model, registry: ModelRegistry): void {
  if (model === noModel) {
    throw new PiError("auth.no_credential", "No API key found for the selected model.", {
      hint: "Set one (ANTHROPIC_API_KEY, OPENAI_API_KEY, …) and choose a model; scripted/demo needs none.",
    });
  }
  if (!registry.isAvailable(model.provider, true)) throw registry.missingCredential(model.provider);
}

export interface ModelNeeds {
  /** Also one without a credential, or none at all (`noModel`). */
  mayLackModel: boolean;
  /** By the caller of the library: whatever else says. */
  given?: Model;
}

export async function chooseModel(
  launch: Launch,
  recorded: RecordedModel | undefined,
  { mayLackModel, given }: ModelNeeds,
): Promise<ChosenModel> {
  const { options, config, registry } = launch;
  if (given !== undefined) return { model: given, why: "given by the caller" };
  const isRecorded = options.model === undefined && options.provider === undefined && recorded !== undefined;
  const pattern = isRecorded ? `${recorded.provider}/${recorded.modelId}` : options.model;
  const provider = isRecorded ? undefined : options.provider;
  const why = isRecorded ? { why: "the session's model" } : {};
  const scope = startingScope(launch);
  const deps = { registry, config, mustBeListed: options.isStrict };
  if (scope.first !== undefined && !isRecorded) return { ...scope.first, model: await registry.ready(scope.first.model), ...scope.told };
  try {
    return { ...scope.told, ...(await selectModel(pattern, provider, { ...deps, isRecorded })), ...why };
  } catch (error) {
    if (isRecorded && isPiError(error) && goneModel.includes(error.code)) {
      const other = await inPlaceOf(recorded, error.code, launch);
      if (other !== undefined) return other;
    }
    if (!mayLackModel || !isPiError(error)) throw error;
    const isLacking = lackingModel.includes(error.code);
    if (isLacking && pattern === undefined && config.values.model === undefined) return { model: noModel, why: "no credential for any" };
    if (isLacking) return { ...(await selectModel(pattern, provider, { ...deps, withoutCredential: true })), ...why };
    if (isRecorded) return { model: noModel, why: `the session's model ${pattern} is not known here` };
    throw error;
  }
}

const lackingModel: readonly string[] = ["auth.no_credential", "config.no_base_url"];
const goneModel: readonly string[] = ["usage.unknown_model", "usage.unknown_provider", "config.unsupported_api", ...lackingModel];

/** A session outlives its model: it goes on with the one that a new session would have. Nothing where there is none either. */
async function inPlaceOf(
  recorded: RecordedModel,
  code: ErrorCode,
  { options, config, registry }: Launch,
): Promise<ChosenModel | undefined> {
  const { gone, lost } = notRestored(recorded, code, options);
  try {
    const { model, thinkingLevel, why } = await selectModel(undefined, undefined, { registry, config });
    return { model, ...defined({ thinkingLevel }), why: `${gone}; ${why}`, warning: `${lost}; using ${nameOf(model)}` };
  } catch {
    return undefined;
  }
}

interface RecordedModel {
  provider: string;
  modelId: string;
}

/** @throws PiError of that code when strict. */
function notRestored(
  { provider, modelId }: RecordedModel,
  code: ErrorCode,
  { isStrict }: Launch["options"],
): { gone: string; lost: string } {
  const pattern = `${provider}/${modelId}`;
  const lack = code === "config.no_base_url" ? "for which no address is set" : "for which there is no credential";
  const reason = lackingModel.includes(code) ? lack : "which is not known here";
  const lost = `Could not restore model ${pattern}, ${reason}`;
  if (isStrict) throw new PiError(code, lost, { hint: "Name one with --model" });
  return { gone: `the session's model is ${pattern}, ${reason}`, lost };
}

/**
 * What the models to cycle through mean for a start: the first of them, where nothing else says which. A scope that was said for this run counts
 * more than the model of a file, and what it names in vain is told; with `--strict` it is an error.
 */
export function startingScope({ options, config, registry }: Launch): { first?: ChosenModel; told: { warning?: string } } {
  const { model: configured, models: patterns } = config.values;
  const wasSaid = scopeWasSaid(config);
  const isNamed = options.model !== undefined || options.provider !== undefined;
  if (patterns.length === 0 || (!wasSaid && (isNamed || configured !== undefined))) return { told: {} };
  const { models, warnings } = resolveModelScope(patterns, registry);
  if (wasSaid && warnings.length > 0 && options.isStrict) throw new PiError("usage.unknown_model", warnings.join(" "));
  const told = wasSaid && warnings.length > 0 ? { warning: warnings.join(" ") } : {};
  const [first] = models;
  if (isNamed || first === undefined) return { told };
  const standing = configured === undefined ? undefined : models.find(({ model }) => isCalled(configured, model, registry));
  return {
    first: {
      ...(standing ?? first),
      why: standing ? "configured, and one of the models to cycle through" : "the first of the models to cycle through",
    },
    told,
  };
}

/** Told at the start already. */
export function scopeWasSaid(config: Pick<Config, "origin">): boolean {
  return config.origin("models").kind === "command line";
}

function isCalled(pattern: string, { provider, id }: Model, registry: ModelRegistry): boolean {
  try {
    const { model } = findModel(pattern, undefined, registry);
    return model.provider === provider && model.id === id;
  } catch {
    return false;
  }
}

/** The session's own model where it can be had, else the one in force. */
export async function keptModel(
  { options, config, registry }: Launch,
  keep: { model: Model },
  recorded: RecordedModel | undefined,
): Promise<ChosenModel> {
  const kept = { model: keep.model, why: "kept from the session before" };
  if (recorded === undefined || (recorded.provider === keep.model.provider && recorded.modelId === keep.model.id)) return kept;
  try {
    const selected = await selectModel(`${recorded.provider}/${recorded.modelId}`, undefined, { registry, config, isRecorded: true });
    return { model: selected.model, why: "the session's model" };
  } catch (error) {
    if (!isPiError(error) || !goneModel.includes(error.code)) throw error;
    const { gone, lost } = notRestored(recorded, error.code, options);
    return { ...kept, why: `${gone}; ${kept.why}`, ...(keep.model !== noModel && { warning: `${lost}; using ${nameOf(keep.model)}` }) };
  }
}

/** The model for summaries is looked up when the first one is written. */
export function compactionSettings(config: Config, registry: ModelRegistry): CompactionSettings {
  const { model: pattern, ...compaction } = config.values.compaction;
  const settings = { ...compaction, branchReserveTokens: config.values.branchSummary.reserveTokens };
  if (pattern === undefined) return settings;
  return { ...settings, model: async () => (await selectModel(pattern, undefined, { registry, config })).model };
}

/**
 * Patterns are looked up at once, so that a misspelt one is known before it is needed. Rejects with `usage.unknown_fallback` when that is to be
 * an error.
 */
export async function fallbackSettings(
  { options, registry, config }: Launch,
  { warn, now }: Pick<FallbackSettings, "warn" | "now">,
): Promise<FallbackSettings> {
  const models = await fallbackModels(config.values.fallbackModels, { registry, config }, options.isStrict ? undefined : warn);
  return { count: models.length, models: async () => models, quotas: new QuotaMemory(options.agentDir, now), warn, now };
}

async function fallbackModels(
  patterns: readonly string[],
  deps: Pick<Launch, "registry" | "config">,
  warn: ((line: string) => void) | undefined,
): Promise<readonly FallbackModel[]> {
  const models: FallbackModel[] = [];
  for (const pattern of patterns) {
    try {
      const { warning, ...selected } = await selectModel(pattern, undefined, { ...deps, mustBeListed: warn === undefined });
      if (warning !== undefined) warn?.(warning);
      models.push(selected);
    } catch (error) {
      const line = `Fallback model ${pattern} cannot be used: ${messageOf(error)}`;
      if (warn === undefined) {
        const hint = isPiError(error) && error.hint !== undefined ? { hint: error.hint } : {};
        throw new PiError("usage.unknown_fallback", line, { ...hint, cause: error });
      }
      warn(line);
    }
  }
  return models;
}

/** A model whose quota is known to be spent is not even asked. */
export async function withQuota(chosen: ChosenModel, { count, models, quotas, warn }: FallbackSettings): Promise<ChosenModel> {
  const until = count === 0 ? undefined : quotas.spentUntil(nameOf(chosen.model));
  if (until === undefined) return chosen;
  const next = (await models()).find(({ model }) => quotas.spentUntil(nameOf(model)) === undefined);
  if (!next) return chosen;
  const { why: _, warning: __, ...rest } = chosen;
  warn(`The quota of ${nameOf(chosen.model)} is spent until ${isoTime(until)}; using ${nameOf(next.model)}`);
  return { ...rest, ...next, why: `fallback while the quota of ${nameOf(chosen.model)} is spent` };
}
