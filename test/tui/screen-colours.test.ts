// The terminal's own colours: asked for, told late or in part, never taken for keys; and the system theme that is made of them, readable on any background.

import { expect, test } from "vitest";
import type { TerminalListeners } from "../../src/platform/terminal/terminal.ts";
import { type Device, type Rgb, ScreenTerminal, type TerminalPalette } from "../../src/tui/screen-terminal.ts";
import { darkTheme, lightTheme } from "../../src/tui/theme/built-in.ts";
import type { Role } from "../../src/tui/theme/roles.ts";
import { appearanceOf, bodyContrast, contrast, systemTheme } from "../../src/tui/theme/system.ts";
import { Theme } from "../../src/tui/theme/theme.ts";

/** A terminal that says nothing by itself. */
function opened(): { terminal: ScreenTerminal; written: string[]; typed: string[]; says(text: string): void } {
  let listeners: TerminalListeners | undefined;
  const written: string[] = [];
  const device: Device = {
    columns: 40,
    rows: 10,
    isBusy: false,
    write: (text) => void written.push(text),
    switchOn: (on) => void written.push(on),
    switchOff: (on) => void written.push(`off ${on}`),
    start: (given) => {
      listeners = given;
    },
    end: async () => {},
    flush: async () => {},
    suspend: () => {},
    lend: (work) => work(new AbortController().signal),
  };
  const terminal = new ScreenTerminal(device, { escapeMs: 10 });
  const typed: string[] = [];
  terminal.start(
    (data) => typed.push(data),
    () => {},
  );
  return { terminal, written, typed, says: (text) => listeners?.input(text) };
}

const attributes = "\u001b[?62;22c";

test("what the terminal answers is told once, in full or in part; keys between the answers are keys", () => {
  const { terminal, written, typed, says } = opened();
  const told: TerminalPalette[] = [];
  terminal.askColours((palette) => told.push(palette));
  expect(written.join("")).toContain("\u001b]11;?\u0007");
  says(attributes);
  expect(told).toEqual([]);
  says("\u001b]10;rgb:ffff/0000/8080\u001b\\x\u001b]11;rgb:11/22/33\u0007\u001b]4;1;rgb:f/0/0\u0007");
  says("y");
  expect(terminal.owesReplies).toBe(true);
  says(attributes);
  expect(told).toEqual([{ foreground: [255, 0, 128], background: [17, 34, 51], colours: [undefined, [255, 0, 0]] }]);
  expect(typed).toEqual(["x", "y"]);
  expect(terminal.owesReplies).toBe(false);
});

test("a terminal that knows no colours is told of, and one that changes them is asked again", () => {
  const { terminal, written, typed, says } = opened();
  says(attributes);
  const told: TerminalPalette[] = [];
  const ask = (): void => terminal.askColours((palette) => told.push(palette));
  ask();
  terminal.onAppearance(ask);
  says(attributes);
  expect(told).toEqual([{ colours: [] }]);
  const before = written.length;
  says("\u001b[?997;2n");
  expect(written.slice(before).join("")).toContain("\u001b]11;?\u0007");
  expect(typed).toEqual([]);
});

const panels: readonly Role[] = ["userMessageBg", "customMessageBg", "toolPendingBg", "toolSuccessBg", "toolErrorBg", "selectedBg"];
const bodies: readonly Role[] = ["text", "userMessageText", "customMessageText", "toolTitle", "mdCodeBlock"];

function shown(theme: Theme, role: Role, ground: "fg" | "bg"): Rgb {
  const code = ground === "fg" ? theme.getFgAnsi(role) : theme.getBgAnsi(role);
  const [, red, green, blue] = /[34]8;2;(\d+);(\d+);(\d+)/.exec(code) ?? [];
  return [Number(red), Number(green), Number(blue)];
}

const colours: Rgb[] = [
  [0, 0, 0],
  [40, 40, 40],
  [0, 43, 54],
  [90, 90, 90],
  [119, 119, 119],
  [160, 160, 160],
  [200, 60, 60],
  [253, 246, 227],
  [255, 255, 255],
];

test("body text has a contrast of 4.5:1 on the background and on every panel, on any background and with any text colour", () => {
  for (const background of colours) {
    for (const foreground of colours) {
      const source = systemTheme({ background, foreground, colours: [] });
      if (source === undefined) throw new Error("no theme");
      const theme = new Theme(source, "truecolor");
      // On a middle grey no colour reaches more than some 4.6 on the background alone: there the best one counts.
      const best = Math.max(contrast(background, [0, 0, 0]), contrast(background, [255, 255, 255]));
      for (const body of bodies) {
        const text = shown(theme, body, "fg");
        expect(contrast(text, background), `${body} on ${background}`).toBeGreaterThanOrEqual(Math.min(bodyContrast, best));
        for (const panel of panels)
          expect(contrast(text, shown(theme, panel, "bg")), `${body} on ${panel} of ${background}`).toBeGreaterThanOrEqual(bodyContrast);
      }
    }
  }
});

const secondary: readonly Role[] = [
  "dim",
  "muted",
  "accent",
  "error",
  "warning",
  "success",
  "toolDiffAdded",
  "toolDiffRemoved",
  "toolDiffContext",
];

test("what stands back has a contrast of 3:1 at least: the system theme on any background, light and dark on usual ones", () => {
  const usual = [
    [new Theme(lightTheme(), "truecolor"), [255, 255, 255]],
    [new Theme(lightTheme(), "truecolor"), [245, 240, 220]],
    [new Theme(lightTheme(), "truecolor"), [253, 246, 227]],
    [new Theme(darkTheme(), "truecolor"), [0, 0, 0]],
    [new Theme(darkTheme(), "truecolor"), [30, 30, 30]],
    [new Theme(darkTheme(), "truecolor"), [40, 44, 52]],
  ] as const;
  const own = colours.flatMap((background) =>
    colours.map((foreground) => {
      const source = systemTheme({ background, foreground, colours: [] });
      if (source === undefined) throw new Error("no theme");
      return [new Theme(source, "truecolor"), background] as const;
    }),
  );
  for (const [theme, background] of [...usual, ...own])
    for (const role of secondary)
      expect(contrast(shown(theme, role, "fg"), background), `${role} of ${theme.name} on ${background}`).toBeGreaterThanOrEqual(3);
});

test("light and dark are the background's; without one there is nothing to place colours on", () => {
  expect(appearanceOf({ background: [30, 30, 30] })).toBe("dark");
  expect(appearanceOf({ background: [250, 240, 230] })).toBe("light");
  expect(appearanceOf({})).toBeUndefined();
  expect(systemTheme({ colours: [] })).toBeUndefined();
});
