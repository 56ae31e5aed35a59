// What a library session is given beside its settings: found, overridden, replaced; also by a loader of the caller's own.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  type AgentSession,
  createAgentSession,
  createExtensionRuntime,
  createSyntheticSourceInfo,
  DefaultResourceLoader,
  type DefaultResourceLoaderOptions,
  type PromptTemplate,
  type ResourceLoader,
  SessionManager,
  SettingsManager,
  type Skill,
} from "../../src/index.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A home with something of each kind. */
function place(): { cwd: string; agentDir: string; env: { HOME: string } } {
  const home = temporaryDirectory();
  const [cwd, agentDir] = [join(home, "project"), join(home, "agent")];
  for (const directory of ["agent/skills/knit", "agent/prompts", "project/more/sew"]) mkdirSync(join(home, directory), { recursive: true });
  writeFileSync(join(agentDir, "skills/knit/SKILL.md"), "---\nname: knit\ndescription: How to knit.\n---\nTwo needles.\n");
  writeFileSync(join(agentDir, "prompts/again.md"), "Again: $1\n");
  writeFileSync(join(agentDir, "SYSTEM.md"), "Be a pirate.\n");
  writeFileSync(join(agentDir, "APPEND_SYSTEM.md"), "Say arr.\n");
  writeFileSync(join(cwd, "AGENTS.md"), "Be kind.\n");
  writeFileSync(join(cwd, "more/sew/SKILL.md"), "---\nname: sew\ndescription: How to sew.\n---\nOne needle.\n");
  writeFileSync(join(cwd, "more/bad.md"), "---\nname: bad\n---\n");
  return { cwd, agentDir, env: { HOME: home } };
}

async function loaded(options: DefaultResourceLoaderOptions): Promise<DefaultResourceLoader> {
  const loader = new DefaultResourceLoader(options);
  expect(loader.getSkills().skills).toEqual([]);
  await loader.reload();
  return loader;
}

async function sessionWith(resourceLoader: ResourceLoader, at: ReturnType<typeof place>): Promise<AgentSession> {
  const { session } = await createAgentSession({ ...at, model: "demo", resourceLoader, sessionManager: SessionManager.inMemory(at.cwd) });
  onTestFinished(() => session.dispose());
  return session;
}

const names = (loader: ResourceLoader): { skills: string[]; prompts: string[] } => ({
  skills: loader.getSkills().skills.map(({ name }) => name),
  prompts: loader.getPrompts().prompts.map(({ name }) => name),
});

test("everything is found as pi finds it, with its source", async () => {
  const at = place();
  const loader = await loaded({ ...at, additionalSkillPaths: ["more"] });
  expect(names(loader)).toEqual({ skills: ["sew", "knit"], prompts: ["again"] });
  expect(loader.getSkills().skills[1]).toEqual({
    name: "knit",
    description: "How to knit.",
    filePath: join(at.agentDir, "skills/knit/SKILL.md"),
    baseDir: join(at.agentDir, "skills/knit"),
    sourceInfo: {
      path: join(at.agentDir, "skills/knit/SKILL.md"),
      source: "auto",
      scope: "user",
      origin: "top-level",
      baseDir: at.agentDir,
    },
    disableModelInvocation: false,
  });
  expect(loader.getSkills().diagnostics).toEqual([
    { type: "warning", message: `${join(at.cwd, "more/bad.md")}: a skill needs a description; ignored.` },
  ]);
  expect(loader.getPrompts().diagnostics).toEqual([]);
  expect(loader.getAgentsFiles().agentsFiles).toContainEqual({ path: join(at.cwd, "AGENTS.md"), content: "Be kind.\n" });
  expect([loader.getSystemPrompt(), loader.getSystemPromptSource()]).toEqual(["Be a pirate.", { path: join(at.agentDir, "SYSTEM.md") }]);
  expect([loader.getAppendSystemPrompt(), loader.getAppendSystemPromptSources()]).toEqual([
    ["Say arr."],
    [{ path: join(at.agentDir, "APPEND_SYSTEM.md") }],
  ]);
  expect(loader.getThemes()).toEqual({ themes: [], diagnostics: [] });
  const session = await sessionWith(loader, at);
  await session.prompt("/again once more");
  expect(JSON.stringify(session.messages)).toContain("Again: once");
  for (const part of ["Be a pirate.", "Say arr.", "Be kind.", "How to sew.", "How to knit."]) expect(session.systemPrompt).toContain(part);
  await session.prompt("/skill:sew a button");
  expect(JSON.stringify(session.messages)).toContain("One needle.");
});

test("switches leave things out; what is named counts all the same", async () => {
  const at = place();
  const off = { noSkills: true, noPromptTemplates: true, noContextFiles: true, additionalSkillPaths: ["more/sew"] };
  const loader = await loaded({ ...at, ...off });
  expect(names(loader)).toEqual({ skills: ["sew"], prompts: [] });
  expect(loader.getAgentsFiles().agentsFiles).toEqual([]);
});

test("system prompts: a text, a file, an override that gives nothing", async () => {
  const at = place();
  writeFileSync(join(at.cwd, "mine.md"), "From a file.\n");
  const given = await loaded({ ...at, systemPrompt: "mine.md", appendSystemPrompt: ["A text.", join(at.cwd, "mine.md")] });
  expect([given.getSystemPrompt(), given.getSystemPromptSource()]).toEqual(["From a file.", { path: join(at.cwd, "mine.md") }]);
  expect(given.getAppendSystemPrompt()).toEqual(["A text.", "From a file."]);
  expect(given.getAppendSystemPromptSources()).toEqual([{ path: join(at.cwd, "mine.md") }]);
  const overridden = await loaded({
    ...at,
    systemPrompt: "Be brief.",
    systemPromptOverride: (base) => (base === "Be brief." ? undefined : base),
    appendSystemPromptOverride: (base) => [...base, "More."],
  });
  const session = await sessionWith(overridden, at);
  await session.prompt("hello");
  expect(session.systemPrompt).toMatch(/^You are pi[\s\S]*Say arr\.\n\nMore\./);
});

test("overrides filter and add; what is added works without a file, also after more places were named", async () => {
  const at = place();
  const skill: Skill = {
    name: "virtual",
    description: "Nowhere.",
    filePath: "/virtual/SKILL.md",
    baseDir: "/virtual",
    sourceInfo: createSyntheticSourceInfo("/virtual/SKILL.md", { source: "sdk" }),
    disableModelInvocation: false,
  };
  const template: PromptTemplate = {
    name: "deploy",
    description: "Deploys",
    filePath: "/virtual/deploy.md",
    sourceInfo: createSyntheticSourceInfo("/virtual/deploy.md", { source: "sdk" }),
    content: "Deploy to $1",
  };
  const loader = await loaded({
    ...at,
    skillsOverride: ({ skills, diagnostics }) => ({ skills: [...skills.filter(({ name }) => name !== "knit"), skill], diagnostics }),
    promptsOverride: ({ prompts, diagnostics }) => ({ prompts: [...prompts, template], diagnostics }),
    agentsFilesOverride: ({ agentsFiles }) => ({ agentsFiles: [...agentsFiles, { path: "/virtual/AGENTS.md", content: "Be quick." }] }),
    extensionFactories: [(pi) => void pi.registerCommand("list", { handler: () => pi.appendEntry("commands", pi.getCommands()) })],
  });
  loader.extendResources({ skillPaths: [{ path: join(at.cwd, "more/sew") }] });
  expect(names(loader)).toEqual({ skills: ["sew", "virtual"], prompts: ["again", "deploy"] });
  const session = await sessionWith(loader, at);
  await session.prompt("/deploy production");
  expect(JSON.stringify(session.messages)).toContain("Deploy to production");
  for (const part of ["Be quick.", "Nowhere.", "How to sew."]) expect(session.systemPrompt).toContain(part);
  expect(session.systemPrompt).not.toContain("How to knit.");
  await expect(session.prompt("/skill:virtual")).rejects.toMatchObject({ code: "io.read" });
  await session.prompt("/list");
  const [entry] = session.sessionManager.getEntries().filter((one) => one.type === "custom");
  expect(entry).toMatchObject({
    data: [
      { name: "list", source: "extension", sourceInfo: { path: "<inline:1>", source: "inline" } },
      { name: "again", source: "prompt", sourceInfo: { scope: "user" } },
      { name: "deploy", source: "prompt", sourceInfo: { source: "sdk", scope: "temporary" } },
      { name: "skill:sew", source: "skill" },
      { name: "skill:virtual", source: "skill", sourceInfo: { source: "sdk" } },
    ],
  });
  await loader.reload();
  expect(names(loader).skills).toEqual(["sew", "virtual"]);
});

test("an untrusted project's folder is not looked into, a trusted one is", async () => {
  const at = place();
  mkdirSync(join(at.cwd, ".pi/prompts"), { recursive: true });
  writeFileSync(join(at.cwd, ".pi/prompts/theirs.md"), "x\n");
  expect(names(await loaded(at)).prompts).toEqual(["again"]);
  expect(names(await loaded({ ...at, trustProject: true })).prompts).toEqual(["theirs", "again"]);
  const settingsManager = SettingsManager.inMemory({ resources: { skills: [join(at.cwd, "more")] } });
  expect(names(await loaded({ ...at, settingsManager })).skills).toContain("sew");
});

test("themes are listed from all places, read from none", async () => {
  const at = place();
  for (const path of ["named/dusk.json", ".pi/themes/dusk.json", ".pi/themes/dawn.json", "more/noon.json"]) {
    mkdirSync(join(at.cwd, path, ".."), { recursive: true });
    writeFileSync(join(at.cwd, path), "not read");
  }
  const listed = (loader: DefaultResourceLoader): unknown => loader.getThemes().themes;
  const file = (path: string, name: string): object => ({ name, sourcePath: join(at.cwd, path) });
  const options = { ...at, additionalThemePaths: ["named"] };
  expect(listed(await loaded(options))).toEqual([file("named/dusk.json", "dusk")]);
  const loader = await loaded({ ...options, trustProject: true });
  expect(listed(loader)).toEqual([file("named/dusk.json", "dusk"), file(".pi/themes/dawn.json", "dawn")]);
  loader.extendResources({ themePaths: [{ path: "more" }] });
  await loader.reload();
  expect(listed(loader)).toContainEqual(file("more/noon.json", "noon"));
  expect(listed(await loaded({ ...options, trustProject: true, noThemes: true }))).toEqual([file("named/dusk.json", "dusk")]);
});

test("a loader of the caller's own replaces all of it, and is asked anew on reload", async () => {
  const at = place();
  let round = 1;
  const loader: ResourceLoader = {
    getExtensions: () => ({ extensions: [], errors: [], runtime: createExtensionRuntime() }),
    getSkills: () => ({ skills: [], diagnostics: [] }),
    getPrompts: () => ({ prompts: [], diagnostics: [] }),
    getThemes: () => ({ themes: [], diagnostics: [] }),
    getAgentsFiles: () => ({ agentsFiles: [] }),
    getSystemPrompt: () => `Round ${round}.`,
    getSystemPromptSource: () => undefined,
    getAppendSystemPrompt: () => [],
    getAppendSystemPromptSources: () => [],
    extendResources: () => {},
    reload: async () => void round++,
  };
  const session = await sessionWith(loader, at);
  await session.prompt("hello");
  expect(session.systemPrompt).toMatch(/^Round 1\.\n\n<date>/);
  expect(session.systemPrompt).not.toContain("Be kind.");
  await session.reload();
  await session.prompt("hello");
  expect(session.systemPrompt).toMatch(/^Round 2\./);
});
