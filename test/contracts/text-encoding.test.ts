import { describe, expect, test } from "vitest";
import { type DetectedText, decodeText, detectText, encodeText, wholeText } from "../../src/contracts/text-encoding.ts";

const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le");
const detect = (bytes: Uint8Array): DetectedText => {
  const detected = detectText(bytes);
  if (detected === undefined) throw new Error("not taken for text");
  return detected;
};

describe("what kind of text it is", () => {
  test.each<[string, Uint8Array, string, string]>([
    ["plain ASCII", Buffer.from("one\r\n"), "utf-8", "one\r\n"],
    ["nothing at all", Buffer.alloc(0), "utf-8", ""],
    ["UTF-8", Buffer.from("grün 😀"), "utf-8", "grün 😀"],
    ["UTF-8 with a mark", Buffer.from("\ufeffgrün"), "utf-8", "grün"],
    ["UTF-16 LE with a mark", utf16("\ufeffgrün 😀"), "utf-16le", "grün 😀"],
    ["UTF-16 BE with a mark", utf16("\ufeffgrün 😀").swap16(), "utf-16be", "grün 😀"],
    ["UTF-16 LE without", utf16("plain words\r\n"), "utf-16le", "plain words\r\n"],
    ["UTF-16 BE without", utf16("plain words\r\n").swap16(), "utf-16be", "plain words\r\n"],
    ["Latin-1", Buffer.from("caf\xe9\n", "latin1"), "windows-1252", "café\n"],
    ["Windows-1252 quotes", Buffer.from("\x93hi\x94 \x80 \x81", "latin1"), "windows-1252", "\u201chi\u201d € \x81"],
  ])("%s", (_, bytes, encoding, text) => {
    const detected = detect(bytes);
    expect(detected.encoding).toBe(encoding);
    expect(decodeText(bytes, detected)).toBe(text);
    expect(encodeText(text, detected)).toEqual({ bytes: Buffer.from(bytes) });
  });

  test("one damaged byte among many good characters leaves it UTF-8", () => {
    const bytes = Buffer.concat([Buffer.from("äöü "), Buffer.from([0xff]), Buffer.from(" äöü")]);
    expect(decodeText(bytes, detect(bytes))).toBe("äöü \ufffd äöü");
  });

  test("a character cut off at the end of a beginning says nothing; at the end of the whole it does", () => {
    const cut = Buffer.from("ab€").subarray(0, -1);
    expect(detectText(cut, { isWhole: false })?.encoding).toBe("utf-8");
    expect(detectText(cut)?.encoding).toBe("windows-1252");
  });

  test.each([
    ["a program", Buffer.from("\x7fELF\x02\x01\x01\0\0\0\0\0", "latin1")],
    ["numbers of two bytes", Buffer.from([1, 0, 2, 0, 3, 0, 4, 0])],
    ["a NUL among letters", Buffer.from("abc\0def")],
    ["UTF-32", Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0])],
  ])("%s is no text", (_, bytes) => expect(detectText(bytes)).toBe(undefined));
});

test("a character the encoding has not is named", () => {
  const latin = { encoding: "windows-1252", bomBytes: 0 } as const;
  expect(encodeText("a € b", latin)).toEqual({ bytes: Buffer.from("a \x80 b", "latin1") });
  expect(encodeText("a 😀 b", latin)).toEqual({ unencodable: "😀" });
  expect(encodeText("\x80", latin)).toEqual({ unencodable: "\x80" });
});

describe("a whole text", () => {
  test.each([
    ["UTF-8", Buffer.from("h\u00e4llo \u{1f339}\r\n"), "h\u00e4llo \u{1f339}\r\n"],
    ["UTF-8 with a mark", Buffer.from("\ufeffa\ufeffb"), "a\ufeffb"],
    ["8-bit text", Buffer.from("a log \xe4\tend\n", "latin1"), "a log \u00e4\tend\n"],
    ["UTF-8 with a broken character", Buffer.from("\xc3\xa4\xc3\xb6 \xff\tend", "latin1"), "\u00e4\u00f6 \ufffd\tend"],
    ["terminal colours", Buffer.from("\u001b[31mred\u001b[0m\f\b"), "\u001b[31mred\u001b[0m\f\b"],
    ["UTF-16 LE with a mark", Buffer.concat([Buffer.of(0xff, 0xfe), utf16("\u4f60\u597d")]), "\u4f60\u597d"],
    ["UTF-16 BE with a mark", Buffer.concat([Buffer.of(0xfe, 0xff), utf16("\u4f60\u597d").swap16()]), "\u4f60\u597d"],
    ["UTF-16 LE without one", utf16("words \u4f60"), "words \u4f60"],
    ["UTF-16 BE without one", utf16("words \u4f60").swap16(), "words \u4f60"],
    ["half a unit at the end", Buffer.concat([Buffer.of(0xff, 0xfe), utf16("ab"), Buffer.of(0x61)]), "ab"],
    ["nothing", Buffer.alloc(0), ""],
  ])("%s", (_, bytes, text) => expect(wholeText(bytes)).toBe(text));

  test.each([
    ["a NUL in text", Buffer.from("a\0b and more words")],
    ["one NUL", Buffer.from("a\0b")],
    ["four bytes", Buffer.of(1, 0, 2, 255)],
    ["gzip", Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3)],
    ["bytes without a NUL", Buffer.of(0x89, 1, 0xff, 0xfe, 2)],
    ["UTF-32", Buffer.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0)],
    ["a NUL that comes late", Buffer.from(`${"a".repeat(10_000)}\0`)],
    ["numbers", Buffer.from(new Uint32Array([1, 2, 3, 400, 5]).buffer)],
  ])("%s is no text", (_, bytes) => expect(wholeText(bytes)).toBe(undefined));
});

test("the first bytes of what is no text alone are none", () => {
  const heads = [
    "\x89PNG",
    "\x89PNG\r\n\x1a\n",
    "\xff\xd8\xff",
    "\xff\xd8\xff\xe0",
    "%PDF-1.7\n",
    "%PDF-1.4\r%\xe2\xe3\xcf\xd3\r",
    "PK\x03\x04",
  ];
  for (const head of [...heads, "\x7fELF", "7z\xbc\xaf\x27", "\x28\xb5\x2f\xfd", "\xca\xfe\xba\xbe"])
    expect(wholeText(Buffer.from(head, "latin1")), JSON.stringify(head)).toBeUndefined();
  for (const text of ["PNG\r\n", "\x89 PNG", "\xff\xd8", "%PDF is a format", "PK", "ELF", "GIF89a is older", "%!PS\n"])
    expect(wholeText(Buffer.from(text, "latin1")), text).toBeDefined();
});
