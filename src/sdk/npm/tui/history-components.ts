// Lists of what was said before, as components in the npm agent's names: prompts, sessions, a session's tree. Imported by extensions, which show them
// themselves. Invariant: of several loads the newest answer counts.

import { dirname } from "node:path";
import { defined } from "../../../contracts/defined.ts";
import { lineOf, PiError } from "../../../contracts/error.ts";
import { keysInForce } from "../../../modes/interactive/keymap.ts";
import type { Picker } from "../../../modes/interactive/pickers/picker.ts";
import { type ListedSession, SessionList } from "../../../modes/interactive/pickers/session-list.ts";
import { type Filter, rowsOf, type TreeNode, TreeView } from "../../../modes/interactive/pickers/tree-picker.ts";
import { processHost } from "../../../platform/host.ts";
import { builtinToolViews } from "../../../tools/registry.ts";
import { getAgentDir } from "../places.ts";
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

interface SessionsHow {
  renameSession?: (path: string, name: string) => Promise<void>;
}

/** Of this folder, or of all: Tab. */
export class SessionSelectorComponent extends Choice {
  constructor(
    loadCurrent: SessionsLoader,
    loadAll: SessionsLoader,
    select: (path: string) => void,
    cancel: () => void,
    _exit?: () => void,
    requestRender: () => void = () => {},
    { renameSession }: SessionsHow = {},
    currentPath?: string,
  ) {
    const { homeDir } = processHost();
    const fail = (error: unknown): void => this.inner.setHint(lineOf(error));
    const list = new SessionList({
      keys: keysInForce,
      homeDir,
      load: async (all) => (await (all ? loadAll : loadCurrent)()).map(listed),
      rename:
        renameSession &&
        (({ path, name = "" }) =>
          new Promise<void>((done, failed) =>
            this.askLine("Name of the session", name, (value = "") => {
              if (value.trim() === "") done();
              else renameSession(path, value.trim()).then(done, failed);
            }),
          )),
      remove: (path) => removed(path, currentPath),
      fail,
    });
    super({
      title: "Sessions",
      items: [],
      hint: list.hint,
      take: select,
      cancel,
      changed: requestRender,
      onKey: (data, item, typed) => list.press(data, item, typed, this.inner),
    });
    list.load({ picker: this.inner, chosen: currentPath }).catch(fail);
  }

  getSessionList(): Picker {
    return this.inner;
  }
}

/** @throws PiError `session.busy`, `session.invalid`, …: what is in use, or no session, is left alone. */
async function removed(path: string, currentPath: string | undefined): Promise<void> {
  if (path === currentPath) throw new PiError("session.busy", `This session is open here: ${path}`, { hint: "Open another one first" });
  const { removeStored } = await import("../../../harness/host/stored-sessions.ts");
  await removeStored(path, { agentDir: getAgentDir(), override: dirname(path) });
}

function listed({ path, cwd, name, firstMessage, modified, messageCount }: SessionInfo): ListedSession {
  const told = { name, firstPrompt: firstMessage || undefined, messageCount: messageCount || undefined };
  return { path, cwd, modifiedMs: modified.getTime(), ...told };
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
    labelled?: (entryId: string, label: string | undefined) => void,
    chosen?: string,
    filter = "default",
  ) {
    const about = { rows: rowsOf(tree, builtinToolViews()), way: wayTo(leafId, tree), leafId };
    const shown = new TreeView(about, filterOf[filter] ?? "default");
    const { keyOf } = keysInForce;
    const show = (): void => {
      this.inner.setItems(shown.items);
      this.inner.setHint(shown.hint(keyOf));
    };
    super({
      title: "Tree",
      items: shown.items,
      hint: shown.hint(keyOf),
      chosen: chosen ?? shown.chosen,
      take: select,
      cancel,
      onKey: (data, item, typed) =>
        shown.press(data, item?.value, typed, {
          keys: keysInForce,
          show,
          copy: this.onCopy,
          label: (entryId, before) =>
            this.askLine("Label", before, (value) => {
              if (value === undefined) return;
              const label = value.trim();
              shown.relabel(entryId, label);
              labelled?.(entryId, label === "" ? undefined : label);
              show();
            }),
        }),
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
