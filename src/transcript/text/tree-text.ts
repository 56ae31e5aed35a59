// The tree of a session, drawn: a chain goes straight down, branches are set off, labels and the leaf are marked. Called by show.
// Invariant: every entry is one line, in the order in which it can be read; no recursion, since chains are long.

import type { EntrySource } from "../../contracts/entry-source.ts";
import { cutToWidth, plainLine, type TextForm } from "../../contracts/text/terminal-text.ts";
import type { ToolViews } from "../../contracts/tool-view.ts";
import { itemOf } from "../items.ts";
import { type EntryLine, entryLine } from "./entry-line.ts";

/** What is shown of an entry; the entry itself is let go, since there may be a hundred thousand of them. */
interface TreeNode {
  id: string;
  line: EntryLine;
  label: string | undefined;
  children: TreeNode[];
}

interface Step {
  node: TreeNode;
  /** Lines of branches that pass on the left. */
  margin: string;
  /** What stands where this node's own branch begins; empty in a chain. */
  joint: string;
  /** Margin of the nodes behind this one. */
  next: string;
}

/** `leafId`: where the branch in use ends. */
export function* treeLines(session: EntrySource, leafId: string | null, form: TextForm & { toolViews: ToolViews }): Generator<string> {
  const { roots, branch } = treeOf(session, leafId, form.toolViews);
  const steps: Step[] = [];
  const push = (nodes: readonly TreeNode[], margin: string): void => {
    const isFork = nodes.length > 1;
    for (const [at, node] of [...nodes.entries()].reverse()) {
      const isLast = at === nodes.length - 1;
      if (isFork) steps.push({ node, margin, joint: isLast ? "└─" : "├─", next: `${margin}${isLast ? "  " : "│ "}` });
      else steps.push({ node, margin, joint: "", next: margin });
    }
  };
  push(roots, "");
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const { node, margin, joint, next } = step;
    yield nodeLine(node, `${margin}${joint}`, node.id === session.leafId, branch.has(node), form);
    push(node.children, next);
  }
}

function treeOf(session: EntrySource, leafId: string | null, toolViews: ToolViews): { roots: TreeNode[]; branch: ReadonlySet<TreeNode> } {
  let labels = new Map<string, string>();
  const rows = session.survey(() => {
    labels = new Map();
    return (entry): TreeNode => {
      const item = itemOf(entry);
      if (item.kind === "label" && item.label !== "") labels.set(item.targetId, item.label);
      else if (item.kind === "label") labels.delete(item.targetId);
      return { id: entry.id, line: entryLine(entry, toolViews), label: undefined, children: [] };
    };
  });
  const roots: TreeNode[] = [];
  for (const { parent, taken } of rows) {
    taken.label = labels.get(taken.id);
    (rows[parent]?.taken.children ?? roots).push(taken);
  }
  const branch = new Set<TreeNode>();
  const leaf = leafId === null ? -1 : rows.findLastIndex((row) => row.taken.id === leafId);
  for (let row = rows[leaf]; row !== undefined; row = rows[row.parent]) branch.add(row.taken);
  return { roots, branch };
}

function nodeLine(node: TreeNode, before: string, isLeaf: boolean, isActive: boolean, { paint, width }: TextForm): string {
  const { id, label } = node;
  const { who, text, isAside } = node.line;
  const marks = [isLeaf ? "leaf" : "", label === undefined ? "" : `label: ${plainLine(label)}`].filter((mark) => mark !== "");
  const mark = marks.length === 0 ? "" : ` (${marks.join(", ")})`;
  const head = `${before}${isActive ? "*" : "o"} ${id}${mark} ${plainLine(who)}`;
  const rest = cutToWidth(text === "" ? "" : `: ${text}`, width === undefined ? undefined : Math.max(0, width - [...head].length));
  const whoText = paint(plainLine(who), isAside ? "dim" : who === "user" ? "cyan" : "green");
  return `${paint(before, "dim")}${paint(isActive ? "*" : "o", isActive ? "bold" : "dim")} ${paint(id, "yellow")}${paint(mark, "magenta")} ${whoText}${isAside ? paint(rest, "dim") : rest}`;
}
