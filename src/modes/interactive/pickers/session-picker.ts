// The choice of a session: of this directory or of all, named ones only, by age or size, by what was said in them; renamed and deleted in place. Opened by
// /resume, and by a start with --resume.
// Invariant: deleting asks.

import { basename } from "node:path";
import { shortAge } from "../../../contracts/text/terminal-text.ts";
import { call } from "../commands/call.ts";
import { homePath } from "../home-path.ts";
import type { CommandHost } from "../surface.ts";
import type { Picker, PickerItem } from "./picker.ts";

type Stored = Awaited<ReturnType<typeof call<"list_sessions">>>["sessions"][number];

export interface SessionsView {
  all: boolean;
  path: boolean;
  bySize: boolean;
  named: boolean;
  /** What was searched for, and the line of each session that holds it. */
  search: { text: string; lines: ReadonlyMap<string, string> } | undefined;
}

export interface SessionChoice {
  /** Something was chosen, or nothing. */
  closed?(): void;
  /** Typed into the list already. */
  filter?: string;
}

export async function openSessionPicker(at: CommandHost, { closed = () => {}, filter: typed = "" }: SessionChoice = {}): Promise<void> {
  const view: SessionsView = { all: false, path: false, bySize: false, named: false, search: undefined };
  let stored = (await call("list_sessions", {}, at)).sessions;
  if (stored.length === 0) {
    view.all = true;
    stored = (await call("list_sessions", { all: true }, at)).sessions;
  }
  if (stored.length === 0) {
    at.hint("There is no stored session yet");
    closed();
    return;
  }
  /** Asked about once; the same key again does it. */
  let doomed: string | undefined;
  const hint = (): string => {
    const { keyOf } = at.keys;
    if (doomed !== undefined) return `${keyOf("app.session.delete")} again deletes it for good`;
    const found = view.search === undefined ? [] : [`${JSON.stringify(view.search.text)} in ${view.search.lines.size}`];
    return [
      ...found,
      `tab ${view.all ? "this folder" : "all folders"}`,
      `${keyOf("app.session.search")} search in them`,
      `${keyOf("app.session.toggleNamedFilter")} named`,
      `${keyOf("app.session.toggleSort")} sort`,
      `${keyOf("app.session.togglePath")} path`,
      `${keyOf("app.session.rename")} rename`,
      `${keyOf("app.session.delete")} delete`,
    ].join(" · ");
  };
  const show = (picker: Picker): void => {
    picker.setItems(sessionItems(stored, view, at.homeDir));
    picker.setHint(hint());
  };
  const load = async (picker: Picker): Promise<void> => {
    stored = (await call("list_sessions", { all: view.all }, at)).sessions;
    if (view.search !== undefined) await search(view.search.text, picker);
    else show(picker);
  };
  /** The newest search counts. */
  let searches = 0;
  const search = async (text: string, picker: Picker): Promise<void> => {
    const mine = ++searches;
    picker.setHint(`searching for ${JSON.stringify(text)} …`);
    const { sessions } = await call("search_sessions", { text, all: view.all }, at);
    if (mine !== searches) return;
    view.search = { text, lines: new Map(sessions.map(({ path, line }) => [path, line])) };
    show(picker);
  };
  at.choose({
    title: "Sessions",
    filter: typed,
    items: sessionItems(stored, view, at.homeDir),
    hint: hint(),
    take: async (path) => {
      await at.runChosen("resume", path).finally(closed);
    },
    cancelled: closed,
    onKey: (data, item, filter, picker, close) => {
      const is = (id: string): boolean => at.keys.matches(data, id);
      const before = doomed;
      doomed = undefined;
      const isDelete = is("app.session.delete") || (filter === "" && is("app.session.deleteNoninvasive"));
      if (isDelete && item !== undefined) {
        if (before !== item.value) doomed = item.value;
        else
          void call("delete_session", { sessionPath: item.value }, at).then(
            () => load(picker),
            (error: unknown) => at.fail(error),
          );
      } else if (is("app.session.rename") && item !== undefined) {
        close();
        void rename(item.value, at, closed).catch((error: unknown) => at.fail(error));
        return true;
      } else if (is("tui.input.tab")) {
        view.all = !view.all;
        void load(picker).catch((error: unknown) => at.fail(error));
      } else if (is("app.session.search")) {
        searches++;
        view.search = undefined;
        picker.setFilter("");
        if (filter.trim() !== "") void search(filter.trim(), picker).catch((error: unknown) => at.fail(error));
      } else if (is("app.session.toggleNamedFilter")) view.named = !view.named;
      else if (is("app.session.toggleSort")) view.bySize = !view.bySize;
      else if (is("app.session.togglePath")) view.path = !view.path;
      else {
        if (before !== undefined) picker.setHint(hint());
        return false;
      }
      show(picker);
      return true;
    },
  });
}

/** What there is to know of a session for a line of the list. */
export type ListedSession = Pick<Stored, "path" | "cwd" | "modifiedMs" | "sizeBytes"> & {
  name?: string | undefined;
  firstPrompt?: string | undefined;
  messageCount?: number | undefined;
};

export function sessionItems(stored: readonly ListedSession[], view: SessionsView, homeDir: string): PickerItem[] {
  const { named, search } = view;
  const shown = stored.filter(({ name, path }) => (!named || name !== undefined) && search?.lines.has(path) !== false);
  const sorted = view.bySize ? [...shown].sort((one, other) => other.sizeBytes - one.sizeBytes) : shown;
  return sorted.map((one) => {
    const age = shortAge(one.modifiedMs, Date.now());
    const place = view.path ? one.path : view.all ? homePath(one.cwd, homeDir) : "";
    return {
      value: one.path,
      label: one.name ?? one.firstPrompt ?? "(nothing said)",
      description: [search?.lines.get(one.path) ?? "", age, one.messageCount === undefined ? "" : `${one.messageCount} messages`, place]
        .filter((part) => part !== "")
        .join(" · "),
      // Of where it lies only what is shown: a few letters are found in any path.
      searched: [one.name, one.firstPrompt, basename(one.path), place].filter((part) => part !== undefined).join(" "),
    };
  });
}

async function rename(path: string, at: CommandHost, closed: () => void): Promise<void> {
  const name = await at.dialogs.input("Name of the session");
  if (name !== undefined && name.trim() !== "") {
    const { renameStored } = await import("../../../harness/host/stored-sessions.ts");
    await renameStored(at.sessions, path, name);
  }
  await openSessionPicker(at, { closed });
}
