// The choice of a session: of this directory or of all, named ones only, by age or size, by what was said in them; renamed and deleted in place. Opened by
// /resume, and by a start with --resume.

import { call } from "../commands/call.ts";
import type { CommandHost } from "../surface.ts";
import { SessionList } from "./session-list.ts";

export interface SessionChoice {
  /** Something was chosen, or nothing. */
  closed?(): void;
  /** Typed into the list already. */
  filter?: string;
}

export async function openSessionPicker(at: CommandHost, { closed = () => {}, filter: typed = "" }: SessionChoice = {}): Promise<void> {
  const list = new SessionList({
    keys: at.keys,
    homeDir: at.homeDir,
    bySize: true,
    load: async (all) => (await call("list_sessions", { all }, at)).sessions,
    search: async (text, all) => {
      const { sessions } = await call("search_sessions", { text, all }, at);
      return new Map(sessions.map(({ path, line }) => [path, line]));
    },
    rename: async ({ path, name }) => {
      const wanted = (await at.dialogs.input("Name of the session", name))?.trim() ?? "";
      if (wanted === "") return;
      const { renameStored } = await import("../../../harness/host/stored-sessions.ts");
      await renameStored(at.sessions, path, wanted);
    },
    remove: (sessionPath) => call("delete_session", { sessionPath }, at),
    fail: (error) => at.fail(error),
  });
  await list.load();
  if (list.isEmpty) await list.load({ all: true });
  if (list.isEmpty) {
    at.hint("There is no stored session yet");
    closed();
    return;
  }
  at.choose({
    title: "Sessions",
    filter: typed,
    items: list.items,
    hint: list.hint,
    take: async (path) => {
      await at.runChosen("resume", path).finally(closed);
    },
    cancelled: closed,
    onKey: (data, item, filter, picker) => list.press(data, item, filter, picker),
  });
}
