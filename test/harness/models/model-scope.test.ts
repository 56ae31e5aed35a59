import { expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import { ModelRegistry } from "../../../src/harness/models/model-registry.ts";
import { type ModelScope, resolveModelScope } from "../../../src/harness/models/model-scope.ts";
import { tempTree } from "../../support/temp-tree.ts";

async function scope(patterns: string[], env: Record<string, string>, toml = ""): Promise<ModelScope> {
  const tree = tempTree({ "agent/config.toml": toml });
  const config = await loadConfig({ agentDir: tree.at("agent"), cwd: tree.path, homeDir: tree.path, env });
  return resolveModelScope(patterns, new ModelRegistry({ config, env, agentDir: tree.at("agent"), cwd: tree.path }));
}

const names = ({ models }: ModelScope): string[] =>
  models.map(({ model, thinkingLevel }) => `${model.provider}/${model.id}${thinkingLevel === undefined ? "" : `:${thinkingLevel}`}`);

test("globs, exact ids and patterns, in the order given, each model once", async () => {
  const env = { ANTHROPIC_API_KEY: "k", XAI_API_KEY: "k" };
  const found = await scope(["xai/grok-4.7:low", "*opus-5*:high", "sonnet", "anthropic/claude-opus-5"], env);
  expect(names(found)).toEqual([
    "xai/grok-4.7:low",
    "anthropic/claude-opus-5:high",
    "anthropic/claude-opus-5-5:high",
    "anthropic/claude-sonnet-5-5",
  ]);
  expect(found.warnings).toEqual([]);
});

test("a model that several providers offer is there for each", async () => {
  expect(names(await scope(["gpt-6-sol"], { OPENAI_API_KEY: "k", COPILOT: "", AZURE_OPENAI_API_KEY: "k" }))).toEqual([
    "openai/gpt-6-sol",
    "azure/gpt-6-sol",
  ]);
});

test("what cannot be used is told", async () => {
  const found = await scope(["anthropic/*", "local/any", "nonsense"], {}, '[providers.local]\nbase_url = "http://l"\n');
  expect(names(found)).toEqual(["local/any"]);
  expect(found.warnings).toEqual(['No available model matches "anthropic/*".', 'No available model matches "nonsense".']);
});
