// The models that cycling goes through (`--models`, the setting `models`). Called by the harness; order is that of the patterns.

import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import { matchesGlob, splitLevel } from "./match-models.ts";
import type { ModelRegistry } from "./model-registry.ts";
import { findModel } from "./select-model.ts";

export interface ScopedModel {
  model: Model;
  thinkingLevel?: ThinkingLevel;
}

export interface ModelScope {
  models: ScopedModel[];
  /** One line for each pattern that names nothing usable. */
  warnings: string[];
}

/** Globs go over the available models; a plain pattern names one model, or that of each provider that offers it. */
export function resolveModelScope(patterns: readonly string[], registry: ModelRegistry): ModelScope {
  const scope: ModelScope = { models: [], warnings: [] };
  const available = registry.available();
  for (const written of patterns) {
    const { pattern, level } = splitLevel(written);
    const found = /[*?]/.test(pattern)
      ? available.filter((model) => matchesGlob(pattern, model))
      : plainMatches(written, pattern, available, registry);
    if (found.length === 0) scope.warnings.push(`No available model matches "${written}".`);
    for (const model of found) {
      if (scope.models.some((one) => one.model.provider === model.provider && one.model.id === model.id)) continue;
      scope.models.push(level === undefined || model.id === written ? { model } : { model, thinkingLevel: level });
    }
  }
  return scope;
}

function plainMatches(written: string, pattern: string, available: readonly Model[], registry: ModelRegistry): Model[] {
  for (const name of [written, pattern]) {
    const exact = available.filter((model) => model.id === name || `${model.provider}/${model.id}` === name);
    if (exact.length > 0) return exact;
  }
  try {
    const { model } = findModel(pattern, undefined, registry);
    return registry.isAvailable(model.provider) && registry.speaks(model) ? [model] : [];
  } catch {
    // Unknown or ambiguous: told as a pattern that names nothing.
    return [];
  }
}
