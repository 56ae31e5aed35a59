import { expect, test } from "vitest";
import { messageOf } from "../../src/contracts/error.ts";
import { cleanOutput, OutputCleaner } from "../../src/contracts/text/clean-output.ts";
import { inOneLine } from "../../src/contracts/text/one-line.ts";
import { drawnText, plainText, visibleText } from "../../src/contracts/text/plain.ts";

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

test("in one line: the blanks around each line's end are one, those within a line stay", () => {
  expect(inOneLine("  a  b \r\n\n\t c\rd  ")).toBe("  a  b c d  ");
});

const returns = "\r".repeat(1_000_000);

test.each<[string, (text: string) => string, string, string]>([
  ["carriage returns of a command", cleanOutput, `a${returns}x\n${returns}\ny`, "x\n\ny"],
  ["carriage returns in pieces", (text) => new OutputCleaner().push(text), `a${returns}x`, "x"],
  ["carriage returns that are shown", visibleText, `a${returns}x${returns}\ny`, "ax\ny"],
  ["blanks in a message", messageOf, `a${" ".repeat(1_000_000)}\n\n${" ".repeat(1_000_000)}b${" ".repeat(1_000_000)}`, "a b"],
])("a million %s cost no time to speak of", (_, shown, text, expected) => {
  expect(shown(text)).toBe(expected);
});
