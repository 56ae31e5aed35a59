// The tree of a session, drawn: a chain goes straight down, branches are set off, labels and the leaf are marked. Called by show.
// Invariant: every entry is one line, in the order in which it can be read; no recursion, since chains are long.

import type { TreeNode } from "../../../session/session.ts";
import { cutToWidth, plainLine, type TextForm } from "../../terminal-text.ts";
import { entryLine } from "./entry-line.ts";

interface Step {
  node: TreeNode;
  /** Lines of branches that pass on the left. */
  margin: string;
  /** What stands where this node's own branch begins; empty in a chain. */
  joint: string;
  /** Margin of the nodes behind this one. */
  next: string;
}

/** `activeIds`: the path from the root to the leaf. */
export function* treeLines(
  roots: readonly TreeNode[],
  leafId: string | null,
  activeIds: ReadonlySet<string>,
  form: TextForm,
): Generator<string> {
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
    yield nodeLine(node, `${margin}${joint}`, node.entry.id === leafId, activeIds.has(node.entry.id), form);
    push(node.children, next);
  }
}

function nodeLine(node: TreeNode, before: string, isLeaf: boolean, isActive: boolean, { paint, width }: TextForm): string {
  const { entry, label } = node;
  const { who, text, isAside } = entryLine(entry);
  const marks = [isLeaf ? "leaf" : "", label === undefined ? "" : `label: ${plainLine(label)}`].filter((mark) => mark !== "");
  const mark = marks.length === 0 ? "" : ` (${marks.join(", ")})`;
  const head = `${before}${isActive ? "*" : "o"} ${entry.id}${mark} ${plainLine(who)}`;
  const rest = cutToWidth(text === "" ? "" : `: ${text}`, width === undefined ? undefined : Math.max(0, width - [...head].length));
  const whoText = paint(plainLine(who), isAside ? "dim" : who === "user" ? "cyan" : "green");
  return `${paint(before, "dim")}${paint(isActive ? "*" : "o", isActive ? "bold" : "dim")} ${paint(entry.id, "yellow")}${paint(mark, "magenta")} ${whoText}${isAside ? paint(rest, "dim") : rest}`;
}
