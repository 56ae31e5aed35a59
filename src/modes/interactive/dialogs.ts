// Questions to the user, by us and by extensions: a choice, yes or no, a line, a text. Made by the interaction. Invariant: they queue, one is open at
// a time.

import type { Component } from "@earendil-works/pi-tui";
import type { Theme } from "../../tui/theme/theme.ts";
import type { Keymap } from "./keymap.ts";
import { Picker } from "./pickers/picker.ts";
import { LineDialog, type LineOptions, TextDialog } from "./pickers/typed-answer.ts";
import { type QuestionOptions, Questions, timed } from "./questions.ts";
import type { Screen } from "./screen.ts";

export interface DialogOptions extends QuestionOptions {
  /** The user has asked for it: it need not wait until nobody types. */
  isAsked?: boolean;
}

export interface DialogSurroundings {
  screen: Screen;
  keys: Keymap;
  theme(): Theme;
  /** A text in the user's own editor: what has become of it. Rejects where the editor fails. */
  editOutside?(text: string): Promise<string>;
}

export class Dialogs {
  readonly #at: DialogSurroundings;
  readonly #questions: Questions;

  constructor(at: DialogSurroundings) {
    this.#at = at;
    this.#questions = new Questions(() => at.screen.tui.requestRender());
  }

  select(title: string, options: readonly string[], how: DialogOptions = {}): Promise<string | undefined> {
    return this.#ask(
      (answer, left) =>
        new Picker({
          title: () => timed(title, left()),
          items: options.map((option) => ({ value: option, label: String(option) })),
          theme: this.#at.theme,
          keys: this.#at.keys,
          rows: this.#rows,
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
    return this.#ask(
      (answer, left) => new LineDialog(() => timed(title, left()), prefill, how, { ...this.#at, rows: this.#rows }, answer),
      how,
    );
  }

  text(title: string, prefill = "", how: DialogOptions = {}): Promise<string | undefined> {
    return this.#ask((answer) => new TextDialog(timed(title, ""), prefill, { ...this.#at, tui: this.#at.screen.tui }, answer), how);
  }

  readonly #rows = (): number => this.#at.screen.tui.terminal.rows;

  /** All that are open or wait get nothing. */
  cancelAll(): void {
    this.#questions.cancelAll();
  }

  #ask<T>(
    make: (answer: (value: T | undefined) => void, left: () => string) => Component,
    { isAsked = true, ...how }: DialogOptions,
  ): Promise<T | undefined> {
    return this.#questions.ask<T>((answer, left) => this.#at.screen.open(make(answer, left), isAsked, () => answer(undefined)), how);
  }
}
