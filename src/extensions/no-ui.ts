// The user interface where there is none: dialogs take their default at once. Given to extensions in print and JSON mode and by the library.

import type { ExtensionUIContext } from "../contracts/extension.ts";

export const noUi: ExtensionUIContext = {
  select: async () => undefined,
  confirm: async () => false,
  input: async () => undefined,
  editor: async () => undefined,
  notify: () => {},
  setStatus: () => {},
  setWidget: () => {},
  setTitle: () => {},
  setEditorText: () => {},
};
