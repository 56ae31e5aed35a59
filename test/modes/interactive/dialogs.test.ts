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

test.for(["main", "alternate"] as const)(
  "what is asked is there in whole, else how much of it is not; the answer stays in sight: %s",
  async (kind) => {
    const at = await openInteractive({ columns: 40, rows: 14, kind });
    const { context } = at.interaction.ui;
    const words = Array.from({ length: 30 }, (_, count) => `word${count}`);
    const asked = context.confirm("May this command be run, whatever it does to your files?", `rm -rf ${"/a/path".repeat(8)} --last`);
    const shown = (await at.until((screen) => screen.includes("Yes"))).replace(/\s/g, "");
    for (const part of ["whatever it does to your files?", "/a/path".repeat(8), "--last"])
      expect(shown).toContain(part.replaceAll(" ", ""));
    at.device.keys("\r");
    expect(await asked).toBe(true);
    for (const ask of [
      () => context.select(words.join("\n"), ["one", "two"]),
      () => context.input(words.join("\n")),
      () => context.editor(words.join("\n"), "text"),
    ]) {
      const answer = ask();
      const screen = await at.until((text) => /word0\n(.*\n)*… 2\d more lines\n/.test(text));
      expect(screen).toMatch(/❯ one\n {2}two|> |text/);
      expect(screen).toContain("fake/fake");
      at.device.keys("\u001b");
      expect(await answer).toBeUndefined();
    }
  },
);
