import { expect, test } from "vitest";
import { LineSplitter } from "../../../src/platform/pipes/line-splitter.ts";
import { seededRandom } from "../../support/random.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function linesOf(chunks: readonly Uint8Array[], maxBytes = 1 << 20): (string | null)[] {
  const splitter = new LineSplitter(maxBytes);
  const lines = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
  return lines.map((line) => (line.isTooLong ? null : line.text));
}

function inPieces(all: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.subarray(index * size, (index + 1) * size));
}

test("splits at LF only and drops one CR", () => {
  expect(linesOf([bytes('{"a":"x\u2028y\u2029z\u0085"}\r\n\n\r\r\nlast')])).toEqual(['{"a":"x\u2028y\u2029z\u0085"}', "", "\r", "last"]);
});

test("an end without LF gives the last line, an end with LF gives none", () => {
  expect(linesOf([bytes("a\nb")])).toEqual(["a", "b"]);
  expect(linesOf([bytes("a\nb\n")])).toEqual(["a", "b"]);
  expect(linesOf([])).toEqual([]);
});

test("a byte order mark in front of everything is no part of it; elsewhere it belongs to its line", () => {
  for (const text of ["\uFEFFa\n\uFEFFb\r\nc", "\uFEFFa\n\uFEFFb\nc\n"]) {
    for (const size of [1, 2, 3, 100]) expect(linesOf(inPieces(bytes(text), size))).toEqual(["a", "\uFEFFb", "c"]);
  }
});

test("any cutting of the bytes gives the same lines", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 200; round++) {
    const lines = Array.from({ length: random.below(8) }, () =>
      Array.from({ length: random.below(12) }, () => random.pick(["a", "é", "€", "𝄞", "\u2028", " ", '"', "\\"])).join(""),
    );
    const whole = bytes(lines.map((line) => `${line}\n`).join(""));
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < whole.length; ) {
      const size = 1 + random.below(9);
      chunks.push(whole.subarray(at, at + size));
      at += size;
    }
    expect(linesOf(chunks)).toEqual(lines);
  }
});

test("a line over the limit is reported once, costs no memory, and does not touch its neighbours", () => {
  const long = bytes("x".repeat(5000));
  expect(linesOf([bytes("a\n"), long, long, bytes("\nb\n")], 6000)).toEqual(["a", null, "b"]);
  expect(linesOf([bytes("a\n"), long, long], 6000)).toEqual(["a", null]);
});

test("the reader's buffer may be used again", () => {
  const splitter = new LineSplitter(100);
  const buffer = bytes("abc");
  splitter.push(buffer);
  buffer.fill(122);
  expect(splitter.push(bytes("\n"))).toEqual([{ text: "abc", isTooLong: false }]);
});
