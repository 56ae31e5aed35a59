// A session as extensions may look at it, under the names of the npm agent. Made by session-extensions.

import { dirname } from "node:path";
import type { ReadonlySessionManager } from "../../contracts/extension-session.ts";
import { contextEntries } from "./context-entries.ts";
import type { Session } from "./session.ts";

export function sessionView(session: Session): ReadonlySessionManager {
  const { filePath } = session;
  return {
    getCwd: () => session.header.cwd,
    getSessionDir: () => (filePath === undefined ? "" : dirname(filePath)),
    getSessionId: () => session.id,
    getSessionFile: () => filePath,
    getSessionName: () => session.name,
    getHeader: () => session.header,
    getEntries: () => session.entries(),
    getEntry: (id) => session.entry(id),
    getBranch: (fromId) => (fromId === undefined ? session.branch() : session.branch(fromId)),
    getChildren: (id) => session.children(id).flatMap((child) => session.entry(child) ?? []),
    getTree: () => session.tree(),
    buildContextEntries: () => contextEntries(session.branch()),
    buildSessionContext: () => session.context(),
    getLeafId: () => session.leafId,
    getLeafEntry: () => (session.leafId === null ? undefined : session.entry(session.leafId)),
    getLabel: (id) => session.label(id),
  };
}
