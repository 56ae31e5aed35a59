import { expect, test } from "vitest";
import { isYes, parseFrontmatter } from "../../src/resources/frontmatter.ts";

const fieldsOf = (head: string): Record<string, string> | undefined => {
  const { fields } = parseFrontmatter(`---\n${head}\n---\nbody\n`);
  return fields === undefined ? undefined : { ...fields };
};

test.each([
  ["name: a\ndescription: b c", { name: "a", description: "b c" }],
  ["name: 'it''s'", { name: "it's" }],
  ['name: "a \\"b\\" \\u00e9" # c', { name: 'a "b" é' }],
  ["url: http://x/y # note", { url: "http://x/y" }],
  ["a: x:y #z", { a: "x:y" }],
  ["a: b#c", { a: "b#c" }],
  ["a: >\n  one\n  two\n\n  three\nb: c", { a: "one two\nthree", b: "c" }],
  ["a: |\n  one\n   two\n", { a: "one\n two" }],
  ["a: >-\n  one\n  two", { a: "one two" }],
  ["a: one\n  two\n  three\nb: c", { a: "one two three", b: "c" }],
  ['a: "one\n  two"', { a: "one two" }],
  ["a:\nb: c", { a: "", b: "c" }],
  ["meta:\n  x: 1\n  y: 2\nb: c", { b: "c" }],
  ["tools:\n  - x\n  - y: 1\nb: c", { b: "c" }],
  ["tools:\n- x\n- y\nb: c", { b: "c" }],
  ["tools: [a, b]\nb: c", { b: "c" }],
  ["# only a comment\n\nb: c", { b: "c" }],
  ['"quoted key": v', { "quoted key": "v" }],
  ["__proto__: v", { ["__proto__"]: "v" }],
  ["key \t : v", { key: "v" }],
  ["a: x # y\n\n  # z", { a: "x # y" }],
  ["", {}],
])("%j", (head, expected) => {
  expect(fieldsOf(head)).toEqual(expected);
});

test.each([
  ["no head", "text\n---\nmore", "text\n---\nmore"],
  ["an empty head", "---\n---\n\ntext\n\n", "text"],
  ["CRLF and a byte order mark", "\uFEFF---\r\na: b\r\n---\r\nx\r\ny\r\n", "x\ny"],
  ["a rule in the body", "---\na: b\n---\none\n---\ntwo", "one\n---\ntwo"],
])("the body after %s", (_, text, body) => {
  expect(parseFrontmatter(text).body).toBe(body);
});

test.each([
  ["---\na: b\n", "the head has no closing ---"],
  ["---\nnonsense\n---\n", 'line 2 is no "key: value"'],
  ["---\na: b\n: c\n---\n", 'line 3 is no "key: value"'],
  ['---\na: "open\n---\n', "line 2 has a quote that is not closed"],
  ["---\na: [\n---\n", "line 2 has a bracket that is not closed"],
  ["---\nb: c\na: [x,\n  {y: z]\n---\n", "line 3 has a bracket that is not closed"],
  ['---\na: ["]", \'}\', "\\"]"\n---\n', "line 2 has a bracket that is not closed"],
  ["---\na: [it's, 'one',\n  {b: \"]\"}] # ok\nargument-hint: [x] [y]\n---\n", undefined],
])("%j is refused, or not", (text, problem) => {
  expect(parseFrontmatter(text).problem).toBe(problem);
});

test.each([
  ["blanks in a key", `---\na${" ".repeat(200_000)}b\n---\n`, 'line 2 is no "key: value"'],
  ["lines in a block", `---\na: |\n${"  x\n".repeat(300_000)}---\n`, undefined],
  ["quotes in brackets", `---\na: ["${'\\"'.repeat(200_000)}\n---\n`, "line 2 has a bracket that is not closed"],
  ["number signs", `---\na: "x"\nb: y${" #".repeat(200_000)}\n\n  z\n---\n`, undefined],
])("a head with many %s is read like another", (_, text, problem) => {
  expect(parseFrontmatter(text).problem).toBe(problem);
});

test("yes and no", () => {
  expect(["true", "Yes", "on"].map(isYes)).toEqual([true, true, true]);
  expect(["false", "no", "", "1", undefined].map(isYes)).toEqual([false, false, false, false, false]);
});
