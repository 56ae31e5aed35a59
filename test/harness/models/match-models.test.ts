import { expect, test } from "vitest";
import { byFitness, fuzzyScore, matchesGlob, splitLevel } from "../../../src/harness/models/match-models.ts";
import { catalogModels } from "../../../src/providers/catalog.ts";

test.each([
  ["sonnet:high", { pattern: "sonnet", level: "high" }],
  ["a/b:c:max", { pattern: "a/b:c", level: "max" }],
  ["qwen3:30b", { pattern: "qwen3:30b" }],
  [":high", { pattern: ":high" }],
  ["high", { pattern: "high" }],
  ["a:HIGH", { pattern: "a:HIGH" }],
])("splitLevel %s", (text, expected) => {
  expect(splitLevel(text)).toEqual(expected);
});

const best = (provider: string, pattern: string): string | undefined =>
  catalogModels(provider)
    .filter((model) => fuzzyScore(pattern, model) > 0)
    .sort(byFitness(pattern))[0]?.id;

test.each([
  ["anthropic", "sonnet", "claude-sonnet-5-5"],
  ["anthropic", "opus", "claude-opus-5-5"],
  ["anthropic", "haiku 4.5", "claude-haiku-4-5"],
  ["anthropic", "claude-opus-4.8", "claude-opus-4-8"],
  ["openai", "gpt-6", "gpt-6.2-sol"],
  ["openai", "terra", "gpt-6.1-terra"],
  ["openai", "gpt-4o", "gpt-4o"],
  ["openai", "mini gpt-5.4", "gpt-5.4-mini"],
  ["google", "gemini flash", "gemini-flash-latest"],
  ["google", "flash gemini", "gemini-3.8-flash"],
  ["xai", "grok", "grok-4.7"],
  ["github-copilot", "sonnet", "claude-sonnet-5.5"],
])("%s %s is %s", (provider, pattern, id) => {
  expect(best(provider, pattern)).toBe(id);
});

test.each([
  ["anthropic/*", true],
  ["*sonnet*", true],
  ["*SONNET*", true],
  ["claude-sonnet-?", true],
  ["claude-sonnet", false],
  ["openai/*", false],
  ["claude.sonnet-5", false],
  ["[c]laude-sonnet-5", false],
])("glob %s: %s", (glob, expected) => {
  const sonnet = catalogModels("anthropic").find((model) => model.id === "claude-sonnet-5");
  expect(sonnet !== undefined && matchesGlob(glob, sonnet)).toBe(expected);
});
