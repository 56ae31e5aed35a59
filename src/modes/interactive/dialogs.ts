// Questions to the user, by us and by extensions: a choice, yes or no, a line, a text. Made by the interaction. Invariants: they queue, one is open at a time;
// each is answered exactly once: by the user, its timeout, its signal, or the end of what it belongs to, all but the first with nothing.

import type { Component } from "@earendil-works/pi-tui";
import type { Theme } from "../../tui/theme/theme.ts";
import type { Keymap } from "./keymap.ts";
import { Picker } from "./pickers/picker.ts";
import { LineDialog, type LineOptions, TextDialog } from "./pickers/typed-answer.ts";
import type { Screen } from "./screen.ts";

export interface DialogOptions {
  timeout?: number;
  signal?: AbortSignal;
  /** The user has asked for it: it need not wait until nobody types. */
  isAsked?: boolean;
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
      (answer, left) =>
        new Picker({
          title: () => timed(title, left()),
          items: options.map((option) => ({ value: option, label: option })),
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
    return this.#ask((answer) => new TextDialog(title, prefill, { ...this.#at, tui: this.#at.screen.tui }, answer), how);
  }

  readonly #rows = (): number => this.#at.screen.tui.terminal.rows;

  /** All that are open or wait get nothing. */
  cancelAll(): void {
    for (const cancel of [...this.#open]) cancel();
  }

  #ask<T>(
    make: (answer: (value: T | undefined) => void, left: () => string) => Component,
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
        clearInterval(ticks);
        signal?.removeEventListener("abort", cancel);
        this.#open.delete(cancel);
        close();
        resolve(value);
      };
    });
    const cancel = (): void => settle(undefined);
    const timer = timeout === undefined ? undefined : setTimeout(cancel, timeout);
    // How long there is still time: said in whole seconds.
    const endsMs = performance.now() + (timeout ?? 0);
    const left = (): string => (timeout === undefined ? "" : ` (${Math.max(0, Math.ceil((endsMs - performance.now()) / 1000))} s)`);
    const ticks = timeout === undefined ? undefined : setInterval(() => this.#at.screen.tui.requestRender(), 1000);
    signal?.addEventListener("abort", cancel, { once: true });
    this.#open.add(cancel);
    this.#last = this.#last.then(() => {
      if (isSettled) return undefined;
      close = this.#at.screen.open(make(settle, left), isAsked);
      return answered;
    });
    return answered;
  }
}

/** Beside what is asked, which may have more to say below. */
function timed(title: string, left: string): string {
  return title.replace(/^.*/, (first) => first + left);
}
