// The text under way: the library's editor with the application's keys in front of it and what goes on in its border. Made by the screen.
// Invariants: a key that stands for an action never reaches the text; Enter on a completion takes it, unless a whole value stands there already; no text
// goes before what was put into it is there.

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
import type { BeingRead } from "./being-read.ts";

export interface PromptEditorHooks {
  keys: Keymap;
  onAction(id: ActionId): void;
  /** Shortcuts of extensions; true: taken. */
  onOther(data: string): boolean;
  /** What came at once; `false` is text; else it may be more, and whether it was is told later: what it was not is text after all. */
  onPaste(data: string): false | Promise<boolean>;
  /** What is on its way into the text. */
  beingRead: BeingRead;
  /** In the upper border; empty: none. */
  activity(): string;
  /** What the completion on show offers: whether the text at the cursor is one of its values already. */
  isWholeValue(textBefore: string): boolean;
}

/** Keys that stay the text's as long as there is one. */
const onlyOnEmpty: readonly ActionId[] = ["app.exit"];

/** They send the text. */
const sending = ["tui.input.submit", "app.message.followUp"];
/** They are about the text as it is: where one waits to be sent, it is not sent. */
const callingOff = ["app.clear", "app.interrupt"];

export class PromptEditor extends Editor {
  #hooks: PromptEditorHooks | undefined;
  /** The key that sends the text, which waits, and those behind it. */
  #held: string[] = [];

  constructor(tui: TUI, theme: EditorTheme, _keybindings?: unknown, options: EditorOptions = {}) {
    super(tui, theme, { paddingX: 0, autocompleteMaxVisible: 6, ...options });
  }

  /** By the screen that shows it; one of an extension is made without. */
  attach(hooks: PromptEditorHooks): void {
    this.#hooks = hooks;
  }

  /** A key that stands for an action; false: it is the text's after all. */
  protected act(id: ActionId, { onAction }: PromptEditorHooks): boolean {
    onAction(id);
    return true;
  }

  /** A key that is neither text nor pasted, before all others see it; true: it was taken. */
  protected takesFirst(_data: string, _hooks: PromptEditorHooks): boolean {
    return false;
  }

  override handleInput(data: string): void {
    this.#input(data);
  }

  #input(data: string): void {
    if (isKeyRelease(data)) return;
    if (this.#hooks === undefined) super.handleInput(data);
    else if (!this.#waits(data, this.#hooks)) this.#take(data, this.#hooks);
  }

  /** As if the terminal had it pasted just now, whatever waits. */
  paste(data: string): void {
    if (this.#hooks === undefined) super.handleInput(data);
    else this.#take(data, this.#hooks);
  }

  #waits(data: string, { keys, beingRead }: PromptEditorHooks): boolean {
    const isOneOf = (ids: readonly string[]): boolean => ids.some((id) => keys.matches(data, id));
    if (this.#held.length > 0) {
      if (isOneOf(callingOff)) {
        this.#release(this.#held.slice(1));
        return false;
      }
    } else if (!beingRead.isSomething || !isOneOf(sending)) return false;
    else beingRead.whenDone(() => this.#release(this.#held));
    this.#held.push(data);
    return true;
  }

  #release(keys: readonly string[]): void {
    this.#held = [];
    // Whoever stands before this editor has seen them.
    for (const data of keys) this.#input(data);
    this.tui.requestRender();
  }

  #take(data: string, hooks: PromptEditorHooks): void {
    const { keys, onOther, onPaste, beingRead, isWholeValue } = hooks;
    const isPaste = data.startsWith("\u001b[200~");
    const taking = isPaste && onPaste(data);
    if (taking !== false) {
      const taken = taking.then((isTaken) => {
        if (isTaken) return;
        super.handleInput(data);
        this.tui.requestRender();
      });
      beingRead.add(taken);
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
      if (this.takesFirst(data, hooks) || onOther(data)) return;
      const action = editorActions.find((id) => keys.matches(data, id) && !(onlyOnEmpty.includes(id) && this.getText() !== ""));
      if (action !== undefined && this.act(action, hooks)) return;
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
    const activity = this.#hooks?.activity() ?? "";
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
