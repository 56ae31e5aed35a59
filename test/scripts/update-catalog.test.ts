import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { catalogModels } from "../../src/providers/catalog.ts";
import { tempTree } from "../support/temp-tree.ts";

const script = resolve(import.meta.dirname, "../../scripts/update-catalog.mjs");

test("brings a directory up to date from a list in the models.dev format", async () => {
  const tree = tempTree({
    "api.json": JSON.stringify({
      groq: { models: { "llama-3.1-8b-instant": { limit: { context: 99 } } } },
      "fireworks-ai": { models: {} },
    }),
  });
  const { stdout } = await promisify(execFile)(process.execPath, [script, tree.at("api.json"), tree.at("out")]);
  expect(stdout).toMatch(/^fireworks: 27 models, 0 new, 0 changed\ngroq: 7 models, 0 new, 1 changed\n$/);
  const written = readFileSync(join(tree.path, "out/groq.json"), "utf8");
  expect(catalogModels("groq", tree.at("out"))).toEqual(
    catalogModels("groq").map((model) => (model.id === "llama-3.1-8b-instant" ? { ...model, contextWindow: 99 } : model)),
  );
  expect(written.split("\n")).toHaveLength(7 + 3);
});
