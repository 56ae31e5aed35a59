// What is asked, as a component of the library's: a list or a dialog of the interactive mode underneath. Extended by the components of choices.
// Invariant: each is answered once; a timer of one ends with it.

import { Container, type Focusable, type TUI } from "@earendil-works/pi-tui";
import { timeLimitMs } from "../../../contracts/duration.ts";
import { keysInForce } from "../../../modes/interactive/keymap.ts";
import { Picker, type PickerItem, type PickerOptions } from "../../../modes/interactive/pickers/picker.ts";
import { LineDialog } from "../../../modes/interactive/pickers/typed-answer.ts";
import { drawnTheme } from "../../../tui/theme/current.ts";

export const surroundings = { keys: keysInForce, theme: drawnTheme };
/** Where nobody has said how high the terminal is. */
const usualRows = 24;

interface Answerable extends Focusable {
  handleInput(data: string): void;
  render(width: number): string[];
}

/** Something that is asked, as a component of the library's. */
export abstract class Question<T extends Answerable> extends Container implements Focusable {
  protected readonly inner: T;
  #over: LineDialog | undefined;
  #isFocused = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(make: (settled: () => void) => T, ends?: { timeout?: number | undefined; over(): void }) {
    super();
    this.inner = make(() => this.dispose());
    const limitMs = timeLimitMs(ends?.timeout);
    if (limitMs !== undefined) this.#timer = setTimeout(() => ends?.over(), limitMs);
  }

  /** Keys that move what is above are the list's; a line is typed without them. */
  get capturesViewportInput(): boolean {
    return this.#over === undefined;
  }

  get focused(): boolean {
    return this.#isFocused;
  }

  set focused(is: boolean) {
    this.#isFocused = is;
    this.inner.focused = is && this.#over === undefined;
    if (this.#over !== undefined) this.#over.focused = is;
  }

  handleInput(data: string): void {
    (this.#over ?? this.inner).handleInput(data);
  }

  override render(width: number): string[] {
    return (this.#over ?? this.inner).render(width);
  }

  /** A line is asked for in its place; nothing where it is left. */
  protected askLine(title: string, prefill: string, answered: (value: string | undefined) => void): void {
    this.#over = new LineDialog(title, prefill, {}, surroundings, (value) => {
      this.#over = undefined;
      this.focused = this.#isFocused;
      answered(value);
    });
    this.focused = this.#isFocused;
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}

interface ChoiceHow extends Partial<Pick<PickerOptions, "changed" | "chosen" | "hint" | "hasFilter" | "moved" | "onKey">> {
  title: string;
  items: readonly PickerItem[];
  tui?: Pick<TUI, "terminal"> | undefined;
  filter?: string | undefined;
  timeout?: number | undefined;
  take(value: string): void;
  cancel(): void;
}

export class Choice extends Question<Picker> {
  constructor({ take, cancel, tui, filter, timeout, ...options }: ChoiceHow) {
    super(
      (settled) =>
        new Picker({
          ...options,
          ...surroundings,
          rows: () => tui?.terminal.rows ?? usualRows,
          take: ({ value }) => {
            settled();
            take(value);
          },
          cancel: () => {
            settled();
            cancel();
          },
        }),
      { timeout, over: cancel },
    );
    if (filter !== undefined && filter !== "") this.inner.setFilter(filter);
  }

  /** The list itself. */
  getSelectList(): Picker {
    return this.inner;
  }
}
