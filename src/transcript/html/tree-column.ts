// The side column: one row an entry, in the order of the page, moved in where a branch leaves the one shown first. Called by the document.

import type { ExportNode, SessionMap } from "../survey.ts";
import { escapeHtml } from "./escape.ts";

/** Deeper ones stay at this depth. */
const maxIndent = 10;
/** Rows that are laid out together. */
const rowsInChunk = 100;

export function* treeRows({ nodes, leaf }: SessionMap): Generator<string> {
  for (let start = 0; start < nodes.length; start += rowsInChunk) {
    let html = '<div class="rows">';
    for (let at = start; at < Math.min(nodes.length, start + rowsInChunk); at++) {
      const node = nodes[at];
      if (node !== undefined) html += row(node, at === leaf, startsBranch(nodes, node));
    }
    yield `${html}</div>\n`;
  }
}

function row(node: ExportNode, isLeaf: boolean, isBranchStart: boolean): string {
  const { kind, preview, name } = node.row.taken;
  const classes = [kind, `d${Math.min(node.depth, maxIndent)}`];
  if (node.isOnBranch) classes.push("on");
  if (isBranchStart) classes.push("fork");
  if (isLeaf) classes.push("leaf");
  else if (node.children.length === 0) classes.push("end");
  const label = node.label === undefined ? "" : `<mark>${escapeHtml(node.label)}</mark>`;
  const title = isLeaf ? ' title="The session goes on from here"' : "";
  return `<a href="#${node.key}" class="${classes.join(" ")}"${title}><i>${escapeHtml(name || nodeNames[kind])}</i>${label}<bdi>${escapeHtml(preview)}</bdi></a>`;
}

const nodeNames: Record<ExportNode["row"]["taken"]["kind"], string> = {
  user: "you",
  assistant: "pi",
  step: "pi",
  tool: "tool",
  shell: "shell",
  summary: "sum",
  system: "sys",
  custom: "note",
  change: "set",
  quiet: "data",
};

function startsBranch(nodes: readonly ExportNode[], node: ExportNode): boolean {
  return node.depth > (nodes[node.parent]?.depth ?? 0);
}
