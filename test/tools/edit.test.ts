import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyPatch } from "diff";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ToolResult } from "../../src/contracts/tool.ts";
import { editTool } from "../../src/tools/edit.ts";
import { quickestMs } from "../support/quickest.ts";
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

test("lines that end in CR alone are lines, and a CR beside LF is a character", async () => {
  expect(await edited("a\rb\rc\r", ["b\nc", "B\nnew\nC"])).toBe("a\rB\rnew\rC\r");
  expect(await edited("\ufeffa\rb", ["b", "1\n2"])).toBe("\ufeffa\r1\r2");
  expect(await edited("a\rb\r", ["a\rb", "x\ry"])).toBe("x\ry\r");
  expect(await edited("a\rb\n", ["b", "1\n2"])).toBe("a\r1\n2\n");
  writeFileSync(pathOf("f"), "a\rb\r");
  expect(await edit(["b", "c"])).toMatchObject({ details: { diff: expect.not.stringContaining("\r") } });
});

test("a change goes into the file in the file's encoding", async () => {
  const change = async (before: Buffer, ...pairs: Pair[]): Promise<Buffer> => {
    writeFileSync(pathOf("f"), before);
    expect(textOfResult(await edit(...pairs))).toBe(`Successfully replaced ${pairs.length} block(s) in f.`);
    return readFileSync(pathOf("f"));
  };
  const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le");
  expect(await change(utf16("\ufeffeins\r\nzwei\r\n"), ["zwei", "zwölf 😀\ndrei"])).toEqual(utf16("\ufeffeins\r\nzwölf 😀\r\ndrei\r\n"));
  expect(await change(utf16("\ufeffone\n").swap16(), ["one", "eins"])).toEqual(utf16("\ufeffeins\n").swap16());
  expect(await change(utf16("no mark\r\n"), ["mark", "sign"])).toEqual(utf16("no sign\r\n"));
  const latin = (text: string): Buffer => Buffer.from(text, "latin1");
  expect(await change(latin("// d\xe9j\xe0\nname\n"), ["name", "ma\u00f1ana"])).toEqual(latin("// d\xe9j\xe0\nma\xf1ana\n"));
  expect(await change(latin("d\xe9j\xe0 vu"), ["déjà", "“€”"])).toEqual(latin("\x93\x80\x94 vu"));
});

test("what the file's encoding has not is refused, named, and changes nothing", async () => {
  const before = Buffer.from("caf\xe9\nname\n", "latin1");
  writeFileSync(pathOf("f"), before);
  const result = await edit(["name", "日本"]);
  expect(result).toMatchObject({ isError: true, details: {} });
  expect(textOfResult(result)).toMatch(/8-bit .*has no "日"/);
  expect(readFileSync(pathOf("f"))).toEqual(before);
});

test("damaged bytes in UTF-8 stay as they are", async () => {
  const damaged = (text: string): Buffer => Buffer.concat([Buffer.from("äöü\n"), Buffer.from([0xff]), Buffer.from(`\n${text}`)]);
  writeFileSync(pathOf("f"), damaged("old"));
  await edit(["old", "neü"]);
  expect(readFileSync(pathOf("f"))).toEqual(damaged("neü"));
});

test("the beginnings of short lines, with and without a mark, at every length", async () => {
  for (const mark of ["", "\ufeff"]) {
    for (let length = 0; length < 9; length++) {
      const first = "x".repeat(length);
      expect(await edited(`${mark}${first}a\nb\nc\n`, [`${first}a\n`, "A\n"], ["b", "B"])).toBe(`${mark}A\nB\nc\n`);
    }
  }
});

test("nothing is written when the result could not be described or stored", async () => {
  writeFileSync(pathOf("f"), "a\nb\n");
  const files = { ...bench.context.files, writeAtomic: () => Promise.reject(new Error("disk full")) };
  const result = await bench.call(editTool, { path: "f", edits: [{ oldText: "a", newText: "b" }] }, { files });
  expect(textOfResult(result)).toBe("Could not edit file: f. disk full");
  expect(result).toMatchObject({ isError: true, details: {} });
});

test("a diff is bounded: long lines are cut, a long patch is left out, many lines end with a note", async () => {
  const long = "x".repeat(1_000_000);
  writeFileSync(pathOf("f"), `short\n${long}OLD${long}\n`);
  const { details } = (await edit(["OLD", "NEW"])) as { details: { diff: string; patch: string; firstChangedLine: number } };
  expect(details.diff.length).toBeLessThan(5000);
  expect(details.diff).toContain("… [1998003 more characters]");
  expect(details.patch).toBe("");
  expect(details.firstChangedLine).toBe(2);
  writeFileSync(pathOf("f"), "begin\nend\n");
  const many = await edit(["begin\n", "another line\n".repeat(200_000)]);
  expect(JSON.stringify(many.details).length).toBeLessThan(400_000);
  expect((many.details as { diff: string }).diff).toMatch(/\n\[The diff is longer: 1 places, \+199999 lines\]$/);
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

test("takes edits as JSON text with line feeds and tabs as they are", async () => {
  writeFileSync(pathOf("f"), "one\n\ttwo\n");
  const line = `${"y".repeat(99)}\n`;
  const newText = `\t2 \\\\n "q" \\\\\n${line.repeat(20_000)}`;
  const edits = `[{"oldText":"one\n\ttwo","newText":"${newText.replaceAll('"', '\\"')}"}]`;
  expect((await bench.call(editTool, { path: "f", edits })).isError ?? false).toBe(false);
  expect(readFileSync(pathOf("f"), "utf8")).toBe(`\t2 \\n "q" \\\n${line.repeat(20_000)}\n`);
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
  const text = `${"some line of text that repeats\n".repeat(1_000_000)}needle\n`;
  const change = async (): Promise<void> => {
    writeFileSync(pathOf("f"), text);
    const result = await edit(["needle", "thread"]);
    expect(result.details).toMatchObject({ firstChangedLine: 1_000_001 });
  };
  expect(await quickestMs(5000, change)).toBeLessThan(5000);
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
