// The regular screen: each line of the history once and in its final form, what was there before untouched, frames of one write, resizes.

import { expect, onTestFinished, test, vi } from "vitest";
import { DrawnBlock, type KeptBlock, KeptLines } from "../../src/tui/kept-lines.ts";
import { MainScreen } from "../../src/tui/main-screen.ts";
import { ScreenTerminal } from "../../src/tui/screen-terminal.ts";
import { seededRandom } from "../support/random.ts";
import { type ScreenDevice, screenDevice } from "../support/screen-device.ts";

/** Words that are wrapped as wide as the screen. */
class Words implements KeptBlock {
  isLive = false;
  text: string;

  constructor(text: string) {
    this.text = text;
  }

  lines(width: number): string[] {
    return this.text.split("\n").flatMap((line) => line.match(new RegExp(`.{1,${width}}`, "g")) ?? [""]);
  }

  settled(): number {
    return this.isLive ? 0 : Number.POSITIVE_INFINITY;
  }

  invalidate(): void {}
}

/** One whose lines all stand as they are, and to which more may come. */
class Growing implements KeptBlock {
  readonly texts: string[] = [];
  isDone = false;

  lines(): string[] {
    return [...this.texts];
  }

  settled(): number {
    return this.isDone ? Number.POSITIVE_INFINITY : this.texts.length;
  }

  invalidate(): void {}
}

interface Opened {
  device: ScreenDevice;
  screen: MainScreen;
  kept: KeptLines;
  draw(): void;
}

function opened(columns = 40, rows = 10, foot = ["-- editor --", "-- footer --"]): Opened {
  const device = screenDevice(columns, rows);
  device.write("before 1\r\nbefore 2\r\n$ pi\r\n");
  const kept = new KeptLines();
  const screen = new MainScreen(new ScreenTerminal(device, { escapeMs: 10 }), {
    tail: kept,
    reflows: true,
    noRoom: "more room",
    failed: (error) => {
      throw error;
    },
  });
  screen.addChild({ render: () => foot, invalidate: () => {} });
  screen.start();
  onTestFinished(() => screen.stop());
  return { device, screen, kept, draw: () => screen.renderNow() };
}

const numbered = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => `line ${from + at}`);

test("what has no lines yet, or may get more, is not passed over by what comes behind it", () => {
  const { device, kept, draw } = opened();
  const growing = new Growing();
  kept.add(growing);
  for (const line of numbered(0, 30)) kept.add(new Words(line));
  draw();
  growing.texts.push("late");
  draw();
  growing.texts.push("later");
  draw();
  growing.isDone = true;
  draw();
  expect(device.all().slice(0, -2)).toEqual(["before 1", "before 2", "$ pi", "late", "later", ...numbered(0, 30)]);
});

test("what is shown when other content comes stays the terminal's, and only that", () => {
  for (const count of [0, 1, 3, 30]) {
    const { device, screen, kept, draw } = opened();
    for (const line of numbered(0, count)) kept.add(new Words(line));
    draw();
    kept.clear();
    screen.restart();
    draw();
    expect(device.all()).toEqual(["before 1", "before 2", "$ pi", ...numbered(0, count), "-- editor --", "-- footer --"]);
    for (const line of ["other 1", "other 2"]) kept.add(new Words(line));
    draw();
    draw();
    expect(device.all().slice(3 + count)).toEqual(["other 1", "other 2", "-- editor --", "-- footer --"]);
  }
});

test("what scrolls off is in the history once, in order, behind what was there before", () => {
  const { device, kept, draw } = opened();
  for (const line of numbered(0, 100)) {
    kept.add(new Words(line));
    draw();
  }
  expect(device.all()).toEqual(["before 1", "before 2", "$ pi", ...numbered(0, 100), "-- editor --", "-- footer --"]);
  expect(device.writes.join("")).not.toMatch(/\u001b\[[23]J/);
});

test("a block that is not settled is shown by its end, and goes into the history as it has become", () => {
  const { device, kept, draw } = opened();
  const live = new Words("");
  live.isLive = true;
  kept.add(live);
  for (let count = 1; count <= 30; count++) {
    live.text = numbered(0, count)
      .map((line) => `draft ${line}`)
      .join("\n");
    draw();
  }
  expect(device.all().filter((line) => line === "draft line 3")).toEqual([]);
  expect(device.screen()).toContain("draft line 29");
  live.text = numbered(0, 30)
    .map((line) => `final ${line}`)
    .join("\n");
  live.isLive = false;
  draw();
  expect(device.all()).toEqual([
    "before 1",
    "before 2",
    "$ pi",
    ...numbered(0, 30).map((line) => `final ${line}`),
    "-- editor --",
    "-- footer --",
  ]);
});

test("a frame is one write inside a synchronized update; one that changes nothing is none", () => {
  const { device, kept, draw } = opened();
  draw();
  for (const line of numbered(0, 20)) {
    kept.add(new Words(line));
    const before = device.writes.length;
    draw();
    const frame = device.writes.slice(before);
    expect(frame).toHaveLength(1);
    expect(frame[0]).toMatch(/^\u001b\[\?2026h[\s\S]*\u001b\[\?2026l$/);
  }
  const before = device.writes.length;
  draw();
  expect(device.writes.length).toBe(before);
});

test("a frame that had to wait for the terminal is drawn when that has taken the one before, not some time later", () => {
  vi.useFakeTimers();
  try {
    const { device, screen, kept, draw } = opened();
    draw();
    device.isBusy = true;
    kept.add(new Words("said meanwhile"));
    draw();
    kept.add(new Words("and a key"));
    screen.requestRender();
    expect(device.screen().join("\n")).not.toContain("said meanwhile");
    device.isBusy = false;
    device.drain();
    expect(device.screen()).toEqual(expect.arrayContaining(["said meanwhile", "and a key"]));
    const { length } = device.writes;
    device.drain();
    expect(device.writes).toHaveLength(length);
  } finally {
    vi.useRealTimers();
  }
});

test("20 random resizes under a stream: nothing is missing, nothing stands more than twice, nothing before us is touched", () => {
  vi.useFakeTimers();
  try {
    const { device, kept, draw } = opened(40, 10);
    const { below } = seededRandom(7);
    const random = (from: number, to: number): number => from + below(to - from);
    let count = 0;
    for (let round = 0; round < 20; round++) {
      for (let more = random(1, 12); more > 0; more--) {
        kept.add(new Words(`<${count++}> ${"word ".repeat(random(0, 12))}end`));
        draw();
      }
      device.resize(random(24, 100), random(6, 40));
      draw();
      vi.advanceTimersByTime(150);
    }
    const text = device.all().join("");
    expect(text.startsWith("before 1before 2$ pi")).toBe(true);
    for (let at = 0; at < count; at++) {
      const times = text.split(`<${at}>`).length - 1;
      expect(times, `line ${at}`).toBeGreaterThanOrEqual(1);
    }
    expect(device.writes.join("")).not.toMatch(/\u001b\[[23]J/);
    // At most one screenful a resize: 20 of 40 rows is far beyond what is there twice in practice.
    const twice = Array.from({ length: count }, (_, at) => text.split(`<${at}>`).length - 2).reduce(
      (sum, one) => sum + Math.max(0, one),
      0,
    );
    expect(twice).toBeLessThan(count);
  } finally {
    vi.useRealTimers();
  }
});

test("a drag is one resize", () => {
  vi.useFakeTimers();
  try {
    const { device, kept, draw } = opened(60, 12);
    for (const line of numbered(0, 40)) kept.add(new Words(line));
    draw();
    const before = device.writes.length;
    for (let columns = 59; columns > 40; columns--) {
      device.resize(columns, 12);
      draw();
      vi.advanceTimersByTime(50);
    }
    expect(device.writes.length).toBe(before);
    vi.advanceTimersByTime(200);
    expect(device.writes.length).toBe(before + 1);
    expect(device.screen().slice(-3)).toEqual(["line 39", "-- editor --", "-- footer --"]);
  } finally {
    vi.useRealTimers();
  }
});

test("no room: one line asks for it; with room all is there again", () => {
  vi.useFakeTimers();
  try {
    const { device, kept, draw } = opened(40, 10);
    kept.add(new Words("a line"));
    draw();
    device.resize(19, 4);
    draw();
    vi.advanceTimersByTime(200);
    expect(device.screen()).toEqual(["$ pi", "more room"]);
    device.resize(40, 10);
    draw();
    vi.advanceTimersByTime(200);
    expect(device.screen().slice(-3)).toEqual(["a line", "-- editor --", "-- footer --"]);
  } finally {
    vi.useRealTimers();
  }
});

test("too wide a line is clipped, blanks at the end are not written", () => {
  const { device, kept, draw } = opened(20, 10);
  kept.add({ lines: () => [`\u001b[31m${"x".repeat(50)}\u001b[39m`, `text${" ".repeat(16)}`], settled: () => 2, invalidate: () => {} });
  draw();
  const frame = device.writes.at(-1) ?? "";
  expect(frame).toContain("x".repeat(20));
  expect(frame).not.toContain("x".repeat(21));
  expect(frame).not.toMatch(/text +/);
});

test("a row is never empty between what it was and what it becomes, and nothing that is the same is written", () => {
  const { device, kept, draw } = opened(40, 12);
  const block = new Words("one\ntwo\nthree");
  kept.add(block);
  draw();
  const shown = (): string[] => device.screen().slice(-6);
  for (const [text, frame] of [
    ["one\ntwo and more\nthree", /^\u001b\[\?2026h[^\n]*\rtwo and more[^\n]*$/],
    ["one\n2\nthree", /\r2\u001b\[K/],
    ["one\n\u001b[41mred\u001b[K\u001b[49m\nthree", /\rred|\r\u001b\[41mred\u001b\[K/],
    ["one\nplain\nthree", /\rplain\u001b\[K/],
    ["one\n\nthree", /\u001b\[2K/],
    ["one\n漢字\nthree", /\r漢字/],
    ["one\nab\nthree", /\rab\u001b\[K/],
  ] as const) {
    block.text = text;
    draw();
    const last = device.writes.at(-1) ?? "";
    expect(last).toMatch(frame);
    if (!last.includes("\u001b[2K")) expect(last).not.toContain("one");
    expect(last).not.toContain("three");
    const plain = text.replace(/\u001b\[[0-9;]*[mK]/g, "").split("\n");
    expect(shown()).toEqual(["$ pi", ...plain, "-- editor --", "-- footer --"]);
  }
});

test("what stands above all is drawn anew while it is on the screen, scrolls away with the rest, and is the first also when earlier lines come in", () => {
  const { device, kept, draw } = opened(40, 10);
  let text = "header";
  kept.setTop(new DrawnBlock({ render: () => [text], invalidate: () => {} }));
  kept.add(new Words("said"));
  draw();
  text = "header, later";
  draw();
  expect(device.screen().slice(-4)).toEqual(["header, later", "said", "-- editor --", "-- footer --"]);
  for (const line of numbered(0, 20)) {
    kept.add(new Words(line));
    draw();
  }
  text = "too late";
  draw();
  expect(device.all().slice(2)).toEqual(["$ pi", "header, later", "said", ...numbered(0, 20), "-- editor --", "-- footer --"]);
  kept.prepend([new Words("earlier")]);
  expect(kept.render(40).slice(0, 3)).toEqual(["too late", "earlier", "said"]);
  text = "another";
  expect(kept.render(40).slice(0, 3)).toEqual(["another", "earlier", "said"]);
  kept.setTop(undefined);
  expect(kept.render(40).slice(0, 2)).toEqual(["earlier", "said"]);
  draw();
  expect(device.screen().slice(-3)).toEqual(["line 19", "-- editor --", "-- footer --"]);
});
