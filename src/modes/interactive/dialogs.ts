// Questions to the user, by us and by extensions: a choice, yes or no, a line, a text. Made by the interaction. Invariants: they queue, one is open at a time;
// each is answered exactly once: by the user, its timeout, its signal, or the end of what it belongs to, all but the first with nothing.

import type { Component, Focusable } from "@earendil-works/pi-tui";
import { Editor, Input, truncateToWidth } from "@earendil-works/pi-tui";
import { visibleText } from "../../contracts/text/plain.ts";
import type { Theme } from "../../tui/theme/theme.ts";
import type { Keymap } from "./keymap.ts";
import { Picker } from "./pickers/picker.ts";
import { type Screen, selectTheme } from "./screen.ts";

export interface DialogOptions {
  timeout?: number;
  signal?: AbortSignal;
  /** The user has asked for it: it need not wait until nobody types. */
  isAsked?: boolean;
}

export interface LineOptions {
  placeholder?: string;
  /** What is typed is not shown: for keys. */
  isHidden?: boolean;
}

export interface DialogSurroundings {
  screen: Screen;
  keys: Keymap;
  theme(): Theme;
}

export class Dialogs {
  readonly #at: DialogSurroundings;
  #last: Promise<unknown> = Promise.resolve();
  readonly #open = new Set<() => void>();

  constructor(at: DialogSurroundings) {
    this.#at = at;
  }

  select(title: string, options: readonly string[], how: DialogOptions = {}): Promise<string | undefined> {
    return this.#ask(
      (answer) =>
        new Picker({
          title,
          items: options.map((option) => ({ value: option, label: option })),
          theme: this.#at.theme,
          keys: this.#at.keys,
          rows: () => this.#at.screen.tui.terminal.rows,
          hasFilter: options.length > 8,
          take: ({ value }) => answer(value),
          cancel: () => answer(undefined),
        }),
      how,
    );
  }

  async confirm(title: string, message: string, how: DialogOptions = {}): Promise<boolean> {
    return (await this.select(message === "" ? title : `${title}\n${message}`, ["Yes", "No"], how)) === "Yes";
  }

  input(title: string, prefill = "", how: DialogOptions & LineOptions = {}): Promise<string | undefined> {
    return this.#ask((answer) => new LineDialog(title, prefill, how, this.#at, answer), how);
  }

  text(title: string, prefill = "", how: DialogOptions = {}): Promise<string | undefined> {
    return this.#ask((answer) => new TextDialog(title, prefill, this.#at, answer), how);
  }

  /** All that are open or wait get nothing. */
  cancelAll(): void {
    for (const cancel of [...this.#open]) cancel();
  }

  #ask<T>(
    make: (answer: (value: T | undefined) => void) => Component,
    { timeout, signal, isAsked = true }: DialogOptions,
  ): Promise<T | undefined> {
    if (signal?.aborted) return Promise.resolve(undefined);
    let settle: (value: T | undefined) => void = () => {};
    let isSettled = false;
    let close = (): void => {};
    const answered = new Promise<T | undefined>((resolve) => {
      settle = (value) => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", cancel);
        this.#open.delete(cancel);
        close();
        resolve(value);
      };
    });
    const cancel = (): void => settle(undefined);
    const timer = timeout === undefined ? undefined : setTimeout(cancel, timeout);
    signal?.addEventListener("abort", cancel, { once: true });
    this.#open.add(cancel);
    this.#last = this.#last.then(() => {
      if (isSettled) return undefined;
      close = this.#at.screen.open(make(settle), isAsked);
      return answered;
    });
    return answered;
  }
}

/** One line. */
class LineDialog implements Component, Focusable {
  readonly #title: string;
  readonly #input: Input;
  readonly #isHidden: boolean;
  readonly #at: DialogSurroundings;
  focused = false;

  constructor(
    title: string,
    prefill: string,
    { placeholder = "", isHidden = false }: LineOptions,
    at: DialogSurroundings,
    answer: (value: string | undefined) => void,
  ) {
    this.#title = title;
    this.#isHidden = isHidden;
    this.#at = at;
    this.#input = new Input({ placeholder, placeholderStyle: (text) => at.theme().fg("dim", text) });
    // As if it had been typed: the cursor is behind it.
    if (prefill !== "") this.#input.handleInput(`\u001b[200~${prefill.replaceAll("\u001b", "")}\u001b[201~`);
    this.#input.onSubmit = answer;
    this.#input.onEscape = () => answer(undefined);
  }

  invalidate(): void {}

  handleInput(data: string): void {
    if (this.#at.keys.matches(data, "tui.select.cancel")) this.#input.onEscape?.();
    else this.#input.handleInput(data);
  }

  render(width: number): string[] {
    const theme = this.#at.theme();
    this.#input.focused = this.focused;
    const border = theme.fg("borderAccent", "─".repeat(width));
    const hint = theme.fg(
      "dim",
      `${this.#at.keys.keyOf("tui.select.confirm")} takes it · ${this.#at.keys.keyOf("tui.select.cancel")} leaves`,
    );
    const line = this.#isHidden ? [truncateToWidth(`> ${"•".repeat(this.#input.getValue().length)}`, width)] : this.#input.render(width);
    return [border, ...titleRows(this.#title, width, theme), ...line, truncateToWidth(hint, width), border];
  }
}

/** Several lines. */
class TextDialog implements Component, Focusable {
  readonly #title: string;
  readonly #editor: Editor;
  readonly #at: DialogSurroundings;
  readonly #answer: (value: string | undefined) => void;
  focused = false;

  constructor(title: string, prefill: string, at: DialogSurroundings, answer: (value: string | undefined) => void) {
    this.#title = title;
    this.#at = at;
    this.#answer = answer;
    this.#editor = new Editor(at.screen.tui, {
      borderColor: (text) => at.theme().fg("borderAccent", text),
      selectList: selectTheme(at.theme),
    });
    this.#editor.setText(prefill);
    this.#editor.onSubmit = answer;
  }

  invalidate(): void {}

  handleInput(data: string): void {
    if (this.#at.keys.matches(data, "tui.select.cancel")) this.#answer(undefined);
    else this.#editor.handleInput(data);
  }

  render(width: number): string[] {
    const theme = this.#at.theme();
    this.#editor.focused = this.focused;
    return [...titleRows(this.#title, width, theme), ...this.#editor.render(width)];
  }
}

function titleRows(title: string, width: number, theme: Theme): string[] {
  return visibleText(title)
    .split("\n")
    .map((line, at) => truncateToWidth(at === 0 ? theme.bold(line) : line, width));
}
