import { Type } from "typebox";
import { expect, test } from "vitest";
import { bashToolWith } from "../../src/tools/bash.ts";
import { editTool } from "../../src/tools/edit.ts";
import { validateArguments } from "../../src/tools/shared/validate.ts";

const tool = (parameters: Record<string, unknown>) => ({ name: "t", description: "", parameters });

async function accepted(parameters: Record<string, unknown>, args: unknown): Promise<unknown> {
  const result = await validateArguments(tool(parameters), args);
  expect(result).toMatchObject({ ok: true });
  return result.ok ? result.args : undefined;
}

async function problems(parameters: Record<string, unknown>, args: unknown): Promise<string[]> {
  const result = await validateArguments(tool(parameters), args);
  expect(result.ok).toBe(false);
  return result.ok ? [] : [...result.message.matchAll(/^ {2}- (.*)$/gm)].map((match) => match[1] ?? "");
}

const object = (properties: Record<string, unknown>, required: string[] = []) => ({ type: "object", properties, required });

test("the message names every wrong field and shows what came", async () => {
  expect(await validateArguments(bashToolWith("end"), {})).toEqual({
    ok: false,
    message: 'Validation failed for tool "bash":\n  - command: missing\n\nReceived arguments:\n{}',
  });
  expect(await validateArguments(bashToolWith("end"), { command: [], timeout: "x" })).toEqual({
    ok: false,
    message:
      'Validation failed for tool "bash":\n  - command: expected string, got array\n  - timeout: expected number, got string\n\nReceived arguments:\n{\n  "command": [],\n  "timeout": "x"\n}',
  });
});

test("harmless conversions", async () => {
  const schema = object({
    n: { type: "number" },
    i: { type: "integer" },
    b: { type: "boolean" },
    s: { type: "string" },
    l: { type: "array", items: { type: "number" } },
  });
  expect(await accepted(schema, { n: "5", i: " -3 ", b: "True", s: 7, l: ["1", 2] })).toEqual({ n: 5, i: -3, b: true, s: "7", l: [1, 2] });
  expect(await accepted(schema, { n: "1e3", l: "[1,2]" })).toEqual({ n: 1000, l: [1, 2] });
  expect(await accepted(schema, { n: null, s: null })).toEqual({});
  expect(await accepted(schema, undefined)).toEqual({});
  expect(await accepted(object({ v: { anyOf: [{ type: "number" }, { type: "null" }] } }), { v: "4" })).toEqual({ v: 4 });
  expect(await accepted(object({ v: { anyOf: [{ type: "string" }, { type: "null" }] } }), { v: null })).toEqual({ v: null });
  expect(await accepted(object({ v: { type: ["number", "null"] } }), { v: null })).toEqual({ v: null });
});

test("what would change the meaning is refused", async () => {
  expect(await problems(object({ n: { type: "number" } }), { n: "five" })).toEqual(["n: expected number, got string"]);
  expect(await problems(object({ n: { type: "number" } }), { n: "" })).toEqual(["n: expected number, got string"]);
  expect(await problems(object({ i: { type: "integer" } }), { i: 1.5 })).toEqual(["i: expected integer, got number"]);
  expect(await problems(object({ s: { type: "string" } }, ["s"]), { s: null })).toEqual(["s: expected string, got null"]);
  expect(await problems(object({ b: { type: "boolean" } }), { b: "yes" })).toEqual(["b: expected boolean, got string"]);
  expect(await problems(object({}), "text")).toEqual(["arguments: expected object, got string"]);
});

test("everything JSON Schema has", async () => {
  const schema = object({ k: { enum: ["a", "b"] }, n: { type: "number", minimum: 1 }, p: { type: "string", pattern: "^x" } });
  expect(await accepted(schema, { k: "a", n: 1, p: "xy" })).toEqual({ k: "a", n: 1, p: "xy" });
  expect(await problems(schema, { k: "c", n: 0, p: "y" })).toEqual([
    'k: expected one of "a", "b"',
    expect.stringMatching(/^n: must be >= 1/),
    expect.stringMatching(/^p: /),
  ]);
  expect(await problems({ ...object({}), additionalProperties: false }, { extra: 1 })).toEqual(["extra: unknown"]);
  expect(await accepted(object({}), { extra: 1 })).toEqual({ extra: 1 });
});

test("TypeBox schemas", async () => {
  const schema = Type.Object({
    name: Type.String(),
    count: Type.Optional(Type.Integer({ minimum: 0 })),
    mode: Type.Union([Type.Literal("on"), Type.Literal("off")]),
  });
  const parameters = schema as unknown as Record<string, unknown>;
  expect(await accepted(parameters, { name: "x", count: "3", mode: "on" })).toEqual({ name: "x", count: 3, mode: "on" });
  expect(await problems(parameters, { name: "x", mode: "maybe" })).toEqual(expect.arrayContaining([expect.stringMatching(/^mode/)]));
});

test("nested fields are named by their way", async () => {
  expect(await validateArguments(editTool, { path: "f", edits: [{ oldText: "a", newText: "b" }, { newText: {} }] })).toMatchObject({
    ok: false,
    message: expect.stringContaining("  - edits.1.oldText: missing\n  - edits.1.newText: expected string, got object\n"),
  });
});

test("an argument named __proto__ becomes nobody's prototype", async () => {
  const args = (await accepted(object({ a: { type: "string" } }), JSON.parse('{"a":"x","__proto__":{"b":1}}'))) as Record<string, unknown>;
  expect(args.b).toBeUndefined();
  expect(args).toEqual({ a: "x" });
});
