import { expect, test } from "vitest";
import { piecesOf } from "../../src/tui/long-segments.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const whole = (text: string): Intl.Segments => segmenter.segment(text);

test("the characters are those of the whole text, wherever it is cut", () => {
  const odd = [
    "e\u0301",
    "👩‍👩‍👧‍👦",
    "🇩🇪🇫🇷",
    "か\u3099",
    "각",
    "\u1100\u1161\u11a8",
    "\r\n",
    "न्दी",
    "界",
    "ñ",
    "x",
    "👍🏽",
    "\u200d",
    "\ufe0f",
    "\ud83d",
  ];
  for (let seed = 1; seed < 20; seed++) {
    const text = Array.from({ length: 2500 }, (_, at) => odd[(at * seed * 7919 + at * at) % odd.length]).join("");
    expect([...piecesOf(text, whole)]).toEqual([...whole(text)]);
  }
  expect(piecesOf("abc", whole).containing(1)?.segment).toBe("b");
});

test("a hundred kilobytes without a blank are no work to speak of", () => {
  const lengths: number[] = [];
  const noted = (text: string): Intl.Segments => {
    lengths.push(text.length);
    return whole(text);
  };
  for (const character of ["x", "界", "é"]) {
    const text = character.repeat(100_000);
    expect([...piecesOf(text, noted)]).toHaveLength(100_000);
  }
  expect(Math.max(...lengths)).toBe(1024);
});
