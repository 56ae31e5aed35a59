import { expect, test } from "vitest";
import { countNewlines, indexAfterNewline } from "../../src/tools/shared/count-newlines.ts";
import { seededRandom } from "../support/random.ts";

test("counts as a plain loop does, at any offset and length", () => {
  const random = seededRandom(3);
  const bytes = Uint8Array.from({ length: 70_000 }, () => random.pick([10, 10, 11, 0, 138, 255, 9, 97]));
  for (let round = 0; round < 60; round++) {
    const part = bytes.subarray(random.below(100), random.below(70_000));
    expect(countNewlines(part)).toBe(part.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0));
  }
  for (let start = 0; start < 9; start++) {
    for (let length = 0; length < 9; length++)
      expect(countNewlines(new Uint8Array(20).fill(10).subarray(start, start + length))).toBe(length);
  }
  expect(countNewlines(new Uint8Array(5000).fill(10))).toBe(5000);
});

test("finds the n-th line's start", () => {
  const bytes = new TextEncoder().encode("a\n\nb\n");
  expect([0, 1, 2, 3, 4].map((n) => indexAfterNewline(bytes, n))).toEqual([0, 2, 3, 5, -1]);
});
