// The library's idea of a terminal over the one that the platform owns: key protocols asked for and answered, pastes and sequences put together.
// Made by whoever opens a screen. Invariant: every mode is switched on through the owner, which alone switches it off; nothing is written past it.

import { type Terminal as LibraryTerminal, StdinBuffer, setKittyProtocolActive } from "@earendil-works/pi-tui";
import type { Terminal, TerminalListeners } from "../platform/terminal/terminal.ts";
import { segmentInPieces } from "./long-segments.ts";
import { markedPaste, PasteGate } from "./paste-gate.ts";

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
/** The terminal says when its user goes from dark to light, or back. */
const appearance = { on: "\u001b[?2031h", off: "\u001b[?2031l" };
const appearanceReport = /^(?:\u001b\[\?997;[12]n)+$/;
const colourCount = 16;
const askColours = `\u001b]10;?\u0007\u001b]11;?\u0007${Array.from({ length: colourCount }, (_, at) => `\u001b]4;${at};?\u0007`).join("")}`;
const colourReply =
  /^\u001b\](?:4;(\d{1,2})|(1[01]));rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})(?:\/[\da-f]{1,4})?(?:\u0007|\u001b\\)$/i;
const askKittyFlags = "\u001b[?u";
/** Every terminal answers this, and in order: what has not been answered before it will not be. */
const askAttributes = "\u001b[c";

const kittyFlags = /^\u001b\[\?(\d+)u$/;
/** As rxvt, and iTerm2 where Option is Esc+, send an arrow that is held with Alt. */
const altArrow = /\u001b\u001b[[O]([A-D])/g;
const altControl = /^\u001b[\u0000-\u001a\u001c-\u001f\u007f]$/;
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

/** Each from 0 to 255; what the terminal has not told is not there. */
export interface TerminalPalette {
  foreground?: Rgb;
  background?: Rgb;
  /** The sixteen, by number. */
  colours: (Rgb | undefined)[];
}
export type Rgb = readonly [red: number, green: number, blue: number];

export class ScreenTerminal implements LibraryTerminal {
  readonly device: Device;
  readonly #options: ScreenTerminalOptions;
  readonly #buffer: StdinBuffer;
  readonly #gate: PasteGate;
  /** What is done with each answer to `askAttributes` that is still to come: they come in order, behind all that was asked before. */
  readonly #owed: (() => void)[] = [];
  #palette: TerminalPalette | undefined;
  #onAppearance: (() => void) | undefined;
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
  on: Partial<Pick<TerminalListeners, "drain" | "printed" | "resumed">> & {
    /** Whether somebody waits for this key. */
    isKey?(sequence: string): boolean;
  } = {};

  constructor(device: Device, options: ScreenTerminalOptions) {
    segmentInPieces();
    this.device = device;
    this.#options = options;
    this.#screen = options.screen ?? "main";
    this.#buffer = new StdinBuffer({ escapeTimeout: options.escapeMs });
    this.#buffer.on("data", (sequence: string) => this.#take(sequence));
    this.#gate = new PasteGate(
      {
        keys: (text, isWhole) => {
          this.#buffer.process(this.#withAltArrows(text));
          if (isWhole) for (const sequence of this.#buffer.flush()) this.#take(sequence);
        },
        paste: (text) => this.#onInput(markedPaste(text)),
      },
      options,
    );
  }

  get columns(): number {
    return this.device.columns;
  }

  get rows(): number {
    return this.device.rows;
  }

  /** Whether the terminal has been asked something that it has not answered. */
  get owesReplies(): boolean {
    return this.#owed.length > 0;
  }

  /** From now on keys are kept: before there is a screen to take them. */
  open(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.device.start({
      input: (text) => this.#gate.push(text),
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
    this.#gate.stop();
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
    for (const { on } of [appearance, pointer, mouse, modifyOtherKeys, kittyKeys, bracketedPaste, alternate]) this.device.switchOff(on);
    this.#screen = screen;
    this.#isCursorHidden = wasHidden;
    if (this.#isStarted) this.#switchOn();
  }

  /** What may be the beginning of something is what it is: nothing more comes. */
  flushInput(): void {
    this.#gate.flush();
    for (const sequence of this.#buffer.flush()) this.#take(sequence);
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

  /** What the terminal's colours are; told once it has answered, which no terminal must. */
  askColours(told: (palette: TerminalPalette) => void): void {
    if (this.#options.isDumb === true) return;
    const palette: TerminalPalette = { colours: [] };
    this.#palette = palette;
    this.#owed.push(() => {
      if (this.#palette === palette) this.#palette = undefined;
      told(palette);
    });
    this.device.write(askColours + askAttributes);
  }

  /** From now on: its user has gone from dark to light, or back. */
  onAppearance(changed: () => void): void {
    this.#onAppearance = changed;
    this.device.switchOn(appearance.on, appearance.off);
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
    this.#owed.push(() => {
      if (this.kittyProtocolActive) return;
      this.device.switchOff(kittyKeys.on);
      this.device.switchOn(modifyOtherKeys.on, modifyOtherKeys.off);
    });
    this.write(askKittyFlags + askAttributes);
    if (this.#onAppearance !== undefined) this.device.switchOn(appearance.on, appearance.off);
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
    if (this.#owed.length > 0 && attributes.test(sequence)) {
      this.#owed.shift()?.();
      return;
    }
    if (sequence.startsWith("\u001b]") && this.#takeColour(sequence)) return;
    if (this.#onAppearance !== undefined && appearanceReport.test(sequence)) {
      this.#onAppearance();
      return;
    }
    // The one key held with Alt and the two one after the other are the same bytes; nobody's key is two.
    const isTwo = altControl.test(sequence) && this.on.isKey?.(sequence) !== true;
    for (const key of isTwo ? sequence : [sequence]) this.#onInput(key);
  }

  /** As those that say so, where somebody waits for it; else it is Escape and an arrow. */
  #withAltArrows(text: string): string {
    return text.replace(altArrow, (two, name: string) => {
      const one = `\u001b[1;3${name}`;
      return this.on.isKey?.(one) === true ? one : two;
    });
  }

  #takeColour(sequence: string): boolean {
    const found = colourReply.exec(sequence);
    if (found === null || this.#palette === undefined) return false;
    const [, number, ground, ...channels] = found;
    const [red = 0, green = 0, blue = 0] = channels.map((channel) =>
      Math.round((Number.parseInt(channel, 16) / (16 ** channel.length - 1)) * 255),
    );
    if (ground === "10") this.#palette.foreground = [red, green, blue];
    else if (ground === "11") this.#palette.background = [red, green, blue];
    else if (Number(number) < colourCount) this.#palette.colours[Number(number)] = [red, green, blue];
    return true;
  }
}
