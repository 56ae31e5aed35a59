// Changing the model of a session that is under way: by name, or round about. Called by RPC mode and the library.

import { PiError } from "../../contracts/error.ts";
import type { Model, ThinkingLevel } from "../../contracts/model.ts";
import { nearestName } from "../../contracts/nearest.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { byFitness, fuzzyScore } from "./match-models.ts";
import type { ModelRegistry } from "./model-registry.ts";
import type { ScopedModel } from "./model-scope.ts";

/** The models of the session in force. */
export interface ModelChoice {
  readonly registry: ModelRegistry;
  /** Of `--models` and its kin; empty: all there are. */
  readonly scope: readonly ScopedModel[];
  readonly coding: { readonly conversation: Conversation };
  ready(model: Model): Promise<Model>;
}

const shownNear = 3;

/** The model of this very id, ready to be asked. @throws PiError `usage.unknown_model` with near ids, `auth.no_credential`, `config.no_base_url`. */
export async function usableModel(providerSaid: string, idSaid: string, registry: ModelRegistry): Promise<Model> {
  const parts = registry.hasProvider(providerSaid) ? undefined : registry.parts(`${providerSaid}/${idSaid}`);
  const { provider, id: modelId } = parts ?? { provider: providerSaid, id: idSaid };
  // Any id will do only where there is no list: a client that picks from a list has mistyped.
  const model = registry.hasList(provider) ? registry.findListed(provider, modelId) : registry.find(provider, modelId);
  if (model === undefined || !registry.speaks(model)) {
    const near = nearIds(provider, modelId, registry);
    throw new PiError("usage.unknown_model", `Model not found: ${provider}/${modelId}`, {
      ...(near.length === 0 ? {} : { hint: `Did you mean ${near.join(", ")}?` }),
    });
  }
  if (!registry.isAvailable(provider, true)) throw registry.missingCredential(provider);
  return registry.ready(model);
}

/** What can be asked now; a scripted model in force is one of them although it needs no credential. */
export function usableModels({ registry, coding }: Pick<ModelChoice, "registry" | "coding">): Model[] {
  const available = registry.available();
  const isKnown = available.some((one) => isSame(one, coding.conversation.model));
  return coding.conversation.model.provider === "scripted" && !isKnown ? [...available, coding.conversation.model] : available;
}

/** Changes to the model behind the one in force, or before it; `null` where there is no other. */
export async function cycleModel(
  choice: ModelChoice,
  step: 1 | -1 = 1,
): Promise<{ model: Model; thinkingLevel: ThinkingLevel; isScoped: boolean } | null> {
  const isScoped = choice.scope.length > 0;
  const candidates: readonly ScopedModel[] = isScoped ? choice.scope : usableModels(choice).map((model) => ({ model }));
  const { coding } = choice;
  const at = candidates.findIndex(({ model }) => isSame(model, coding.conversation.model));
  const next = candidates.at(step === 1 ? (at + 1) % candidates.length : at < 0 ? -1 : at - 1);
  if (next === undefined || isSame(next.model, coding.conversation.model)) return null;
  const model = await choice.ready(next.model);
  coding.conversation.choices.setModel(model, "cycle");
  if (next.thinkingLevel !== undefined) coding.conversation.choices.setThinkingLevel(next.thinkingLevel);
  return { model, thinkingLevel: coding.conversation.thinkingLevel, isScoped };
}

function isSame(one: Model, other: Model): boolean {
  return one.provider === other.provider && one.id === other.id;
}

function nearIds(provider: string, modelId: string, registry: ModelRegistry): string[] {
  if (!registry.hasProvider(provider)) {
    const near = nearestName(provider, registry.providers());
    return near === undefined ? [] : [`${near}/${modelId}`];
  }
  const models = registry.models(provider);
  const typo = nearestName(
    modelId,
    models.map((model) => model.id),
  );
  const matching = models
    .filter((model) => fuzzyScore(modelId, model) > 0)
    .sort(byFitness(modelId))
    .map((model) => model.id);
  const ids = [...new Set([...(typo === undefined ? [] : [typo]), ...matching])].slice(0, shownNear);
  return ids.map((id) => `${provider}/${id}`);
}
