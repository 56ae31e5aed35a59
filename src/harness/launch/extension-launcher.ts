// The extension files of a launch: which there are, loaded, judged. Made by cli and by the library's resource loader, asked by the session host
// for every session. Invariant: where there is nothing to load, nothing is imported and no more than a directory or two looked for.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../../config/load-config.ts";
import type { TrustAnswer } from "../../config/trust.ts";
import { lineOf, messageOf, PiError } from "../../contracts/error.ts";
import type { ExtensionContext, ExtensionError, InlineExtension, LoadExtensionsResult } from "../../contracts/extension.ts";
import type { ExtensionFile, ExtensionPlaces, PackageExtensions } from "../../extensions/discover.ts";
import type { ExtensionSource } from "../../extensions/load.ts";
import type { ExtensionFiles } from "../../extensions/load-files.ts";
import type { PackageKind } from "../../extensions/packages/contents.ts";
import { RepositoryBoundary } from "../../platform/files/bounded-file.ts";
import { kindOfPath } from "../../platform/files/path-kind.ts";
import type { HostModules } from "../../platform/modules/module-loader.ts";
import type { Env } from "../../platform/paths.ts";
import type { DeclaredContents } from "./declared-packages.ts";
import type { BroughtPaths } from "./launch-resources.ts";
import type { RunOptions } from "./run-options.ts";

export interface ExtensionLauncherDeps {
  hostModules(): HostModules | Promise<HostModules>;
  agentDir: string;
  /** Of the program that has this one run, behind those in files. */
  inline?: readonly InlineExtension[];
  env: Env;
  now(): number;
  /** How long each file took is told as well. */
  tellsTimes?: boolean;
  /** One line for stderr: of what happens while there is no session. */
  warn(line: string): void;
  /** Where a person can be asked before there is a session; without it nobody is. */
  dialogs?(): Promise<Pick<ExtensionContext, "mode" | "ui">>;
  /** Before the first file is loaded; `onStray` takes what their code throws with nobody to catch it. */
  admit?(onStray: (error: unknown) => void): Promise<void>;
}

interface LoadHow {
  /** Where a start has one already. */
  boundary?: RepositoryBoundary | undefined;
  /** What was loaded is read anew. */
  reload: boolean;
  warn(line: string): void;
  /** Nothing is judged: what fails is among the errors of the result. */
  collects?: boolean;
  /** Beside the files, after them. */
  inline?: readonly ExtensionSource[];
}

type Launch = Pick<RunOptions, "cwd" | "extensions" | "isStrict">;

/** What was found at a launch, for those who show it. */
export interface FoundExtension {
  file: ExtensionFile;
  /** Why it is not loaded. */
  problem?: string;
  importMs?: number;
  factoryMs?: number;
}

export class ExtensionLauncher {
  readonly #deps: ExtensionLauncherDeps;
  #files: ExtensionFiles | undefined;
  /** Real paths of those that are loaded. */
  #loaded: ReadonlySet<string> = new Set();
  /** Loaded to be asked about trust, before there was a session to take them. */
  #kept: LoadExtensionsResult | undefined;
  /** What the paths were when extensions were last looked for. */
  #looked: { paths: readonly string[]; named: readonly (string | NamedPackage)[] } | undefined;
  found: readonly FoundExtension[] = [];
  /** Where errors go while there is a session. */
  report: ((error: ExtensionError) => void) | undefined;

  constructor(deps: ExtensionLauncherDeps) {
    this.#deps = deps;
  }

  /** Of one session alone; nothing where there are none. @throws PiError `config.extension`, `config.extension_missing` */
  async load(launch: Launch, config: Config, how: LoadHow): Promise<LoadExtensionsResult | undefined> {
    const hasFiles = mayHaveExtensions(launch, config, this.#deps.agentDir);
    const { inline: given = [] } = this.#deps;
    const own = given.length === 0 ? [] : (await import("../../extensions/load.ts")).inlineSources(given);
    const inline = [...own, ...(how.inline ?? [])];
    if (!hasFiles && inline.length === 0) return undefined;
    return this.#loadAll(hasFiles ? await this.#discover(launch, config, how) : [], launch, { ...how, inline });
  }

  /** What the user's extensions and named ones say of a project; the first that decides. They stay loaded for the session. */
  async askTrust(launch: Launch, config: Config): Promise<TrustAnswer | undefined> {
    const how = { reload: false, warn: (line: string) => this.#deps.warn(line) };
    const loaded = await this.load(launch, config, how);
    if (loaded === undefined) return undefined;
    const { ExtensionDispatch } = await import("../../extensions/dispatch.ts");
    const asked = await this.#deps.dialogs?.();
    const { noUi } = await import("../../extensions/no-ui.ts");
    const context = { cwd: launch.cwd, hasUI: asked !== undefined, ...(asked ?? { mode: "print", ui: noUi }) } as ExtensionContext;
    const dispatch = new ExtensionDispatch({
      extensions: loaded.extensions,
      createContext: () => context,
      report: ({ extensionPath, event, error }) => this.#deps.warn(`${extensionPath} (${event}): ${error}`),
    });
    const answer = await dispatch.projectTrust(launch.cwd);
    this.#kept = { ...loaded, warnings: [] };
    return answer;
  }

  async #discover(launch: Launch, config: Config, how: LoadHow): Promise<readonly ExtensionFile[]> {
    const { discoverExtensions } = await import("../../extensions/discover.ts");
    const { files, warnings } = await discoverExtensions(await this.#places(launch, config, how));
    for (const line of warnings) how.warn(line);
    return files;
  }

  async #places({ cwd, extensions }: Launch, config: Config, { warn, ...how }: LoadHow): Promise<ExtensionPlaces> {
    const { project } = config;
    const named = await this.#named(extensions.paths, config);
    this.#looked = { paths: extensions.paths, named };
    const boundary = how.boundary ?? new RepositoryBoundary({ cwd, agentDir: this.#deps.agentDir });
    const listed = (kinds: readonly string[]): string[] =>
      config.parts("resources.extensions").flatMap(({ kind, values }) => (kinds.includes(kind) ? values : []));
    return {
      named: named.flatMap((one) => (typeof one === "string" ? one : [])),
      namedPackages: named.flatMap((one) => (typeof one === "string" ? [] : asExtensions(one))),
      packages: extensions.withDiscovered ? (await this.#packages(config, warn)).extensions : [],
      required: config.values.extensions.required,
      ...(extensions.withDiscovered
        ? { user: { entries: listed(["user", "npm agent", "environment"]), directory: join(this.#deps.agentDir, "extensions") } }
        : {}),
      ...(extensions.withDiscovered && project.dir !== undefined && project.trusted
        ? { project: { entries: listed(["project"]), directory: join(project.dir, "extensions"), boundary } }
        : {}),
    };
  }

  async #packages(config: Config, warn: (line: string) => void): Promise<DeclaredContents> {
    if (config.packages.length === 0) return { extensions: [], skills: [], prompts: [], themes: [] };
    const { declaredContents } = await import("./declared-packages.ts");
    return declaredContents(config, this.#deps.agentDir, warn);
  }

  /** What packages that are named for the run bring beside extensions. */
  async brought({ extensions }: Pick<Launch, "extensions">, config: Config): Promise<BroughtPaths> {
    const { paths } = extensions;
    const named = this.#looked?.paths === paths ? this.#looked.named : await this.#named(paths, config);
    const packages = named.flatMap((one) => (typeof one === "string" ? [] : one.contents));
    return {
      skillPaths: packages.flatMap(({ skills }) => skills),
      promptPaths: packages.flatMap(({ prompts }) => prompts),
      themePaths: packages.flatMap(({ themes }) => themes),
    };
  }

  /** Paths of extensions, and packages: directories that are one, and sources, installed once. In order. */
  async #named(paths: readonly string[], config: Config): Promise<(string | NamedPackage)[]> {
    const named: (string | NamedPackage)[] = [];
    for (const path of paths) {
      if (isRemote(path)) named.push(await this.#installed(path, config));
      else if (kindOfPath(path) !== "directory") named.push(path);
      else {
        const contents = await (await import("../../extensions/packages/contents.ts")).namedContents(path);
        named.push(contents === undefined ? path : { source: path, directory: path, contents });
      }
    }
    return named;
  }

  async #installed(text: string, config: Config): Promise<NamedPackage> {
    const { parsePackageSource, packageDirectory } = await import("../../extensions/packages/source.ts");
    const { packageContents } = await import("../../extensions/packages/contents.ts");
    const { installPackage } = await import("../../extensions/packages/install.ts");
    const root = join(this.#deps.agentDir, "tmp");
    const cacheDirectory = join(this.#deps.agentDir, "cache", "packages");
    const source = parsePackageSource(text, (path) => path);
    const directory = packageDirectory(source, root);
    if (!existsSync(directory)) {
      if (config.values.network.offline)
        throw new PiError("config.extension_missing", `${text} is not installed`, { hint: "Leave --offline out once, or name a path" });
      await installPackage(source, { root, cacheDirectory, allowScripts: false, npmCommand: config.values.npmCommand });
    }
    return { source: text, directory, contents: await packageContents(directory) };
  }

  async #loadAll(files: readonly ExtensionFile[], launch: Launch, how: LoadHow): Promise<LoadExtensionsResult> {
    const { reload, warn, collects = false, inline = [] } = how;
    const { loadExtensions } = await import("../../extensions/load.ts");
    const loader = await this.#loader(files.length > 0);
    if (reload) await loader?.forget();
    const errors: LoadExtensionsResult["errors"] = [];
    const found: FoundExtension[] = files.map((file) => ({ file }));
    const failed = (one: FoundExtension, line: string): void => {
      one.problem = line;
      errors.push({ path: one.file.path, error: line });
      if (collects) return;
      const isLost = reload && this.#loaded.has(one.file.realPath);
      if (launch.isStrict || one.file.isNeeded || isLost) {
        if (reload) loader?.restore();
        throw new PiError("config.extension", `The extension ${one.file.path} cannot be loaded: ${line}`, {
          hint: isLost ? "Repair it and reload" : "Repair it, or leave it out",
        });
      }
      warn(`The extension ${one.file.path} is left out: ${line}`);
    };
    const sources: ExtensionSource[] = [];
    for (const one of found) {
      try {
        if (loader === undefined) continue;
        sources.push(await loader.source(one.file));
        one.importMs = loader.importMs.get(one.file.realPath) ?? 0;
      } catch (error) {
        failed(one, lineOf(error));
      }
    }
    const result = await loadExtensions([...sources, ...inline], {
      flagValues: launch.extensions.flags,
      kept: this.#kept,
      place: { cwd: launch.cwd, env: this.#deps.env },
      now: () => this.#deps.now(),
    });
    this.#kept = undefined;
    for (const { path, error } of result.errors) {
      const one = found.find(({ file }) => file.path === path);
      if (one === undefined) errors.push({ path, error });
      else failed(one, error);
    }
    if (!collects) for (const { path, warning } of result.warnings ?? []) warn(`${path}: ${warning}`);
    for (const one of found) {
      const factoryMs = result.extensions.find(({ path }) => path === one.file.path)?.factoryMs;
      if (factoryMs !== undefined) one.factoryMs = factoryMs;
    }
    if (!collects) this.#tellTimes(found, warn);
    this.found = found;
    this.#loaded = new Set(result.extensions.map(({ resolvedPath }) => resolvedPath));
    return { ...result, errors };
  }

  /** Of those that were not loaded before. */
  #tellTimes(found: readonly FoundExtension[], warn: (line: string) => void): void {
    if (this.#deps.tellsTimes !== true) return;
    const told = new Set(this.found.map(({ file }) => file.path));
    for (const { file, problem, importMs = 0, factoryMs = 0 } of found) {
      if (problem === undefined && !told.has(file.path)) warn(`${file.path}: ${timesOf(importMs, factoryMs)}`);
    }
  }

  /** Nothing where there is nothing to load with it. */
  async #loader(isNeeded: boolean): Promise<ExtensionFiles | undefined> {
    if (this.#files === undefined && isNeeded) {
      const { ExtensionFiles } = await import("../../extensions/load-files.ts");
      await this.#deps.admit?.((error) => void this.#strayed(error));
      this.#files = new ExtensionFiles(this.#deps);
    }
    return this.#files;
  }

  /** The stack tells whose it is, if anything does: a file of its own before one beside it. */
  async #strayed(error: unknown): Promise<void> {
    const { isBelow, placeOf } = await import("../../platform/modules/load-module.ts");
    const paths = this.found.map(({ file }) => file.realPath);
    const own = paths.find((path) => placeOf(error, (file) => file === path) !== undefined);
    const owner = own ?? paths.find((path) => placeOf(error, isBelow(dirname(path))) !== undefined);
    const place = placeOf(error, (file) => paths.some((path) => isBelow(dirname(path))(file)));
    const told = {
      extensionPath: this.found.find(({ file }) => file.realPath === owner)?.file.path ?? "<unknown>",
      event: "uncaught",
      error: place === undefined ? messageOf(error) : `${messageOf(error)} (${place})`,
    };
    if (this.report === undefined) this.#deps.warn(`${told.extensionPath} (${told.event}): ${told.error}`);
    else this.report(told);
  }
}

/** How long an extension took, for people. */
export function timesOf(importMs: number, factoryMs: number): string {
  const [imported, called] = [importMs, factoryMs].map((ms) => Math.round(ms * 10) / 10);
  return `import ${imported} ms, factory ${called} ms`;
}

interface NamedPackage {
  source: string;
  directory: string;
  contents: Record<PackageKind, string[]>;
}

function asExtensions({ source, directory, contents }: NamedPackage): PackageExtensions {
  return { source, directory, scope: "temporary", files: contents.extensions };
}

function isRemote(path: string): boolean {
  return /^(npm|git):/.test(path);
}

function mayHaveExtensions({ extensions }: Launch, config: Config, agentDir: string): boolean {
  if (extensions.paths.length > 0 || config.values.extensions.required.length > 0) return true;
  if (!extensions.withDiscovered) return false;
  if (config.values.resources.extensions.length > 0 || config.packages.length > 0) return true;
  const { dir, trusted } = config.project;
  return existsSync(join(agentDir, "extensions")) || (dir !== undefined && trusted && existsSync(join(dir, "extensions")));
}
