// A question that is answered by typing: one line, or a text. Opened by dialogs, and by extensions that show one themselves. Invariant: a key that is
// to be hidden is not drawn.

import { type Component, Editor, type Focusable, type TUI, truncateToWidth, wrapTextWithAnsi } from "@earendil-works/pi-tui";
import { defined } from "../../../contracts/defined.ts";
import { lineOf } from "../../../contracts/error.ts";
import { LineInput } from "../../../tui/line-input.ts";
import { markedPaste } from "../../../tui/paste-gate.ts";
import { shownLine } from "../../../tui/shown-text.ts";
import { listColours } from "../../../tui/theme/list-colours.ts";
import type { Theme } from "../../../tui/theme/theme.ts";
import type { KnownKeys } from "../keymap.ts";
import { inRows } from "./picker.ts";
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

export interface TextSurroundings extends AnswerSurroundings {
  tui: TUI;
  /** In an editor of the user's own: what has become of the text. Rejects where that fails. Without it no key does so. */
  editOutside?(text: string): Promise<string>;
}

/** The line, what is said of it, borders, the footer. */
const rowsBelow = 6;

/** One line. */
export class LineDialog implements Component, Focusable {
  readonly #title: () => string;
  readonly #input: LineInput;
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
    this.#input = new LineInput({ placeholder, placeholderStyle: (text) => at.theme().fg("dim", text) });
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
  readonly #at: TextSurroundings;
  readonly #answer: (value: string | undefined) => void;
  /** What the user's own editor came to. */
  #problem = "";
  focused = false;

  constructor(title: string, prefill: string, at: TextSurroundings, answer: (value: string | undefined) => void) {
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
    const { keys, editOutside } = this.#at;
    if (keys.matches(data, "tui.select.cancel")) this.#answer(undefined);
    else if (editOutside !== undefined && keys.matches(data, "app.editor.external")) void this.#edit(editOutside);
    else this.#editor.handleInput(data);
  }

  async #edit(editOutside: (text: string) => Promise<string>): Promise<void> {
    try {
      this.#editor.setText(await editOutside(this.#editor.getExpandedText()));
      this.#problem = "";
    } catch (error) {
      this.#problem = lineOf(error);
    }
    this.#at.tui.requestRender();
  }

  render(width: number): string[] {
    const theme = this.#at.theme();
    this.#editor.focused = this.focused;
    const answer = this.#editor.render(width);
    const problem = this.#problem === "" ? [] : wrapTextWithAnsi(theme.fg("warning", shownLine(this.#problem)), width);
    const hint = [...problem, ...this.#hintRows(width).map((row) => truncateToWidth(theme.fg("dim", row), width))];
    const below = answer.length + hint.length + rowsBelow;
    const question = questionRows(this.#title, width, theme, { rows: this.#at.tui.terminal.rows, below });
    return [...question, ...answer, ...hint];
  }

  #hintRows(width: number): string[] {
    const { keys, editOutside } = this.#at;
    const hints: [string, string][] = [
      ["tui.input.submit", "takes it"],
      ["tui.input.newLine", "new line"],
      ["tui.select.cancel", "leaves"],
      ...(editOutside === undefined ? [] : [["app.editor.external", "in $EDITOR"] as [string, string]]),
    ];
    return inRows(
      hints.flatMap(([id, does]) => (keys.keyOf(id) === "" ? [] : `${keys.keyOf(id)} ${does}`)),
      width,
    );
  }
}
