// The library's idea of a terminal over the one that the platform owns: key protocols asked for and answered, pastes and sequences put together.
// Made by whoever opens a screen. Invariant: every mode is switched on through the owner, which alone switches it off; nothing is written past it.

import { type Terminal as LibraryTerminal, StdinBuffer, setKittyProtocolActive } from "@earendil-works/pi-tui";
import type { Terminal, TerminalListeners } from "../platform/terminal/terminal.ts";

const bracketedPaste = { on: "\u001b[?2004h", off: "\u001b[?2004l" };
/** A screen of its own, on which nothing wraps by itself. */
const alternate = { on: "\u001b[?1049h\u001b[?7l\u001b[2J\u001b[H", off: "\u001b[?7h\u001b[?1049l" };
/** Buttons, and the pointer while one is held; multiplexers lag behind a pointer that is told of at every step. */
const mouse = { on: "\u001b[?1000h\u001b[?1002h\u001b[?1004h\u001b[?1006h", off: "\u001b[?1006l\u001b[?1004l\u001b[?1002l\u001b[?1000l" };
const pointer = { on: "\u001b[?1003h", off: "\u001b[?1003l" };
/** Escapes told apart, releases and other layouts reported. */
const kittyKeys = { on: "\u001b[>7u", off: "\u001b[<u" };
const modifyOtherKeys = { on: "\u001b[>4;2m", off: "\u001b[>4;0m" };
const hiddenCursor = { on: "\u001b[?25l", off: "\u001b[?25h" };
const askKittyFlags = "\u001b[?u";
/** Every terminal answers this, and in order: what has not been answered before it will not be. */
const askAttributes = "\u001b[c";

const kittyFlags = /^\u001b\[\?(\d+)u$/;
const attributes = /^\u001b\[\?[\d;]*c$/;

export type Device = Pick<
  Terminal,
  "columns" | "rows" | "write" | "switchOn" | "switchOff" | "isBusy" | "start" | "end" | "flush" | "suspend" | "lend"
>;

export interface ScreenTerminalOptions {
  /** How long an ESC waits for what may belong to it. */
  escapeMs: number;
  /** A terminal that understands nothing beyond lines gets no questions. */
  isDumb?: boolean;
  /** Which one is drawn on at first; `main` where nothing is said. */
  screen?: ScreenKind;
  /** Whether the pointer is told of also where no button is held. */
  followsPointer?: boolean;
}

/** `main`: the one that scrolls, the terminal's own; `alternate`: one that is gone afterwards, with the mouse ours. */
export type ScreenKind = "main" | "alternate";

export class ScreenTerminal implements LibraryTerminal {
  readonly device: Device;
  readonly #options: ScreenTerminalOptions;
  readonly #buffer: StdinBuffer;
  /** Answers to `askAttributes` that are still to come. */
  #owed = 0;
  /** What came before there was a screen. */
  #early: string[] = [];
  #onInput: (data: string) => void = (data) => void this.#early.push(data);
  #onResize: () => void = () => {};
  #isCursorHidden = false;
  #isStarted = false;
  #screen: ScreenKind;
  #captured: string[] | undefined;
  kittyProtocolActive = false;
  /** Called beside what the library does. */
  on: Partial<Pick<TerminalListeners, "drain" | "printed" | "resumed">> = {};

  constructor(device: Device, options: ScreenTerminalOptions) {
    this.device = device;
    this.#options = options;
    this.#screen = options.screen ?? "main";
    this.#buffer = new StdinBuffer({ escapeTimeout: options.escapeMs });
    this.#buffer.on("data", (sequence: string) => this.#take(sequence));
    this.#buffer.on("paste", (text: string) => this.#onInput(`\u001b[200~${text}\u001b[201~`));
  }

  get columns(): number {
    return this.device.columns;
  }

  get rows(): number {
    return this.device.rows;
  }

  /** Whether the terminal has been asked something that it has not answered. */
  get owesReplies(): boolean {
    return this.#owed > 0;
  }

  /** From now on keys are kept: before there is a screen to take them. */
  open(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.device.start({
      input: (text) => this.#buffer.process(text),
      resize: () => this.#onResize(),
      drain: () => this.on.drain?.(),
      printed: (line) => this.on.printed?.(line),
      resumed: () => {
        this.#switchOn();
        this.on.resumed?.();
      },
    });
    this.#switchOn();
  }

  start(onInput: (data: string) => void, onResize: () => void): void {
    this.#onInput = onInput;
    this.#onResize = onResize;
    this.open();
    for (const data of this.#early.splice(0)) onInput(data);
  }

  /** The screen is drawn no more; the terminal is given back by `end`. */
  stop(): void {
    this.#onInput = () => {};
    this.#onResize = () => {};
  }

  async end(): Promise<void> {
    this.#buffer.destroy();
    if (this.kittyProtocolActive) setKittyProtocolActive(false);
    await this.device.end(this.owesReplies);
  }

  write(data: string): void {
    if (this.#captured === undefined) this.device.write(data);
    else this.#captured.push(data);
  }

  /** What `work` writes, in place of writing it. */
  capture(work: () => void): string {
    const outer = this.#captured;
    const captured: string[] = [];
    this.#captured = captured;
    try {
      work();
    } finally {
      this.#captured = outer;
    }
    return captured.join("");
  }

  /** From now on it is the other screen that is drawn on. Keys are asked for anew: their protocol belongs to a screen. */
  toScreen(screen: ScreenKind): void {
    if (screen === this.#screen) return;
    const wasHidden = this.#isCursorHidden;
    this.showCursor();
    for (const { on } of [pointer, mouse, modifyOtherKeys, kittyKeys, bracketedPaste, alternate]) this.device.switchOff(on);
    this.#screen = screen;
    this.#isCursorHidden = wasHidden;
    if (this.#isStarted) this.#switchOn();
  }

  async drainInput(): Promise<void> {}

  moveBy(lines: number): void {
    if (lines !== 0) this.write(lines > 0 ? `\u001b[${lines}B` : `\u001b[${-lines}A`);
  }

  hideCursor(): void {
    if (this.#isCursorHidden) return;
    this.#isCursorHidden = true;
    this.device.switchOn(hiddenCursor.on, hiddenCursor.off);
  }

  showCursor(): void {
    if (!this.#isCursorHidden) return;
    this.#isCursorHidden = false;
    this.device.switchOff(hiddenCursor.on);
  }

  clearLine(): void {
    this.write("\u001b[2K");
  }

  clearFromCursor(): void {
    this.write("\u001b[J");
  }

  clearScreen(): void {
    this.write("\u001b[H\u001b[J");
  }

  setTitle(title: string): void {
    this.write(`\u001b]0;${title.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").slice(0, 200)}\u0007`);
  }

  setProgress(): void {}

  setProgramStatus(): void {}

  #switchOn(): void {
    this.kittyProtocolActive = false;
    const wasHidden = this.#isCursorHidden;
    this.#isCursorHidden = false;
    if (this.#options.isDumb === true) return;
    if (this.#screen === "alternate") {
      // First: what belongs to a screen is switched on on it, and off before it is left.
      this.device.switchOn(alternate.on, alternate.off);
      this.device.switchOn(mouse.on, mouse.off);
      if (this.#options.followsPointer === true) this.device.switchOn(pointer.on, pointer.off);
    }
    this.device.switchOn(bracketedPaste.on, bracketedPaste.off);
    this.device.switchOn(kittyKeys.on, kittyKeys.off);
    this.#owed++;
    this.write(askKittyFlags + askAttributes);
    if (wasHidden) this.hideCursor();
  }

  #take(sequence: string): void {
    const flags = kittyFlags.exec(sequence)?.[1];
    if (flags !== undefined) {
      if (flags === "0") return;
      this.kittyProtocolActive = true;
      setKittyProtocolActive(true);
      return;
    }
    if (this.#owed > 0 && attributes.test(sequence)) {
      this.#owed--;
      if (!this.kittyProtocolActive) {
        this.device.switchOff(kittyKeys.on);
        this.device.switchOn(modifyOtherKeys.on, modifyOtherKeys.off);
      }
      return;
    }
    this.#onInput(sequence);
  }
}
