// Finds out what commands have changed whose end nobody has seen: the process was killed. Called before anything new is noted, and by undo and
// diff, while nobody else has the session.
// Invariant: after it no command is open.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Journal, pendingIn } from "./journal.ts";
import { changesSince, letGo, pendingDirectory, type WorkTreeDeps } from "./work-tree.ts";

export async function settlePending(journal: Journal, deps: Omit<WorkTreeDeps, "store">): Promise<void> {
  for (const { id, run, since } of pendingIn(journal.lines())) {
    const { changes } = await changesSince(pendingDirectory(journal, id), { ...deps, store: journal.store }, since);
    journal.append(...changes.map((change) => ({ type: "change" as const, run, ...change })), { type: "settled", id });
  }
  // Of commands that had not begun, or were settled, when everything ended.
  for (const name of namesIn(journal.directory)) if (name.startsWith("pending-")) letGo(join(journal.directory, name));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
