// Lists of what was said before, as components in the npm agent's names: prompts, sessions, a session's tree. Imported by extensions, which show them
// themselves. Invariant: of several loads the newest answer counts.

import { defined } from "../../../contracts/defined.ts";
import { keysInForce } from "../../../modes/interactive/keymap.ts";
import type { Picker, PickerItem } from "../../../modes/interactive/pickers/picker.ts";
import { type SessionsView, sessionItems } from "../../../modes/interactive/pickers/session-picker.ts";
import { type Filter, rowsOf, type TreeNode, TreeView } from "../../../modes/interactive/pickers/tree-picker.ts";
import { processHost } from "../../../platform/host.ts";
import { builtinToolViews } from "../../../tools/registry.ts";
import type { SessionInfo } from "../session-manager.ts";

import { Choice } from "./question.ts";

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
    const about = { rows: rowsOf(tree, builtinToolViews()), way: wayTo(leafId, tree), leafId };
    const shown = new TreeView(about, filterOf[filter] ?? "default");
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
