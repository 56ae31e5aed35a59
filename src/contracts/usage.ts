// Tokens and money of one model call, and their sums. Pure.

/** USD. `totalFromProvider`: the service itself told the total. */
export interface Cost {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  total: number;
  totalFromProvider?: boolean;
}

/** Token counts. `input` excludes cached tokens; `reasoning` is already in `output`; `cacheWrite1h` is already in `cacheWrite`. */
export interface Usage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  cacheWrite1h?: number;
  reasoning?: number;
  totalTokens: number;
  cost: Cost;
}

/** Prices in USD per million tokens. A tier replaces them for a call whose input side (input + cache) is above its threshold. */
export interface Prices {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  tiers?: (Omit<Prices, "tiers"> & { inputTokensAbove: number })[];
}

/** Token counts without money, as a decoder reads them off the wire. */
export type TokenCounts = Omit<Usage, "cost" | "totalTokens"> & { totalTokens?: number; costTotal?: number };

export function emptyUsage(): Usage {
  return {
    input: 0,
    output: 0,
    cacheRead: 0,
    cacheWrite: 0,
    totalTokens: 0,
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
  };
}

/** Price a call. `counts.costTotal` (USD told by the service) wins over the computed total. */
export function priceUsage(counts: TokenCounts, prices: Prices): Usage {
  const inputSide = counts.input + counts.cacheRead + counts.cacheWrite;
  let rate: Omit<Prices, "tiers"> = prices;
  let threshold = -1;
  for (const tier of prices.tiers ?? []) {
    if (inputSide > tier.inputTokensAbove && tier.inputTokensAbove > threshold) {
      rate = tier;
      threshold = tier.inputTokensAbove;
    }
  }
  const input = (counts.input * rate.input) / 1e6;
  const output = (counts.output * rate.output) / 1e6;
  const cacheRead = (counts.cacheRead * rate.cacheRead) / 1e6;
  // One-hour cache writes cost twice the input rate at the only service that reports them (Anthropic price list, checked 2026-11).
  const longWrites = counts.cacheWrite1h ?? 0;
  const cacheWrite = ((counts.cacheWrite - longWrites) * rate.cacheWrite + longWrites * rate.input * 2) / 1e6;
  const { costTotal, totalTokens, ...tokens } = counts;
  return {
    ...tokens,
    totalTokens: totalTokens ?? inputSide + counts.output,
    cost: {
      input,
      output,
      cacheRead,
      cacheWrite,
      total: costTotal ?? input + output + cacheRead + cacheWrite,
      totalFromProvider: costTotal !== undefined,
    },
  };
}

export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Usage = {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    totalTokens: a.totalTokens + b.totalTokens,
    cost: {
      input: a.cost.input + b.cost.input,
      output: a.cost.output + b.cost.output,
      cacheRead: a.cost.cacheRead + b.cost.cacheRead,
      cacheWrite: a.cost.cacheWrite + b.cost.cacheWrite,
      total: a.cost.total + b.cost.total,
    },
  };
  const reasoning = (a.reasoning ?? 0) + (b.reasoning ?? 0);
  if (reasoning > 0) sum.reasoning = reasoning;
  return sum;
}
