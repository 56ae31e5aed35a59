// Finds extension files where they may lie: named ones, those of settings, of resource directories and of packages. Called by the harness
// at a launch that has some. Invariant: the order found is the order of loading, and one real path is there once, where it came first.

import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { PiError } from "../contracts/error.ts";
import type { SourceInfo } from "../contracts/source-info.ts";
import type { RepositoryBoundary } from "../platform/files/bounded-file.ts";
import { kindOfPath } from "../platform/files/path-kind.ts";
import { listDirectory, resourceFilter } from "../platform/files/resource-files.ts";

/** A file whose default export is a factory. */
export interface ExtensionFile {
  path: string;
  /** With links followed. */
  realPath: string;
  sourceInfo: SourceInfo;
  /** Its failure ends the start: the user named it, or it must not be missing. */
  isNeeded: boolean;
}

/** Files and directories that somebody listed, and what the list says about others. */
export interface ListedPaths {
  /** Absolute, or filters that begin with `!`, `+` or `-`. */
  entries: readonly string[];
  /** The resource directory beside the list. */
  directory: string;
  /** Of what lies in the directory, where it is not the user's own: what really lies elsewhere, or is somebody else's, is left out. */
  boundary?: RepositoryBoundary;
}

/** What a package brings. */
export interface PackageExtensions {
  source: string;
  directory: string;
  scope: SourceInfo["scope"];
  /** Absolute files. */
  files: readonly string[];
}

export interface ExtensionPlaces {
  /** Named for this run, absolute. */
  named: readonly string[];
  namedPackages: readonly PackageExtensions[];
  project?: ListedPaths;
  user?: ListedPaths;
  packages: readonly PackageExtensions[];
  /** Names or paths of those that must be loaded. */
  required: readonly string[];
}

/** @throws PiError `config.extension_missing` for a named or required one that is not there. */
export async function discoverExtensions(places: ExtensionPlaces): Promise<{ files: ExtensionFile[]; warnings: string[] }> {
  const files: ExtensionFile[] = [];
  const warnings: string[] = [];
  const add = (path: string, sourceInfo: Omit<SourceInfo, "path">, isNamed: boolean): void => {
    const realPath = realOf(path);
    if (files.some((one) => one.realPath === realPath)) return;
    const isNeeded = isNamed || places.required.some((name) => isCalled(path, sourceInfo, name));
    files.push({ path, realPath, sourceInfo: { path, ...sourceInfo }, isNeeded });
  };
  const addPackage = ({ source, directory, scope, files }: PackageExtensions, isNamed: boolean): void => {
    for (const file of files) add(file, { source, scope, origin: "package", baseDir: directory }, isNamed);
  };

  for (const path of places.named) {
    const found = await extensionsAt(path);
    if (found.length === 0) throw missing(path);
    for (const file of found) add(file, { source: "cli", scope: "temporary", origin: "top-level", baseDir: directoryOf(path) }, true);
  }
  for (const one of places.namedPackages) addPackage(one, true);
  for (const scope of ["project", "user"] as const) {
    const listed = places[scope];
    if (listed !== undefined) await addListed(listed, scope, add, warnings);
  }
  for (const one of places.packages) addPackage(one, false);
  for (const name of places.required) {
    if (files.some(({ path, sourceInfo }) => isCalled(path, sourceInfo, name))) continue;
    throw new PiError("config.extension_missing", `The required extension ${name} is not there`, {
      hint: "Install it, name it with -e, or take it out of [extensions] required",
    });
  }
  return { files, warnings };
}

async function addListed(
  { entries, directory, boundary }: ListedPaths,
  scope: "project" | "user",
  add: (path: string, sourceInfo: Omit<SourceInfo, "path">, isNamed: boolean) => void,
  warnings: string[],
): Promise<void> {
  const base = dirname(directory);
  const filter = resourceFilter(entries, [base]);
  const take = (file: string, source: string, baseDir: string): void => {
    if (filter.accepts(file, nameOf(file))) add(file, { source, scope, origin: "top-level", baseDir }, false);
  };
  for (const entry of entries.filter((one) => !/^[!+-]/.test(one))) {
    const found = await extensionsAt(entry);
    if (found.length === 0) warnings.push(`${entry} holds no extension; ignored.`);
    for (const file of found) take(file, "local", directoryOf(entry));
  }
  for (const file of await extensionsInDirectory(directory)) {
    const leftOut = boundary?.leftOut(file);
    if (leftOut === undefined) take(file, "auto", base);
    else warnings.push(leftOut);
  }
}

/** Of a path that a user names: a file, a directory that is one, or a directory of several. */
export async function extensionsAt(path: string): Promise<string[]> {
  const kind = kindOfPath(path);
  if (kind === "file") return [path];
  return kind === "directory" ? extensionsInDirectory(path) : [];
}

/** Its own entries; without any each source file in it, and the entries of each subdirectory, one level deep. */
async function extensionsInDirectory(directory: string): Promise<string[]> {
  const own = entriesOf(directory);
  if (own.length > 0) return own;
  const { files, directories } = listDirectory(directory);
  const isIgnored = await ignoreRules(directory);
  const found = [
    ...files
      .filter((name) => /\.[jt]s$/.test(name) && !name.endsWith(".d.ts") && !isIgnored(name))
      .map((name) => [name, [join(directory, name)]] as const),
    ...directories.filter((name) => !isIgnored(`${name}/`)).map((name) => [name, entriesOf(join(directory, name))] as const),
  ];
  return found.sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([, paths]) => paths);
}

/** What a directory is entered by, if it is an extension. */
function entriesOf(directory: string): string[] {
  const listed = manifestOf(directory)?.extensions;
  if (listed !== undefined) {
    const files = listed
      .map((entry) => resolve(directory, entry))
      .flatMap((path) => (kindOfPath(path) === "directory" ? indexOf(path) : [path]));
    const there = files.filter((file) => kindOfPath(file) === "file");
    if (there.length > 0) return there;
  }
  return indexOf(directory);
}

export function indexOf(directory: string): string[] {
  const index = ["index.ts", "index.js"].map((name) => join(directory, name)).find((path) => kindOfPath(path) === "file");
  return index === undefined ? [] : [index];
}

/** What `pi` in a `package.json` names, by kind; nothing where there is no such file or it says nothing. */
export function manifestOf(directory: string): Partial<Record<string, string[]>> | undefined {
  const manifest = readManifest(directory)?.pi;
  if (typeof manifest !== "object" || manifest === null) return undefined;
  return Object.fromEntries(
    Object.entries(manifest).flatMap(([kind, paths]) =>
      Array.isArray(paths) ? [[kind, paths.filter((path): path is string => typeof path === "string")]] : [],
    ),
  );
}

/** Longer ones are no manifest that somebody wrote. */
const maxManifestBytes = 4 * 1024 * 1024;

export function readManifest(directory: string): Record<string, unknown> | undefined {
  const file = join(directory, "package.json");
  try {
    const info = statSync(file);
    if (!info.isFile() || info.size > maxManifestBytes) return undefined;
    const parsed: unknown = JSON.parse(readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const ignoreFiles = [".gitignore", ".ignore", ".fdignore"];

async function ignoreRules(directory: string): Promise<(name: string) => boolean> {
  const files = ignoreFiles.map((name) => join(directory, name)).filter((path) => kindOfPath(path) === "file" && existsSync(path));
  if (files.length === 0) return () => false;
  const { default: ignore } = await import("ignore");
  const rules = ignore();
  for (const file of files) rules.add(readFileSync(file, "utf8"));
  return (name) => rules.ignores(name);
}

/** By its path, the name of its file or folder, or the source of its package. */
function isCalled(path: string, { source, baseDir }: Omit<SourceInfo, "path">, name: string): boolean {
  if (path === name || source === name || nameOf(path) === name || basename(path) === name) return true;
  return baseDir !== undefined && relative(baseDir, path) === name;
}

/** `x` for `x.ts` and for `x/index.ts`. */
export function nameOf(path: string): string {
  const stem = basename(path).replace(/\.[mc]?[jt]s$/, "");
  return stem === "index" ? basename(dirname(path)) : stem;
}

function directoryOf(path: string): string {
  return kindOfPath(path) === "directory" ? path : dirname(path);
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function missing(path: string): PiError {
  if (kindOfPath(path) === undefined) {
    return new PiError("config.extension_missing", `There is no extension ${path}`, { hint: "Name a file or a directory with -e" });
  }
  return new PiError("config.extension_missing", `${path} holds no extension`, {
    hint: "Name a file whose default export is a function, or a directory with an index.ts or a package.json that names it",
  });
}
