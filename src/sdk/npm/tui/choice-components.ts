// Lists and typed answers as components, in the npm agent's names: over the one list and the dialogs of the interactive mode. Imported by extensions, which
// show them themselves. Invariant: each is answered once; a timer of one ends with it.

import { join } from "node:path";
import { Container, type Focusable, type TUI } from "@earendil-works/pi-tui";
import { defined } from "../../../contracts/defined.ts";
import type { Model } from "../../../contracts/model.ts";
import { keysInForce } from "../../../modes/interactive/keymap.ts";
import { Picker, type PickerItem, type PickerOptions } from "../../../modes/interactive/pickers/picker.ts";
import { type SessionsView, sessionItems } from "../../../modes/interactive/pickers/session-picker.ts";
import { type Filter, type TreeNode, TreeView } from "../../../modes/interactive/pickers/tree-picker.ts";
import { LineDialog, TextDialog } from "../../../modes/interactive/pickers/typed-answer.ts";
import { themesIn } from "../../../modes/interactive/themes.ts";
import { processHost } from "../../../platform/host.ts";
import { builtinToolViews } from "../../../tools/registry.ts";
import { drawnTheme } from "../../../tui/theme/current.ts";
import { getAgentDir } from "../places.ts";
import type { SessionInfo } from "../session-manager.ts";

const surroundings = { keys: keysInForce, theme: drawnTheme };
/** Where nobody has said how high the terminal is. */
const usualRows = 24;

interface Answerable extends Focusable {
  handleInput(data: string): void;
  render(width: number): string[];
}

/** Something that is asked, as a component of the library's. */
abstract class Question<T extends Answerable> extends Container implements Focusable {
  readonly capturesViewportInput = true;
  protected readonly inner: T;
  #timer: NodeJS.Timeout | undefined;

  constructor(make: (settled: () => void) => T, ends?: { timeout?: number | undefined; over(): void }) {
    super();
    this.inner = make(() => this.dispose());
    if (ends?.timeout !== undefined) this.#timer = setTimeout(() => ends.over(), ends.timeout);
  }

  get focused(): boolean {
    return this.inner.focused;
  }

  set focused(is: boolean) {
    this.inner.focused = is;
  }

  handleInput(data: string): void {
    this.inner.handleInput(data);
  }

  override render(width: number): string[] {
    return this.inner.render(width);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}

interface ChoiceHow extends Partial<Pick<PickerOptions, "chosen" | "hint" | "hasFilter" | "moved" | "onKey">> {
  title: string;
  items: readonly PickerItem[];
  tui?: Pick<TUI, "terminal"> | undefined;
  filter?: string | undefined;
  timeout?: number | undefined;
  take(value: string): void;
  cancel(): void;
}

class Choice extends Question<Picker> {
  constructor({ take, cancel, tui, filter, timeout, ...options }: ChoiceHow) {
    super(
      (settled) =>
        new Picker({
          ...options,
          ...surroundings,
          rows: () => tui?.terminal.rows ?? usualRows,
          take: ({ value }) => {
            settled();
            take(value);
          },
          cancel: () => {
            settled();
            cancel();
          },
        }),
      { timeout, over: cancel },
    );
    if (filter !== undefined && filter !== "") this.inner.setFilter(filter);
  }

  /** The list itself. */
  getSelectList(): Picker {
    return this.inner;
  }
}

const plainItems = (values: readonly string[]): PickerItem[] => values.map((value) => ({ value, label: value }));

interface AskHow {
  tui?: TUI;
  timeout?: number;
  description?: string;
  initialValue?: string;
}

const titled = (title: string, description: string | undefined): string => (description ? `${title}\n${description}` : title);

export class ExtensionSelectorComponent extends Choice {
  constructor(title: string, options: readonly string[], take: (option: string) => void, cancel: () => void, how: AskHow = {}) {
    const { tui, timeout, description } = how;
    super({ title: titled(title, description), items: plainItems(options), hasFilter: options.length > 8, take, cancel, tui, timeout });
  }
}

export class ExtensionInputComponent extends Question<LineDialog> {
  constructor(title: string, placeholder: string | undefined, submit: (value: string) => void, cancel: () => void, how: AskHow = {}) {
    const { timeout, description, initialValue = "" } = how;
    super(
      (settled) =>
        new LineDialog(titled(title, description), initialValue, defined({ placeholder }), surroundings, (value) => {
          settled();
          if (value === undefined) cancel();
          else submit(value);
        }),
      { timeout, over: cancel },
    );
  }
}

export class ExtensionEditorComponent extends Question<TextDialog> {
  constructor(
    tui: TUI,
    _keybindings: unknown,
    title: string,
    prefill: string | undefined,
    submit: (value: string) => void,
    cancel: () => void,
    how: AskHow = {},
  ) {
    super(
      () =>
        new TextDialog(titled(title, how.description), prefill ?? "", { ...surroundings, tui }, (value) => {
          if (value === undefined) cancel();
          else submit(value);
        }),
    );
  }
}

type Models = { getAvailable(): readonly Model[] | Promise<readonly Model[]> };

export class ModelSelectorComponent extends Choice {
  constructor(
    tui: TUI,
    current: Model | undefined,
    models: Models,
    scoped: readonly { model: Model }[],
    select: (model: Model) => void,
    cancel: () => void,
    filter?: string,
    selectAsDefault?: (model: Model) => void,
  ) {
    const known = new Map(scoped.map(({ model }) => [nameOf(model), model]));
    const items = (): PickerItem[] =>
      [...known].map(([value, { id, name }]) => ({ value, label: value, ...(name !== id && { description: name }) }));
    const chosen = current && nameOf(current);
    super({
      title: "Model",
      items: items(),
      tui,
      filter,
      cancel,
      ...defined({ chosen }),
      take: (value) => {
        const model = known.get(value);
        if (model !== undefined) select(model);
      },
      onKey: (data, item) => {
        const model = known.get(item?.value ?? "");
        if (selectAsDefault === undefined || model === undefined || !keysInForce.matches(data, "app.models.save")) return false;
        selectAsDefault(model);
        return true;
      },
    });
    if (scoped.length > 0) return;
    void Promise.resolve(models.getAvailable()).then(
      (found) => {
        for (const model of found) known.set(nameOf(model), model);
        this.inner.setItems(items(), chosen);
        tui.requestRender();
      },
      () => {},
    );
  }
}

function nameOf({ provider, id }: Pick<Model, "provider" | "id">): string {
  return `${provider}/${id}`;
}

interface Account {
  id: string;
  name: string;
  authType: "oauth" | "api_key";
}

export class OAuthSelectorComponent extends Choice {
  constructor(
    mode: "login" | "logout",
    accounts: readonly Account[],
    select: (providerId: string, authType: Account["authType"]) => void,
    cancel: () => void,
    filter?: string,
    tui?: TUI,
  ) {
    super({
      title: mode === "login" ? "Account at" : "Forget the account",
      items: accounts.map(({ name, authType }, at) => ({
        value: String(at),
        label: name,
        description: authType === "oauth" ? "sign-in" : "key",
      })),
      filter,
      tui,
      cancel,
      take: (at) => {
        const account = accounts[Number(at)];
        if (account !== undefined) select(account.id, account.authType);
      },
    });
  }
}

export class ShowImagesSelectorComponent extends Choice {
  constructor(current: boolean, select: (isShown: boolean) => void, cancel: () => void) {
    const chosen = current ? "Yes" : "No";
    super({
      title: "Show pictures",
      items: plainItems(["Yes", "No"]),
      hasFilter: false,
      chosen,
      take: (value) => select(value === "Yes"),
      cancel,
    });
  }
}

export class ThemeSelectorComponent extends Choice {
  constructor(current: string, select: (name: string) => void, cancel: () => void, preview: (name: string) => void) {
    const names = [...new Set([...themesIn(join(getAgentDir(), "themes")).map(({ name }) => name), current])];
    super({
      title: "Theme",
      items: plainItems(names),
      chosen: current,
      take: select,
      cancel,
      moved: (item) => item && preview(item.value),
    });
  }
}

export class ThinkingSelectorComponent extends Choice {
  constructor(
    current: string,
    levels: readonly string[],
    select: (level: string) => void,
    cancel: () => void,
    selectAsDefault?: (level: string) => void,
  ) {
    super({
      title: "Thinking",
      items: plainItems(levels),
      hasFilter: false,
      chosen: current,
      take: select,
      cancel,
      onKey: (data, item) => {
        if (selectAsDefault === undefined || item === undefined || !keysInForce.matches(data, "app.thinking.save")) return false;
        selectAsDefault(item.value);
        return true;
      },
    });
  }
}

interface SaidBefore {
  id: string;
  text: string;
}

export class UserMessageSelectorComponent extends Choice {
  constructor(messages: readonly SaidBefore[], select: (entryId: string) => void, cancel: () => void, chosen = messages.at(-1)?.id) {
    super({
      title: "Prompts",
      items: messages.map(({ id, text }) => ({ value: id, label: text })),
      take: select,
      cancel,
      ...defined({ chosen }),
    });
  }

  getMessageList(): Picker {
    return this.inner;
  }
}

type SessionsLoader = () => Promise<readonly SessionInfo[]>;

/** Of this folder, or of all: Tab. */
export class SessionSelectorComponent extends Choice {
  constructor(
    loadCurrent: SessionsLoader,
    loadAll: SessionsLoader,
    select: (path: string) => void,
    cancel: () => void,
    _exit?: () => void,
    requestRender: () => void = () => {},
    _options?: object,
    currentPath?: string,
  ) {
    const view: SessionsView = { all: false, path: false, bySize: false, named: false, search: undefined };
    let sessions: readonly SessionInfo[] = [];
    const { homeDir } = processHost();
    const items = (): PickerItem[] => sessionItems(sessions.map(listed), view, homeDir);
    const hint = (): string => {
      const { keyOf } = keysInForce;
      const keys = [`tab ${view.all ? "this folder" : "all folders"}`];
      for (const [id, about] of [
        ["app.session.toggleNamedFilter", "named"],
        ["app.session.togglePath", "path"],
      ] as const)
        if (keyOf(id) !== "") keys.push(`${keyOf(id)} ${about}`);
      return keys.join(" · ");
    };
    const show = (chosen?: string): void => {
      this.inner.setItems(items(), chosen ?? this.inner.selected?.value);
      this.inner.setHint(hint());
      requestRender();
    };
    /** The newest answer counts. */
    let loads = 0;
    const load = async (): Promise<void> => {
      const mine = ++loads;
      try {
        const found = await (view.all ? loadAll : loadCurrent)();
        if (mine !== loads) return;
        sessions = found;
        show(currentPath);
      } catch (error) {
        if (mine !== loads) return;
        this.inner.setHint(error instanceof Error ? error.message : String(error));
        requestRender();
      }
    };
    super({
      title: "Sessions",
      items: [],
      hint: hint(),
      take: select,
      cancel,
      onKey: (data) => {
        const is = (id: string): boolean => keysInForce.matches(data, id);
        if (is("tui.input.tab")) {
          view.all = !view.all;
          void load();
        } else if (is("app.session.toggleNamedFilter")) view.named = !view.named;
        else if (is("app.session.togglePath")) view.path = !view.path;
        else return false;
        show();
        return true;
      },
    });
    void load();
  }

  getSessionList(): Picker {
    return this.inner;
  }
}

function listed({ path, cwd, name, firstMessage, modified, messageCount }: SessionInfo): Parameters<typeof sessionItems>[0][number] {
  const told = { name, firstPrompt: firstMessage || undefined, messageCount: messageCount || undefined };
  return { path, cwd, modifiedMs: modified.getTime(), sizeBytes: 0, ...told };
}

const filterOf: Readonly<Record<string, Filter>> = {
  "no-tools": "noTools",
  "user-only": "userOnly",
  "labeled-only": "labeledOnly",
  all: "all",
};

export class TreeSelectorComponent extends Choice {
  onCopy?: (text: string | undefined) => void;

  constructor(
    tree: readonly TreeNode[],
    leafId: string | null,
    _height: number,
    select: (entryId: string) => void,
    cancel: () => void,
    _labelled?: (entryId: string, label: string | undefined) => void,
    chosen?: string,
    filter = "default",
  ) {
    const shown = new TreeView(tree, {
      views: builtinToolViews(),
      way: wayTo(leafId, tree),
      leafId,
      filter: filterOf[filter] ?? "default",
    });
    const { keyOf, matches } = keysInForce;
    super({
      title: "Tree",
      items: shown.items,
      hint: shown.hint(keyOf, false),
      chosen: chosen ?? shown.chosen,
      take: select,
      cancel,
      onKey: (data, item) => {
        const is = (id: string): boolean => matches(data, id);
        if (is("app.message.copy") && this.onCopy !== undefined) {
          this.onCopy(item && shown.textOf(item.value));
          return true;
        }
        if (!shown.press(is, item?.value)) return false;
        this.inner.setItems(shown.items);
        this.inner.setHint(shown.hint(keyOf, false));
        return true;
      },
    });
  }

  getTreeList(): Picker {
    return this.inner;
  }
}

/** Entries from the beginning to the one where the session stands. */
function wayTo(leafId: string | null, roots: readonly TreeNode[]): string[] {
  const parents = new Map<string, string | undefined>();
  const waiting = roots.map((node) => ({ node, parent: undefined as string | undefined }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { id } = next.node.entry;
    parents.set(id, next.parent);
    for (const child of next.node.children) waiting.push({ node: child, parent: id });
  }
  const way: string[] = [];
  for (let at: string | undefined = leafId ?? undefined; at !== undefined && parents.has(at); at = parents.get(at)) way.push(at);
  return way.reverse();
}
