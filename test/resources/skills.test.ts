import { symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RepositoryBoundary } from "../../src/platform/files/bounded-file.ts";
import { expandSkillCommand, type LoadedSkills, loadSkills, type ResourcePlaces, skillsSection } from "../../src/resources/skills.ts";
import { type TempTree, tempTree } from "../support/temp-tree.ts";

const skill = (name: string, description = `does ${name}`, body = `# ${name}\n`): string =>
  `---\nname: ${name}\ndescription: ${description}\n---\n\n${body}\n`;

function load(tree: TempTree, more: Partial<ResourcePlaces> = {}): LoadedSkills {
  return loadSkills({ agentDir: tree.at("agent"), homeDir: tree.at("home"), ...more });
}

const names = (loaded: LoadedSkills): string[] => loaded.skills.map((one) => one.name);

describe("where skills are", () => {
  const tree = (): TempTree =>
    tempTree({
      "agent/skills/foo/SKILL.md": skill("foo"),
      "agent/skills/foo/deeper/SKILL.md": skill("deeper"),
      "agent/skills/group/bar/SKILL.md": "---\ndescription: named by its directory\n---\n",
      "agent/skills/single.md": skill("single"),
      "agent/skills/README.md": "# only a note",
      "agent/skills/group/loose.md": skill("loose"),
      "agent/skills/.hidden/SKILL.md": skill("hidden"),
      "agent/skills/node_modules/x/SKILL.md": skill("dependency"),
      "home/.agents/skills/shared/SKILL.md": skill("shared"),
      "home/.agents/skills/note.md": skill("note"),
      "project/.agents/skills/theirs/SKILL.md": skill("theirs"),
      "project/.agents/skills/note.md": skill("note"),
      "project/.pi/skills/own/SKILL.md": skill("own"),
      "extra/one/SKILL.md": skill("one"),
    });

  test("the agent directory and ~/.agents, in order of their names", () => {
    const loaded = load(tree());
    expect(names(loaded)).toEqual(["foo", "bar", "single", "shared"]);
    expect(loaded.warnings).toEqual([]);
  });

  test("a project only when it is given, that is, trusted", () => {
    const files = tree();
    expect(names(load(files, { projectDir: files.at("project/.pi") }))).toEqual(["own", "foo", "bar", "single", "shared"]);
    const both = load(files, { projectDir: files.at("project/.pi"), projectSkillDirs: [files.at("project/.agents/skills")] });
    expect(names(both)).toEqual(["own", "theirs", "foo", "bar", "single", "shared"]);
  });

  test("paths of the command line and of the settings: a directory, a skill, a file", () => {
    const files = tree();
    for (const path of ["extra", "extra/one", "extra/one/SKILL.md"]) expect(names(load(files, { paths: [files.at(path)] }))[0]).toBe("one");
    expect(load(files, { configured: [files.at("extra")] }).skills.find((one) => one.name === "one")?.source).toBe("settings");
    expect(load(files, { paths: [files.at("nowhere")] }).warnings).toEqual([`${files.at("nowhere")} holds no skill.`]);
  });

  test("a link of a project's that leads out of its repository is left out, with a line; the user's own may lead anywhere", () => {
    const files = tree();
    files.write("project/.git/HEAD", "");
    symlinkSync(files.at("extra/one"), files.at("project/.pi/skills/out"));
    symlinkSync(files.at("extra/one"), files.at("agent/skills/linked"));
    const projectDir = files.at("project/.pi");
    const boundary = new RepositoryBoundary({ cwd: files.at("project"), agentDir: files.at("agent") });
    const ofProject = load(files, { projectDir, boundary });
    expect(ofProject.skills.map(({ name, source }) => [name, source]).slice(0, 4)).toEqual([
      ["own", "project"],
      ["foo", "user"],
      ["bar", "user"],
      ["one", "user"],
    ]);
    expect(ofProject.warnings).toEqual([expect.stringContaining(`it leads out of ${files.at("project")}`)]);
  });

  test("links are followed, a circle of them ends", () => {
    const files = tree();
    symlinkSync(files.at("extra/one"), files.at("agent/skills/linked"));
    symlinkSync(files.at("agent/skills"), files.at("agent/skills/group/circle"));
    expect(names(load(files))).toEqual(["foo", "bar", "one", "single", "shared"]);
  });

  test("filters leave out and take in", () => {
    const files = tree();
    expect(names(load(files, { configured: ["!*/group/**"] }))).toEqual(["foo", "single", "shared"]);
    expect(names(load(files, { configured: ["-skills/foo/SKILL.md", "-single"] }))).toEqual(["bar", "shared"]);
    expect(names(load(files, { configured: ["!*", "+skills/foo"] }))).toEqual(["foo"]);
  });
});

describe("what is wrong with one", () => {
  test.each([
    ["---\nname: x\n---\n", "a skill needs a description; ignored."],
    ["no head at all", "a skill needs a description; ignored."],
    ["---\nname: x\ndescription: d\n", "the head has no closing ---; ignored."],
  ])("%j: it is not loaded", (text, warning) => {
    const loaded = load(tempTree({ "agent/skills/x/SKILL.md": text }));
    expect(loaded.skills).toEqual([]);
    expect(loaded.warnings).toEqual([expect.stringMatching(new RegExp(`/x/SKILL\\.md: ${warning}$`))]);
  });

  test("a name out of form is only told", () => {
    for (const name of ["Bad", "a--b", "-a", "a_b", "x".repeat(65)]) {
      const loaded = load(tempTree({ "agent/skills/x/SKILL.md": skill(name) }));
      expect(names(loaded)).toEqual([name]);
      expect(loaded.warnings).toHaveLength(1);
    }
  });

  test("of two with one name the first counts: command line, project, user", () => {
    const tree = tempTree({
      "agent/skills/foo/SKILL.md": skill("foo", "user"),
      "project/.pi/skills/foo/SKILL.md": skill("foo", "project"),
      "extra/foo/SKILL.md": skill("foo", "extra"),
    });
    const projectDir = tree.at("project/.pi");
    expect(load(tree, { projectDir }).skills[0]?.description).toBe("project");
    const loaded = load(tree, { projectDir, paths: [tree.at("extra")] });
    expect(loaded.skills.map((one) => one.description)).toEqual(["extra"]);
    expect(loaded.warnings).toHaveLength(2);
  });
});

test("the model is told of names, descriptions and places, not of hidden ones", () => {
  const tree = tempTree({
    "agent/skills/foo/SKILL.md": skill("foo", 'uses <b> & "c"'),
    "agent/skills/bar/SKILL.md": "---\ndescription: secret\ndisable-model-invocation: true\n---\n",
  });
  const { skills } = load(tree);
  const section = skillsSection(skills);
  expect(section).toContain("<name>foo</name>");
  expect(section).toContain("<description>uses &lt;b&gt; &amp; &quot;c&quot;</description>");
  expect(section).toContain(`<location>${tree.at("agent/skills/foo/SKILL.md")}</location>`);
  expect(section).not.toContain("secret");
  expect(skillsSection(skills.filter((one) => one.isHidden))).toBe("");
});

test("/skill:name becomes the skill and the arguments", () => {
  const tree = tempTree({ "agent/skills/foo/SKILL.md": skill("foo", "d", "# Foo\n\nDo it.\n") });
  const { skills } = load(tree);
  const path = tree.at("agent/skills/foo");
  const text = `<skill name="foo" location="${path}/SKILL.md">\nReferences are relative to ${path}.\n\n# Foo\n\nDo it.\n</skill>`;
  expect(expandSkillCommand("/skill:foo", skills)).toBe(text);
  expect(expandSkillCommand("/skill:foo  hello there ", skills)).toBe(`${text}\n\nhello there`);
  expect(expandSkillCommand("/skill:foo\nline", skills)).toBe(`${text}\n\nline`);
  for (const other of ["/skill:bar", "skill:foo", " /skill:foo", "/skill:", "/foo"])
    expect(expandSkillCommand(other, skills)).toBeUndefined();
});
