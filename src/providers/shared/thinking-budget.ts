// Tokens to think with, for models that take a budget and count it among those of the answer. Called by encoders. Pure.

import type { ThinkingLevel } from "../../contracts/model.ts";
import type { ModelRequest } from "../../contracts/model-request.ts";

const budgets: Readonly<Record<Exclude<ThinkingLevel, "off">, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
};

/** Left for the answer when the budget and the output limit are close. */
const answerTokens = 1024;

/** Of a level that is not `off`. May be too little to think with, or negative, where the output limit is small. */
export function thinkingBudget({ thinkingLevel, thinkingBudgets }: ModelRequest, maxTokens: number): number {
  const wanted = thinkingLevel === "off" ? 0 : (thinkingBudgets?.[thinkingLevel] ?? budgets[thinkingLevel]);
  return Math.min(wanted, maxTokens - answerTokens);
}
