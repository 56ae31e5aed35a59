// The small readers: events, tool arguments, schemas, room for an answer.

import { expect, test } from "vitest";
import { answerRoom } from "../../../src/providers/shared/answer-room.ts";
import { closeSchema, isStrictSchema, withoutConst } from "../../../src/providers/shared/json-schema.ts";
import { parseArguments } from "../../../src/providers/shared/partial-json.ts";
import { SseSplitter } from "../../../src/providers/shared/sse.ts";
import { readTool, testModel, testRequest, user } from "../../support/model-calls.ts";

test("server-sent events: comments, CRLF, several data lines, no blank at the end", () => {
  const splitter = new SseSplitter();
  const text = ': hi\r\n\r\nevent: a\r\ndata: 1\r\ndata:2\r\nid: 7\r\n\r\ndata\n\ndata:  x\n\nevent: lost\n\ndata: {"u":"\u2028"}';
  const events = [...splitter.push(Buffer.from(text)), ...splitter.end()];
  expect(events).toEqual([
    { name: "a", data: "1\n2" },
    { name: "", data: "" },
    { name: "", data: " x" },
    { name: "", data: '{"u":"\u2028"}' },
  ]);
  expect(splitter.end()).toEqual([]);
});

test.each(["\n", "\r", "\r\n"])("server-sent events: lines that end in %j, cut anywhere, each event as soon as it is there", (ending) => {
  const text = ["event: a", "data: 1", "data: 2", "", ": hi", "", "data: 3", "", ""].join(ending);
  const events = [
    { name: "a", data: "1\n2" },
    { name: "", data: "3" },
  ];
  for (let at = 0; at <= text.length; at++) {
    const splitter = new SseSplitter();
    const read = [...splitter.push(Buffer.from(text.slice(0, at))), ...splitter.push(Buffer.from(text.slice(at)))];
    expect(read, `cut at ${at}`).toEqual(events);
    expect(splitter.end()).toEqual([]);
  }
});

test.each<[string, unknown]>([
  ["", {}],
  ["  ", {}],
  ['{"a":1}', { a: 1 }],
  ['{"a":"line\nbreak\tand \\"quote\\" \\\\"}', { a: 'line\nbreak\tand "quote" \\' }],
  ['{"a":', undefined],
  ["[1]", undefined],
  ["null", undefined],
  ["nonsense", undefined],
  ['"{\\"a\\":1}"', { a: 1 }],
  [JSON.stringify(JSON.stringify(JSON.stringify({ a: "\n" }))), { a: "\n" }],
  ['""', {}],
  ['"[1]"', undefined],
  ['{}{"a":"}{"}', { a: "}{" }],
  ['{"a":1}{}', { a: 1 }],
  ['{"a":1} {"a":1}', { a: 1 }],
  ['{"a":1}{"a":2}', undefined],
  ["{}{}", {}],
  ['{}{"a":', undefined],
  ['{}{"a":1}x', undefined],
  ['\ufeff{"a":1}', { a: 1 }],
  ['```json\n{"a":"```"}\n```\n', { a: "```" }],
  ['```{"a":1}```', { a: 1 }],
  ['```json\n{"a":1}', undefined],
  ["```", undefined],
])("arguments %j", (text, value) => {
  expect(parseArguments(text)).toEqual(value);
});

test("schemas for native modes", () => {
  const open = {
    type: "object",
    properties: { n: { type: "integer", minimum: 1 }, list: { type: "array", items: { type: "object", properties: {} } } },
  };
  expect(closeSchema({ $schema: "x", ...open })).toEqual({
    type: "object",
    additionalProperties: false,
    properties: { n: { type: "integer" }, list: { type: "array", items: { type: "object", properties: {}, additionalProperties: false } } },
  });
  // A property may be called like a keyword.
  expect(closeSchema({ type: "object", properties: { pattern: { type: "string", pattern: "x" } } })).toMatchObject({
    properties: { pattern: { type: "string" } },
  });
  expect(isStrictSchema(open)).toBe(false);
  expect(isStrictSchema({ type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false })).toBe(
    true,
  );
  expect(isStrictSchema({ type: "object", properties: { a: readTool.parameters }, required: ["a"], additionalProperties: false })).toBe(
    false,
  );
});

test("room for an answer", () => {
  const model = testModel({ contextWindow: 100_000, maxTokens: 100_000 });
  expect(answerRoom(model, testRequest({ maxTokens: 500 }))).toBe(500);
  // 10,000 tokens, and what the service may count more.
  expect(answerRoom(model, testRequest({ systemPrompt: "", messages: [user("x".repeat(40_000))] }))).toBe(85_904);
  expect(answerRoom(model, testRequest({ systemPrompt: "", messages: [user("\u6587".repeat(40_000))] }))).toBe(65_500);
  expect(answerRoom(model, testRequest({ promptTokens: 40_000, messages: [user("x".repeat(900_000))] }))).toBe(54_000);
  // Near the end of the window an answer goes first, and a small window has no room to spare.
  expect(answerRoom(model, testRequest({ promptTokens: 60_000 }))).toBe(32_768);
  expect(answerRoom(model, testRequest({ promptTokens: 70_000 }))).toBe(25_904);
  expect(answerRoom(model, testRequest({ promptTokens: 94_000 }))).toBe(4500);
  expect(answerRoom({ ...model, contextWindow: 8000 }, testRequest({ promptTokens: 2000 }))).toBe(5500);
  expect(
    answerRoom({ ...model, contextWindow: 128_000, maxTokens: 16_384 }, testRequest({ messages: [user("word ".repeat(75_000))] })),
  ).toBe(16_384);
  expect(answerRoom(model, testRequest({ messages: [user("x".repeat(900_000))] }))).toBe(1024);
  expect(answerRoom({ ...model, maxTokens: 8000 }, testRequest())).toBe(8000);
  expect(answerRoom({ ...model, maxTokens: 0 }, testRequest())).toBeUndefined();
});

test("a node that may be any value is strict nowhere, and a single value is an enum for those who know no const", () => {
  const of = (value: object): object => ({ type: "object", properties: { x: value }, required: ["x"], additionalProperties: false });
  for (const loose of [{}, { description: "any" }, { type: "array", items: {} }, { anyOf: [{ type: "string" }, {}] }]) {
    expect(isStrictSchema(of(loose)), JSON.stringify(loose)).toBe(false);
  }
  for (const strict of [
    { type: "string" },
    { enum: ["a"] },
    { const: 1 },
    { $ref: "#/$defs/a" },
    { type: "array", items: { type: "string" } },
  ]) {
    expect(isStrictSchema(of(strict)), JSON.stringify(strict)).toBe(true);
  }
  const schema = { properties: { const: { const: "a" }, y: { anyOf: [{ const: 1 }], default: { const: 2 } } }, enum: [{ const: 3 }] };
  expect(withoutConst(schema)).toEqual({
    properties: { const: { enum: ["a"] }, y: { anyOf: [{ enum: [1] }], default: { const: 2 } } },
    enum: [{ const: 3 }],
  });
});
