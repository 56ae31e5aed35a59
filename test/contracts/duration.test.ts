import { expect, test } from "vitest";
import { longestTimerMs, parseDuration, timerMs } from "../../src/contracts/duration.ts";

test.each([
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["500ms", 500],
  ["1.5s", 1500],
  ["2d", 172_800_000],
  ["1w", 604_800_000],
  ["6mo", 15_552_000_000],
  ["1y", 31_536_000_000],
  ["0", 0],
  [" 0s ", 0],
])("%s", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "90", "s", "-1s", "1 h", "1x", "1s!", "1e3s", "Infinity"])("%j is none", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test("no limit is longer than a timer can be", () => {
  expect([0, 1500, 2 ** 31 - 1, 2 ** 31, 2_592_000_000, Number.POSITIVE_INFINITY].map(timerMs)).toEqual([
    0,
    1500,
    ...Array.from({ length: 4 }, () => longestTimerMs),
  ]);
});
