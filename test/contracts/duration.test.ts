import { expect, test } from "vitest";
import { longestTimerMs, parseDuration, timeLimitMs, timerMs } from "../../src/contracts/duration.ts";

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

test.each(["", "90", "s", "-1s", "1 h", "1x", "1s!", "1e3s", "Infinity", "99999999999h"])("%j is none", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test("no timer is set to a length that timers take for a millisecond", () => {
  expect([1000, longestTimerMs, longestTimerMs + 1, Number.POSITIVE_INFINITY].map(timerMs)).toEqual([
    1000,
    longestTimerMs,
    longestTimerMs,
    longestTimerMs,
  ]);
});

test("a limit of nothing, less or no number is none", () => {
  expect([undefined, 0, -1, Number.NaN].map(timeLimitMs)).toEqual([undefined, undefined, undefined, undefined]);
  expect([0.5, 50, Number.POSITIVE_INFINITY].map(timeLimitMs)).toEqual([1, 50, longestTimerMs]);
});
