// The regular screen: on the terminal's main screen, where what scrolls off is the terminal's. Made by whoever opens one.
// Invariants: a frame is one write inside a synchronized update; nothing above what we have drawn is touched, the history is never cleared; each
// line of the tail goes into the history once, when it is settled (what is not, and does not fit, is not shown yet).

import { getCapabilities, TuiMainScreen, visibleWidth } from "@earendil-works/pi-tui";
import { isImageLine, removal, rowsBelow } from "./image-line.ts";
import type { Tail } from "./kept-lines.ts";
import { runsOn, withoutLinks, writtenRow } from "./row.ts";
import type { ScreenTerminal } from "./screen-terminal.ts";

const begin = "\u001b[?2026h";
const end = "\u001b[?2026l";
/** All from the cursor's row on. Not from the first column: tmux takes that, in the first row, for a screen that is to be kept in its history. */
const clearBelow = "\r\u001b[K\u001b[C\u001b[J\r";
const clearRest = "\u001b[K";
/** Somebody else may have written there. */
const unknownRow = "\u0000";
/** Resizes that follow each other faster are one. */
const resizeQuietMs = 100;
export const leastColumns = 20;
export const leastRows = 5;

export interface MainScreenOptions {
  tail: Tail;
  /** Whether the terminal wraps what stands on it anew when it gets narrower. */
  reflows: boolean;
  /** What to say where there is no room for anything else. */
  noRoom: string;
  /** A frame failed: the screen stays as it was. */
  failed(error: unknown): void;
}

export class MainScreen extends TuiMainScreen {
  readonly #terminal: ScreenTerminal;
  readonly #options: MainScreenOptions;
  /** The rows that are ours, as they were written: from the first to the lowest that we have come to. */
  #rows: string[] = [];
  /** The last of them, which are not the tail's. */
  #fixedRows = 0;
  /** Where the cursor is, from the first of them. */
  #cursorRow = 0;
  #cursorColumn = 0;
  #width = 0;
  #height = 0;
  #isCursorShown = false;
  #isWaiting = false;
  isForKey = false;
  /** Lines of the last frame as rows of this width: most of them are those of the next one. */
  #fitted = { width: 0, rows: new Map<string, string>() };
  #resizeTimer: NodeJS.Timeout | undefined;

  constructor(terminal: ScreenTerminal, options: MainScreenOptions) {
    super(terminal, false);
    this.#terminal = terminal;
    this.#options = options;
    this.addInputListener(() => {
      this.isForKey = true;
      return undefined;
    });
    terminal.on.drain = () => {
      if (!this.#isWaiting) return;
      this.#isWaiting = false;
      // It was due when it had to wait; what has come since is in it.
      this.renderNow();
    };
  }

  /** Whatever stands on the screen is not ours any more: the next frame begins where the cursor is. */
  forget(): void {
    this.#rows = [];
    this.#cursorRow = 0;
    this.#cursorColumn = 0;
    this.#isCursorShown = false;
    this.#width = 0;
  }

  /** Puts the cursor below all that was drawn, for whoever writes next. */
  leave(): void {
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = undefined;
    if (this.#rows.length === 0) return;
    const lowest = Math.max(
      0,
      this.#rows.findLastIndex((row) => row !== ""),
    );
    this.#terminal.write(`${moved(this.#cursorRow, lowest)}\r\n\u001b[J`);
    this.forget();
  }

  /** Other content: what stands there of the tail is the terminal's, as if it had scrolled off. */
  restart(): void {
    const kept = this.#rows.length - this.#fixedRows;
    if (kept <= 0 || this.#fixedRows === 0 || this.#resizeTimer !== undefined) return;
    this.terminal.write(`${begin}${moved(this.#cursorRow, kept)}${clearBelow}${end}`);
    this.#rows = [];
    this.#fixedRows = 0;
    this.#cursorRow = 0;
    this.#cursorColumn = 0;
  }

  /** All of our rows are taken off; what has scrolled off stays the terminal's. */
  withdraw(): void {
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = undefined;
    if (this.#rows.length > 0) this.terminal.write(this.#backToTop(this.terminal.columns, this.terminal.rows));
    this.forget();
  }

  protected override resetRenderState(): void {
    // Forced by extensions: all rows are written again, where they are.
    this.#rows = this.#rows.map(() => unknownRow);
  }

  protected override beforeTerminalStop(): void {}

  protected override doRender(): void {
    if (this.stopped) return;
    if (this.#terminal.device.isBusy) {
      this.#isWaiting = true;
      return;
    }
    const { columns, rows } = this.terminal;
    if (this.#width !== 0 && (columns !== this.#width || rows !== this.#height) && this.#rows.length > 0) {
      if (this.#resizeTimer === undefined) this.#waitForQuiet(columns, rows);
      return;
    }
    this.#draw("", columns, rows);
  }

  #waitForQuiet(columns: number, rows: number): void {
    this.#resizeTimer = setTimeout(() => {
      const { columns: nowColumns, rows: nowRows } = this.terminal;
      if (nowColumns !== columns || nowRows !== rows) {
        this.#waitForQuiet(nowColumns, nowRows);
        return;
      }
      this.#resizeTimer = undefined;
      if (!this.stopped) this.#draw(this.#backToTop(columns, rows), columns, rows);
    }, resizeQuietMs);
  }

  /** To the first of our rows, as far as the screen goes, with all below it gone. */
  #backToTop(columns: number, rows: number): string {
    const { reflows } = this.#options;
    const wraps = reflows && columns < this.#width;
    let up = wraps ? Math.floor(this.#cursorColumn / columns) : 0;
    // Rows that are one line to the terminal are wrapped as one, also where there is more room.
    let length = 0;
    for (const [at, row] of this.#rows.slice(0, this.#cursorRow).entries()) {
      length += visibleWidth(row);
      if (reflows && at + 1 < this.#cursorRow && runsOn(row, this.#rows[at + 1] ?? "", this.#width)) continue;
      up += wraps || length > this.#width ? Math.max(1, Math.ceil(length / columns)) : 1;
      length = 0;
    }
    up = Math.min(up, rows - 1);
    this.#rows = [];
    this.#cursorRow = 0;
    return `${up > 0 ? `\u001b[${up}A` : ""}${clearBelow}`;
  }

  #draw(before: string, columns: number, rows: number): void {
    let text: string;
    const { tail } = this.#options;
    let handed = 0;
    try {
      const frame = this.#frame(columns, rows);
      handed = frame.handed;
      text = before + this.#written(frame.lines, frame.cursor, rows);
    } catch (error) {
      this.#options.failed(error);
      return;
    } finally {
      this.isForKey = false;
    }
    this.#width = columns;
    this.#height = rows;
    if (handed > 0) tail.hand(handed);
    if (text !== "") this.terminal.write(`${begin}${getCapabilities().hyperlinks ? text : withoutLinks(text)}${end}`);
  }

  /** The rows to come, those first that leave the screen for good. */
  #frame(columns: number, rows: number): { lines: string[]; handed: number; cursor: { row: number; column: number } | undefined } {
    if (columns < leastColumns || rows < leastRows)
      return { lines: [writtenRow(this.#options.noRoom, columns)], handed: 0, cursor: undefined };
    const { lines, settled } = this.#options.tail.lines(columns);
    const fixed = this.render(columns);
    const shown = fixed.length > rows ? fixed.slice(-rows) : fixed;
    const over = Math.max(0, lines.length - (rows - shown.length));
    const handed = Math.min(over, settled);
    let window = [...lines.slice(over), ...shown];
    if (this.hasOverlayEntries) window = this.compositeOverlays(window, columns, rows);
    window = this.resolveFakeCursors(window);
    const at = this.extractCursorPosition(window, rows);
    this.#fixedRows = shown.length;
    const leaving = lines.slice(0, handed);
    return {
      lines: this.#rowsOf([...leaving, ...window], columns),
      handed,
      cursor: at === null ? undefined : { row: handed + at.row, column: Math.min(at.col, columns - 1) },
    };
  }

  #rowsOf(lines: readonly string[], width: number): string[] {
    const before = this.#fitted.width === width ? this.#fitted.rows : undefined;
    const rows = new Map<string, string>();
    this.#fitted = { width, rows };
    return lines.map((line) => {
      const row = before?.get(line) ?? rows.get(line) ?? writtenRow(line, width);
      rows.set(line, row);
      return row;
    });
  }

  #written(lines: string[], cursor: { row: number; column: number } | undefined, height: number): string {
    const before = this.#rows;
    let text = before.length === 0 && this.#width === 0 ? clearBelow : "";
    let at = this.#cursorRow;
    // Text that takes the place of a picture does not cover it.
    for (const row of before) if (isImageLine(row) && !lines.includes(row)) text += removal(row);
    const total = Math.max(lines.length, before.length);
    const width = this.terminal.columns;
    const isSame = (row: number): boolean => row < before.length && (lines[row] ?? "") === before[row];
    const goesOn = (row: number): boolean => row > 0 && runsOn(lines[row - 1] ?? "", lines[row] ?? "", width);
    // What the terminal has to wrap by itself is written in one go: a row with what it goes on from.
    const isKept = lines.map((_, row) => isSame(row));
    for (let row = lines.length - 1; row > 0; row--) if (isKept[row] === false && goesOn(row)) isKept[row - 1] = false;
    for (let row = 0; row < total; row++) {
      const line = lines[row] ?? "";
      if (isKept[row] ?? isSame(row)) continue;
      if (at === row - 1 && isKept[row - 1] === false && goesOn(row)) {
        // The cursor waits behind the last column of the row before.
        text += `${line}${visibleWidth(line) < width ? clearRest : ""}`;
      } else if (row < before.length) {
        text += `${moved(at, row)}\r${inPlaceOf(before[row] ?? "", line)}`;
      } else {
        if (row > 0) text += `${moved(at, row - 1)}\r\n`;
        // A picture does not make itself room.
        const below = isImageLine(line) ? Math.min(rowsBelow(line), height - 1) : 0;
        text += `${below === 0 ? "" : `${"\r\n".repeat(below)}\u001b[${below}A`}${line}`;
      }
      at = row;
    }
    // What has scrolled off is the terminal's.
    const gone = Math.max(0, total - height);
    this.#rows = [...lines, ...Array.from({ length: total - lines.length }, () => "")].slice(gone);
    at = Math.max(0, at - gone);
    const row = cursor === undefined ? at : Math.max(0, Math.min(this.#rows.length - 1, cursor.row - gone));
    const column = cursor?.column ?? 0;
    if (cursor !== undefined && (text !== "" || row !== this.#cursorRow || column !== this.#cursorColumn)) {
      text += `${moved(at, row)}\u001b[${column + 1}G`;
    }
    this.#cursorRow = row;
    this.#cursorColumn = column;
    const isShown = cursor !== undefined && this.getShowHardwareCursor();
    if (isShown !== this.#isCursorShown) {
      this.#isCursorShown = isShown;
      text += isShown ? "\u001b[?25h" : "\u001b[?25l";
    }
    return text;
  }
}

/** The row is overwritten, and never empty in between; only what stands out behind it is taken off. */
function inPlaceOf(before: string, line: string): string {
  if (isImageLine(line) || isImageLine(before) || line === "") return before === "" ? line : `\u001b[2K${line}`;
  const standsOut = before === unknownRow || before.includes(clearRest) || visibleWidth(before) > visibleWidth(line);
  return standsOut && !line.includes(clearRest) ? `${line}${clearRest}` : line;
}

function moved(from: number, to: number): string {
  return to > from ? `\u001b[${to - from}B` : to < from ? `\u001b[${from - to}A` : "";
}
