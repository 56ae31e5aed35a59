import { symlinkSync } from "node:fs";
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
  const { files } = loadContextFiles({ agentDir: tree.at("agent"), cwd: tree.at("a/b/c/d") });
  const ours = files.filter((file) => file.path.startsWith(tree.path));
  expect(ours.map((file) => file.content)).toEqual(["agent", "top", "claude", "override", "near"]);
  expect(ours[2]?.path).toBe(tree.at("a/CLAUDE.md"));
  expect(files[0]).toEqual({ path: tree.at("agent/AGENTS.md"), content: "agent" });
});

test("a directory of that name is none; the agent directory counts once; a missing cwd is no error", () => {
  const tree = tempTree({ "a/AGENTS.md/x": "", "a/CLAUDE.md": "claude" });
  const ours = (cwd: string, agentDir: string): string[] =>
    loadContextFiles({ cwd, agentDir })
      .files.filter((file) => file.path.startsWith(tree.path))
      .map((file) => file.content);
  expect(ours(tree.at("a"), tree.at("a"))).toEqual(["claude"]);
  expect(ours(tree.at("a/gone/deeper"), tree.at("nowhere"))).toEqual(["claude"]);
});

test("a file that cannot count leaves its place to the next name, and is told; so is a long one", () => {
  const tree = tempTree({
    "repo/.git/HEAD": "",
    "repo/CLAUDE.md": "claude",
    "repo/a/AGENTS.md": "x".repeat(70_000),
    "agent/x": "",
    "home/dotfiles/agents.md": "mine",
    id_rsa: "SECRET",
  });
  symlinkSync("../id_rsa", tree.at("repo/AGENTS.md"));
  // What the user has put into the agent directory may lie wherever the user keeps it.
  symlinkSync(tree.at("home/dotfiles/agents.md"), tree.at("agent/AGENTS.md"));
  const { files, warnings } = loadContextFiles({ agentDir: tree.at("agent"), cwd: tree.at("repo/a") });
  expect(files.map(({ content }) => content.slice(0, 6))).toEqual(["mine", "claude", "xxxxxx"]);
  expect(warnings).toEqual([
    `${tree.at("repo/AGENTS.md")} is left out: it leads out of ${tree.at("repo")}, to ${tree.at("id_rsa")}.`,
    `${tree.at("repo/a/AGENTS.md")} has 68 KB, which go to the model with every request.`,
  ]);
});
