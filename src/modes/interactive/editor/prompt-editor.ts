// The text under way: the library's editor with the application's keys in front of it and what goes on in its border. Made by the screen.
// Invariant: a key that stands for an action never reaches the text; Enter on a completion takes it, unless a whole value stands there already.

import {
  Editor,
  type EditorOptions,
  type EditorTheme,
  isKeyRelease,
  type TUI,
  truncateToWidth,
  visibleWidth,
} from "@earendil-works/pi-tui";
import { type ActionId, editorActions, type Keymap } from "../keymap.ts";

export interface PromptEditorHooks {
  keys: Keymap;
  onAction(id: ActionId): void;
  /** Shortcuts of extensions; true: taken. */
  onOther(data: string): boolean;
  /** What came at once; `false` is text; else it may be more, and whether it was is told later: what it was not is text after all. */
  onPaste(data: string): false | Promise<boolean>;
  /** In the upper border; empty: none. */
  activity(): string;
  /** What the completion on show offers: whether the text at the cursor is one of its values already. */
  isWholeValue(textBefore: string): boolean;
}

/** Keys that stay the text's as long as there is one. */
const onlyOnEmpty: readonly ActionId[] = ["app.exit"];

export class PromptEditor extends Editor {
  /** Given by the screen that shows it; one of an extension is made without. */
  hooks: PromptEditorHooks | undefined;

  constructor(tui: TUI, theme: EditorTheme, _keybindings?: unknown, options: EditorOptions = {}) {
    super(tui, theme, { paddingX: 0, autocompleteMaxVisible: 6, ...options });
  }

  override handleInput(data: string): void {
    if (isKeyRelease(data)) return;
    if (this.hooks === undefined) {
      super.handleInput(data);
      return;
    }
    const { keys, onOther, onAction, isWholeValue } = this.hooks;
    const isPaste = data.startsWith("\u001b[200~");
    const taking = isPaste && this.hooks.onPaste(data);
    if (taking !== false) {
      void taking.then((isTaken) => {
        if (isTaken) return;
        super.handleInput(data);
        this.tui.requestRender();
      });
      return;
    }
    const isCompleting = this.isShowingAutocomplete();
    if (
      isCompleting &&
      !keys.matches(data, "app.clear") &&
      (keys.matches(data, "tui.select.cancel") || keys.matches(data, "tui.select.up") || keys.matches(data, "tui.select.down"))
    ) {
      super.handleInput(data);
      return;
    }
    // Typed text is by far the most of what comes.
    const isText = data.length === 1 && data >= " " && data !== "\u007f";
    if (!isText && !isPaste) {
      if (onOther(data)) return;
      const action = editorActions.find((id) => keys.matches(data, id) && !(onlyOnEmpty.includes(id) && this.getText() !== ""));
      if (action !== undefined) {
        onAction(action);
        return;
      }
    }
    if (isCompleting && keys.matches(data, "tui.input.submit")) {
      if (!isWholeValue(this.#textBeforeCursor())) {
        super.handleInput("\t");
        return;
      }
      super.handleInput("\u001b");
    }
    super.handleInput(data);
  }

  protected override renderTopBorder(width: number, hiddenLineCount: number): string {
    const activity = this.hooks?.activity() ?? "";
    if (activity === "") return super.renderTopBorder(width, hiddenLineCount);
    const shown = truncateToWidth(activity, Math.max(1, width - 4));
    const rest = Math.max(0, width - visibleWidth(shown) - 4);
    return `${this.borderColor("─ ")}${shown}${this.borderColor(` ${"─".repeat(rest)}${rest > 0 ? "─" : ""}`)}`;
  }

  #textBeforeCursor(): string {
    const { line, col } = this.getCursor();
    return (this.getLines()[line] ?? "").slice(0, col);
  }
}
