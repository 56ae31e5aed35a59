import { expect, test } from "vitest";
import { closeSchema, hasObjectRoot, isClosable, isStrictSchema } from "../../../src/providers/shared/json-schema.ts";

type Schema = Record<string, unknown>;
const object = (properties: Schema, more: Schema = {}): Schema => ({ type: "object", properties, ...more });

test.each<[string, Schema, boolean]>([
  ["a plain object", object({ a: { type: "string", minLength: 1 } }), true],
  ["closed by itself", object({ a: object({}) }, { additionalProperties: false }), true],
  ["definitions", object({ a: { $ref: "#/$defs/x" } }, { $defs: { x: object({}) } }), true],
  ["alternatives", object({ a: { anyOf: [{ type: "null" }, object({})] } }), true],
  ["a property of a keyword's name", object({ not: { type: "string" }, allOf: { type: "string" } }), true],
  ["a list at the top", { type: "array", items: object({}) }, false],
  ["no type at the top", { anyOf: [object({}), object({})] }, false],
  ["any object", { type: "object" }, false],
  ["any object below", object({ a: { type: "object" } }), false],
  ["a map", object({ a: { type: "object", properties: {}, additionalProperties: { type: "number" } } }), false],
  ["open on purpose", object({}, { additionalProperties: true }), false],
  ["one of", object({ a: { oneOf: [{ type: "string" }] } }), false],
  ["a tree", object({ a: { $ref: "#/$defs/x" } }, { $defs: { x: object({ y: { $ref: "#/$defs/x" } }) } }), false],
  ["a tree in two steps", object({}, { $defs: { x: { items: { $ref: "#/$defs/y" } }, y: { items: { $ref: "#/$defs/x" } } } }), false],
  ["itself", object({ a: { $ref: "#" } }), false],
])("%s can be closed: %s", (_, schema, expected) => {
  expect(isClosable(schema)).toBe(expected);
});

test("closing", () => {
  const schema = object({ a: object({ minimum: { type: "number", minimum: 3 } }), b: { enum: [{ minimum: 1 }] } }, { required: ["a"] });
  expect(closeSchema(schema)).toEqual({
    type: "object",
    properties: {
      a: { type: "object", properties: { minimum: { type: "number" } }, additionalProperties: false },
      b: { enum: [{ minimum: 1 }] },
    },
    required: ["a"],
    additionalProperties: false,
  });
});

test("strict: closed, everything required, nothing that strict mode refuses", () => {
  const strict = object({ a: { type: "string" } }, { required: ["a"], additionalProperties: false });
  expect(isStrictSchema(strict)).toBe(true);
  expect(isStrictSchema({ ...strict, required: [] })).toBe(false);
  expect(isStrictSchema({ ...strict, additionalProperties: true })).toBe(false);
  expect(isStrictSchema(object({ a: { allOf: [strict] } }, { required: ["a"], additionalProperties: false }))).toBe(false);
});

test("an object at the top", () => {
  expect(hasObjectRoot(object({}))).toBe(true);
  expect(hasObjectRoot({ type: "array" })).toBe(false);
  expect(hasObjectRoot({ type: "object" })).toBe(false);
});
