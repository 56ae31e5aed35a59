// Questions to the user as the screen shows them: how long there is time, one after another, answered once.

import { expect, test, vi } from "vitest";
import { openInteractive } from "../../support/interactive-screen.ts";

test("a question that is called off by itself says how long there is still time", async () => {
  const at = await openInteractive({ columns: 60 });
  vi.useFakeTimers();
  try {
    const { context } = at.interaction.ui;
    const answers = [
      context.confirm("Go on?", "It takes a while.", { timeout: 3000 }),
      context.input("Name", "anything", { timeout: 5000 }),
    ];
    await vi.advanceTimersByTimeAsync(1);
    expect(at.drawn()).toMatch(/Go on\? \(3 s\)\nIt takes a while\.\n/);
    const before = at.device.writes.length;
    await vi.advanceTimersByTimeAsync(1000);
    expect(at.drawn()).toContain("Go on? (2 s)");
    expect(at.device.writes.length).toBeGreaterThan(before);
    await vi.advanceTimersByTimeAsync(2000);
    expect(at.drawn()).toContain("Name (2 s)");
    await vi.advanceTimersByTimeAsync(2000);
    expect(at.drawn()).not.toContain("Name");
    expect(await Promise.all(answers)).toEqual([false, undefined]);
    const idle = at.device.writes.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(at.device.writes.length).toBe(idle);
  } finally {
    vi.useRealTimers();
  }
});
