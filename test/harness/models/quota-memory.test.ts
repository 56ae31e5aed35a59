import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { QuotaMemory } from "../../../src/harness/models/quota-memory.ts";
import { tempTree } from "../../support/temp-tree.ts";

test("what one process remembers another knows, until the reset", () => {
  const tree = tempTree();
  let now = 1000;
  const memory = new QuotaMemory(tree.at("agent"), () => now);
  expect(memory.spentUntil("a/one")).toBeUndefined();
  memory.remember("a/one", 5000);
  memory.remember("b/two", 9000);
  const other = new QuotaMemory(tree.at("agent"), () => now);
  expect(other.spentUntil("a/one")).toBe(5000);
  now = 5000;
  expect(other.spentUntil("a/one")).toBeUndefined();
  expect(other.spentUntil("b/two")).toBe(9000);
});

test("what is over goes with the next thing remembered; nobody else may read the file", () => {
  const tree = tempTree();
  let now = 1000;
  const memory = new QuotaMemory(tree.path, () => now);
  memory.remember("a/one", 2000);
  now = 3000;
  memory.remember("b/two", 4000);
  const file = tree.at("cache", "spent-quotas.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ "b/two": 4000 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test.each(["", "{", "[]", "null", '{"a/one": "soon"}', '{"a/one": 1e20}'])(
  "a file that holds %j is an empty memory, and is written anew",
  (content) => {
    const tree = tempTree({ "cache/spent-quotas.json": content });
    const memory = new QuotaMemory(tree.path, () => 1000);
    expect(memory.spentUntil("a/one")).toBeUndefined();
    memory.remember("a/one", 2000);
    expect(memory.spentUntil("a/one")).toBe(2000);
  },
);

test("where nothing can be written nothing is remembered, and nothing breaks", () => {
  const tree = tempTree();
  writeFileSync(tree.at("agent"), "a file in the place of the directory");
  const memory = new QuotaMemory(tree.at("agent"), () => 1000);
  memory.remember("a/one", 2000);
  expect(memory.spentUntil("a/one")).toBeUndefined();
  mkdirSync(tree.at("other"));
  writeFileSync(join(tree.at("other"), "cache"), "");
  new QuotaMemory(tree.at("other"), () => 1000).remember("a/one", 2000);
});
