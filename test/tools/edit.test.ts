import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyPatch } from "diff";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ToolResult } from "../../src/contracts/tool.ts";
import { editTool } from "../../src/tools/edit.ts";
import { seededRandom } from "../support/random.ts";
import { type ToolBench, textOfResult, toolBench } from "../support/tool-context.ts";

let bench: ToolBench;
beforeEach(() => {
  bench = toolBench();
});
afterEach(() => bench.close());

type Pair = [oldText: string, newText: string];
const pathOf = (name: string): string => join(bench.directory, name);
const edit = (...pairs: Pair[]): Promise<ToolResult> =>
  bench.call(editTool, { path: "f", edits: pairs.map(([oldText, newText]) => ({ oldText, newText })) });

async function edited(content: string, ...pairs: Pair[]): Promise<string> {
  writeFileSync(pathOf("f"), content);
  const result = await edit(...pairs);
  expect(textOfResult(result)).toBe(`Successfully replaced ${pairs.length} block(s) in f.`);
  return readFileSync(pathOf("f"), "utf8");
}

async function refused(content: string, ...pairs: Pair[]): Promise<string> {
  writeFileSync(pathOf("f"), content);
  const result = await edit(...pairs);
  expect(result).toMatchObject({ isError: true, details: {} });
  expect(readFileSync(pathOf("f"), "utf8")).toBe(content);
  return textOfResult(result);
}

test("replaces several places, each looked up in the original", async () => {
  expect(await edited("one\ntwo\nthree\n", ["three", "one"], ["one", "three"])).toBe("three\ntwo\none\n");
  expect(await edited("abc", ["a", "b"], ["c", ""])).toBe("bb");
});

test("says how many blocks, and shows what changed", async () => {
  writeFileSync(pathOf("f"), Array.from({ length: 60 }, (_, index) => `${index + 1}\n`).join(""));
  const result = await edit(["10\n11\n", "10\nten-and-half\n11\n"], ["50\n", ""]);
  expect(result.details).toEqual({
    diff: "    ...\n  7 7\n  8 8\n  9 9\n 10 10\n+11 ten-and-half\n 11 11\n 12 12\n 13 13\n 14 14\n    ...\n 46 46\n 47 47\n 48 48\n 49 49\n-50 50\n 51 51\n 52 52\n 53 53\n 54 54\n    ...",
    patch:
      "--- f\n+++ f\n@@ -7,8 +7,9 @@\n 7\n 8\n 9\n 10\n+ten-and-half\n 11\n 12\n 13\n 14\n@@ -46,9 +47,8 @@\n 46\n 47\n 48\n 49\n-50\n 51\n 52\n 53\n 54\n",
    firstChangedLine: 11,
  });
});

test("two edits in one line are one change", async () => {
  writeFileSync(pathOf("f"), "let a = 1, b = 2;\nnext\n");
  const result = await edit(["a = 1", "a = 10"], ["b = 2", "b = 20"]);
  expect(result.details).toMatchObject({ diff: "-1 let a = 1, b = 2;\n+1 let a = 10, b = 20;\n 2 next", firstChangedLine: 1 });
});

test("the named refusals", async () => {
  expect(await refused("x\n", ["", "y"])).toBe("oldText must not be empty in f.");
  expect(await refused("x hello\ny hello\n", ["hello", "y"])).toBe(
    "Found 2 occurrences of the text in f. The text must be unique. Please provide more context to make it unique.",
  );
  expect(await refused("aaa", ["aa", "y"])).toContain("Found 2 occurrences");
  expect(await refused("one\ntwo\n", ["one\ntwo", "x"], ["two", "y"])).toBe(
    "edits[0] and edits[1] overlap in f. Merge them into one edit or target disjoint regions.",
  );
  expect(await refused("one\n", ["one", "one"])).toMatch(/^No changes made to f\. /);
  expect(await refused("one\n", ["one", "1"], ["none", "x"])).toMatch(/^Could not find edits\[1\] in f\./);
  expect(await refused("a\nb a\n", ["b", "x"], ["a", "x"])).toMatch(/^Found 2 occurrences of edits\[1\] in f\./);
  expect(textOfResult(await bench.call(editTool, { path: "f", edits: [] }))).toMatch(/at least one replacement/);
  expect(textOfResult(await bench.call(editTool, { path: "nope", edits: [{ oldText: "a", newText: "b" }] }))).toBe(
    "Could not edit file: nope. Error code: ENOENT.",
  );
  mkdirSync(pathOf("d"));
  expect(textOfResult(await bench.call(editTool, { path: "d", edits: [{ oldText: "a", newText: "b" }] }))).toContain("a directory");
});

test("not found: shows the nearest lines with their numbers", async () => {
  const content = "function a() {\n  return compute(1, 2);\n}\n\nfunction b() {\n  return 3;\n}\n";
  const text = await refused(content, ["function b() {\n  return 4;\n}", "x"]);
  expect(text).toBe(
    "Could not find the exact text in f. The old text must match exactly including all whitespace and newlines.\nThe nearest lines in the file are:\n5: function b() {\n6:   return 3;\n7: }",
  );
  expect(await refused(content, ["return compute(1, 22);", "x"])).toContain("\n2:   return compute(1, 2);");
  expect(await refused(content, ["zzzz qqqq", "x"])).toContain("Nothing in the file resembles it");
});

test("keeps BOM, CRLF, mixed line ends and a missing last LF", async () => {
  expect(await edited("\ufeffa\r\nb\r\nc", ["a\nb", "a\nB\nnew"])).toBe("\ufeffa\r\nB\r\nnew\r\nc");
  expect(await edited("a\r\nb\nc\r\nd\n", ["b\nc", "b\nX"])).toBe("a\r\nb\nX\r\nd\n");
  expect(await edited("a\nb\r\nc\n", ["b\nc\n", "b\n1\n2\nc\n"])).toBe("a\nb\r\n1\n2\nc\n");
  expect(await edited("one\r\ntwo\r\n", ["two", "2\n3"])).toBe("one\r\n2\r\n3\r\n");
  expect(await edited("one\r\ntwo", ["two", "2\n3"])).toBe("one\r\n2\r\n3");
  expect(await edited("x\ny", ["y", "z"])).toBe("x\nz");
  expect(await edited("a\r\nb\r\n", ["a\r\nb", "c\r\nd"])).toBe("c\r\nd\r\n");
});

test("keeps bytes that are not UTF-8", async () => {
  writeFileSync(pathOf("f"), Buffer.from([0xff, 0x0a, 0x61, 0x0a, 0xfe, 0x80]));
  await edit(["a", "é"]);
  expect([...readFileSync(pathOf("f"))]).toEqual([0xff, 0x0a, 0xc3, 0xa9, 0x0a, 0xfe, 0x80]);
});

test("falls back to what a person would read, and changes only those lines", async () => {
  expect(await edited("keep  \nconst a = “x”;   \nfoo — bar\nend\t\n", ['const a = "x";\nfoo - bar', "const a = 1;\nfoo - baz"])).toBe(
    "keep  \nconst a = 1;\nfoo - baz\nend\t\n",
  );
  // Lines that old and new text share stay as they are in the file.
  expect(await edited("a ‘q’  \nb\nc “d”\n", ["a 'q'\nb\nc \"d\"", "a 'q'\nB\nc \"d\""])).toBe("a ‘q’  \nB\nc “d”\n");
  // Part of a line, in the middle of other characters.
  expect(await edited("“é” — x “y” z\n", ['x "y"', "X"])).toBe("“é” — X z\n");
  expect(await edited("cafe\u0301 au lait\n", ["caf\u00e9 au", "tea au"])).toBe("tea au lait\n");
  expect(await edited("a\u00a0b\r\nnext\r\n", ["a b\n", "ab\n"])).toBe("ab\r\nnext\r\n");
  expect(await refused("“a”\n”a“\n", ['"a"', "x"])).toContain("Found 2 occurrences");
  // Not inside of what is one character in the file.
  expect(await refused("wait… what\n", ["wait.", "x"])).toContain("Could not find");
});

test("an exact match wins over a fuzzy one", async () => {
  expect(await edited('“a”\n"a"\n', ['"a"', "x"])).toBe("“a”\nx\n");
});

test("takes what models send instead: a pair at the top, edits as JSON text", async () => {
  writeFileSync(pathOf("f"), "one two three");
  await bench.call(editTool, { path: "f", oldText: "one", newText: "1" });
  await bench.call(editTool, { path: "f", edits: JSON.stringify([{ oldText: "two", newText: "2" }]) });
  await bench.call(editTool, { path: "f", edits: { oldText: "three", newText: "3" } });
  expect(readFileSync(pathOf("f"), "utf8")).toBe("1 2 3");
  expect(textOfResult(await bench.call(editTool, { path: "f", edits: [{ oldText: "1" }] }))).toContain("edits.0.newText: missing");
});

test("keeps the mode", async () => {
  writeFileSync(pathOf("f"), "x");
  chmodSync(pathOf("f"), 0o755);
  await edit(["x", "y"]);
  expect(statSync(pathOf("f")).mode & 0o777).toBe(0o755);
});

test("a change in a huge file is fast", async () => {
  writeFileSync(pathOf("f"), `${"some line of text that repeats\n".repeat(1_000_000)}needle\n`);
  const started = performance.now();
  const result = await edit(["needle", "thread"]);
  expect(result.details).toMatchObject({ firstChangedLine: 1_000_001 });
  expect(performance.now() - started).toBeLessThan(5000);
});

test("random edits: bytes as a plain reference says, and the patch turns old into new", async () => {
  const random = seededRandom(7);
  for (let round = 0; round < 60; round++) {
    const ends = random.pick([["\n"], ["\r\n"], ["\n", "\r\n"]]);
    const lineCount = 1 + random.below(40);
    const lines = Array.from({ length: lineCount }, (_, index) => `${random.pick(["alpha", "beta", "", "  γ", "x"])}#${index}`);
    let content = lines.map((line) => line + random.pick(ends)).join("");
    if (random.below(3) === 0) content = content.replace(/\r?\n$/, "");
    const seen = content.replaceAll("\r\n", "\n");
    // Cut the text at random places; every other piece is replaced.
    const cuts = [...new Set(Array.from({ length: 6 }, () => random.below(seen.length + 1)))].sort((a, b) => a - b);
    const pairs: Pair[] = [];
    let expected = seen;
    for (let index = cuts.length - 2; index >= 0; index -= 2) {
      const oldText = seen.slice(cuts[index], cuts[index + 1]);
      if (oldText === "" || seen.split(oldText).length !== 2) continue;
      const newText = random.pick(["", "new", "new\n", "\nnew", "a\nb\nc", oldText.toUpperCase(), `${oldText}\nmore`]);
      if (newText === oldText) continue;
      pairs.push([oldText, newText]);
      expected = expected.slice(0, cuts[index]) + newText + expected.slice(cuts[index + 1]);
    }
    if (pairs.length === 0 || expected === seen) continue;
    writeFileSync(pathOf("f"), content);
    const result = await edit(...pairs);
    expect(textOfResult(result)).toContain("Successfully");
    const after = readFileSync(pathOf("f"), "utf8");
    expect(after.replaceAll("\r\n", "\n")).toBe(expected);
    if (ends.length === 1) expect(after).toBe(expected.replaceAll("\n", ends[0] ?? ""));
    expect(applyPatch(seen, (result.details as { patch: string }).patch)).toBe(expected);
  }
});
