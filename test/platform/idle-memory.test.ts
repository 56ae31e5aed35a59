import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { IdleMemory } from "../../src/platform/idle-memory.ts";

let given = 0;
let isBusy = false;

beforeEach(() => {
  given = 0;
  isBusy = false;
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

function idleMemory(): IdleMemory {
  return new IdleMemory(
    () => isBusy,
    () => {
      given++;
    },
  );
}

/** Comes again every `everyMs`, for `ms`. */
function looking(memory: IdleMemory, everyMs: number, ms: number): void {
  for (let at = 0; at < ms; at += everyMs) {
    vi.advanceTimersByTime(everyMs);
    memory.touched();
  }
}

describe("memory is given back", () => {
  test("two seconds after the start, also where somebody asked for something meanwhile", () => {
    const memory = idleMemory();
    vi.advanceTimersByTime(50);
    memory.touched();
    vi.advanceTimersByTime(1900);
    expect(given).toBe(0);
    vi.advanceTimersByTime(100);
    expect(given).toBe(1);
  });

  test("two seconds after the last work, and not again until there was some", () => {
    const memory = idleMemory();
    vi.advanceTimersByTime(1500);
    memory.worked();
    vi.advanceTimersByTime(1900);
    expect(given).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(given).toBe(1);
    memory.worked();
    vi.advanceTimersByTime(2000);
    expect(given).toBe(2);
  });

  test("also where somebody looks in every second, and once", () => {
    looking(idleMemory(), 1000, 10_000);
    expect(given).toBe(1);
  });

  test("not while somebody asks again and again, but as soon as they pause", () => {
    const memory = idleMemory();
    looking(memory, 100, 10_000);
    expect(given).toBe(0);
    vi.advanceTimersByTime(250);
    expect(given).toBe(1);
  });

  test("not while something goes on that tells nothing", () => {
    isBusy = true;
    idleMemory();
    vi.advanceTimersByTime(60_000);
    expect(given).toBe(0);
    isBusy = false;
    vi.advanceTimersByTime(2000);
    expect(given).toBe(1);
  });
});

test("nobody who wants nothing is waited for", () => {
  new IdleMemory(() => false, undefined);
  expect(vi.getTimerCount()).toBe(0);
});
