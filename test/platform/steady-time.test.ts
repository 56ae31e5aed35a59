// Time over a clock that is set back.

import { expect, test } from "vitest";
import { steady } from "../../src/platform/steady-time.ts";

test("a clock that is set back, twice, has stood still for no longer than that", () => {
  let clock = 1_000_000;
  const now = steady(() => clock);
  const told = [0, 40, -900_000, 60, -5, 7].map((step) => {
    clock += step;
    return now() - 1_000_000;
  });
  expect(told).toEqual([0, 40, 40, 100, 100, 107]);
});
