// Every key that the interactive mode knows, by what it does: the library's for editing and lists, and those of the application. Read by the editor,
// pickers, hints and /hotkeys. Invariant: an id and its first default key are the npm agent's; each action has a key that a plain terminal can send.

import {
  getKeybindings,
  type KeybindingDefinitions,
  type KeybindingsConfig,
  KeybindingsManager,
  type KeyId,
  setKeybindings,
  TUI_KEYBINDINGS,
} from "@earendil-works/pi-tui";
import { defined } from "../../contracts/defined.ts";

export interface KeyRow {
  keys: readonly KeyId[];
  about: string;
  /** Instead of `keys`; WSL is a Linux whose terminal is Windows'. */
  windows?: readonly KeyId[];
  wsl?: readonly KeyId[];
}

const row = (about: string, ...keys: KeyId[]): KeyRow => ({ keys, about });
const rowFor = (about: string, keys: KeyId[], elsewhere: Pick<KeyRow, "windows" | "wsl">): KeyRow => ({ keys, about, ...elsewhere });
const both = (...keys: KeyId[]): Pick<KeyRow, "windows" | "wsl"> => ({ windows: keys, wsl: keys });

export const appKeys = {
  "app.interrupt": row("close what is open, stop the run", "escape"),
  "app.clear": row("clear the text; twice: quit", "ctrl+c"),
  "app.exit": row("quit, on an empty text", "ctrl+d"),
  "app.suspend": rowFor("suspend", ["ctrl+z"], { windows: [] }),
  "app.editor.external": row("edit the text in $EDITOR", "ctrl+g"),
  "app.clipboard.pasteImage": rowFor("paste a picture, files or text", ["ctrl+v"], both("alt+v", "ctrl+v")),
  "app.history.search": row("search the history", "ctrl+r"),
  "app.session.new": row("new session"),
  "app.session.tree": row("tree of the session"),
  "app.session.fork": row("fork the session"),
  "app.session.resume": row("open another session"),
  "app.session.togglePath": row("show paths", "ctrl+p"),
  "app.session.toggleSort": row("sort another way", "ctrl+s"),
  "app.session.toggleNamedFilter": row("named sessions only", "ctrl+n"),
  "app.session.search": row("search in what was said", "ctrl+f"),
  "app.session.rename": row("rename", "ctrl+r"),
  "app.session.delete": row("delete", "ctrl+d"),
  "app.session.deleteNoninvasive": row("delete, where nothing is typed", "ctrl+backspace", "alt+backspace"),
  "app.model.select": row("choose a model", "ctrl+l"),
  "app.model.cycleForward": row("next model", "ctrl+p"),
  "app.model.cycleBackward": rowFor("previous model", ["shift+ctrl+p", "alt+p"], both("alt+p")),
  "app.models.save": row("keep as the setting", "ctrl+s"),
  "app.thinking.cycle": row("next thinking level", "shift+tab"),
  "app.thinking.save": row("keep the level as the setting", "ctrl+s"),
  "app.thinking.toggle": row("show or hide thinking", "ctrl+t"),
  "app.tools.expand": row("show outputs in full, or not", "ctrl+o"),
  "app.message.copy": row("copy the last answer", "ctrl+x"),
  "app.message.followUp": rowFor("send at the end of the run", ["alt+enter"], both("ctrl+q")),
  "app.message.dequeue": rowFor("queued texts back into the editor", ["alt+up"], both("alt+q")),
  "app.tree.foldOrUp": row("fold, or up", "ctrl+left", "alt+left"),
  "app.tree.unfoldOrDown": row("unfold, or down", "ctrl+right", "alt+right"),
  "app.tree.editLabel": row("label", "shift+l"),
  "app.tree.toggleLabelTimestamp": row("times of labels", "shift+t"),
  "app.tree.filter.default": row("usual view", "ctrl+d"),
  "app.tree.filter.noTools": row("without tools", "ctrl+t"),
  "app.tree.filter.userOnly": row("prompts only", "ctrl+u"),
  "app.tree.filter.labeledOnly": row("labelled only", "ctrl+l"),
  "app.tree.filter.all": row("everything", "ctrl+a"),
  "app.tree.filter.cycleForward": row("next view", "ctrl+o"),
  "app.tree.filter.cycleBackward": row("previous view", "shift+ctrl+o", "alt+o"),
  "app.models.enableAll": row("all on", "ctrl+a"),
  "app.models.clearAll": row("all off", "ctrl+x"),
  "app.models.toggleProvider": row("the provider on or off", "ctrl+p"),
  "app.models.reorderUp": row("up in the order", "alt+up"),
  "app.models.reorderDown": row("down in the order", "alt+down"),
} as const satisfies Record<string, KeyRow>;

export type ActionId = keyof typeof appKeys;

/** What the keys do while the editor has them; the first that matches wins. */
export const editorActions = [
  "app.interrupt",
  "app.clear",
  "app.exit",
  "app.suspend",
  "app.editor.external",
  "app.clipboard.pasteImage",
  "app.history.search",
  "app.session.new",
  "app.session.tree",
  "app.session.fork",
  "app.session.resume",
  "app.model.select",
  "app.model.cycleForward",
  "app.model.cycleBackward",
  "app.thinking.cycle",
  "app.thinking.toggle",
  "app.tools.expand",
  "app.message.copy",
  "app.message.followUp",
  "app.message.dequeue",
] as const satisfies readonly ActionId[];

/** Of the library's that have no key which a plain terminal can send, or not the one that closes a list: one of ours beside them. */
const libraryBeside: Record<string, readonly KeyId[]> = {
  "tui.altScreen.search": ["f3"],
  "tui.altScreen.searchNext": ["down"],
  "tui.altScreen.searchPrevious": ["up"],
  "tui.altScreen.searchClose": ["ctrl+c"],
};

/** Of the library's, where the terminal is Windows'. */
const libraryElsewhere: Record<string, Pick<KeyRow, "windows" | "wsl">> = {
  "tui.editor.undo": { windows: ["ctrl+z"], wsl: ["alt+z"] },
  "tui.altScreen.previousPrompt": both("ctrl+up"),
  "tui.altScreen.nextPrompt": both("ctrl+down"),
  "tui.altScreen.search": both("ctrl+f"),
};

export type KeyPlatform = "windows" | "wsl" | "other";

export interface Keymap {
  /** The library's; extensions are given it. */
  manager: KeybindingsManager;
  /** Whether this is a key of the action. */
  matches(data: string, id: string): boolean;
  /** Whether it is a key of any. */
  knows(data: string): boolean;
  /** As people read it; empty where there is none. */
  keyOf(id: string): string;
  /** Puts what the user has set into force; gives what is wrong with it, a line each. */
  use(own: Readonly<Record<string, unknown>>): string[];
}

/** What lists and dialogs have to know of keys. */
export type KnownKeys = Pick<Keymap, "matches" | "keyOf">;

/** Those that the library's components go by, for parts that nobody has given any. */
export const keysInForce: KnownKeys = {
  matches: (data, id) => getKeybindings().matches(data, id as never),
  keyOf: (id) => getKeybindings().getKeys(id as never)[0] ?? "",
};

const printableKey = /^(?:shift\+)?(?:[!-~]|space)$/i;

/** The library asks for each letter that is typed whether it is one of dozens of keys, and reads their names anew each time. */
class Bindings extends KeybindingsManager {
  /** By id: whether a key of it is one that types something. */
  #printable = new Map<string, boolean>();

  override matches(data: string, id: Parameters<KeybindingsManager["matches"]>[1]): boolean {
    return (!typesText(data) || this.#hasPrintableKey(id)) && super.matches(data, id);
  }

  override setUserBindings(own: KeybindingsConfig): void {
    super.setUserBindings(own);
    this.#printable.clear();
  }

  #hasPrintableKey(id: Parameters<KeybindingsManager["matches"]>[1]): boolean {
    const known = this.#printable.get(id);
    if (known !== undefined) return known;
    const has = this.getKeys(id).some((key) => printableKey.test(key));
    this.#printable.set(id, has);
    return has;
  }
}

/** Every other key begins with a control character. */
function typesText(data: string): boolean {
  const first = data.charCodeAt(0);
  return first >= 0x20 && first !== 0x7f;
}

/** Also from now on what the library's components go by. */
export function createKeymap(platform: KeyPlatform): Keymap {
  const definitions = definitionsFor(platform);
  const manager = new Bindings(definitions);
  setKeybindings(manager);
  return {
    manager,
    matches: (data, id) => manager.matches(data, id as never),
    knows: (data) => Object.keys(definitions).some((id) => manager.matches(data, id as never)),
    keyOf: (id) => manager.getKeys(id as never)[0] ?? "",
    use: (own) => {
      const { bindings, problems } = readBindings(own, (id) => Object.hasOwn(definitions, id));
      manager.setUserBindings(bindings);
      for (const { key, keybindings } of manager.getConflicts()) problems.push(`${key} is given to ${keybindings.join(" and ")}`);
      return problems;
    },
  };
}

export function definitionsFor(platform: KeyPlatform): KeybindingDefinitions {
  const keysOf = (base: readonly KeyId[], elsewhere: Pick<KeyRow, "windows" | "wsl"> | undefined): KeyId[] => [
    ...((platform === "other" ? undefined : elsewhere?.[platform]) ?? base),
  ];
  const definitions: KeybindingDefinitions = {};
  for (const [id, { defaultKeys, description }] of Object.entries(TUI_KEYBINDINGS as KeybindingDefinitions)) {
    const base = Array.isArray(defaultKeys) ? defaultKeys : [defaultKeys];
    const keys = [...keysOf(base, libraryElsewhere[id]), ...(libraryBeside[id] ?? [])];
    definitions[id] = { defaultKeys: keys, ...defined({ description }) };
  }
  for (const [id, one] of Object.entries(appKeys) as [string, KeyRow][])
    definitions[id] = { defaultKeys: keysOf(one.keys, one), description: one.about };
  return definitions;
}

const specialKeys =
  "escape|esc|enter|return|tab|space|backspace|delete|insert|clear|home|end|pageUp|pageDown|up|down|left|right|f1|f2|f3|f4|f5|f6|f7|f8|f9|f10|f11|f12";
const keyName = new RegExp(`^(?:(?:ctrl|shift|alt|super)\\+){0,4}(?:[!-~]|${specialKeys})$`, "i");

/** However it was written it is one key, as the library's own names have it. */
function spelt(key: string): KeyId {
  return key.toLowerCase().replace(/page(?:up|down)$/, (page) => (page === "pageup" ? "pageUp" : "pageDown")) as KeyId;
}

/** What is no action's, or no key, counts for nothing. */
function readBindings(
  own: Readonly<Record<string, unknown>>,
  isAction: (id: string) => boolean,
): { bindings: KeybindingsConfig; problems: string[] } {
  const bindings: Record<string, KeyId[]> = {};
  const problems: string[] = [];
  for (const [id, value] of Object.entries(own)) {
    if (id === "$schema") continue;
    if (!isAction(id)) {
      problems.push(`no action is called ${JSON.stringify(id)}`);
      continue;
    }
    const keys: unknown[] = Array.isArray(value) ? value : [value];
    const wrong = keys.find((key) => typeof key !== "string" || !keyName.test(key));
    if (wrong === undefined) bindings[id] = (keys as string[]).map(spelt);
    else problems.push(`${JSON.stringify(wrong)} is no key (${id}): write ctrl+e, alt+enter, f5, pageUp`);
  }
  return { bindings, problems };
}
