// Views of a session's entries as a tree: children, labels, the whole tree. Pure; called by session.

import type { AnyEntry } from "../../contracts/session-entry.ts";
import { isA } from "../../contracts/session-entry.ts";
import { type EntryTable, noParent } from "../index/entry-table.ts";
import type { SessionLog } from "../log/session-log.ts";

/** A node as RPC `get_tree` shows it. */
export interface TreeNode {
  entry: AnyEntry;
  children: TreeNode[];
  label?: string;
  /** ISO 8601, of the entry that set the label. */
  labelTimestamp?: string;
}

export interface Label {
  text: string;
  timestamp: string;
}

/** Indexes of the entries that hang on `index` (the roots for `noParent`), in file order. */
export function childrenOf(table: EntryTable, index: number): number[] {
  const children: number[] = [];
  for (let at = 0; at < table.count; at++) {
    if (!table.isDamaged(at) && table.parentOf(at) === index) children.push(at);
  }
  return children;
}

/** All indexes of a type, in file order. */
export function indexesOfType(table: EntryTable, type: string): number[] {
  const found: number[] = [];
  for (let at = 0; at < table.count; at++) if (table.typeOf(at) === type) found.push(at);
  return found;
}

/** What label entries in file order come to: the last one for a target wins, one without text clears. */
export function labelsOf(labelEntries: Iterable<AnyEntry | undefined>): Map<string, Label> {
  const labels = new Map<string, Label>();
  for (const entry of labelEntries) {
    if (!isA(entry, "label")) continue;
    if (entry.label) labels.set(entry.targetId, { text: entry.label, timestamp: entry.timestamp });
    else labels.delete(entry.targetId);
  }
  return labels;
}

/**
 * Entries elsewhere in the tree that say what is in force on a path: of each of its entries the last label, where that was not set on the
 * path itself. `labels`: all label entries with their indexes, in file order. Indexes, in file order.
 */
export function labelsSetElsewhere(
  table: EntryTable,
  path: Int32Array,
  labels: Iterable<readonly [index: number, entry: AnyEntry | undefined]>,
): number[] {
  const isOnPath = new Set(path);
  const lastOf = new Map<string, { at: number; isNews: boolean; isSetOnPath: boolean }>();
  for (const [at, entry] of labels) {
    if (!isA(entry, "label") || !isOnPath.has(table.find(entry.targetId) ?? noParent)) continue;
    const isSet = Boolean(entry.label);
    const wasSetOnPath = lastOf.get(entry.targetId)?.isSetOnPath ?? false;
    if (isOnPath.has(at)) lastOf.set(entry.targetId, { at, isNews: false, isSetOnPath: isSet });
    // That a label is gone is worth telling only where it was set.
    else lastOf.set(entry.targetId, { at, isNews: isSet || wasSetOnPath, isSetOnPath: wasSetOnPath });
  }
  return [...lastOf.values()].flatMap(({ at, isNews }) => (isNews ? at : [])).sort((one, other) => one - other);
}

/** Entries decoded at a time when the whole tree is read. */
const batchSize = 64;

/** The tree of what is there now, a batch a step. `read` runs a reader again where the log was indexed anew. */
export function* treeSteps(
  log: SessionLog,
  read: <T>(reader: () => T) => T,
  whole: (entry: AnyEntry | undefined) => AnyEntry | undefined,
): Generator<undefined, TreeNode[]> {
  let known: { table: EntryTable; count: number; entries: (AnyEntry | undefined)[] } | undefined;
  for (;;) {
    const one = read(() => {
      const { table } = log;
      // Indexes of a table that was made anew are others.
      const now = known?.table === table ? known : { table, count: table.count, entries: [] };
      const from = now.entries.length;
      const indexes = Array.from({ length: Math.min(batchSize, now.count - from) }, (_, at) => from + at);
      for (const entry of log.entriesAt(indexes)) now.entries.push(whole(entry));
      return now;
    });
    if (one.entries.length === one.count) return buildTree(one.table, one.entries);
    known = one;
    yield;
  }
}

/** `entries` and `table` go together index by index. */
function buildTree(table: EntryTable, entries: readonly (AnyEntry | undefined)[]): TreeNode[] {
  const labels = labelsOf(entries);
  const roots: TreeNode[] = [];
  const nodes: (TreeNode | undefined)[] = entries.map((entry) => {
    if (entry === undefined) return undefined;
    const label = labels.get(entry.id);
    return { entry, children: [], ...(label !== undefined && { label: label.text, labelTimestamp: label.timestamp }) };
  });
  for (const [index, node] of nodes.entries()) {
    if (node === undefined) continue;
    let parent = table.parentOf(index);
    while (parent !== noParent && nodes[parent] === undefined) parent = table.parentOf(parent);
    (nodes[parent]?.children ?? roots).push(node);
  }
  return roots;
}
