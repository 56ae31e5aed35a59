// The screen of our own: scrolling, the reader's place under a stream and when earlier lines come in, search in all there is, the mouse, modes of the
// terminal given back, frames that cost what is seen; and the way between the two screens.

import { type Component, Editor } from "@earendil-works/pi-tui";
import { expect, onTestFinished, test, vi } from "vitest";
import { FullScreen } from "../../src/tui/full-screen.ts";
import { type KeptBlock, KeptLines } from "../../src/tui/kept-lines.ts";
import { MainScreen } from "../../src/tui/main-screen.ts";
import { ScreenSwitch } from "../../src/tui/screen-switch.ts";
import { ScreenTerminal } from "../../src/tui/screen-terminal.ts";
import { openInteractive } from "../support/interactive-screen.ts";
import { seededRandom } from "../support/random.ts";
import { Gate, textReply } from "../support/rpc-world.ts";
import { type ScreenDevice, screenDevice } from "../support/screen-device.ts";

const up = "\u001b[5~";
const toTop = "\u001b[1;5H";
const toEnd = "\u001b[1;5F";
const search = "\u001b[102;6u";
const wheel = (direction: "up" | "down", x = 5, y = 2): string => `\u001b[<${direction === "up" ? 64 : 65};${x};${y}M`;

class Line implements KeptBlock {
  presses: number[] = [];
  drawn = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  lines(): string[] {
    this.drawn++;
    return [this.#text];
  }

  settled(): number {
    return Number.POSITIVE_INFINITY;
  }

  invalidate(): void {}

  press(line: number): boolean {
    this.presses.push(line);
    return this.#text.startsWith("button");
  }
}

interface Opened {
  device: ScreenDevice;
  screens: ScreenSwitch;
  kept: KeptLines;
  copied: string[];
  draw(): void;
}

function opened({ count = 0, before = 0, foot = ["-- editor --", "-- footer --"] } = {}): Opened {
  const device = screenDevice(40, 10);
  device.write("before\r\n$ pi\r\n");
  const terminal = new ScreenTerminal(device, { escapeMs: 10, screen: "alternate" });
  const kept = new KeptLines();
  const copied: string[] = [];
  for (let at = 0; at < count; at++) kept.add(new Line(`line ${at}`));
  const failed = (error: unknown): never => {
    throw error;
  };
  let above = before;
  const bottom: Component = { render: () => foot, invalidate: () => {} };
  const screens = new ScreenSwitch(
    terminal,
    {
      main: () => {
        const screen = new MainScreen(terminal, { tail: kept, reflows: true, noRoom: "more room", failed });
        screen.addChild(bottom);
        return screen;
      },
      alternate: () =>
        new FullScreen(terminal, {
          transcript: kept,
          bottom,
          noRoom: "more room",
          failed,
          scrollbar: "hidden",
          track: (text) => text,
          thumb: (text) => text,
          earlier: () => {
            const from = Math.max(0, above - 20);
            kept.prepend(Array.from({ length: above - from }, (_, at) => new Line(`earlier ${from + at}`)));
            const lines = above - from;
            above = from;
            return lines;
          },
          library: {
            copySelection: async (text) => {
              copied.push(text);
              return true;
            },
          },
        }),
    },
    "alternate",
  );
  screens.tui.start();
  onTestFinished(() => screens.tui.stop());
  const draw = (): void => screens.tui.renderNow();
  draw();
  return { device, screens, kept, copied, draw };
}

test("the newest lines above a fixed bottom; keys and the wheel scroll, and come back", () => {
  const { device, draw } = opened({ count: 50 });
  expect(device.screen()).toEqual([...[42, 43, 44, 45, 46, 47, 48, 49].map((at) => `line ${at}`), "-- editor --", "-- footer --"]);
  device.keys(up);
  draw();
  expect(device.screen()[0]).toBe("line 38");
  expect(device.screen().slice(-2)).toEqual(["-- editor --", "-- footer --"]);
  device.keys(wheel("up"));
  draw();
  expect(device.screen()[0]).toBe("line 37");
  device.keys(toEnd);
  draw();
  expect(device.screen()[7]).toBe("line 49");
});

test("output does not move a reader who has scrolled up", () => {
  const { device, kept, draw } = opened({ count: 50 });
  device.keys(up);
  draw();
  const before = device.screen();
  for (let at = 50; at < 90; at++) {
    kept.add(new Line(`line ${at}`));
    draw();
  }
  expect(device.screen()).toEqual(before);
});

test("what is above comes in when it is scrolled to, and the reader stays where he was", () => {
  const { device, draw } = opened({ count: 12, before: 200 });
  expect(device.screen()[0]).toBe("line 4");
  device.keys(wheel("up"));
  draw();
  expect(device.screen()[0]).toBe("line 3");
  for (let steps = 0; steps < 10; steps++) {
    device.keys(wheel("up"));
    draw();
  }
  expect(device.screen()[0]).toBe("earlier 193");
});

test("to the top is to the first line of all, piece by piece", () => {
  vi.useFakeTimers();
  try {
    const { device, draw } = opened({ count: 12, before: 500 });
    device.keys(toTop);
    draw();
    vi.advanceTimersByTime(1000);
    draw();
    expect(device.screen()[0]).toBe("earlier 0");
  } finally {
    vi.useRealTimers();
  }
});

test("a search finds what has not come in yet, and goes there", () => {
  vi.useFakeTimers();
  try {
    const { device, draw } = opened({ count: 12, before: 300 });
    device.keys(search);
    draw();
    device.keys("earlier 37");
    draw();
    vi.advanceTimersByTime(1000);
    draw();
    expect(device.screen().join("\n")).toContain("1/1");
    device.keys("\u001b");
    vi.advanceTimersByTime(100);
    draw();
    expect(device.screen().join("\n")).toMatch(/^earlier 37/m);
  } finally {
    vi.useRealTimers();
  }
});

test("a terminal without further keys searches, goes through what was found both ways, and leaves", async () => {
  const at = await openInteractive({ kind: "alternate", reply: textReply("needle one\n\nneedle two\n\nneedle three") });
  at.device.keys("go\r");
  await at.until((screen) => screen.includes("needle three") && !screen.includes("stops"));
  at.device.keys("\u001bOR");
  at.device.keys("needle");
  await at.until((screen) => /\d\/3/.test(screen), "what was found");
  const place = (): string => /(\d)\/3/.exec(at.drawn())?.[1] ?? "";
  const places = [place()];
  for (const key of ["\u001b[B", "\u001b[B", "\u001b[A", "\r"]) {
    at.device.keys(key);
    places.push(place());
  }
  const first = Number(places[0]) - 1;
  expect(places.map(Number)).toEqual([0, 1, 2, 1, 2].map((step) => ((first + step) % 3) + 1));
  at.device.keys("\u001b");
  await at.until((screen) => !/\d\/3/.test(screen));
  at.device.keys("typed");
  expect(at.drawn()).toContain("\ntyped");
  // All of it is in sight.
  expect(at.drawn()).not.toContain("to the end");
});

test("what is pasted into the search is shown, not obeyed; the key that closes a list closes it, and stops nothing", async () => {
  const gate = new Gate();
  const at = await openInteractive({ kind: "alternate", columns: 100, reply: gate.reply("An answer.") });
  at.device.keys("go\r");
  await gate.arrival();
  at.device.keys("\u001bOR");
  at.device.keys("\u001b[200~a\u001b[2Jb\u001b]0;title\u0007c\u001b[201~");
  await at.until((screen) => screen.includes("a␛[2Jb␛]0;title␇c"));
  const opened = at.device.writes.join("").split("a␛[2Jb")[1];
  expect(opened).not.toMatch(/\u001b\[2J|\u001b\]0/);
  at.device.keys("\u0003");
  await at.until((screen) => !screen.includes("a␛[2Jb"));
  expect(at.sessions.coding.isStreaming).toBe(true);
  gate.open();
  await at.until((screen) => screen.includes("An answer."));
});

test("what is dragged over is copied; a press where there is something to press is not a selection", async () => {
  const { device, kept, copied, draw } = opened({ count: 3 });
  const button = new Line("button");
  kept.add(button);
  draw();
  device.keys("\u001b[<0;1;1M\u001b[<32;6;2M\u001b[<0;6;2m");
  await vi.waitFor(() => expect(copied).toEqual(["line 0\nline 1"]), { timeout: 30_000 });
  device.keys("\u001b[<0;2;4M\u001b[<0;2;4m");
  expect(button.presses).toEqual([0]);
  expect(copied).toHaveLength(1);
});

test("frames: one synchronized write, none where nothing has changed, and only rows that are seen are drawn", () => {
  const { device, kept, draw } = opened({ count: 5000 });
  const lines = kept.blocks as readonly Line[];
  const drawn = lines.reduce((sum, line) => sum + line.drawn, 0);
  const first = device.writes.length;
  draw();
  expect(device.writes.length).toBe(first);
  kept.add(new Line("another"));
  draw();
  const frame = device.writes.slice(first);
  expect(frame).toHaveLength(1);
  expect(frame[0]).toMatch(/^\u001b\[\?2026h[\s\S]*\u001b\[\?2026l$/);
  expect(lines.reduce((sum, line) => sum + line.drawn, 0) - drawn).toBeLessThan(5);
});

test("resizes at random: the last lines are there at every size, and too small a one asks for room", () => {
  const { device, screens, draw } = opened({ count: 100 });
  const { below } = seededRandom(11);
  const random = (from: number, to: number): number => from + below(to - from);
  for (let round = 0; round < 20; round++) {
    const rows = random(6, 40);
    device.resize(random(20, 100), rows);
    draw();
    expect(device.screen().slice(-3)).toEqual(["line 99", "-- editor --", "-- footer --"]);
    expect(device.screen()).toHaveLength(rows);
  }
  device.resize(19, 4);
  draw();
  expect(device.screen()).toEqual(["more room"]);
  device.resize(40, 10);
  draw();
  expect(device.screen()[7]).toBe("line 99");
  expect(screens.kind).toBe("alternate");
  expect(device.writes.join("")).not.toContain("\u001b[3J");
});

test("to the main screen and back: each line is in its history once, what was there before is, and every mode is balanced", () => {
  const { device, screens, kept, draw } = opened({ count: 30 });
  screens.to("main");
  draw();
  const numbered = (to: number): string[] => Array.from({ length: to }, (_, at) => `line ${at}`);
  expect(device.all()).toEqual(["before", "$ pi", ...numbered(30), "-- editor --", "-- footer --"]);
  screens.to("alternate");
  for (let at = 30; at < 60; at++) kept.add(new Line(`line ${at}`));
  draw();
  expect(device.screen()[7]).toBe("line 59");
  screens.to("main");
  draw();
  expect(device.all()).toEqual(["before", "$ pi", ...numbered(60), "-- editor --", "-- footer --"]);
  const output = device.writes.join("");
  for (const mode of ["?1049", "?7", "?1000", "?1002", "?1004", "?1006"]) {
    const [on, off] = mode === "?7" ? ["l", "h"] : ["h", "l"];
    expect(output.split(`\u001b[${mode}${on}`).length, mode).toBe(output.split(`\u001b[${mode}${off}`).length);
  }
});

test("what holds the screen has the one in force after a switch: focus, listeners, what is asked of it", () => {
  const { device, screens, draw } = opened();
  const heard: string[] = [];
  screens.tui.addInputListener((data) => {
    heard.push(data);
    return undefined;
  });
  const editor = new Editor(screens.tui, {
    borderColor: (text) => text,
    selectList: {
      selectedPrefix: (text) => text,
      selectedText: (text) => text,
      description: (text) => text,
      scrollInfo: (text) => text,
      noMatch: (text) => text,
    },
  });
  screens.tui.setFocus(editor);
  device.keys("a");
  expect(screens.tui.mode).toBe("fullscreen");
  screens.to("main");
  draw();
  expect(screens.tui.mode).toBe("regular");
  device.keys("b");
  expect(editor.getText()).toBe("ab");
  expect(heard).toEqual(["a", "b"]);
});
