// What configuration and variables say of a provider's models, read and put onto what is known of them. Called by the model registry. Pure.

import { PiError } from "../../contracts/error.ts";
import type { Model } from "../../contracts/model.ts";
import type { ModelSettings } from "../../contracts/provider-settings.ts";
import { echoed } from "../../contracts/text/echoed.ts";

export function applySettings(model: Model, said: Omit<ModelSettings, "id">): Model {
  const { cost, thinkingLevelMap, headers, dialect, samplingParamsByThinkingLevel, ...plain } = said;
  const merged: Model = { ...model, ...plain };
  if (cost !== undefined) merged.cost = { ...model.cost, ...cost };
  if (thinkingLevelMap !== undefined) merged.thinkingLevelMap = { ...model.thinkingLevelMap, ...thinkingLevelMap };
  if (samplingParamsByThinkingLevel !== undefined) {
    merged.samplingParamsByThinkingLevel = { ...model.samplingParamsByThinkingLevel, ...samplingParamsByThinkingLevel };
  }
  if (headers !== undefined) merged.headers = { ...model.headers, ...headers };
  if (dialect !== undefined) merged.dialect = { ...model.dialect, ...dialect };
  return merged;
}

/** Of `id=name,id=name`. */
export function namesIn(text: string, variable: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const pair of text.split(",")) {
    if (pair.trim() === "") continue;
    const [id, name, ...more] = pair.split("=").map((part) => part.trim());
    if (!id || !name || more.length > 0 || /[\s/?#]/.test(name)) {
      throw new PiError("config.wrong_type", `${variable} has an entry that is no id=name: ${echoed(pair.trim())}`, {
        hint: "Write a model's id and a deployment's name, with commas between several, for example gpt-5.4=my-deployment.",
      });
    }
    names.set(id, name);
  }
  return names;
}

/** Names of the environment variables that a base URL asks for. */
export function variablesIn(baseUrl: string): string[] {
  if (!baseUrl.includes("{")) return [];
  return [...baseUrl.matchAll(/\{([A-Z][A-Z0-9_]*)\}/g)].flatMap((match) => match[1] ?? []);
}
