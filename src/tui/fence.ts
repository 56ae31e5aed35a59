// Keeps what others draw from ending the run: a component that throws becomes one line that names it, once. Put around every component that is not ours
// alone to answer for. Invariant: nothing thrown in here gets out, and no line is wider than asked for.

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
import { isImageLine } from "./image-line.ts";

export class Fence implements Component, Focusable {
  readonly #inner: Component;
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
    return isFocusable(this.#inner) && this.#inner.focused;
  }

  set focused(is: boolean) {
    if (isFocusable(this.#inner)) this.#inner.focused = is;
  }

  get wantsKeyRelease(): boolean {
    return this.#inner.wantsKeyRelease === true;
  }

  get capturesViewportInput(): boolean {
    return this.#inner.capturesViewportInput === true;
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

/** One row, whatever somebody has drawn as one. */
export function fittedLine(drawn: unknown, width: number): string {
  const line = String(drawn);
  if (/[\n\r\t]/.test(line)) return fittedLine(line.replaceAll("\t", tab).replace(/\s*[\n\r]+\s*/g, " "), width);
  return isImageLine(line) || line.length <= width || visibleWidth(line) <= width ? line : sliceByColumn(line, 0, width, true);
}
