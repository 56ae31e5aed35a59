import { expect, test } from "vitest";
import { addUsage, emptyUsage, type Prices, priceUsage } from "../../src/contracts/usage.ts";

const prices: Prices = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
const counts = { input: 1_000_000, output: 100_000, cacheRead: 2_000_000, cacheWrite: 400_000 };

test("prices are per million tokens; the total of tokens is that of all kinds", () => {
  const usage = priceUsage(counts, prices);
  expect(usage.totalTokens).toBe(3_500_000);
  expect(usage.cost).toEqual({ input: 3, output: 1.5, cacheRead: 0.6, cacheWrite: 1.5, total: 6.6, totalFromProvider: false });
});

test("what the service says wins", () => {
  const usage = priceUsage({ ...counts, totalTokens: 7, costTotal: 0.5 }, prices);
  expect(usage).toMatchObject({ totalTokens: 7, cost: { input: 3, total: 0.5, totalFromProvider: true } });
  expect("costTotal" in usage).toBe(false);
  expect(priceUsage({ ...counts, costTotal: 0 }, prices).cost.total).toBe(0);
});

test("one-hour cache writes cost twice the input price", () => {
  expect(priceUsage({ ...counts, cacheWrite1h: 100_000 }, prices).cost.cacheWrite).toBeCloseTo((300_000 * 3.75 + 100_000 * 6) / 1e6, 12);
});

test("a tier holds above its threshold, the highest one reached, for all of the call", () => {
  const tier = (inputTokensAbove: number, input: number) => ({ inputTokensAbove, input, output: 0, cacheRead: 0, cacheWrite: 0 });
  const tiered = { ...prices, tiers: [tier(500, 10), tier(100, 6), tier(9_000, 99)] };
  const inputPrice = (input: number, cacheRead = 0) =>
    priceUsage({ input, output: 0, cacheRead, cacheWrite: 0 }, tiered).cost.input / (input / 1e6);
  expect([100, 101, 500, 501].map((input) => Math.round(inputPrice(input)))).toEqual([3, 6, 6, 10]);
  expect(Math.round(inputPrice(50, 51))).toBe(6);
});

test("sums", () => {
  const a = { ...priceUsage(counts, prices), reasoning: 5 };
  const sum = addUsage(addUsage(a, a), emptyUsage());
  expect(sum).toMatchObject({ input: 2_000_000, totalTokens: 7_000_000, reasoning: 10, cost: { total: 13.2 } });
  expect("reasoning" in addUsage(emptyUsage(), emptyUsage())).toBe(false);
});
