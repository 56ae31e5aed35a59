// The entries of a branch that count for a model, as entries. Called by the library and for extensions. Pure.

import type { AnyEntry, EntryOf } from "../../contracts/session-entry.ts";

/** Of a branch, root first: the latest compaction, what it kept, what came after; all of it where there is no compaction. */
export function contextEntries(branch: readonly AnyEntry[]): AnyEntry[] {
  const at = branch.findLastIndex((entry) => entry.type === "compaction");
  const compaction = branch[at] as EntryOf<"compaction"> | undefined;
  if (compaction === undefined) return [...branch];
  const keptFrom = branch.findIndex((entry) => entry.id === compaction.firstKeptEntryId);
  const kept = keptFrom < 0 || keptFrom > at ? [] : branch.slice(keptFrom, at).filter((entry) => entry.type !== "compaction");
  return [compaction, ...kept, ...branch.slice(at + 1)];
}
