import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Model } from "../../src/contracts/model.ts";
import { readAsset } from "../../src/platform/assets.ts";
import { catalogHolders, catalogModel, catalogModels, catalogProviders, embeddedProviders } from "../../src/providers/catalog.ts";
import { encodeCatalog, mergeModelsDev } from "../../src/providers/models-dev.ts";
import { vendors } from "../../src/providers/vendors.ts";
import { tempTree } from "../support/temp-tree.ts";

describe("the embedded catalogue", () => {
  test("is listed as it lies there", () => {
    const files = readdirSync(new URL("../../src/assets/catalog/", import.meta.url)).map((name) => name.replace(/\.json$/, ""));
    expect([...embeddedProviders].sort()).toEqual(files.sort());
  });

  test.each(embeddedProviders)("%s: every model is whole, and found by its id", (provider) => {
    const models = catalogModels(provider);
    expect(models.length).toBeGreaterThan(0);
    expect(new Set(models.map((model) => model.id)).size).toBe(models.length);
    for (const model of models) {
      expect(model, model.id).toMatchObject({ provider, name: expect.any(String), api: expect.any(String), baseUrl: expect.any(String) });
      expect(model.contextWindow).toBeGreaterThan(0);
      expect(model.maxTokens).toBeGreaterThan(0);
      expect(model.input).toContain("text");
      for (const rate of ["input", "output", "cacheRead", "cacheWrite"] as const) expect(model.cost[rate]).toBeGreaterThanOrEqual(0);
      expect(catalogModel(provider, model.id)).toEqual(model);
    }
  });

  test("knows where its vendors are", () => {
    const without = embeddedProviders.filter((id) => vendors[id] === undefined);
    expect(without).toEqual([]);
  });

  test("bears no other product's name in its requests", () => {
    const said = embeddedProviders.flatMap((id) => catalogModels(id).flatMap((model) => Object.keys(model.headers ?? {})));
    expect(said.filter((name) => /^(user-agent|editor-|copilot-)/i.test(name))).toEqual([]);
  });

  test("has no model that it has not", () => {
    expect(catalogModels("nobody")).toEqual([]);
    expect(catalogModels("../../package")).toEqual([]);
    expect(catalogModel("anthropic", "claude")).toBeUndefined();
    expect(catalogHolders(["anthropic", "nobody", "constructor", "../anthropic"], 'x","name":"y')).toEqual([]);
    expect(catalogHolders(["nobody", "constructor", "__proto__"], "claude-sonnet-5")).toEqual([]);
  });

  // Out of date? The build writes the list, and so does `node scripts/model-ids.mjs`.
  test("has each id in the list of all, by which holders are found", () => {
    const listed = JSON.parse(readAsset("model-ids.json")) as Record<string, string[]>;
    expect(listed).toEqual(Object.fromEntries(embeddedProviders.map((id) => [id, catalogModels(id).map((model) => model.id)])));
    const byId = new Map<string, string[]>();
    for (const id of embeddedProviders) for (const one of catalogModels(id)) byId.set(one.id, [...(byId.get(one.id) ?? []), id]);
    const shared = [...byId].filter(([, holders]) => holders.length > 1);
    expect(shared.length).toBeGreaterThan(10);
    for (const [id, holders] of shared.slice(0, 20)) expect(catalogHolders(embeddedProviders, id), id).toEqual(holders);
  });
});

describe("a refreshed copy", () => {
  const model = { id: "only", provider: "anthropic" };

  test("wins over the embedded one, provider by provider", () => {
    const tree = tempTree({ "anthropic.json": `[\n${JSON.stringify(model)}\n]\n`, "own.json": "[]" });
    expect(catalogModels("anthropic", tree.path)).toEqual([model]);
    expect(catalogModel("anthropic", "claude-sonnet-5", tree.path)).toBeUndefined();
    expect(catalogHolders(["anthropic", "openai", "own"], "claude-sonnet-5", tree.path)).toEqual([]);
    expect(catalogHolders(["openai", "anthropic"], "only", tree.path)).toEqual(["anthropic"]);
    expect(catalogModels("openai", tree.path).length).toBeGreaterThan(10);
    expect(catalogProviders(tree.path)).toContain("own");
    expect(catalogProviders(tree.at("nowhere"))).toEqual([...embeddedProviders]);
  });

  test("written in another layout is read all the same", () => {
    const tree = tempTree({ "anthropic.json": JSON.stringify([model, { id: "two" }]), "openai.json": '[\n {"id":"a",\n "name":"A"}\n]' });
    expect(catalogModel("anthropic", "two", tree.path)).toEqual({ id: "two" });
    expect(catalogModel("openai", "a", tree.path)).toEqual({ id: "a", name: "A" });
  });

  test.each(["", "[", "null", '{"a":1}', "[rubbish]", "[null]", "[{}]", '[{"id":"claude-sonnet-5",]'])(
    "that is damaged (%j) is as good as none",
    (text) => {
      const tree = tempTree({ "anthropic.json": text, "own.json": text });
      expect(catalogModels("anthropic", tree.path).length).toBeGreaterThan(10);
      expect(catalogModels("own", tree.path)).toEqual([]);
      if (text.includes("claude"))
        expect(catalogModel("anthropic", "claude-sonnet-5", tree.path)).toEqual(catalogModel("anthropic", "claude-sonnet-5"));
    },
  );
});

describe("facts of models.dev", () => {
  const ours = catalogModels("anthropic");
  const sonnet = ours.find((model) => model.id === "claude-sonnet-5") as Model;
  const merged = (facts: Record<string, unknown>, provider = "anthropic"): Model[] | undefined =>
    mergeModelsDev(provider, ours, { [provider]: { models: facts } });

  test("replace ours where they are told, and only there", () => {
    const after = merged({
      "claude-sonnet-5": { limit: { output: 5 }, cost: { cache_read: 7, weird: 1 }, knowledge: "2026-01", experimental: true },
    });
    expect(after).toHaveLength(ours.length);
    expect(after?.find((model) => model.id === "claude-sonnet-5")).toEqual({
      ...sonnet,
      maxTokens: 5,
      cost: { ...sonnet.cost, cacheRead: 7 },
    });
    expect(after?.filter((model) => model.id !== "claude-sonnet-5")).toEqual(ours.filter((model) => model.id !== "claude-sonnet-5"));
  });

  test("of a wrong kind are passed over", () => {
    const facts = {
      name: 5,
      reasoning: "yes",
      limit: { context: -1, output: "many" },
      cost: { input: -3, output: Number.NaN },
      modalities: { input: ["audio"] },
    };
    expect(merged({ "claude-sonnet-5": facts })).toEqual(ours);
    expect(merged({ "claude-sonnet-5": null })).toEqual(ours);
  });

  test("of a long context become a price tier", () => {
    const after = merged({ "claude-sonnet-5": { cost: { context_over_200k: { input: 8, output: 9 } } } });
    expect(after?.find((model) => model.id === "claude-sonnet-5")?.cost.tiers).toEqual([
      { inputTokensAbove: 200_000, input: 8, output: 9, cacheRead: sonnet.cost.cacheRead, cacheWrite: sonnet.cost.cacheWrite },
    ]);
  });

  test("of new models that answer in text and call tools are added like their nearest kin", () => {
    const usable = { tool_call: true, reasoning: true, modalities: { input: ["text"], output: ["text"] } };
    const after = merged({
      "claude-opus-9": usable,
      "claude-image": { ...usable, modalities: { input: ["text"], output: ["image"] } },
      "claude-embed": { ...usable, tool_call: false },
      "claude-old": { ...usable, status: "deprecated" },
    });
    expect(after).toHaveLength(ours.length + 1);
    expect(after?.find((model) => model.id === "claude-opus-9")).toMatchObject({
      api: "anthropic-messages",
      provider: "anthropic",
      input: ["text"],
      thinkingLevelMap: ours.find((model) => model.id === "claude-opus-5-5")?.thinkingLevelMap,
    });
  });

  test("are looked up under their name for the provider", () => {
    const together = catalogModels("together");
    expect(mergeModelsDev("together", together, { togetherai: { models: {} } })).toEqual(
      together.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    expect(mergeModelsDev("together", together, { together: { models: {} } })).toBeUndefined();
    expect(mergeModelsDev("together", together, null)).toBeUndefined();
  });

  test("are written one model a line", () => {
    const tree = tempTree();
    tree.write("anthropic.json", encodeCatalog(ours));
    expect(catalogModels("anthropic", tree.path)).toEqual(ours);
    expect(catalogModel("anthropic", "claude-sonnet-5", tree.path)).toEqual(sonnet);
  });
});
