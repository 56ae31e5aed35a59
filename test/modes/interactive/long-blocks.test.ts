// What is under way and long: it is drawn less often the longer that takes, never after its end, and read as it would be at once.

import { Lexer, type Token, Tokenizer } from "marked";
import { expect, test } from "vitest";
import type { Block, BlockOf } from "../../../src/modes/interactive/blocks/block.ts";
import { BlockView } from "../../../src/modes/interactive/blocks/block-view.ts";
import { colouredDiff } from "../../../src/modes/interactive/blocks/diff.ts";
import type { Look } from "../../../src/modes/interactive/blocks/look.ts";
import { findHeadingsByTheirLine } from "../../../src/tui/setext-headings.ts";
import { plainSystem } from "../../../src/tui/theme/built-in.ts";
import { Theme } from "../../../src/tui/theme/theme.ts";
import { quickestMs } from "../../support/quickest.ts";

test.each([
  { takesMs: 0, draws: 100 },
  { takesMs: 3, draws: 25 },
  { takesMs: 50, draws: 2 },
])("of an answer that takes $takesMs ms to draw 100 frames draw $draws", ({ takesMs, draws }) => {
  let clock = 0;
  let drawn = 0;
  const block: BlockOf<"text"> = { kind: "text", isLive: true, text: "" };
  const look = { now: () => clock } as Look;
  const view = new BlockView(block, () => look, {
    draw: () => {
      drawn++;
      clock += takesMs;
      return [block.text];
    },
  });
  const frame = (): readonly string[] => {
    block.text += "x";
    view.changed();
    return view.lines(80);
  };
  const untilMs = (at: number): void => {
    clock = Math.max(clock, at);
  };
  for (let count = 0; count < 100; count++) {
    untilMs(count * 10);
    frame();
  }
  expect(drawn).toBe(draws);
  // What nobody changed is not drawn again, what has ended at once.
  view.lines(80);
  expect(drawn).toBe(draws);
  block.isLive = false;
  view.changed();
  expect(view.lines(80)).toEqual(["x".repeat(100)]);
});

test("in a key's frame what is under way is as it was a moment ago; the frame behind it has the rest, and no key waits for it longer than that", () => {
  let clock = 1000;
  let again = 0;
  const frames = { isForKey: false, requestRender: () => void again++ };
  const block: BlockOf<"text"> = { kind: "text", isLive: true, text: "" };
  const look = { now: () => clock } as Look;
  const view = new BlockView(block, () => look, { draw: () => [block.text] }, frames);
  const frame = (afterMs: number, isForKey: boolean): readonly string[] => {
    clock += afterMs;
    block.text += "x";
    view.changed();
    frames.isForKey = isForKey;
    return view.lines(80);
  };
  // There is nothing else to show.
  expect(frame(0, true)).toEqual(["x"]);
  expect(frame(1, true)).toEqual(["x"]);
  expect(again).toBe(1);
  expect(frame(1, false)).toEqual(["xxx"]);
  // Whoever holds a key down sees the answer grow.
  const lengths = Array.from({ length: 20 }, () => frame(10, true)[0]?.length);
  expect(lengths).toEqual([3, 3, 3, 3, 8, 8, 8, 8, 8, 13, 13, 13, 13, 13, 18, 18, 18, 18, 18, 23]);
  // Nothing is behind, nothing is asked for; what has ended is whole.
  const asked = again;
  frames.isForKey = true;
  view.lines(80);
  expect(again).toBe(asked);
  block.isLive = false;
  expect(frame(0, true)[0]?.length).toBe(block.text.length);
});

/** As the library has it by itself. */
class Untouched extends Tokenizer {
  override lheading(text: string): ReturnType<Tokenizer["lheading"]> {
    const found = this.rules.block.lheading.exec(text);
    if (found === null) return undefined;
    const [raw = "", said = "", line = ""] = found;
    const heading = said.trim();
    return {
      type: "heading",
      raw: raw.replace(/\n+$/, ""),
      depth: line.startsWith("=") ? 1 : 2,
      text: heading,
      tokens: this.lexer.inline(heading),
    };
  }
}

test("headings that are underlined are found as ever", () => {
  findHeadingsByTheirLine();
  const tokens = (text: string, tokenizer?: Tokenizer): Token[] => new Lexer({ gfm: true, ...(tokenizer && { tokenizer }) }).lex(text);
  const lines = [
    "words",
    "more *words*",
    "===",
    "---",
    "   --  ",
    "    ---",
    "",
    "  ",
    "- item",
    "> quote",
    "| a |",
    "# one",
    "```",
    "===x",
  ];
  let seed = 1;
  const next = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  let headings = 0;
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: 1 + next(8) }, () => lines[next(lines.length)]).join("\n");
    const found = tokens(text);
    headings += found.filter((token) => token.type === "heading" && !token.raw.startsWith("#")).length;
    expect(found, JSON.stringify(text)).toEqual(tokens(text, new Untouched()));
  }
  expect(headings).toBeGreaterThan(50);
});

test("the colours of a diff take as long as it is", async () => {
  const theme = new Theme(plainSystem, "truecolor");
  const added = Array.from({ length: 40_000 }, (_, count) => `+${count} line`).join("\n");
  expect(await quickestMs(2000, () => colouredDiff(added, theme))).toBeLessThan(2000);
  const empty = `${"\n".repeat(200_000)}x`;
  expect(await quickestMs(2000, () => colouredDiff(empty, theme))).toBeLessThan(2000);
});

test("an address that no terminal takes is shown as soon as any other text of its length", async () => {
  const text = `See https://example.org/${"a".repeat(30_000)} there`;
  const block: Block = { kind: "notice", isLive: false, level: "error", text, hint: "" };
  const look = { theme: new Theme(plainSystem, "truecolor"), now: () => 0 } as Look;
  const drawn = (): string => new BlockView(block, () => look).lines(80).join("");
  expect(await quickestMs(2000, drawn)).toBeLessThan(2000);
  const shown = drawn();
  expect(shown).not.toContain("\u001b]8;");
  expect(shown.match(/a{60,}/g)?.join("").length).toBeGreaterThan(29_000);
});
