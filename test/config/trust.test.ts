import { chownSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { decideTrust, findProject, findProjectDirectory, isTrustedItself } from "../../src/config/trust.ts";
import { type TempTree, tempTree } from "../support/temp-tree.ts";

const repository = (more: Record<string, string> = {}): TempTree =>
  tempTree({ "repo/.git/HEAD": "", "repo/.pi/config.toml": 'model = "p"\n', "repo/.pi/SYSTEM.md": "", "repo/a/b/x": "", ...more });

describe("which project", () => {
  test("the nearest .pi up to the root of the repository", () => {
    const tree = repository({ "repo/a/.pi/skills/x/SKILL.md": "" });
    expect(findProject(tree.at("repo/a/b"))).toEqual({ dir: tree.at("repo/a/.pi"), contents: ["skills"] });
    expect(findProject(tree.at("repo"))).toEqual({ dir: tree.at("repo/.pi"), contents: ["config.toml", "SYSTEM.md"] });
  });

  test("never one above the repository, nor above cwd outside of one", () => {
    const tree = tempTree({ ".pi/config.toml": "", "repo/.git/HEAD": "", "repo/a/x": "", "plain/a/x": "" });
    expect(findProject(tree.at("repo/a"))).toBeUndefined();
    expect(findProject(tree.at("plain/a"))).toBeUndefined();
    expect(findProject(tree.path)?.dir).toBe(tree.at(".pi"));
  });

  test("a .pi with nothing to load is none", () => {
    const tree = repository({ "repo/a/.pi/notes.txt": "" });
    expect(findProject(tree.at("repo/a"))?.dir).toBe(tree.at("repo/.pi"));
  });

  test("where a new one would be made", () => {
    const tree = tempTree({ "repo/.git": "gitdir: elsewhere", "repo/a/x": "", "plain/x": "" });
    expect(findProjectDirectory(tree.at("repo/a"))).toBe(tree.at("repo/.pi"));
    expect(findProjectDirectory(tree.at("plain"))).toBe(tree.at("plain/.pi"));
  });
});

describe("whether it counts", () => {
  const saved = (tree: TempTree, decisions: Record<string, unknown>): void => {
    tree.write(
      "agent/trust.json",
      JSON.stringify(Object.fromEntries(Object.entries(decisions).map(([path, value]) => [tree.at(path), value]))),
    );
  };

  test.each([
    [true, { repo: false }, "never", true, "approved"],
    [false, { repo: true }, "always", false, "refused"],
    [undefined, { repo: true }, "never", true, "saved"],
    [undefined, { repo: false }, "always", false, "refused"],
    [undefined, { ".": true }, "ask", true, "saved"],
    [undefined, { ".": true, repo: false }, "ask", false, "refused"],
    [undefined, { ".": false, repo: true }, "ask", true, "saved"],
    [undefined, { repo: null }, "ask", false, "none"],
    [undefined, { "repo/a/b": true }, "ask", false, "none"],
    [undefined, { rep: true }, "ask", false, "none"],
    [undefined, {}, "always", true, "default"],
    [undefined, {}, "never", false, "refused"],
    [undefined, {}, "ask", false, "none"],
  ] as const)("approve %s, saved %j, default %s: %s (%s)", (approve, decisions, fallback, trusted, decision) => {
    const tree = repository();
    saved(tree, decisions);
    const result = decideTrust({
      cwd: tree.at("repo/a/b"),
      agentDir: tree.at("agent"),
      default: fallback,
      ...(approve === undefined ? {} : { approve }),
    });
    expect(result).toEqual({
      dir: tree.at("repo/.pi"),
      root: tree.at("repo"),
      trusted,
      decision,
      skillDirs: [],
      skipped: trusted ? [] : ["config.toml", "SYSTEM.md"],
    });
  });

  test("a link to a directory is trusted as what it points to", () => {
    const tree = repository();
    saved(tree, { repo: true });
    symlinkSync(tree.at("repo"), tree.at("link"));
    expect(decideTrust({ cwd: tree.at("link"), agentDir: tree.at("agent"), default: "ask" }).trusted).toBe(true);
    mkdirSync(tree.at("evil"));
    symlinkSync(tree.at("evil"), tree.at("repo/evil"));
    tree.write("evil/.pi/config.toml", "");
    tree.write("evil/.git/HEAD", "");
    expect(decideTrust({ cwd: tree.at("repo/evil"), agentDir: tree.at("agent"), default: "ask" }).trusted).toBe(false);
  });

  test("what leads out of the repository or belongs to somebody else does not count, whatever was decided", async () => {
    const tree = tempTree({
      "repo/.git/HEAD": "",
      "other/config.toml": 'model = "planted"\n',
      "shared/.pi/config.toml": 'model = "planted"\n',
    });
    symlinkSync("../other", tree.at("repo/.pi"));
    const load = (cwd: string, more: object = {}) =>
      loadConfig({ agentDir: tree.at("agent"), cwd: tree.at(cwd), homeDir: tree.path, env: {}, approve: true, ...more });
    const config = await load("repo");
    const line = `${tree.at("repo/.pi")} is left out: it leads out of ${tree.at("repo")}, to ${tree.at("other")}.`;
    expect(config.warnings).toEqual([line]);
    expect(config.values.model).toBeUndefined();
    expect(config.project).toMatchObject({ trusted: false, decision: "unsafe", skipped: ["config.toml"], problem: line });
    await expect(load("repo", { strict: true })).rejects.toMatchObject({ code: "config.unsafe", exitStatus: 2 });
    if (process.getuid?.() !== 0) return;
    chownSync(tree.at("shared/.pi"), 54321, 54321);
    expect((await load("shared")).values.model).toBeUndefined();
    expect((await load("shared")).warnings).toEqual([expect.stringContaining("belongs to somebody else")]);
  });

  test("skills of other agents count up to the root of the repository, each by the decision for its own directory", () => {
    const skill = (at: string) => ({ [`${at}/.agents/skills/x/SKILL.md`]: "" });
    const tree = tempTree({
      "repo/.git/HEAD": "",
      "repo/a/b/x": "",
      ...skill("."),
      ...skill("repo"),
      ...skill("repo/a"),
      ...skill("repo/a/b"),
    });
    const at = (path: string): string => tree.at(`${path}/.agents/skills`);
    const decided = (more: object = {}) =>
      decideTrust({ cwd: tree.at("repo/a/b"), agentDir: tree.at("agent"), homeDir: tree.path, default: "ask", ...more });
    const all = [at("repo/a/b"), at("repo/a"), at("repo")];
    expect(decided({ approve: true })).toEqual({
      root: tree.at("repo"),
      trusted: true,
      decision: "approved",
      skillDirs: all,
      skipped: [],
    });
    expect(decided()).toMatchObject({
      trusted: false,
      decision: "none",
      skillDirs: [],
      skipped: ["a/b/.agents/skills", "a/.agents/skills", ".agents/skills"],
    });
    saved(tree, { "repo/a": true });
    expect(decided()).toMatchObject({ trusted: false, decision: "none", skillDirs: all.slice(0, 2), skipped: [".agents/skills"] });
    saved(tree, { "repo/a": false, repo: true });
    expect(decided()).toMatchObject({ decision: "refused", skillDirs: [at("repo")] });
    // The user's own, and what lies above a directory outside of any repository, are none of a project's.
    const inHome = { agentDir: tree.at("agent"), homeDir: tree.path, default: "ask" } as const;
    expect(decideTrust({ ...inHome, cwd: tree.path })).toEqual({ trusted: false, decision: "none", skillDirs: [], skipped: [] });
    tree.write("plain/.agents/skills/x/SKILL.md", "");
    tree.write("plain/deep/x", "");
    expect(decideTrust({ ...inHome, cwd: tree.at("plain/deep") }).skipped).toEqual([]);
    expect(decideTrust({ ...inHome, cwd: tree.at("plain") }).skipped).toEqual([".agents/skills"]);
  });

  test("damaged decisions are none, and so is a file that is none", () => {
    const tree = repository({ "agent/trust.json": "{" });
    const decided = () => decideTrust({ cwd: tree.at("repo"), agentDir: tree.at("agent"), default: "ask" }).decision;
    expect([decided(), isTrustedItself(tree.at("repo"), tree.at("agent"))]).toEqual(["none", false]);
    rmSync(tree.at("agent/trust.json"));
    mkdirSync(tree.at("agent/trust.json"));
    expect([decided(), isTrustedItself(tree.at("repo"), tree.at("agent"))]).toEqual(["none", false]);
  });

  test("what an extension answers counts behind what the user has said and saved, and before the default", () => {
    const tree = repository();
    const decided = (answer: boolean, more: object = {}) => {
      const { trusted, decision } = decideTrust({
        cwd: tree.at("repo"),
        agentDir: tree.at("agent"),
        default: answer ? "never" : "always",
        answer: { trusted: answer, remember: false },
        ...more,
      });
      return [trusted, decision];
    };
    expect([decided(true), decided(false)]).toEqual([
      [true, "extension"],
      [false, "refused"],
    ]);
    expect([decided(true, { approve: false }), decided(false, { approve: true })]).toEqual([
      [false, "refused"],
      [true, "approved"],
    ]);
    saved(tree, { repo: false });
    expect(decided(true)).toEqual([false, "refused"]);
  });

  test("a directory is trusted itself where somebody has said so of it, and not of one above or of another", () => {
    const tree = repository();
    const itself = (at: string): boolean => isTrustedItself(tree.at(at), tree.at("agent"));
    expect(itself("repo")).toBe(false);
    saved(tree, { repo: true, "repo/a": false });
    symlinkSync(tree.at("repo"), tree.at("link"));
    expect(["repo", "link", "repo/a", "repo/a/b", "."].map(itself)).toEqual([true, true, false, false, false]);
  });
});

describe("as the configuration tells it", () => {
  const load = (tree: TempTree, more: object = {}) =>
    loadConfig({ agentDir: tree.at("agent"), cwd: tree.at("repo/a/b"), homeDir: tree.path, env: {}, ...more });

  test("undecided: one line that says how to approve, and nothing is read", async () => {
    const tree = repository({ "repo/.pi/config.toml": "this is no TOML" });
    const config = await load(tree);
    expect(config.warnings).toEqual([
      `${tree.at("repo/.pi")} is not trusted: config.toml, SYSTEM.md skipped. Approve it with --approve, for good with pi trust.`,
    ]);
    expect(config.values.model).toBeUndefined();
    expect(config.project).toMatchObject({ trusted: false, decision: "none" });
    await expect(load(tree, { strict: true })).rejects.toMatchObject({ code: "config.untrusted", exitStatus: 2 });
  });

  test("refused by the user: not a word", async () => {
    const tree = repository();
    expect((await load(tree, { approve: false })).warnings).toEqual([]);
    expect((await load(tree, { approve: false, strict: true })).values.model).toBeUndefined();
  });

  test("trust.default of the user's file counts", async () => {
    const tree = repository({ "agent/config.toml": '[trust]\ndefault = "always"\n' });
    const config = await load(tree);
    expect(config.values.model).toBe("p");
    expect(config.project).toMatchObject({ trusted: true, decision: "default", skipped: [] });
  });
});
