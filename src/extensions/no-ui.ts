// The user interface where there is none: dialogs take their default at once, and what only a terminal shows is nowhere shown. Given to
// extensions in print and JSON mode and by the library; the second half also by RPC mode. Invariant: every member is there in every mode.

import type { ExtensionTheme, ExtensionUIContext, TerminalUI } from "../contracts/extension.ts";

const asIs = (text: string): string => text;

const plainTheme: ExtensionTheme = {
  fg: (_role, text) => text,
  bg: (_role, text) => text,
  bold: asIs,
  italic: asIs,
  underline: asIs,
  strikethrough: asIs,
  inverse: asIs,
};

export const withoutTerminal: TerminalUI = {
  theme: plainTheme,
  custom: async () => undefined,
  onTerminalInput: () => () => {},
  setWorkingMessage: () => {},
  setWorkingVisible: () => {},
  setWorkingIndicator: () => {},
  setHiddenThinkingLabel: () => {},
  setFooter: () => {},
  setHeader: () => {},
  pasteToEditor: () => {},
  getEditorText: () => "",
  addAutocompleteProvider: () => {},
  setEditorComponent: () => {},
  getEditorComponent: () => undefined,
  getAllThemes: () => [],
  getTheme: () => undefined,
  setTheme: () => ({ success: false, error: "There is no terminal" }),
  getToolsExpanded: () => false,
  setToolsExpanded: () => {},
};

export const noUi: ExtensionUIContext = {
  ...withoutTerminal,
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
