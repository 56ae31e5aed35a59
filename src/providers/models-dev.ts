// The public models.dev format (https://models.dev/api.json, checked 2026-11) and our catalogue: takes over the facts it knows and keeps ours
// where it is silent. Called by refresh-catalog and scripts/update-catalog. Pure. Invariant: a model of ours is never dropped.

import { defined } from "../contracts/defined.ts";
import type { Model } from "../contracts/model.ts";
import type { Prices } from "../contracts/usage.ts";
import { nearestKin } from "./nearest-kin.ts";

/** Our provider ids and theirs, where they differ. */
const theirIds: Readonly<Record<string, string>> = {
  fireworks: "fireworks-ai",
  together: "togetherai",
  "vercel-ai-gateway": "vercel",
  zai: "zai-coding-plan",
};

/** Their id of one of our providers. */
function modelsDevProvider(providerId: string): string {
  return theirIds[providerId] ?? providerId;
}

/**
 * The provider's models with what `api` (the whole api.json) says of them; new ones are added with the wire format and base URL of the
 * nearest model we have. `undefined` when it does not know the provider.
 */
export function mergeModelsDev(providerId: string, ours: readonly Model[], api: unknown): Model[] | undefined {
  const theirs = table(table(api)?.[modelsDevProvider(providerId)])?.models;
  const listed = table(theirs);
  if (listed === undefined) return undefined;
  const merged = ours.map((model) => (Object.hasOwn(listed, model.id) ? updateModel(model, listed[model.id]) : model));
  const known = new Set(ours.map((model) => model.id));
  for (const [id, facts] of Object.entries(listed)) {
    const model = known.has(id) || !isUsable(facts) ? undefined : newModel(id, facts, providerId, ours);
    if (model !== undefined) merged.push(model);
  }
  return merged.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** One model a line, as `catalogModel` expects it. */
export function encodeCatalog(models: readonly Model[]): string {
  return `[\n${models.map((model) => JSON.stringify(model)).join(",\n")}\n]\n`;
}

/** Answers in text and calls tools: the others are of no use here. */
function isUsable(facts: unknown): boolean {
  const model = table(facts);
  const output = table(model?.modalities)?.output;
  return (
    model !== undefined && model.tool_call !== false && (!Array.isArray(output) || output.includes("text")) && model.status !== "deprecated"
  );
}

function updateModel(model: Model, facts: unknown): Model {
  const theirs = table(facts) ?? {};
  const limit = table(theirs.limit);
  const input = table(theirs.modalities)?.input;
  return {
    ...model,
    name: typeof theirs.name === "string" ? theirs.name : model.name,
    reasoning: typeof theirs.reasoning === "boolean" ? theirs.reasoning : model.reasoning,
    input: Array.isArray(input) && input.includes("text") ? (input.includes("image") ? ["text", "image"] : ["text"]) : model.input,
    contextWindow: positive(limit?.context) ?? model.contextWindow,
    maxTokens: positive(limit?.output) ?? model.maxTokens,
    cost: updatePrices(model.cost, theirs.cost),
  };
}

function newModel(id: string, facts: unknown, providerId: string, ours: readonly Model[]): Model | undefined {
  const kin = nearestKin(id, ours);
  if (kin === undefined) return undefined;
  const bare: Model = {
    id,
    name: id,
    api: kin.api,
    provider: providerId,
    baseUrl: kin.baseUrl,
    reasoning: false,
    input: ["text"],
    contextWindow: kin.contextWindow,
    maxTokens: kin.maxTokens,
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    ...defined({ headers: kin.headers, inputLimits: kin.inputLimits, dialect: kin.dialect }),
  };
  const model = updateModel(bare, facts);
  return model.reasoning && kin.reasoning && kin.thinkingLevelMap !== undefined
    ? { ...model, thinkingLevelMap: kin.thinkingLevelMap }
    : model;
}

function updatePrices(prices: Prices, theirs: unknown): Prices {
  const cost = table(theirs);
  if (cost === undefined) return prices;
  const updated: Prices = { ...prices, ...ratesOf(cost, prices) };
  const above = table(cost.context_over_200k);
  // A tier names all of its rates; ours at another threshold are kept beside it.
  if (above !== undefined) {
    const others = (prices.tiers ?? []).filter((tier) => tier.inputTokensAbove !== 200_000);
    const before = prices.tiers?.find((tier) => tier.inputTokensAbove === 200_000) ?? updated;
    updated.tiers = [...others, { inputTokensAbove: 200_000, ...ratesOf(above, before) }];
  }
  return updated;
}

function ratesOf(cost: Record<string, unknown>, ours: Omit<Prices, "tiers">): Omit<Prices, "tiers"> {
  return {
    input: rate(cost.input) ?? ours.input,
    output: rate(cost.output) ?? ours.output,
    cacheRead: rate(cost.cache_read) ?? ours.cacheRead,
    cacheWrite: rate(cost.cache_write) ?? ours.cacheWrite,
  };
}

function table(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function rate(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
