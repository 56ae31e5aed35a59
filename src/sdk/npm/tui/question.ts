// What is asked, as a component of the library's: a list or a dialog of the interactive mode underneath. Extended by the components of choices.
// Invariant: each is answered once; a timer of one ends with it.

import { Container, type Focusable, type TUI } from "@earendil-works/pi-tui";
import { keysInForce } from "../../../modes/interactive/keymap.ts";
import { Picker, type PickerItem, type PickerOptions } from "../../../modes/interactive/pickers/picker.ts";
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
  readonly capturesViewportInput = true;
  protected readonly inner: T;
  #timer: NodeJS.Timeout | undefined;

  constructor(make: (settled: () => void) => T, ends?: { timeout?: number | undefined; over(): void }) {
    super();
    this.inner = make(() => this.dispose());
    if (ends?.timeout !== undefined) this.#timer = setTimeout(() => ends.over(), ends.timeout);
  }

  get focused(): boolean {
    return this.inner.focused;
  }

  set focused(is: boolean) {
    this.inner.focused = is;
  }

  handleInput(data: string): void {
    this.inner.handleInput(data);
  }

  override render(width: number): string[] {
    return this.inner.render(width);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}

interface ChoiceHow extends Partial<Pick<PickerOptions, "chosen" | "hint" | "hasFilter" | "moved" | "onKey">> {
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
