// Keeps what others draw from ending the run: a component that throws becomes one line that names it, once. Put around every component that is not ours
// alone to answer for. Invariant: nothing thrown in here gets out, no line is wider than asked for, and none does anything but draw itself.

import {
  type Component,
  type Focusable,
  isFocusable,
  sliceByColumn,
  type TuiMouseEvent,
  type TuiMouseEventResult,
  visibleWidth,
} from "@earendil-works/pi-tui";
import { lineOf } from "../contracts/error.ts";
import { inOneLine } from "../contracts/text/one-line.ts";
import { visibleText } from "../contracts/text/plain.ts";
import { isImageLine } from "./image-line.ts";

export class Fence implements Component, Focusable {
  readonly #inner: Component & { dispose?(): void };
  readonly #name: string;
  readonly #failed: (error: unknown) => void;
  #failure: string | undefined;

  /** `failed` is told of the first failure. */
  constructor(inner: Component, name: string, failed: (error: unknown) => void) {
    this.#inner = inner;
    this.#name = name;
    this.#failed = failed;
  }

  get inner(): Component {
    return this.#inner;
  }

  get focused(): boolean {
    return this.#try(() => isFocusable(this.#inner) && this.#inner.focused) === true;
  }

  set focused(is: boolean) {
    this.#try(() => {
      if (isFocusable(this.#inner)) this.#inner.focused = is;
    });
  }

  get wantsKeyRelease(): boolean {
    return this.#try(() => this.#inner.wantsKeyRelease) === true;
  }

  get capturesViewportInput(): boolean {
    return this.#try(() => this.#inner.capturesViewportInput) === true;
  }

  render(width: number): string[] {
    if (this.#failure !== undefined) return [sliceByColumn(this.#failure, 0, width, true)];
    const lines = this.#try(() => this.#inner.render(width));
    if (!Array.isArray(lines)) return this.#failure === undefined ? [] : [sliceByColumn(this.#failure, 0, width, true)];
    return lines.map((line) => fittedLine(line, width));
  }

  handleInput(data: string): void {
    this.#try(() => this.#inner.handleInput?.(data));
  }

  handleMouse(event: TuiMouseEvent): TuiMouseEventResult | undefined {
    return this.#try(() => this.#inner.handleMouse?.(event));
  }

  invalidate(): void {
    this.#try(() => this.#inner.invalidate?.());
  }

  /** It is shown no more. Also one that has failed has something to end. */
  dispose(): void {
    try {
      this.#inner.dispose?.();
    } catch (error) {
      this.#failed(error);
    }
  }

  #try<T>(work: () => T): T | undefined {
    if (this.#failure !== undefined) return undefined;
    try {
      return work();
    } catch (error) {
      this.#failure = `${this.#name} failed: ${lineOf(error)}`;
      this.#failed(error);
      return undefined;
    }
  }
}

/** As wide as the library takes it to be, wherever it stands. */
const tab = "   ";

/** What a row may have in it beside text: its look, links, where a prompt begins, the marks of the cursor, and that the rest is empty. */
const drawing =
  /\u001b(?:\[[\d;:]*m|\[[0-2]?K|\](?:8|133);[^\u0007\u001b]*(?:\u0007|\u001b\\)|_pi:[a-z/]+\u0007)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** One row, whatever somebody has drawn as one: what would do anything else to the terminal is shown. */
export function fittedLine(drawn: unknown, width: number): string {
  const line = isImageLine(String(drawn))
    ? String(drawn)
    : String(drawn).replace(drawing, (part) => (part.length > 1 ? part : visibleText(part)));
  if (/[\n\r\t]/.test(line)) return fittedLine(inOneLine(line.replaceAll("\t", tab)), width);
  return isImageLine(line) || line.length <= width || visibleWidth(line) <= width ? line : sliceByColumn(line, 0, width, true);
}
