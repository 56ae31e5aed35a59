import { expect, test } from "vitest";
import { decodeText } from "../../src/contracts/decode-text.ts";

const utf16 = (text: string, isBigEndian = false): Buffer => {
  const units = Buffer.from(text, "utf16le");
  return isBigEndian ? units.swap16() : units;
};

test.each([
  ["UTF-8", Buffer.from("h\u00e4llo \u{1f339}\r\n"), "h\u00e4llo \u{1f339}\r\n"],
  ["UTF-8 with a mark", Buffer.from("\ufeffa\ufeffb"), "a\ufeffb"],
  ["UTF-8 with a broken character", Buffer.concat([Buffer.from("a log "), Buffer.of(0xe4), Buffer.from("\tend\n")]), "a log \ufffd\tend\n"],
  ["terminal colours", Buffer.from("\u001b[31mred\u001b[0m\f\b"), "\u001b[31mred\u001b[0m\f\b"],
  ["UTF-16 LE with a mark", Buffer.concat([Buffer.of(0xff, 0xfe), utf16("\u4f60\u597d")]), "\u4f60\u597d"],
  ["UTF-16 BE with a mark", Buffer.concat([Buffer.of(0xfe, 0xff), utf16("\u4f60\u597d", true)]), "\u4f60\u597d"],
  ["UTF-16 LE without one", utf16("words \u4f60"), "words \u4f60"],
  ["UTF-16 BE without one", utf16("words \u4f60", true), "words \u4f60"],
  ["half a unit at the end", Buffer.concat([Buffer.of(0xff, 0xfe), utf16("ab"), Buffer.of(0x61)]), "ab"],
  ["nothing", Buffer.alloc(0), ""],
])("%s", (_, bytes, text) => expect(decodeText(bytes)).toBe(text));

test.each([
  ["a NUL in text", Buffer.from("a\0b and more words")],
  ["one NUL", Buffer.from("a\0b")],
  ["four bytes", Buffer.of(1, 0, 2, 255)],
  ["gzip", Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3)],
  ["bytes without a NUL", Buffer.of(0x89, 1, 0xff, 0xfe, 2)],
  ["UTF-32", Buffer.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0)],
  ["numbers", Buffer.from(new Uint32Array([1, 2, 3, 400, 5]).buffer)],
])("%s is no text", (_, bytes) => expect(decodeText(bytes)).toBe(undefined));
