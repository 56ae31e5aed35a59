// What a launch finds beside the configuration: context files, skills, prompt templates, SYSTEM.md. Called by launch.
// Invariant: a module is loaded and a folder read only where there is something in it; an untrusted project's folder is never looked into.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { RepositoryBoundary, readBoundedText, sizeNotice } from "../../platform/files/bounded-file.ts";
import type { ContextFile } from "../../resources/context-files.ts";
import type { PromptTemplate } from "../../resources/prompt-templates.ts";
import type { ResourcePlaces, ResourceSource, Skill } from "../../resources/skills.ts";
import type { ThemePlace } from "../../resources/theme-files.ts";
import type { DeclaredContents } from "./declared-packages.ts";

export interface ResourceChoice {
  withContextFiles: boolean;
  withSkills: boolean;
  /** Of two skills of one name the earlier source counts; absent: as everywhere. */
  skillOrder?: readonly ResourceSource[];
  withTemplates: boolean;
  /** Absolute. */
  skillPaths: readonly string[];
  /** Absolute. */
  templatePaths: readonly string[];
  withThemes: boolean;
  /** Absolute. */
  themePaths: readonly string[];
}

/** More places to look in, as extensions name them. */
export interface BroughtPaths {
  skillPaths: readonly string[];
  promptPaths: readonly string[];
  themePaths: readonly string[];
}

export interface LaunchResources {
  contextFiles: ContextFile[];
  skills: Skill[];
  /** Text for the system prompt; empty: none. */
  skillsSection: string;
  /** Of SYSTEM.md, the project's before the user's. */
  systemPrompt?: string;
  systemPromptPath?: string;
  /** Of the APPEND_SYSTEM.md files, the user's first. */
  appended: string[];
  appendedPaths?: string[];
  templates(): Promise<PromptTemplate[]>;
  /** Where themes lie; nothing there is looked at before a screen wants one. */
  themes: readonly ThemePlace[];
  /** Skills that are commands too. */
  skillCommands: readonly Skill[];
  /** `/skill:name …` and `/template …` become what they stand for; any other text stays as it is. */
  expand(text: string): Promise<string>;
}

interface Where {
  cwd: string;
  agentDir: string;
  homeDir: string;
  config: Config;
  /** What packages that were named for this run bring, before those that are declared. */
  brought?: Omit<DeclaredContents, "extensions"> | undefined;
  warn(line: string): void;
}

const nothing = { skills: [], prompts: [], themes: [] };

/** `boundary`: where a start has one already. */
export async function loadResources(
  choice: ResourceChoice,
  where: Where,
  boundary = new RepositoryBoundary(where),
): Promise<LaunchResources> {
  const { config, agentDir, homeDir, warn } = where;
  const projectDir = config.project.trusted ? config.project.dir : undefined;
  const places = (paths: readonly string[], configured: readonly string[]): ResourcePlaces => ({
    agentDir,
    homeDir,
    paths,
    configured,
    projectSkillDirs: config.project.skillDirs,
    ...defined({ projectDir }),
    ...(projectDir === undefined && config.project.skillDirs.length === 0 ? {} : { boundary }),
  });
  const folders = [agentDir, ...(projectDir === undefined ? [] : [projectDir])];

  // Told of once, where their extensions are looked for.
  const declared =
    config.packages.length === 0 ? nothing : await (await import("./declared-packages.ts")).declaredContents(config, agentDir, () => {});
  const { brought = nothing } = where;
  const packaged = {
    skills: [...brought.skills, ...declared.skills],
    prompts: [...brought.prompts, ...declared.prompts],
    themes: [...brought.themes, ...declared.themes],
  };
  const configured = (own: readonly string[], more: readonly string[], isWanted: boolean): readonly string[] =>
    isWanted ? [...own, ...more] : [];
  const skillPlaces = {
    ...places(choice.skillPaths, configured(config.values.resources.skills, packaged.skills, choice.withSkills)),
    ...defined({ order: choice.skillOrder }),
  };
  const skills = hasSkills(choice, skillPlaces, folders) ? await skillsOf(choice, skillPlaces, warn) : { skills: [], section: "" };

  let found: Promise<PromptTemplate[]> | undefined;
  const templates = (): Promise<PromptTemplate[]> => {
    found ??= templatesOf(
      choice,
      places(choice.templatePaths, configured(config.values.resources.prompts, packaged.prompts, choice.withTemplates)),
      warn,
    );
    return found;
  };
  // What was named is looked at now, and told of where there is nothing; all else when a prompt begins with a slash.
  if (choice.templatePaths.length > 0) await templates();
  const textOf = (folder: string, name: string): PromptText | undefined =>
    promptText(join(folder, name), folder === projectDir ? boundary : undefined, warn);
  const system = (projectDir === undefined ? undefined : textOf(projectDir, "SYSTEM.md")) ?? textOf(agentDir, "SYSTEM.md");
  const appended = folders.map((folder) => textOf(folder, "APPEND_SYSTEM.md")).filter((found) => found !== undefined);
  return {
    contextFiles: choice.withContextFiles ? await contextFilesOf(where, boundary) : [],
    skillsSection: skills.section,
    ...(system === undefined ? {} : { systemPrompt: system.text, systemPromptPath: system.path }),
    appended: appended.map(({ text }) => text),
    appendedPaths: appended.map(({ path }) => path),
    themes: themePlaces(choice, where, packaged.themes, boundary),
    ...typedResources(skills.skills, templates, config),
  };
}

/** Later ones change no look that one of the user's has: a name that packages bring, too, stays the user's. */
function themePlaces(
  { withThemes, themePaths }: ResourceChoice,
  { config, agentDir }: Where,
  packaged: readonly string[],
  boundary: RepositoryBoundary,
): ThemePlace[] {
  const named = themePaths.map((path) => ({ path }));
  if (!withThemes) return named;
  const { dir, trusted } = config.project;
  const projectDirs = trusted && dir !== undefined ? [dir] : [];
  const configured = config.values.resources.themes;
  const rules = configured.filter((entry) => /^[!+-]/.test(entry));
  const own = [...configured.filter((entry) => !rules.includes(entry)), join(agentDir, "themes"), ...packaged];
  const discovered = [...projectDirs.map((folder) => ({ path: join(folder, "themes"), boundary })), ...own.map((path) => ({ path }))];
  const filter = { rules, bases: [agentDir, ...projectDirs] };
  return [...named, ...discovered.map((place) => ({ ...place, filter }))];
}

/** Of what was found, by whomever, the part that can be typed. */
export function typedResources(
  skills: Skill[],
  templates: LaunchResources["templates"],
  { values }: Config,
): Pick<LaunchResources, "skills" | "templates" | "skillCommands" | "expand"> {
  const skillCommands = values.resources.skillCommands ? skills : [];
  return {
    skills,
    templates,
    skillCommands,
    expand: async (text) => (text.startsWith("/") ? expandCommand(text, skillCommands, templates) : text),
  };
}

function hasSkills(choice: ResourceChoice, places: ResourcePlaces, folders: readonly string[]): boolean {
  if (choice.skillPaths.length > 0 || (places.configured?.length ?? 0) > 0) return true;
  if (!choice.withSkills) return false;
  if ((places.projectSkillDirs?.length ?? 0) > 0) return true;
  return [...folders.map((folder) => join(folder, "skills")), join(places.homeDir, ".agents", "skills")].some((folder) =>
    existsSync(folder),
  );
}

async function skillsOf(
  choice: ResourceChoice,
  places: ResourcePlaces,
  warn: (line: string) => void,
): Promise<{ skills: Skill[]; section: string }> {
  const { loadSkills, skillsSection } = await import("../../resources/skills.ts");
  const loaded = loadSkills(places);
  for (const line of loaded.warnings) warn(line);
  // What is named on the command line counts although discovery is off.
  const skills = choice.withSkills ? loaded.skills : loaded.skills.filter((skill) => skill.source === "command line");
  return { skills, section: skillsSection(skills) };
}

async function templatesOf(choice: ResourceChoice, places: ResourcePlaces, warn: (line: string) => void): Promise<PromptTemplate[]> {
  const { loadPromptTemplates } = await import("../../resources/prompt-templates.ts");
  const loaded = loadPromptTemplates(places);
  for (const line of loaded.warnings) warn(line);
  return choice.withTemplates ? loaded.templates : loaded.templates.filter((template) => template.source === "command line");
}

async function contextFilesOf({ agentDir, cwd, warn }: Where, boundary: RepositoryBoundary): Promise<ContextFile[]> {
  const { loadContextFiles } = await import("../../resources/context-files.ts");
  const loaded = loadContextFiles({ agentDir, cwd }, boundary);
  for (const line of loaded.warnings) warn(line);
  return loaded.files;
}

/** For a text that begins with a slash. */
async function expandCommand(text: string, skills: readonly Skill[], templates: () => Promise<readonly PromptTemplate[]>): Promise<string> {
  if (text.startsWith("/skill:")) {
    const { expandSkillCommand } = await import("../../resources/skills.ts");
    return expandSkillCommand(text, skills) ?? text;
  }
  const { expandPromptTemplate } = await import("../../resources/prompt-templates.ts");
  return expandPromptTemplate(text, await templates()) ?? text;
}

interface PromptText {
  path: string;
  text: string;
}

function promptText(path: string, boundary: RepositoryBoundary | undefined, warn: (line: string) => void): PromptText | undefined {
  const found = readBoundedText(path, { boundary });
  if (found === undefined) return undefined;
  if ("leftOut" in found) {
    warn(found.leftOut);
    return undefined;
  }
  const notice = sizeNotice(path, found.bytes);
  if (notice !== undefined) warn(notice);
  return { path, text: found.text.trimEnd() };
}
