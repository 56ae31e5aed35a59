import { expect, test } from "vitest";
import { encodeTree } from "../../../src/modes/rpc/encode-tree.ts";
import type { TreeNode } from "../../../src/session/tree/session.ts";
import { seededRandom } from "../../support/random.ts";

const entryOf = (id: number): TreeNode["entry"] => ({
  type: "custom",
  id: `e${id}`,
  parentId: null,
  timestamp: "2026-01-01T00:00:00.000Z",
  customType: '\u2028"]}',
});

test("the text is what JSON.stringify gives, for trees of any form", () => {
  expect(encodeTree({ tree: [], leafId: null })).toBe('{"tree":[],"leafId":null}');
  const random = seededRandom(3);
  for (let round = 0; round < 50; round++) {
    const tree: TreeNode[] = [];
    const nodes: TreeNode[] = [];
    for (let id = 0; id < random.below(30); id++) {
      const label = random.below(4) === 0 ? { label: 'a "b"', labelTimestamp: "t" } : {};
      const node: TreeNode = { entry: entryOf(id), children: [], ...label };
      (random.below(5) === 0 || nodes.length === 0 ? tree : random.pick(nodes).children).push(node);
      nodes.push(node);
    }
    const answer = { tree, leafId: nodes.at(-1)?.entry.id ?? null };
    expect(encodeTree(answer)).toBe(JSON.stringify(answer));
  }
});

test("a chain of 200,000 entries", () => {
  const tree: TreeNode[] = [];
  let children = tree;
  for (let id = 0; id < 200_000; id++) {
    const node = { entry: entryOf(id), children: [] };
    children.push(node);
    children = node.children;
  }
  let nodes = (JSON.parse(encodeTree({ tree, leafId: "e199999" })) as { tree: TreeNode[] }).tree;
  let depth = 0;
  for (; nodes[0] !== undefined; nodes = nodes[0].children) depth++;
  expect(depth).toBe(200_000);
});
