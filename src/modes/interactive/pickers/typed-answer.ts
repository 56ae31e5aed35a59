// A question that is answered by typing: one line, or a text. Opened by dialogs, and by extensions that show one themselves. Invariant: a key that is
// to be hidden is not drawn.

import { type Component, Editor, type Focusable, Input, type TUI, truncateToWidth } from "@earendil-works/pi-tui";
import { defined } from "../../../contracts/defined.ts";
import { markedPaste } from "../../../tui/paste-gate.ts";
import { listColours } from "../../../tui/theme/list-colours.ts";
import type { Theme } from "../../../tui/theme/theme.ts";
import type { KnownKeys } from "../keymap.ts";
import { questionRows } from "./question-rows.ts";

export interface LineOptions {
  placeholder?: string;
  /** What is typed is not shown: for keys. */
  isHidden?: boolean;
}

export interface AnswerSurroundings {
  keys: KnownKeys;
  theme(): Theme;
  rows?(): number;
}

/** The line, what is said of it, borders, the footer. */
const rowsBelow = 6;

/** One line. */
export class LineDialog implements Component, Focusable {
  readonly #title: () => string;
  readonly #input: Input;
  readonly #isHidden: boolean;
  readonly #at: AnswerSurroundings;
  focused = false;

  constructor(
    title: string | (() => string),
    prefill: string,
    { placeholder = "", isHidden = false }: LineOptions,
    at: AnswerSurroundings,
    answer: (value: string | undefined) => void,
  ) {
    this.#title = typeof title === "string" ? () => title : title;
    this.#isHidden = isHidden;
    this.#at = at;
    this.#input = new Input({ placeholder, placeholderStyle: (text) => at.theme().fg("dim", text) });
    // As if it had been typed: the cursor is behind it.
    if (prefill !== "") this.#input.handleInput(markedPaste(prefill));
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
    const question = questionRows(this.#title(), width, theme, { ...defined({ rows: this.#at.rows?.() }), below: rowsBelow });
    return [border, ...question, ...line, truncateToWidth(hint, width), border];
  }
}

/** Several lines. */
export class TextDialog implements Component, Focusable {
  readonly #title: string;
  readonly #editor: Editor;
  readonly #at: AnswerSurroundings & { tui: TUI };
  readonly #answer: (value: string | undefined) => void;
  focused = false;

  constructor(title: string, prefill: string, at: AnswerSurroundings & { tui: TUI }, answer: (value: string | undefined) => void) {
    this.#title = title;
    this.#at = at;
    this.#answer = answer;
    this.#editor = new Editor(at.tui, {
      borderColor: (text) => at.theme().fg("borderAccent", text),
      selectList: listColours(at.theme),
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
    const answer = this.#editor.render(width);
    const question = questionRows(this.#title, width, theme, { rows: this.#at.tui.terminal.rows, below: answer.length + rowsBelow });
    return [...question, ...answer];
  }
}
