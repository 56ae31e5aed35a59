import { expect, test } from "vitest";
import { RunningUsage } from "../../../src/providers/shared/running-usage.ts";
import { toldCost } from "../../../src/providers/shared/told-cost.ts";

test.each<[string, Record<string, unknown>, number | undefined]>([
  ["nothing told", { prompt_tokens: 1 }, undefined],
  ["OpenRouter", { cost: 0.25, is_byok: false, cost_details: { upstream_inference_cost: 0.25 } }, 0.25],
  ["OpenRouter with an own key", { cost: 0.25, is_byok: true, cost_details: { upstream_inference_cost: 1 } }, 1.25],
  [
    "OpenRouter with an own key, in parts",
    {
      cost: 0.25,
      is_byok: true,
      cost_details: { upstream_inference_cost: null, upstream_inference_prompt_cost: 1, upstream_inference_completions_cost: 2 },
    },
    3.25,
  ],
  ["OpenRouter with an own key, the fee alone", { cost: 0.25, is_byok: true }, undefined],
  ["as text", { cost: "0.5" }, 0.5],
  ["Perplexity", { cost: { input_tokens_cost: 1, output_tokens_cost: 2, request_cost: 4, total_cost: 7 } }, 7],
  ["parts without a sum", { cost: { input_tokens_cost: 1, output_tokens_cost: 2, request_cost: 4 } }, 7],
  ["DeepInfra", { estimated_cost: 0.125 }, 0.125],
  ["xAI", { cost_in_usd_ticks: 5_000_000_000 }, 0.5],
  ["no amount", { cost: -1 }, undefined],
  ["nor this", { cost: "free" }, undefined],
])("%s", (_name, usage, cost) => {
  expect(toldCost(usage)).toBe(cost);
});

test("usage in parts: what was told stays until more is told", () => {
  const usage = new RunningUsage();
  expect(usage.add({ input: 10, output: 1, details: { cached: 4 } })).toEqual({ input: 10, output: 1, details: { cached: 4 } });
  expect(usage.add({ input: 0, output: 7, details: { cached: 0, written: 2 }, extra: null })).toEqual({
    input: 10,
    output: 7,
    details: { cached: 4, written: 2 },
    extra: null,
  });
  expect(usage.add({ input: null, details: null })).toMatchObject({ input: 10, details: { cached: 4 } });
});
