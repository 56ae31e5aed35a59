import { expect, test } from "vitest";
import type { Outcome } from "../../../src/contracts/outcome.ts";
import { checkedAnswer, parseJsonAnswer } from "../../../src/harness/recovery/structured-answer.ts";

const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
const done = (text: string): Outcome => ({ kind: "done", text });
const unasked = async (): Promise<Outcome> => {
  throw new Error("asked again");
};

test.each<[string, unknown]>([
  ["3", 3],
  ["null", null],
  ['"text"', "text"],
  [' {"a":1}\n', { a: 1 }],
  ['```json\n{"a":1}\n```', { a: 1 }],
  ["```\n[1]\n```", [1]],
  ['Here you are:\n```json\n{"a":{"b":[1]}}\n```\nAnything else?', { a: { b: [1] } }],
  ['The answer is {"a":1}.', { a: 1 }],
  ['{"text":"```not a fence```"}', { text: "```not a fence```" }],
])("%s is read", (text, value) => {
  expect(parseJsonAnswer(text)).toEqual({ value });
});

test.each(["", "  ", "no JSON", "{", '{"a":1} and {"b":2}'])("%j is not", (text) => {
  expect(parseJsonAnswer(text)).toMatchObject({ problem: expect.any(String) });
});

test("a fence that does not end costs no time to speak of", () => {
  expect(parseJsonAnswer(`x \`\`\`json\n${"\n".repeat(200_000)}y`)).toMatchObject({ problem: expect.any(String) });
});

test("a value that fits is in the outcome, its text is JSON and nothing else", async () => {
  expect(await checkedAnswer(done('Sure: {"n": 1}'), schema, unasked)).toEqual({ kind: "done", text: '{"n":1}', value: { n: 1 } });
  expect(await checkedAnswer(done("false"), { type: "boolean" }, unasked)).toEqual({ kind: "done", text: "false", value: false });
});

test("one round of repair, told what is wrong and where", async () => {
  const asked: string[] = [];
  const outcome = await checkedAnswer(done('{"n":"one"}'), schema, async (text) => {
    asked.push(text);
    return done('{"n":1}');
  });
  expect(outcome).toMatchObject({ kind: "done", value: { n: 1 } });
  expect(asked).toEqual([expect.stringContaining("- /n must be integer")]);
});

test("a second answer that does not fit is the end, and no success", async () => {
  let rounds = 0;
  const outcome = await checkedAnswer(done("nothing"), schema, async () => {
    rounds++;
    return done("{}");
  });
  expect({ rounds, outcome }).toMatchObject({ rounds: 1, outcome: { kind: "error", code: "model.invalid_output", text: "{}" } });
  expect(outcome.value).toBeUndefined();
});

test("a repair that failed has the outcome of its failure", async () => {
  const quota: Outcome = { kind: "quota", text: "", code: "model.quota" };
  expect(await checkedAnswer(done("nothing"), schema, async () => quota)).toBe(quota);
});
