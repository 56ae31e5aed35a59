import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type BoundedText,
  RepositoryBoundary,
  readBoundedText,
  repositoryDirectories,
  sizeNotice,
} from "../../../src/platform/files/bounded-file.ts";
import { type TempTree, tempTree } from "../../support/temp-tree.ts";

const isRoot = process.getuid?.() === 0;
const stranger = 54321;

const why = (found: BoundedText | undefined): string | undefined => (found !== undefined && "why" in found ? found.why : undefined);
const text = (found: BoundedText | undefined): string | undefined => (found !== undefined && "text" in found ? found.text : undefined);

function repository(): { tree: TempTree; read: (path: string, cwd?: string) => BoundedText | undefined } {
  const tree = tempTree({ "repo/.git/HEAD": "", "repo/a/b/NOTES.md": "notes", "agent/AGENTS.md": "agent", "outside/key": "SECRET" });
  return {
    tree,
    read: (path, cwd = "repo/a") =>
      readBoundedText(tree.at(path), { boundary: new RepositoryBoundary({ cwd: tree.at(cwd), agentDir: tree.at("agent") }) }),
  };
}

describe("what is opened", () => {
  test("a text with its length, without its mark; nothing where nothing is", () => {
    const tree = tempTree({ "a.md": "\uFEFFtéxt", "empty.md": "" });
    expect(readBoundedText(tree.at("a.md"))).toEqual({ text: "téxt", bytes: 8 });
    expect(readBoundedText(tree.at("empty.md"))).toEqual({ text: "", bytes: 0 });
    const wide = Buffer.from("\uFEFFtéxt", "utf16le");
    writeFileSync(tree.at("little.md"), wide);
    writeFileSync(tree.at("big.md"), Buffer.from(wide).swap16());
    writeFileSync(tree.at("cut.md"), Buffer.concat([Buffer.from(wide).swap16(), Buffer.from([0])]));
    for (const name of ["little.md", "big.md", "cut.md"]) expect(text(readBoundedText(tree.at(name)))).toBe("téxt");
    // Half a mark is none, and UTF-32 begins as UTF-16 does.
    for (const [bytes, read] of [
      [[0xff, 0x41, 0x42], "\ufffdAB"],
      [[0x41, 0xfe, 0x42], "A\ufffdB"],
      [[0xfe, 0x41, 0x42], "\ufffdAB"],
      [[0x41, 0xff, 0x42], "A\ufffdB"],
      [[0xff, 0xfe, 0, 0, 0x41, 0, 0, 0], "\ufffd\ufffd\0\0A\0\0\0"],
    ] as const) {
      writeFileSync(tree.at("odd.md"), Buffer.from(bytes));
      expect(text(readBoundedText(tree.at("odd.md")))).toBe(read);
    }
    expect(readBoundedText(tree.at("no.md"))).toBeUndefined();
    expect(readBoundedText(tree.at("a.md/below"))).toBeUndefined();
    symlinkSync("nowhere", tree.at("dangling"));
    expect(readBoundedText(tree.at("dangling"))).toBeUndefined();
  });

  test("no pipe, no device, no directory, no circle of links, and nobody waits for one", () => {
    const tree = tempTree({ "directory/x": "" });
    execFileSync("mkfifo", [tree.at("pipe")]);
    symlinkSync("/dev/zero", tree.at("zero"));
    symlinkSync("pipe", tree.at("to-pipe"));
    symlinkSync("circle", tree.at("circle"));
    expect(why(readBoundedText(tree.at("pipe")))).toContain("a named pipe");
    expect(why(readBoundedText(tree.at("to-pipe")))).toContain("a named pipe");
    expect(why(readBoundedText(tree.at("zero")))).toContain("a device");
    expect(why(readBoundedText(tree.at("directory")))).toContain("a directory");
    expect(why(readBoundedText(tree.at("circle")))).toContain("ELOOP");
  });

  test("at most so much: by its size, and where the size says nothing", () => {
    const tree = tempTree({ "most.md": "x".repeat(1024), "more.md": "x".repeat(1025), "sparse.md": "" });
    truncateSync(tree.at("sparse.md"), 300 * 1024 * 1024);
    expect(text(readBoundedText(tree.at("most.md"), { maxBytes: 1024 }))).toHaveLength(1024);
    expect(why(readBoundedText(tree.at("more.md"), { maxBytes: 1024 }))).toContain("at most 1 KB");
    expect(why(readBoundedText(tree.at("sparse.md")))).toBe("it has 300 MB, and at most 1 MB are read");
    if (process.platform !== "linux") return;
    expect(text(readBoundedText("/proc/self/status"))).toContain("Name:");
    expect(why(readBoundedText("/proc/self/status", { maxBytes: 100 }))).toContain("more than");
  });

  test("a name that would break the line is escaped in it", () => {
    const tree = tempTree();
    mkdirSync(tree.at("a\n\x1b[31mb.md"));
    const found = readBoundedText(tree.at("a\n\x1b[31mb.md"));
    expect(found).toMatchObject({ leftOut: expect.stringMatching(/^[\x20-\x7e]+$/) });
  });

  test("what goes along with every request is told from 64 KB on", () => {
    expect(sizeNotice("A.md", 64 * 1024)).toBeUndefined();
    expect(sizeNotice("A.md", 64 * 1024 + 1)).toBe("A.md has 64 KB, which go to the model with every request.");
  });
});

describe("what belongs to a repository", () => {
  test("links inside of it and into the agent directory count, links out of it do not", () => {
    const { tree, read } = repository();
    symlinkSync("b/NOTES.md", tree.at("repo/a/inside.md"));
    symlinkSync("../../outside/key", tree.at("repo/a/outside.md"));
    symlinkSync("/proc/self/environ", tree.at("repo/environ.md"));
    symlinkSync(tree.at("agent/AGENTS.md"), tree.at("repo/agent.md"));
    symlinkSync("../outside", tree.at("repo/linked"));
    expect(text(read("repo/a/inside.md"))).toBe("notes");
    expect(text(read("repo/agent.md"))).toBe("agent");
    expect(why(read("repo/a/outside.md"))).toBe(`it leads out of ${tree.at("repo")}, to ${tree.at("outside/key")}`);
    expect(why(read("repo/linked/key"))).toContain(tree.at("outside/key"));
    if (process.platform === "linux") expect(why(read("repo/environ.md"))).toContain("it leads out of");
  });

  test("a checkout behind a link is itself; a name that only begins like it is not", () => {
    const { tree, read } = repository();
    symlinkSync("repo", tree.at("alias"));
    symlinkSync("../repo-other/x", tree.at("repo/x"));
    tree.write("repo-other/x", "SECRET");
    expect(text(read("alias/a/b/NOTES.md", "alias/a"))).toBe("notes");
    expect(why(read("repo/x"))).toContain("it leads out of");
  });

  test("above the repository a file counts as itself; outside of one the working directory is the border", () => {
    const { tree, read } = repository();
    tree.write("above.md", "above");
    tree.write("plain/sub/x.md", "x");
    symlinkSync("outside/key", tree.at("below.md"));
    symlinkSync("plain/sub/x.md", tree.at("up.md"));
    symlinkSync("sub/x.md", tree.at("plain/x.md"));
    symlinkSync("../outside/key", tree.at("plain/key.md"));
    expect(text(read("above.md"))).toBe("above");
    expect(text(read("plain/x.md", "plain"))).toBe("x");
    expect(why(read("plain/key.md", "plain"))).toContain("it leads out of");
  });

  test("a directory that everybody may write to, unless it is sticky or the user's own", () => {
    const { tree, read } = repository();
    chmodSync(tree.at("repo/a/b"), 0o777);
    expect(text(read("repo/a/b/NOTES.md"))).toBe("notes");
    if (!isRoot) return;
    chownSync(tree.at("repo/a"), stranger, stranger);
    chmodSync(tree.at("repo/a"), 0o777);
    expect(why(read("repo/a/b/NOTES.md", "repo"))).toContain("somebody else");
    expect(text(read("repo/a/b/NOTES.md", "repo/a"))).toBe("notes");
  });

  test.runIf(isRoot)("a stranger's file, link or directory does not count; the owner's of the working directory does", () => {
    const { tree, read } = repository();
    tree.write("shared/mine/x", "");
    tree.write("shared/AGENTS.md", "theirs");
    tree.write("shared/secret", "ours");
    tree.write("shared/.pi/config.toml", "");
    chmodSync(tree.at("shared"), 0o1777);
    chownSync(tree.at("shared/AGENTS.md"), stranger, stranger);
    symlinkSync("secret", tree.at("shared/CLAUDE.md"));
    lchownSync(tree.at("shared/CLAUDE.md"), stranger, stranger);
    chownSync(tree.at("shared/.pi"), stranger, stranger);
    for (const cwd of ["shared", "shared/mine"]) {
      expect(why(read("shared/AGENTS.md", cwd))).toBe(`it belongs to somebody else (user ${stranger})`);
      expect(why(read("shared/CLAUDE.md", cwd))).toContain("somebody else");
    }
    expect(why(read("shared/.pi/config.toml", "shared"))).toBe(`${tree.at("shared/.pi")} belongs to somebody else (user ${stranger})`);
    chownSync(tree.at("shared"), stranger, stranger);
    expect(text(read("shared/AGENTS.md", "shared"))).toBe("theirs");
    expect(
      new RepositoryBoundary({ cwd: tree.at("repo"), agentDir: tree.at("agent") }).leftOut(join(tree.path, "repo/.git")),
    ).toBeUndefined();
  });

  test.runIf(isRoot)("below a directory that others may write to nothing counts, whoever owns the file", () => {
    const { tree, read } = repository();
    tree.write("open/AGENTS.md", "planted");
    tree.write("open/mine/x", "");
    chownSync(tree.at("open"), stranger, stranger);
    chmodSync(tree.at("open"), 0o777);
    expect(why(read("open/AGENTS.md", "open/mine"))).toBe(`others may write to ${tree.at("open")}`);
    chmodSync(tree.at("open"), 0o1777);
    expect(text(read("open/AGENTS.md", "open/mine"))).toBe("planted");
  });
});

test.each([
  ["repo/a/b", ["repo/a/b", "repo/a", "repo"]],
  ["repo", ["repo"]],
  ["repo/linked/x", ["repo/linked/x", "repo/linked"]],
  ["plain/a", ["plain/a"]],
])("from %s up to the root of the repository", (cwd, directories) => {
  const tree = tempTree({
    "repo/.git/HEAD": "",
    "repo/a/b/x": "",
    "repo/linked/.git": "gitdir: elsewhere",
    "repo/linked/x/y": "",
    "plain/a/x": "",
  });
  const expected = directories.map((directory) => tree.at(directory));
  expect(repositoryDirectories(tree.at(cwd))).toEqual(expected);
  expect(new RepositoryBoundary({ cwd: tree.at(cwd), agentDir: tree.at("agent") }).directories).toEqual(expected);
});
