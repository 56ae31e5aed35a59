// What a library session is given beside its settings: extensions, skills, prompt templates, context files, system prompt; names follow the
// npm agent's. Exported by `pi`. Invariant: what the getters say is what `reload` found, with the overrides applied.

import { dirname } from "node:path";
import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import { PiError } from "../../contracts/error.ts";
import type { InlineExtension, LoadExtensionsResult } from "../../contracts/extension.ts";
import { createSyntheticSourceInfo, type SourceInfo } from "../../contracts/source-info.ts";
import { inlineSources } from "../../extensions/load.ts";
import { createExtensionRuntime } from "../../extensions/runtime.ts";
import { sourceInfoOf } from "../../harness/extensions/slash-commands.ts";
import { ExtensionLauncher } from "../../harness/launch/extension-launcher.ts";
import { type BroughtPaths, loadResources } from "../../harness/launch/launch-resources.ts";
import { readBoundedText } from "../../platform/files/bounded-file.ts";
import { kindOfPath } from "../../platform/files/path-kind.ts";
import type { Env } from "../../platform/paths.ts";
import { absolutePath } from "../../platform/paths.ts";
import * as templateFiles from "../../resources/prompt-templates.ts";
import * as skillFiles from "../../resources/skills.ts";
import { listThemeFiles, type ThemePlace } from "../../resources/theme-files.ts";
import { hostModules } from "../host-modules.ts";
import { configOf } from "./config-of.ts";
import { type Surroundings, surroundings } from "./places.ts";
import type { SettingsManager } from "./settings-manager.ts";

export interface Skill {
  name: string;
  description: string;
  filePath: string;
  baseDir: string;
  sourceInfo: SourceInfo;
  /** Only `/skill:name` uses it; the model is not told of it. */
  disableModelInvocation: boolean;
}

export interface PromptTemplate {
  name: string;
  description: string;
  argumentHint?: string;
  content: string;
  filePath: string;
  sourceInfo: SourceInfo;
}

export interface ResourceDiagnostic {
  type: "warning" | "error" | "collision";
  message: string;
  path?: string;
}

/** One that a screen may be drawn in; it is read when it is. */
export type Theme = { name?: string; sourcePath?: string };

interface Found {
  skills: { skills: Skill[]; diagnostics: ResourceDiagnostic[] };
  prompts: { prompts: PromptTemplate[]; diagnostics: ResourceDiagnostic[] };
  themes: { themes: Theme[]; diagnostics: ResourceDiagnostic[] };
  agentsFiles: { agentsFiles: { path: string; content: string }[] };
}

export interface ResourceExtensionPaths {
  skillPaths?: { path: string; metadata?: unknown }[];
  promptPaths?: { path: string; metadata?: unknown }[];
  themePaths?: { path: string; metadata?: unknown }[];
}

export interface ResourceLoader {
  getExtensions(): LoadExtensionsResult;
  getSkills(): Found["skills"];
  getPrompts(): Found["prompts"];
  getThemes(): Found["themes"];
  getAgentsFiles(): Found["agentsFiles"];
  getSystemPrompt(): string | undefined;
  /** The file it was read from. */
  getSystemPromptSource(): { path: string } | undefined;
  getAppendSystemPrompt(): string[];
  getAppendSystemPromptSources(): { path: string }[];
  /** More places to look in; what they hold is there when this returns. */
  extendResources(paths: ResourceExtensionPaths): void;
  reload(): Promise<void>;
}

export interface DefaultResourceLoaderOptions {
  /** Default: that of the process. */
  cwd?: string;
  /** Default `~/.pi/agent`. */
  agentDir?: string;
  /** What stands for the environment of the process. */
  env?: Env;
  settingsManager?: SettingsManager;
  /** Whether the project's `.pi` is trusted. Default: what has been decided for it. */
  trustProject?: boolean;
  /** Files or directories; what cannot be loaded is an entry of `getExtensions().errors`. */
  additionalExtensionPaths?: string[];
  additionalSkillPaths?: string[];
  additionalPromptTemplatePaths?: string[];
  additionalThemePaths?: string[];
  extensionFactories?: InlineExtension[];
  /** Flags of extensions by name; they win over the defaults. */
  extensionFlagValues?: ReadonlyMap<string, boolean | string>;
  /** None but those that are named above; else those of settings and resource directories come with them. */
  noExtensions?: boolean;
  noSkills?: boolean;
  noPromptTemplates?: boolean;
  noThemes?: boolean;
  noContextFiles?: boolean;
  /** A text, or the path of a file that holds it; in place of SYSTEM.md. */
  systemPrompt?: string;
  /** Texts or paths; in place of APPEND_SYSTEM.md. */
  appendSystemPrompt?: string[];
  extensionsOverride?: (base: LoadExtensionsResult) => LoadExtensionsResult;
  skillsOverride?: (base: Found["skills"]) => Found["skills"];
  promptsOverride?: (base: Found["prompts"]) => Found["prompts"];
  themesOverride?: (base: Found["themes"]) => Found["themes"];
  agentsFilesOverride?: (base: Found["agentsFiles"]) => Found["agentsFiles"];
  systemPromptOverride?: (base: string | undefined) => string | undefined;
  appendSystemPromptOverride?: (base: string[]) => string[];
}

interface PromptText {
  text: string;
  path?: string;
}

export class DefaultResourceLoader implements ResourceLoader {
  readonly #options: DefaultResourceLoaderOptions;
  readonly #place: Surroundings;
  #extensions: LoadExtensionsResult = { extensions: [], errors: [], runtime: createExtensionRuntime() };
  #skills: Found["skills"] = { skills: [], diagnostics: [] };
  #prompts: Found["prompts"] = { prompts: [], diagnostics: [] };
  #themes: readonly ThemePlace[] = [];
  #systemPrompt: PromptText | undefined;
  #appended: PromptText[] = [];
  /** With the overrides applied; they are asked once for each time of looking. */
  #shown: Found & { systemPrompt?: string | undefined; appended: string[] } = {
    skills: { skills: [], diagnostics: [] },
    prompts: { prompts: [], diagnostics: [] },
    themes: { themes: [], diagnostics: [] },
    agentsFiles: { agentsFiles: [] },
    appended: [],
  };
  readonly #launcher: ExtensionLauncher;
  #hasLoaded = false;
  #more: { skillPaths: string[]; promptPaths: string[]; themePaths: string[] } = { skillPaths: [], promptPaths: [], themePaths: [] };

  constructor(options: DefaultResourceLoaderOptions = {}) {
    this.#options = options;
    const { cwd, agentDir, env } = options;
    this.#place = surroundings({
      ...defined({ cwd, agentDir, env }),
    });
    const { agentDir: home, env: seen, now } = this.#place;
    this.#launcher = new ExtensionLauncher({ hostModules, agentDir: home, env: seen, now, warn: () => {} });
  }

  getExtensions(): LoadExtensionsResult {
    return this.#extensions;
  }

  getSkills(): Found["skills"] {
    return this.#shown.skills;
  }

  getPrompts(): Found["prompts"] {
    return this.#shown.prompts;
  }

  getThemes(): Found["themes"] {
    return this.#shown.themes;
  }

  getAgentsFiles(): Found["agentsFiles"] {
    return this.#shown.agentsFiles;
  }

  getSystemPrompt(): string | undefined {
    return this.#shown.systemPrompt;
  }

  getSystemPromptSource(): { path: string } | undefined {
    const path = this.#systemPrompt?.path;
    return path === undefined ? undefined : { path };
  }

  getAppendSystemPrompt(): string[] {
    return this.#shown.appended;
  }

  getAppendSystemPromptSources(): { path: string }[] {
    return this.#appended.flatMap(({ path }) => (path === undefined ? [] : { path }));
  }

  extendResources({ skillPaths = [], promptPaths = [], themePaths = [] }: ResourceExtensionPaths): void {
    const added = {
      skillPaths: this.#absolute(skillPaths.map(({ path }) => path)),
      promptPaths: this.#absolute(promptPaths.map(({ path }) => path)),
      themePaths: this.#absolute(themePaths.map(({ path }) => path)),
    };
    this.#more = {
      skillPaths: [...this.#more.skillPaths, ...added.skillPaths],
      promptPaths: [...this.#more.promptPaths, ...added.promptPaths],
      themePaths: [...this.#more.themePaths, ...added.themePaths],
    };
    const { agentDir, homeDir } = this.#place;
    const skills = skillFiles.loadSkills({ agentDir, homeDir, paths: added.skillPaths });
    const { templates, warnings } = templateFiles.loadPromptTemplates({ agentDir, homeDir, paths: added.promptPaths });
    const named = <T extends { source: string }>(found: readonly T[]): T[] => found.filter((one) => one.source === "command line");
    const isNew = (known: readonly { name: string }[]) => (one: { name: string }) => !known.some(({ name }) => name === one.name);
    this.#skills = {
      skills: [...this.#skills.skills, ...named(skills.skills).map(publicSkill).filter(isNew(this.#skills.skills))],
      diagnostics: [...this.#skills.diagnostics, ...(added.skillPaths.length > 0 ? skills.warnings.map(warning) : [])],
    };
    this.#prompts = {
      prompts: [...this.#prompts.prompts, ...named(templates).map(publicTemplate).filter(isNew(this.#prompts.prompts))],
      diagnostics: [...this.#prompts.diagnostics, ...(added.promptPaths.length > 0 ? warnings.map(warning) : [])],
    };
    const { skillsOverride, promptsOverride } = this.#options;
    this.#shown.skills = overridden(this.#skills, skillsOverride);
    this.#shown.prompts = overridden(this.#prompts, promptsOverride);
    this.#shown.themes = this.#listedThemes();
  }

  /** Everything is looked for anew, and factories are called again. Errors: `config.*`. */
  async reload(): Promise<void> {
    const { settingsManager, trustProject, noSkills, noPromptTemplates, noThemes, noContextFiles, extensionsOverride } = this.#options;
    const config = await configOf(this.#place, settingsManager, { trustProject });
    let diagnostics: ResourceDiagnostic[] = [];
    const brought = await this.#brought(config);
    const choice = {
      withContextFiles: noContextFiles !== true,
      withSkills: noSkills !== true,
      withTemplates: noPromptTemplates !== true,
      skillPaths: [...this.#absolute(this.#options.additionalSkillPaths), ...brought.skillPaths, ...this.#more.skillPaths],
      templatePaths: [...this.#absolute(this.#options.additionalPromptTemplatePaths), ...brought.promptPaths, ...this.#more.promptPaths],
      withThemes: noThemes !== true,
      themePaths: [...this.#absolute(this.#options.additionalThemePaths), ...brought.themePaths],
    };
    const found = await loadResources(choice, { ...this.#place, config, warn: (line) => diagnostics.push(warning(line)) });
    this.#skills = { skills: found.skills.map(publicSkill), diagnostics };
    diagnostics = [];
    this.#prompts = { prompts: (await found.templates()).map(publicTemplate), diagnostics };
    this.#themes = found.themes;
    this.#systemPrompt = this.#promptText(this.#options.systemPrompt) ?? withPath(found.systemPrompt, found.systemPromptPath);
    this.#appended =
      this.#options.appendSystemPrompt?.flatMap((text) => this.#promptText(text) ?? []) ??
      found.appended.flatMap((text, at) => withPath(text, found.appendedPaths?.[at]) ?? []);
    const { systemPromptOverride } = this.#options;
    const systemPrompt = this.#systemPrompt?.text;
    this.#shown = {
      skills: overridden(this.#skills, this.#options.skillsOverride),
      prompts: overridden(this.#prompts, this.#options.promptsOverride),
      themes: this.#listedThemes(),
      agentsFiles: overridden({ agentsFiles: found.contextFiles }, this.#options.agentsFilesOverride),
      systemPrompt: systemPromptOverride === undefined ? systemPrompt : systemPromptOverride(systemPrompt),
      appended: overridden(
        this.#appended.map(({ text }) => text),
        this.#options.appendSystemPromptOverride,
      ),
    };
    this.#extensions = overridden(await this.#loadExtensions(config, { reload: this.#hasLoaded }), extensionsOverride);
    this.#hasLoaded = true;
  }

  #listedThemes(): Found["themes"] {
    const more = this.#options.noThemes === true ? [] : this.#more.themePaths.map((path) => ({ path }));
    const themes = listThemeFiles([...this.#themes, ...more]).map(({ name, path }) => ({ name, sourcePath: path }));
    return overridden({ themes, diagnostics: [] }, this.#options.themesOverride);
  }

  /** By packages among the extensions that were named. */
  #brought(config: Config): Promise<BroughtPaths> {
    const paths = this.#absolute(this.#options.additionalExtensionPaths).filter((path) => kindOfPath(path) !== undefined);
    return this.#launcher.brought({ extensions: { paths, withDiscovered: false, flags: new Map() } }, config);
  }

  async #loadExtensions(config: Config, how: { reload: boolean }): Promise<LoadExtensionsResult> {
    const { extensionFactories = [], extensionFlagValues = new Map(), additionalExtensionPaths, noExtensions } = this.#options;
    const chosen = { paths: this.#absolute(additionalExtensionPaths), withDiscovered: noExtensions !== true, flags: extensionFlagValues };
    const inline = inlineSources(extensionFactories);
    const warn = (): void => {};
    const load = (paths: readonly string[]): Promise<LoadExtensionsResult | undefined> =>
      this.#launcher.load({ cwd: this.#place.cwd, extensions: { ...chosen, paths }, isStrict: false }, config, {
        ...how,
        warn,
        collects: true,
        inline,
      });
    const missing = chosen.paths.filter((path) => kindOfPath(path) === undefined);
    const loaded = await load(chosen.paths.filter((path) => !missing.includes(path)));
    const gone = missing.map((path) => ({ path, error: `There is no extension ${path}` }));
    if (loaded === undefined) return { extensions: [], errors: gone, runtime: createExtensionRuntime(extensionFlagValues) };
    return { ...loaded, errors: [...gone, ...loaded.errors] };
  }

  #absolute(paths: readonly string[] = []): string[] {
    return paths.map((path) => absolutePath(path, this.#place.cwd, this.#place.homeDir));
  }

  #promptText(given: string | undefined): PromptText | undefined {
    if (given === undefined) return undefined;
    // No path has line breaks in it, and none is so long.
    if (given === "" || given.includes("\n") || given.length > 4096) return { text: given };
    const path = absolutePath(given, this.#place.cwd, this.#place.homeDir);
    if (kindOfPath(path) !== "file") return { text: given };
    const found = readBoundedText(path);
    if (found === undefined) return { text: given };
    if ("leftOut" in found) throw new PiError("io.read", found.leftOut);
    return { text: found.text.trimEnd(), path };
  }
}

function overridden<T>(base: T, override: ((base: T) => T) | undefined): T {
  return override === undefined ? base : override(base);
}

function withPath(text: string | undefined, path: string | undefined): PromptText | undefined {
  return text === undefined ? undefined : { text, ...defined({ path }) };
}

function warning(line: string): ResourceDiagnostic {
  return { type: "warning", message: line };
}

/** As callers of the library know it. */
export function publicSkill(skill: skillFiles.Skill): Skill {
  const { name, description, path, isHidden } = skill;
  return {
    name,
    description,
    filePath: path,
    baseDir: dirname(path),
    sourceInfo: sourceInfoOf(skill, "skill"),
    disableModelInvocation: isHidden,
  };
}

/** As the harness knows it. */
export function internalSkill({ name, description, filePath, sourceInfo, disableModelInvocation }: Skill): skillFiles.Skill {
  return { name, description, path: filePath, source: "command line", sourceInfo, isHidden: disableModelInvocation };
}

function publicTemplate(template: templateFiles.PromptTemplate): PromptTemplate {
  const { name, description, argumentHint, content, path } = template;
  return {
    name,
    description,
    ...defined({ argumentHint }),
    content,
    filePath: path,
    sourceInfo: sourceInfoOf(template, "prompt"),
  };
}

/** As the harness knows it. */
export function internalTemplate({ filePath, ...template }: PromptTemplate): templateFiles.PromptTemplate {
  return { ...template, path: filePath, source: "command line" };
}

export { createSyntheticSourceInfo, type SourceInfo };
