// The lines of a session as a fork or an export takes them: byte for byte, but for those that hang on another entry there. Called by session.
// Invariant: a damaged entry is left out, and what hung on it hangs on the entry before.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { noParent } from "../index/entry-table.ts";
import { encodeLine, lineWithHead } from "../lines/line-codec.ts";
import { indexOf, type SessionLog } from "../log/session-log.ts";
import { batchesOf } from "./survey.ts";
import { indexesOfType, labelsSetElsewhere } from "./tree.ts";

/** The way to an entry, and behind it what says something of the way from elsewhere in the tree. Errors: `session.entry_not_found`. */
export function indexesToCopy(log: SessionLog, leafId: string | null, { name }: { name: boolean }): number[] {
  const { table } = log;
  const path = leafId === null ? new Int32Array(0) : table.pathTo(indexOf(table, leafId));
  const labels = indexesOfType(table, "label");
  const entries = log.entriesAt(labels);
  const elsewhere = labelsSetElsewhere(
    table,
    path,
    labels.map((index, at) => [index, entries[at]]),
  );
  const lastName = name && path.length > 0 ? indexesOfType(table, "session_info").at(-1) : undefined;
  if (lastName !== undefined && !path.includes(lastName)) elsewhere.push(lastName);
  return [...path, ...elsewhere];
}

/** Entries and lines for a fork, which is a session of its own: it does not bear the same name. */
export function copyOf(log: SessionLog, leafId: string | null): { entries: AnyEntry[]; lines: string[] } {
  const indexes = indexesToCopy(log, leafId, { name: false });
  const entries: AnyEntry[] = [];
  const lines: string[] = [];
  for (const [at, entry] of log.entriesAt(indexes).entries()) {
    if (entry === undefined) continue;
    const parentId = entries.at(-1)?.id ?? null;
    // It stays, since others may refer to it.
    const copied = entry.type === "session_info" ? withoutName(entry) : entry;
    const line =
      copied === entry ? lineOf(log, entry, indexes[at] ?? noParent, parentId) : encodeLine({ ...copied, parentId }).slice(0, -1);
    lines.push(line);
    entries.push(parentId === (copied.parentId ?? null) ? copied : { ...copied, parentId });
  }
  return { entries, lines };
}

function withoutName(entry: AnyEntry): AnyEntry {
  return Object.fromEntries(Object.entries(entry).filter(([field]) => field !== "name")) as unknown as AnyEntry;
}

/** The same indexes; a damage among them is found now, while they can still be taken anew. */
export function readable(log: SessionLog, indexes: Int32Array): Int32Array {
  for (const batch of batchesOf(indexes)) log.entriesAt(batch);
  return indexes;
}

/** Without LF, a batch decoded at a time. `chained`: each entry hangs on the one before it. `whole`: of entries that only refer to a part. */
export function* storedLines(
  log: SessionLog,
  indexes: Int32Array,
  { parents, whole }: { parents: "recorded" | "chained"; whole(entry: AnyEntry): AnyEntry },
): Generator<string> {
  let previousId: string | null = null;
  for (const batch of batchesOf(indexes)) {
    for (const [at, entry] of log.entriesAt(batch).entries()) {
      const index = batch[at] ?? noParent;
      if (entry === undefined) continue;
      const parentId = parents === "recorded" ? log.table.parentIdOf(index) : previousId;
      const filled = whole(entry);
      yield filled === entry ? lineOf(log, entry, index, parentId) : encodeLine({ ...filled, parentId }).slice(0, -1);
      previousId = entry.id;
    }
  }
}

/** The stored line, or one with another head where the entry hangs on another parent than the recorded one. */
function lineOf(log: SessionLog, entry: AnyEntry, index: number, parentId: string | null): string {
  const line = log.lineAt(index);
  return parentId === (entry.parentId ?? null) ? line : lineWithHead(line, { ...entry, parentId });
}
