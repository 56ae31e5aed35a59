// What is known of a call's arguments while they come: in pieces of any length, and of what is no JSON.

import { expect, test } from "vitest";
import { ArgumentsSoFar } from "../../src/transcript/arguments-so-far.ts";

function after(...pieces: string[]): unknown {
  const reader = new ArgumentsSoFar();
  for (const piece of pieces) reader.take(piece);
  return reader.args;
}

const whole = {
  path: 'a "b" \\ \n ü 🙂',
  edits: [
    { oldText: "one", newText: "" },
    { oldText: "two", newText: "three" },
  ],
  count: -1.5e3,
  flags: [true, false, null, [], {}],
  nested: { a: { b: [[1, 2], "x"] } },
  "": "empty key",
};

test.each([1, 2, 3, 7, 1000])("in pieces of %i characters it ends as the whole", (length) => {
  for (const text of [JSON.stringify(whole), JSON.stringify(whole, null, 2), JSON.stringify(whole).replace("🙂", "\\ud83d\\ude42")]) {
    expect(after(...(text.match(new RegExp(`[\\s\\S]{1,${length}}`, "gu")) ?? []))).toEqual(whole);
  }
});

test.each([
  ["", {}],
  ["{", {}],
  ['{"comm', {}],
  ['{"command', {}],
  ['{"command":', {}],
  ['{"command": "', { command: "" }],
  ['{"command": "echo one', { command: "echo one" }],
  ['{"command": "a\\', { command: "a" }],
  ['{"command": "a\\u00', { command: "a" }],
  ['{"command": "a\\n', { command: "a\n" }],
  ['{"a": 12', {}],
  ['{"a": 12,', { a: 12 }],
  ['{"path": "x", "edits": [{"oldText": "hel', { path: "x", edits: [{ oldText: "hel" }] }],
  ['{"path": "x", "edits": [{"oldText": "hel"}, ', { path: "x", edits: [{ oldText: "hel" }] }],
  ['{}{"path": "x', { path: "x" }],
])("%s", (text, known) => {
  expect(after(text)).toEqual(known);
  expect(after(...text)).toEqual(known);
});

test.each([
  ["nonsense", {}],
  ['["a"]', {}],
  ['"{\\"a\\": 1}"', {}],
  ['{"a": "x", oops: 1, "b": "y"}', { a: "x" }],
  ['{"a": "x\\q", "b": "y"}', { a: "x" }],
  ['{"a": "x"} and more {"a": "z"}', { a: "x" }],
  ['}]}]{"a": "x"}', { a: "x" }],
])("what is no object ends it: %s", (text, known) => {
  expect(after(text)).toEqual(known);
});

test("a key of any name is a key", () => {
  const args = after('{"__proto__": {"polluted": true}, "constructor": "x"}') as object;
  expect(Object.getPrototypeOf(args)).toBe(Object.prototype);
  expect(Object.keys(args)).toEqual(["__proto__", "constructor"]);
  expect({}).not.toHaveProperty("polluted");
});

test("what is nested without end is let go", () => {
  const args = after(`{"a": "x", "b": ${"[".repeat(100_000)}`);
  expect(args).toMatchObject({ a: "x" });
  expect(() => JSON.stringify(args)).not.toThrow();
});
