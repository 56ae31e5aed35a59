import { expect, test } from "vitest";
import { drawnText, plainText } from "../../src/contracts/text/plain.ts";

test.each([
  ["plain ümlaut 漢字 😀\n\ttab", "plain ümlaut 漢字 😀\n\ttab"],
  ["a\x1b[1;31mred\x1b[0m\x1b[2J\x1b[10;10Hb", "aredb"],
  ["a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "ablink"],
  ["a\x1b]never ended\nnext line", "a\nnext line"],
  ["a\x1bPq#0\x1b\\b\x1b_x\x1b\\c\x1b^y\x1b\\d", "abcd"],
  ["a\x9b31mb\x90c", "a31mbc"],
  ["a\x1b(Bb\x1bcc\x1b7d", "abcd"],
  ["one\r\ntwo\rthree\x07\x08\x7f", "one\ntwothree"],
  ["a\u202eb\u2066c", "abc"],
  ["cut \x1b", "cut "],
])("%j", (text, plain) => {
  expect(plainText(text)).toBe(plain);
});

test("what we draw ourselves stays, and nothing else", () => {
  expect(drawnText("\r\x1b[2K\x1b[2mturn\x1b[0m\x1b[2J\x1b]0;x\x07\r")).toBe("\r\x1b[2K\x1b[2mturn\x1b[0m");
});
