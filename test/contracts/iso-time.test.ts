import { expect, test } from "vitest";
import { isoTime } from "../../src/contracts/text/iso-time.ts";

test("a point in time is written as Date writes it", () => {
  const edges = [0, -1, 1, 999, 1000, 951_782_400_000, 1_709_164_800_000, 253_402_300_799_999, 253_402_300_800_000, -62_167_219_200_000];
  const far = [-62_167_219_200_001, 8.64e15, -8.64e15, 1_700_000_000_000.9, -0.5];
  const steps = Array.from({ length: 2000 }, (_, at) => (at - 1000) * 7_919_354_217_331);
  const all = [...edges, ...far, ...steps].filter((ms) => Math.abs(ms) <= 8.64e15);
  expect(all.length).toBeGreaterThan(2000);
  expect(all.map(isoTime)).toEqual(all.map((ms) => new Date(ms).toISOString()));
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1])("%s is none", (ms) => {
  expect(() => isoTime(ms)).toThrow(RangeError);
});
