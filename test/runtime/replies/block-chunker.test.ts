// Blocks of a streamed answer: size, fences, text, and that deltas make no difference.

import { expect, test } from "vitest";
import { type BlockChunkerOptions, createBlockChunker } from "../../../src/runtime/replies/block-chunker.ts";
import { seededRandom } from "../../support/random.ts";

function blocksOf(text: string, options: BlockChunkerOptions, deltas: string[] = [text]): string[] {
  const chunker = createBlockChunker(options);
  return [...deltas.flatMap((one) => chunker.push(one)), ...chunker.end()];
}

/** Read as a chat client would: each block by itself. */
function isBalanced(block: string): boolean {
  let open: string | undefined;
  for (const line of block.split("\n")) {
    const [, marker = "", info = ""] = /^[ \t>]*(`{3,}|~{3,})([^`]*)$/.exec(line) ?? [];
    if (open === undefined) open = marker || undefined;
    else if (marker[0] === open[0] && marker.length >= open.length && info.trim() === "") open = undefined;
  }
  return open === undefined;
}

const withoutFences = (text: string): string => text.replace(/^[ \t>]*(?:`{3,}|~{3,}).*$/gm, "").replace(/\s+/g, "");

const pieces = [
  "A sentence that ends. ",
  "word ",
  "another_long_identifier_without_blanks",
  "\n",
  "\n\n",
  "😀😀",
  "```ts\nconst x = 1;\nconst y = 2;\n```\n",
  "~~~\nplain\n\nlines\n~~~\n",
  "  ````md\n```\ninner\n```\n  ````\n",
  "`span` ",
  "- item\n",
];

function randomMarkdown(seed: number): string {
  const random = seededRandom(seed);
  let text = "";
  for (let count = 5 + random.below(60); count > 0; count--) {
    const piece = random.pick(pieces);
    text += (/^ *[`~]{3}/.test(piece) && text !== "" && !text.endsWith("\n") ? "\n" : "") + piece;
  }
  return text;
}

test("all blocks fit, fences are balanced, the text is all there, and deltas make no difference", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = seededRandom(seed * 7);
    const text = randomMarkdown(seed);
    const options: BlockChunkerOptions = {
      minChars: random.below(90),
      maxChars: 60 + random.below(120),
      breakPreference: random.pick(["paragraph", "newline", "sentence"] as const),
      flushOnParagraph: random.chance(0.3),
    };
    const blocks = blocksOf(text, options);
    expect(blocks.filter((one) => one.length > (options.maxChars ?? 0))).toEqual([]);
    expect(
      blocks.filter((one) => !isBalanced(one)),
      `seed ${seed}`,
    ).toEqual([]);
    expect(withoutFences(blocks.join("\n"))).toBe(withoutFences(text));
    expect(blocks.every((one) => !/^\p{Cs}|\p{Cs}$/u.test(one))).toBe(true);
    expect(blocksOf(text, options, [...text])).toEqual(blocks);
    const cut = random.below(text.length);
    expect(blocksOf(text, options, [text.slice(0, cut), text.slice(cut)])).toEqual(blocks);
  }
});

test("without fences the blocks joined are the text, to the letter", () => {
  const text = Array.from({ length: 80 }, (_, index) => `Sentence ${index}. ${index % 7 === 0 ? "\n\n" : ""}`).join("");
  const blocks = blocksOf(text, { minChars: 50, maxChars: 90 });
  expect(blocks.length).toBeGreaterThan(8);
  expect(blocks.join("")).toBe(text);
});

test.each([
  ["paragraph", "One two. Three\nfour five.\n\nsix seven eight", "One two. Three\nfour five.\n\n"],
  ["newline", "One two. Three\nfour five. six seven eight", "One two. Three\n"],
  ["sentence", "One two. Three four five six seven eight", "One two. "],
  ["blank", "One two three four five six seven eight", "One two three four five six "],
  ["nothing", "x".repeat(50), "x".repeat(30)],
])("a block ends at the last %s there is", (_kind, text, first) => {
  expect(blocksOf(text, { minChars: 5, maxChars: 30 })[0]).toBe(first);
});

test("what is preferred goes before what is larger", () => {
  expect(blocksOf("One two.\nThree. Four five six seven", { minChars: 5, maxChars: 24, breakPreference: "sentence" })[0]).toBe(
    "One two.\nThree. ",
  );
});

test("a fence that is too long is closed, and opened anew with its first line", () => {
  const code = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join("");
  const blocks = blocksOf(`\`\`\`ts\n${code}\`\`\`\n`, { minChars: 40, maxChars: 80 });
  expect(blocks.length).toBeGreaterThan(1);
  for (const block of blocks) expect(block).toMatch(/^```ts\n[^`]*\n```\n?$/);
});

test("a first line that takes too much room is opened anew as the bare marker", () => {
  const blocks = blocksOf(`\`\`\`ts title="${"a".repeat(40)}"\n${"code\n".repeat(40)}\`\`\`\n`, { minChars: 40, maxChars: 100 });
  expect(blocks[1]).toMatch(/^```\ncode\n/);
});

test("each paragraph is a block at once, but for those in a fence", () => {
  const chunker = createBlockChunker({ flushOnParagraph: true });
  expect(chunker.push("One.\n")).toEqual([]);
  expect(chunker.push("\n")).toEqual(["One.\n\n"]);
  expect(chunker.push("\n \n\nT")).toEqual([]);
  expect(chunker.push("wo.\r\n\r\nTw")).toEqual(["\n \n\nTwo.\r\n\r\n"]);
  expect(chunker.push("o.\n```\na\n\nb\n```\n")).toEqual([]);
  expect(chunker.end()).toEqual(["Two.\n```\na\n\nb\n```\n"]);
});

test("a fence that the text leaves open is closed in its last block", () => {
  expect(blocksOf("```\ncode", {})).toEqual(["```\ncode\n```"]);
});

test.each([{ maxChars: 1 }, { maxChars: 2.5 }, { minChars: -1 }, { breakPreference: "word" as "newline" }])("%j is refused", (options) => {
  expect(() => createBlockChunker(options)).toThrow(expect.objectContaining({ code: "usage.bad_value" }));
});

test("the smallest blocks come to an end, whatever the text", () => {
  for (let maxChars = 2; maxChars < 40; maxChars++)
    for (let seed = 1; seed < 20; seed++) {
      const blocks = blocksOf(randomMarkdown(seed), { minChars: 1, maxChars });
      expect(blocks.every((one) => one.length <= maxChars)).toBe(true);
    }
});

test("a line of marks alone is cut like any text: no mark is a block by itself", () => {
  for (const mark of ["`", "~", "> ~", "`~"])
    for (const size of [1, 7, 100_000]) {
      const text = mark.repeat(20_000);
      const chunker = createBlockChunker();
      const blocks: string[] = [];
      for (let at = 0; at < text.length; at += size) blocks.push(...chunker.push(text.slice(at, at + size)));
      blocks.push(...chunker.end());
      expect(blocks.join("")).toBe(text);
      expect(blocks.every((one) => one.length <= 1200)).toBe(true);
      expect(blocks.length).toBeLessThan((2 * text.length) / 800);
    }
});
