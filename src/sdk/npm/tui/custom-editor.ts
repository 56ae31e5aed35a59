// The editor under the npm agent's name, for extensions to extend and put in the place of ours: the same underneath, with its handles on what the keys of
// the application do. Invariant: what nobody has taken hold of does what it does in ours.

import type { EditorOptions, EditorTheme, KeybindingsManager, TUI } from "@earendil-works/pi-tui";
import { PromptEditor, type PromptEditorHooks } from "../../../modes/interactive/editor/prompt-editor.ts";
import { type ActionId, editorActions } from "../../../modes/interactive/keymap.ts";

export class CustomEditor extends PromptEditor {
  readonly keybindings: KeybindingsManager;
  /** What each action does, by its id. */
  readonly actionHandlers = new Map<string, () => void>();
  onEscape: (() => void) | undefined;
  onCtrlD: (() => void) | undefined;
  onPasteImage: (() => void) | undefined;
  /** True: it was one. */
  onExtensionShortcut: ((data: string) => boolean | undefined) | undefined;

  constructor(
    tui: TUI,
    theme: EditorTheme,
    keybindings: KeybindingsManager,
    options: EditorOptions & { embedWorkingStatus?: boolean } = {},
  ) {
    super(tui, theme, keybindings, options);
    this.keybindings = keybindings;
  }

  onAction(action: string, handler: () => void): void {
    this.actionHandlers.set(action, handler);
  }

  /** What is at work stands in the border by itself. */
  setWorkingStatusIndicator(_indicator: unknown): void {}

  /** What was set before stays; the rest is there to be called, and taken hold of. */
  override attach(hooks: PromptEditorHooks): void {
    super.attach(hooks);
    const does = (id: ActionId) => (): void => hooks.onAction(id);
    for (const id of editorActions) if (!this.actionHandlers.has(id)) this.actionHandlers.set(id, does(id));
    this.onEscape ??= does("app.interrupt");
    this.onCtrlD ??= does("app.exit");
    this.onPasteImage ??= does("app.clipboard.pasteImage");
    this.onExtensionShortcut ??= (data) => hooks.onOther(data);
  }

  protected override takesFirst(data: string, { keys }: PromptEditorHooks): boolean {
    if (this.onExtensionShortcut?.(data) === true) return true;
    // Actions that ours does not know.
    const known: readonly string[] = editorActions;
    const own = [...this.actionHandlers].find(([id]) => !known.includes(id) && keys.matches(data, id));
    own?.[1]();
    return own !== undefined;
  }

  protected override act(id: ActionId, hooks: PromptEditorHooks): boolean {
    const held: Partial<Record<ActionId, (() => void) | undefined>> = {
      "app.interrupt": this.onEscape,
      "app.exit": this.onCtrlD,
      "app.clipboard.pasteImage": this.onPasteImage,
    };
    const handler = held[id] ?? this.actionHandlers.get(id);
    if (handler === undefined) return super.act(id, hooks);
    handler();
    return true;
  }
}
