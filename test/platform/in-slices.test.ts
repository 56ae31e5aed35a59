// Long work done a slice at a time.

import { expect, test } from "vitest";
import { atOnce, inSlices } from "../../src/platform/in-slices.ts";

/** Each step takes its while; `log` says how far it is. */
function* slow(steps: number, log: string[], stepMs = 4): Generator<undefined, string> {
  for (let step = 1; step <= steps; step++) {
    for (const untilMs = performance.now() + stepMs; performance.now() < untilMs; );
    log.push(`step ${step}`);
    yield;
  }
  return "all";
}

test("the first slice is done at once, and others have their turn between two", async () => {
  const log: string[] = [];
  const work = inSlices(slow(9, log), { isWanted: () => true, waits: () => void log.push("waits") });
  expect(log[0]).toBe("step 1");
  expect(log.at(-1)).toBe("waits");
  setImmediate(() => void log.push("another"));
  expect(await work).toBe("all");
  expect(log.filter((line) => line === "waits")).toHaveLength(1);
  expect(log.indexOf("another")).toBeLessThan(log.indexOf("step 9"));
});

test("what is short waits for nobody; what is not wanted any more is not done; what goes wrong is told", async () => {
  const log: string[] = [];
  let hasWaited = false;
  const waits = (): void => {
    hasWaited = true;
  };
  expect(await inSlices(slow(0, log), { isWanted: () => false, waits })).toBe("all");
  expect(hasWaited).toBe(false);
  expect(await inSlices(slow(9, log), { isWanted: () => false })).toBe(undefined);
  expect(log).not.toContain("step 9");
  const failing = (function* () {
    yield* slow(3, log);
    throw new Error("no more");
  })();
  await expect(inSlices(failing, { isWanted: () => true })).rejects.toThrow("no more");
  expect(atOnce(slow(2, []))).toBe("all");
});

test("behind the first slice others have their turn every millisecond or so: a key that comes meanwhile waits no longer", async () => {
  const log: string[] = [];
  let isDone = false;
  const work = inSlices(slow(60, log, 0.5), { isWanted: () => true }).finally(() => {
    isDone = true;
  });
  const atOnce = log.length;
  const seen = [atOnce];
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(log.length);
  }
  await work;
  expect(atOnce).toBeLessThan(60);
  // So long as each step takes, two of them are a slice.
  const done = seen.slice(1).map((count, at) => count - (seen[at] ?? 0));
  expect(Math.max(...done)).toBeLessThanOrEqual(2);
});
