// What a call cost, where the service itself tells it. Called by the decoders with the usage object of their format.
// Sources: https://openrouter.ai/docs/use-cases/usage-accounting, https://docs.x.ai/docs/key-information/usage, https://docs.perplexity.ai,
// https://vercel.com/docs/ai-gateway, https://deepinfra.com/docs (checked 2026-11). Invariant: pure; USD, the whole of it, or undefined.

import { isObject, type Json, objectOf } from "./json.ts";

export function toldCost(usage: Json): number | undefined {
  const { cost } = usage;
  if (isObject(cost)) return amountOf(cost.total_cost ?? cost.total) ?? sumOf(Object.values(cost));
  const told = amountOf(cost) ?? amountOf(usage.estimated_cost);
  if (told !== undefined) {
    const upstream = usage.is_byok === true ? upstreamCost(objectOf(usage.cost_details)) : 0;
    return upstream === undefined ? undefined : told + upstream;
  }
  const ticks = amountOf(usage.cost_in_usd_ticks);
  return ticks === undefined ? undefined : ticks / 1e10;
}

/** With a key of one's own at the maker, `cost` is the gateway's fee alone, and the maker's bill comes on top. */
function upstreamCost(details: Json): number | undefined {
  const parts = [details.upstream_inference_prompt_cost, details.upstream_inference_completions_cost];
  return amountOf(details.upstream_inference_cost) ?? sumOf(parts);
}

function sumOf(parts: readonly unknown[]): number | undefined {
  const amounts = parts.flatMap((part) => amountOf(part) ?? []);
  return amounts.length === 0 ? undefined : amounts.reduce((sum, amount) => sum + amount, 0);
}

/** Some tell money as text, so as not to lose digits. */
function amountOf(value: unknown): number | undefined {
  const amount = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof amount === "number" && Number.isFinite(amount) && amount >= 0 ? amount : undefined;
}
