import { expect, test } from "vitest";
import { loadContextFiles } from "../../src/resources/context-files.ts";
import { tempTree } from "../support/temp-tree.ts";

test("one file a directory, from the agent directory and then from the root down to cwd", () => {
  const tree = tempTree({
    "agent/AGENTS.md": "agent",
    "AGENTS.md": "top",
    "a/CLAUDE.md": "claude",
    "a/b/AGENTS.md": "replaced",
    "a/b/AGENTS.override.md": "override",
    "a/b/c/AGENTS.md": "\uFEFFnear",
    "a/b/c/CLAUDE.md": "not this",
    "a/b/c/d/x": "",
  });
  const files = loadContextFiles({ agentDir: tree.at("agent"), cwd: tree.at("a/b/c/d") });
  const ours = files.filter((file) => file.path.startsWith(tree.path));
  expect(ours.map((file) => file.content)).toEqual(["agent", "top", "claude", "override", "near"]);
  expect(ours[2]?.path).toBe(tree.at("a/CLAUDE.md"));
  expect(files[0]).toEqual({ path: tree.at("agent/AGENTS.md"), content: "agent" });
});

test("a directory of that name is none; the agent directory counts once; a missing cwd is no error", () => {
  const tree = tempTree({ "a/AGENTS.md/x": "", "a/CLAUDE.md": "claude" });
  const ours = (cwd: string, agentDir: string): string[] =>
    loadContextFiles({ cwd, agentDir })
      .filter((file) => file.path.startsWith(tree.path))
      .map((file) => file.content);
  expect(ours(tree.at("a"), tree.at("a"))).toEqual(["claude"]);
  expect(ours(tree.at("a/gone/deeper"), tree.at("nowhere"))).toEqual(["claude"]);
});
