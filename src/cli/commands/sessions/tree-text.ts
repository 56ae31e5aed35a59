// The tree of a session, drawn: a chain goes straight down, branches are set off, labels and the leaf are marked. Called by show.
// Invariant: every entry is one line, in the order in which it can be read; no recursion, since chains are long.

import type { Session } from "../../../session/tree/session.ts";
import { labelsOf } from "../../../session/tree/tree.ts";
import { cutToWidth, plainLine, type TextForm } from "../../terminal-text.ts";
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
export function* treeLines(session: Session, leafId: string | null, form: TextForm): Generator<string> {
  const activeIds = new Set(session.branchIds(leafId));
  const steps: Step[] = [];
  const push = (nodes: readonly TreeNode[], margin: string): void => {
    const isFork = nodes.length > 1;
    for (const [at, node] of [...nodes.entries()].reverse()) {
      const isLast = at === nodes.length - 1;
      if (isFork) steps.push({ node, margin, joint: isLast ? "└─" : "├─", next: `${margin}${isLast ? "  " : "│ "}` });
      else steps.push({ node, margin, joint: "", next: margin });
    }
  };
  push(rootsOf(session), "");
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const { node, margin, joint, next } = step;
    yield nodeLine(node, `${margin}${joint}`, node.id === session.leafId, activeIds.has(node.id), form);
    push(node.children, next);
  }
}

function rootsOf(session: Session): TreeNode[] {
  const rows = session.survey(() => (entry) => ({
    node: { id: entry.id, line: entryLine(entry), label: undefined, children: [] } as TreeNode,
    label: entry.type === "label" ? entry : undefined,
  }));
  const labels = labelsOf(rows.map(({ taken }) => taken.label));
  const roots: TreeNode[] = [];
  for (const { parent, taken } of rows) {
    taken.node.label = labels.get(taken.node.id)?.text;
    (rows[parent]?.taken.node.children ?? roots).push(taken.node);
  }
  return roots;
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
