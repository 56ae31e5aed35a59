// A terminal without a process: what is written to it is kept by a headless xterm, keys come from the test. Used by the tests of the screens.
// Invariant: what a program would see is there at once; nothing waits for time.

import xterm from "@xterm/headless";
import type { TerminalListeners } from "../../src/platform/terminal/terminal.ts";
import type { Device } from "../../src/tui/screen-terminal.ts";

export interface ScreenDevice extends Device {
  /** Whether it has not taken yet what was written. */
  isBusy: boolean;
  /** It has. */
  drain(): void;
  columns: number;
  rows: number;
  /** Each write by itself. */
  readonly writes: string[];
  keys(text: string): void;
  resize(columns: number, rows: number): void;
  /** Rows on the screen, blanks at their ends taken off. */
  screen(): string[];
  /** All rows, also those that have scrolled off. */
  all(): string[];
  /** The same with what they are painted in, where it changes: `{31 bold}`, `{#rrggbb on 44}`; `{}`: as the terminal has it. */
  painted(): string[];
  /** The same, as copying gives it: rows that the terminal has wrapped are one line. */
  whole(): string[];
}

/** One that shows nothing and answers nothing: for what is heard alone, a thousand times over. */
export function deafDevice(): Device & Pick<ScreenDevice, "keys"> {
  let listeners: TerminalListeners | undefined;
  return {
    columns: 80,
    rows: 24,
    isBusy: false,
    start: (given) => {
      listeners = given;
    },
    write: () => {},
    switchOn: () => {},
    switchOff: () => {},
    flush: async () => {},
    end: async () => {},
    suspend: () => {},
    lend: (work) => work(new AbortController().signal),
    keys: (text) => listeners?.input(text),
  };
}

export function screenDevice(columns = 80, rows = 24): ScreenDevice {
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 100_000, allowProposedApi: true });
  let listeners: TerminalListeners | undefined;
  const off = new Map<string, string>();
  // At once: its own way would wait for a timer, of which tests have none that run.
  const core = (terminal as unknown as { _core: { writeSync(text: string): void } })._core;
  const lines = (first: number): string[] => {
    const { active } = terminal.buffer;
    const found = Array.from({ length: active.length - first }, (_, at) => active.getLine(first + at)?.translateToString(true) ?? "");
    return found.slice(0, found.findLastIndex((line) => line !== "") + 1);
  };
  const device: ScreenDevice = {
    columns,
    rows,
    writes: [],
    isBusy: false,
    start: (given) => {
      listeners = given;
    },
    write: (text) => {
      device.writes.push(text);
      core.writeSync(text);
    },
    switchOn: (on, undo) => {
      off.set(on, undo);
      device.write(on);
    },
    switchOff: (on) => {
      const undo = off.get(on);
      off.delete(on);
      if (undo !== undefined) device.write(undo);
    },
    flush: async () => {},
    end: async () => {},
    suspend: () => {},
    lend: (work) => work(new AbortController().signal),
    keys: (text) => listeners?.input(text),
    drain: () => listeners?.drain(),
    resize: (toColumns, toRows) => {
      terminal.resize(toColumns, toRows);
      device.columns = toColumns;
      device.rows = toRows;
      listeners?.resize();
    },
    screen: () => lines(terminal.buffer.active.baseY),
    all: () => lines(0),
    painted: () =>
      lines(0).map((text, at) => {
        const line = terminal.buffer.active.getLine(at);
        let before = "";
        let painted = "";
        for (let column = 0; line !== undefined && column < Math.max(text.length, terminal.cols); column++) {
          const cell = line.getCell(column);
          if (cell === undefined || cell.getWidth() === 0) continue;
          const paint = paintOf(cell);
          if (paint !== before) painted += `{${paint}}`;
          before = paint;
          painted += cell.getChars() || " ";
        }
        return painted.trimEnd();
      }),
    whole: () => {
      const whole: string[] = [];
      for (const [at, line] of lines(0).entries()) {
        if (terminal.buffer.active.getLine(at)?.isWrapped) whole[whole.length - 1] += line;
        else whole.push(line);
      }
      return whole;
    },
  };
  terminal.onData((text) => listeners?.input(text));
  return device;
}

function paintOf(cell: xterm.IBufferCell): string {
  const hex = (color: number): string => `#${color.toString(16).padStart(6, "0")}`;
  const fg = cell.isFgRGB() ? hex(cell.getFgColor()) : cell.isFgPalette() ? String(cell.getFgColor()) : "";
  const bg = cell.isBgRGB() ? hex(cell.getBgColor()) : cell.isBgPalette() ? String(cell.getBgColor()) : "";
  const looks = [
    [cell.isBold(), "bold"],
    [cell.isDim(), "dim"],
    [cell.isItalic(), "italic"],
    [cell.isUnderline(), "underline"],
    [cell.isStrikethrough(), "struck"],
    [cell.isInverse(), "reverse"],
  ] as const;
  return [fg, bg === "" ? "" : `on ${bg}`, ...looks.map(([is, name]) => (is ? name : ""))].filter((part) => part !== "").join(" ");
}
