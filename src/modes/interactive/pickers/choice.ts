// A choice from a list, and how it is a picker on the screen. Asked for by commands and keys that let the user choose; opened by the interaction.

import type { DialogSurroundings } from "../dialogs.ts";
import { Picker, type PickerItem, type PickerOptions } from "./picker.ts";

export interface ChoiceOptions extends Pick<PickerOptions, "title" | "items" | "chosen" | "hint" | "moved" | "hasFilter" | "filter"> {
  /** Before it is drawn: what is in the list may be changed by this. */
  opened?(picker: Picker): void;
  /** `value` of what was chosen. */
  take(value: string): void | Promise<void>;
  /** In place of it: a list of switches (`isOn` of its items), which stays open until it is left. Gives the items as they are then. */
  flip?(values: readonly string[]): readonly PickerItem[];
  cancelled?(): void;
  /** Not asked for just now: it waits until nobody types. */
  isOffered?: boolean;
  /** Whoever types instead of choosing writes into the editor, and it is cancelled. */
  isLeftByTyping?: boolean;
  onKey?(data: string, item: PickerItem | undefined, filter: string, picker: Picker, close: () => void): boolean;
}

/** By the user's own wish the keys are its at once. Gives the way to close it. */
export function openChoice(
  at: DialogSurroundings & { fail(error: unknown): void },
  { opened, take, flip, cancelled, onKey, isOffered = false, isLeftByTyping = false, ...options }: ChoiceOptions,
): () => void {
  const close = (): void => closeIt();
  const leave = (): void => {
    close();
    cancelled?.();
  };
  const picker: Picker = new Picker({
    ...options,
    theme: at.theme,
    keys: at.keys,
    changed: () => at.screen.tui.requestRender(),
    rows: () => at.screen.tui.terminal.rows,
    take: ({ value }) => {
      if (flip !== undefined) return picker.setItems(flip([value]), value);
      close();
      void Promise.resolve(take(value)).catch((error: unknown) => at.fail(error));
    },
    cancel: leave,
    onKey: (data, item, filter) => {
      if (onKey?.(data, item, filter, picker, close) === true) return true;
      if (!isLeftByTyping || !isText(data)) return false;
      leave();
      at.screen.editor.handleInput(data);
      return true;
    },
  });
  opened?.(picker);
  const closeIt = at.screen.open(picker, !isOffered, leave);
  return close;
}

function isText(data: string): boolean {
  return data.startsWith("\u001b[200~") || !/[\u0000-\u001f\u007f]/.test(data);
}
