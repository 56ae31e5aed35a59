// The answer of `get_tree` as JSON. A conversation is a chain, each entry inside the one before: `JSON.stringify` would run out of stack
// after some ten thousand. Called by serve. Invariant: the text is what `JSON.stringify` would give if it could.

import { references } from "../../contracts/schema.ts";
import type { TreeNode } from "../../session/tree/session.ts";

export interface TreeShape {
  treeNode: TreeNode;
}

export const treeNode = references<TreeShape>()("treeNode");

export interface TreeAnswer {
  tree: TreeNode[];
  leafId: string | null;
}

export function encodeTree({ tree, leafId }: TreeAnswer): string {
  const parts: string[] = ['{"tree":['];
  const open: { nodes: readonly TreeNode[]; at: number }[] = [{ nodes: tree, at: 0 }];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const node = level.nodes[level.at];
    if (node !== undefined) {
      const { entry, children } = node;
      parts.push(level.at++ === 0 ? "" : ",", '{"entry":', JSON.stringify(entry), ',"children":[');
      open.push({ nodes: children, at: 0 });
      continue;
    }
    open.pop();
    const parent = open.at(-1);
    const closed = parent?.nodes[parent.at - 1];
    parts.push("]");
    if (closed !== undefined) parts.push(endOf(closed));
  }
  parts.push(',"leafId":', JSON.stringify(leafId), "}");
  return parts.join("");
}

/** What stands behind a node's children. */
function endOf({ entry: _entry, children: _children, ...rest }: TreeNode): string {
  const fields = JSON.stringify(rest);
  return fields === "{}" ? "}" : `,${fields.slice(1)}`;
}
