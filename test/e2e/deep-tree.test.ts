// A conversation of 200,000 entries, each on the one before: everything that shows the tree does so without running out of stack.

import { expect } from "vitest";
import type { Way } from "../support/program.ts";
import { type Json, recordsOf, test } from "../support/world.ts";

const count = 200_000;
const timestamp = "2026-01-01T00:00:00.000Z";
const idOf = (index: number): string => (0x10000000 + index).toString(16);

function chain(cwd: string): string {
  const lines = [JSON.stringify({ type: "session", version: 3, id: "deep", timestamp, cwd })];
  for (let index = 0; index < count; index++) {
    const parentId = index === 0 ? null : idOf(index - 1);
    const message = { role: "user", content: `m${index}`, timestamp: 1 };
    lines.push(JSON.stringify({ type: "message", id: idOf(index), parentId, timestamp, message }));
  }
  return `${lines.join("\n")}\n`;
}

test("can be shown as a tree, a list and a page", async ({ world }) => {
  const file = world.write("deep.jsonl", chain(world.cwd));
  const ask = async (way: Way, ...types: string[]): Promise<Record<string, Json>> => {
    const text = types.map((type) => `${JSON.stringify({ id: type, type, outputPath: "page.html" })}\n`).join("");
    const how = { way, stdin: { text }, timeoutMs: 170_000 };
    const { status, stdout, stderr } = await world.run(["--mode", "rpc", "--model", "demo", "--session", file], how);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return Object.fromEntries(recordsOf(stdout).map((one) => [one.id, one.data]));
  };
  const data = await ask("binary", "get_tree", "export_html");
  let depth = 0;
  for (let nodes = data.get_tree.tree; nodes.length > 0; nodes = nodes[0].children) depth++;
  expect(depth).toBeGreaterThanOrEqual(count);
  expect(world.read("page.html")).toContain(`m${count - 1}`);
  expect((await ask("node", "get_tree")).get_tree.leafId).toMatch(/^[0-9a-f]{8}$/);
  const shown = await world.run(["sessions", "show", file, "--tree"], { timeoutMs: 170_000 });
  expect({ status: shown.status, stderr: shown.stderr }).toEqual({ status: 0, stderr: "" });
  expect(shown.stdout).toContain(`m${count - 1}`);
});
