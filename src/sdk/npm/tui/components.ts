// Components that the npm agent's main package has beside the library's. Imported by extensions. Invariant: no line is wider than asked for.

import { CancellableLoader, Container, Text, type TUI } from "@earendil-works/pi-tui";
import { themeInForce } from "../../../tui/theme/current.ts";

type Paint = (text: string) => string;

/** A line from edge to edge. */
export class DynamicBorder {
  readonly #paint: Paint;

  constructor(paint: Paint = (text) => themeInForce.current?.fg("border", text) ?? text) {
    this.#paint = paint;
  }

  invalidate(): void {}

  render(width: number): string[] {
    return [this.#paint("─".repeat(Math.max(1, width)))];
  }
}

interface Colors {
  fg(role: string, text: string): string;
}

/** Waiting, between two borders; Escape ends it. */
export class BorderedLoader extends Container {
  readonly #loader: CancellableLoader;

  constructor(tui: TUI, theme: Colors, message: string) {
    super();
    const border: Paint = (text) => theme.fg("border", text);
    this.#loader = new CancellableLoader(
      tui,
      (text) => theme.fg("accent", text),
      (text) => theme.fg("muted", text),
      message,
    );
    this.addChild(new DynamicBorder(border));
    this.addChild(this.#loader);
    this.addChild(new Text(theme.fg("dim", "escape cancels"), 1, 0));
    this.addChild(new DynamicBorder(border));
  }

  get signal(): AbortSignal {
    return this.#loader.signal;
  }

  set onAbort(listener: (() => void) | undefined) {
    this.#loader.onAbort = listener as () => void;
  }

  handleInput(data: string): void {
    this.#loader.handleInput(data);
  }

  dispose(): void {
    this.#loader.dispose();
  }
}
