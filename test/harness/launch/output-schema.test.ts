import { expect, test } from "vitest";
import { schemaProblem } from "../../../src/harness/launch/output-schema.ts";

const tree = {
  $defs: { node: { type: "object", properties: { children: { type: "array", items: { $ref: "#/$defs/node" } } } } },
  $ref: "#/$defs/node",
};

test.each<[string, Record<string, unknown>]>([
  ["anything", {}],
  [
    "an object",
    { type: "object", properties: { a: { type: ["string", "null"], pattern: "^x" } }, required: ["a"], additionalProperties: false },
  ],
  ["alternatives", { anyOf: [{ const: 1 }, { enum: ["a", null] }, true] }],
  ["a tuple", { type: "array", prefixItems: [{ type: "integer", minimum: 0 }], items: false, minItems: 1 }],
  ["a tree", tree],
  ["words of its own", { "x-note": { type: "nonsense" }, title: "t", description: "d", default: { type: "nonsense" }, examples: [1] }],
  ["a name with a slash", { $defs: { "a/b": { type: "string" } }, $ref: "#/$defs/a~1b" }],
])("%s is a schema", async (_, schema) => {
  expect(await schemaProblem(schema)).toBeUndefined();
});

test.each<[Record<string, unknown>, RegExp]>([
  [{ type: "nonsense" }, /^#\/type: .*not "nonsense"$/],
  [{ type: [] }, /^#\/type/],
  [{ properties: [] }, /^#\/properties/],
  [{ properties: { a: "string" } }, /^#\/properties\/a: a schema is an object, not "string"$/],
  [{ items: [{ type: 3 }] }, /^#\/items\/0\/type/],
  [{ anyOf: [] }, /^#\/anyOf/],
  [{ required: ["a", 1] }, /^#\/required/],
  [{ enum: [] }, /^#\/enum/],
  [{ minimum: "1" }, /^#\/minimum: a number/],
  [{ maxLength: -1 }, /^#\/maxLength/],
  [{ pattern: "[" }, /^#\/pattern/],
  [{ patternProperties: { "(": {} } }, /^#\/patternProperties/],
  [{ $ref: "other.json" }, /^#\/\$ref/],
  [{ $ref: "#/%zz" }, /^#\/\$ref: a reference with each %/],
  [{ $defs: { a: {} }, $ref: "#/$defs/b" }, /^#\/\$ref: nothing stands there/],
  [{ $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" }, /leads back to itself/],
  [{ not: 5 }, /^#\/not/],
])("%j is none", async (schema, problem) => {
  expect(await schemaProblem(schema)).toMatch(problem);
});
