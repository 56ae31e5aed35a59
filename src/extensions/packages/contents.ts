// What a package brings, by kind: what `pi` in its package.json names, else the directories of those names; one that is a file is an extension.
// Narrowed by what was said of it.
// Called by the harness at a launch with packages. Invariant: nothing outside of the package's directory is named by it.

import { dirname, join, relative, resolve, sep } from "node:path";
import { kindOfPath } from "../../platform/files/path-kind.ts";
import { listDirectory, resourceFilter } from "../../platform/files/resource-files.ts";
import { extensionsAt, indexOf, manifestOf, nameOf, readManifest } from "../discover.ts";

const kinds = ["extensions", "skills", "prompts", "themes"] as const;

/** Whether a directory brings more than the extension that it may be itself: it says so in its package.json, or has a directory for a kind. */
function isPackageDirectory(directory: string): boolean {
  if (kindOfPath(directory) !== "directory") return false;
  return listsKinds(manifestOf(directory)) || kinds.some((kind) => kindOfPath(join(directory, kind)) === "directory");
}

function listsKinds(listed: ReturnType<typeof manifestOf>): boolean {
  return listed !== undefined && kinds.some((kind) => listed[kind] !== undefined);
}

export type PackageKind = (typeof kinds)[number];

/** Lists of paths and filters; a kind that is absent brings all, an empty one nothing. */
export type PackageFilter = Partial<Record<PackageKind, readonly string[]>>;

export interface Taken {
  filter?: PackageFilter;
  /** What somebody else adds to it (an entry, or `+entry`) or takes away (`!glob`, `-entry`). */
  changes?: PackageFilter;
  /** Where it says nothing of what it brings, it is an extension itself: a directory on this machine that somebody named. */
  mayBeOne?: boolean;
}

export async function packageContents(
  directory: string,
  { filter = {}, changes = {}, mayBeOne = false }: Taken = {},
): Promise<Record<PackageKind, string[]>> {
  const isFile = kindOfPath(directory) === "file";
  const listed: ReturnType<typeof manifestOf> = isFile ? { extensions: ["."] } : manifestOf(directory);
  const hasList = listsKinds(listed);
  const isItself = mayBeOne && !isFile && !isPackageDirectory(directory);
  const found = async (kind: PackageKind): Promise<string[]> => {
    const entries = isItself && kind === "extensions" ? ["."] : hasList ? (listed?.[kind] ?? []) : [kind];
    const paths = entries.filter((entry) => !/^[!+-]/.test(entry)).flatMap((entry) => expanded(directory, entry));
    const rules = [...entries.filter((entry) => /^[!+-]/.test(entry)), ...narrowing(filter[kind]), ...(changes[kind] ?? []).map(asRule)];
    const files =
      kind === "extensions"
        ? (await Promise.all(paths.map(isItself ? itself : extensionsAt))).flat()
        : rules.length === 0
          ? paths
          : paths.flatMap((path) => filesOf(kind, path));
    const accepted = resourceFilter(rules, [isFile ? dirname(directory) : directory]);
    return files.filter((file) => isWithin(directory, file) && accepted.accepts(file, nameOf(file)));
  };
  return {
    extensions: await found("extensions"),
    skills: await found("skills"),
    prompts: await found("prompts"),
    themes: await found("themes"),
  };
}

/** What a directory brings that is named for one run; nothing where it is no package but a folder of extensions, or one. */
export async function namedContents(directory: string): Promise<Record<PackageKind, string[]> | undefined> {
  if (!isPackageDirectory(directory)) return undefined;
  const contents = await packageContents(directory);
  const isWhole = listsKinds(manifestOf(directory)) || contents.extensions.length > 0;
  return isWhole ? contents : { ...contents, extensions: await extensionsAt(directory) };
}

/** Its own entry, else what its package.json calls its main file, else all that lies in it. */
async function itself(directory: string): Promise<string[]> {
  const main = readManifest(directory)?.main;
  const named = typeof main === "string" && indexOf(directory).length === 0 ? resolve(directory, main) : undefined;
  return named !== undefined && kindOfPath(named) === "file" ? [named] : extensionsAt(directory);
}

function asRule(entry: string): string {
  return /^[!+-]/.test(entry) ? entry : `+${entry}`;
}

/** Plain entries of a filter say what alone is wanted. */
function narrowing(filter: readonly string[] | undefined): string[] {
  if (filter === undefined) return [];
  const wanted = filter.filter((entry) => !/^[!+-]/.test(entry));
  const rules = filter.filter((entry) => /^[!+-]/.test(entry));
  return wanted.length === 0 && rules.length > 0 ? rules : ["!**", ...wanted.map((entry) => `+${entry}`), ...rules];
}

/** The single files of a directory, so that filters can tell them apart: skills as deep as they lie, templates and themes directly in it. */
function filesOf(kind: Exclude<PackageKind, "extensions">, path: string, depth = 0): string[] {
  if (kindOfPath(path) === "file") return [path];
  const { files, directories } = listDirectory(path);
  if (kind === "skills" && files.includes("SKILL.md")) return [join(path, "SKILL.md")];
  const own = depth === 0 ? files.filter((name) => name.endsWith(kind === "themes" ? ".json" : ".md")).map((name) => join(path, name)) : [];
  if (kind !== "skills" || depth === maxDepth) return own;
  return [...own, ...directories.flatMap((name) => filesOf(kind, join(path, name), depth + 1))];
}

function expanded(directory: string, entry: string): string[] {
  if (!/[*?]/.test(entry)) return [resolve(directory, entry)].filter((path) => kindOfPath(path) !== undefined);
  const pattern = globPattern(entry);
  return filesBelow(directory, 0).filter((path) => pattern.test(relative(directory, path).split(sep).join("/")));
}

function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/^\.\//, "")
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replace(/\*\*\/?|\*|\?/g, (wild) => (wild.startsWith("**") ? ".*" : wild === "*" ? "[^/]*" : "[^/]"));
  return new RegExp(`^${source}$`);
}

const maxDepth = 6;

function filesBelow(directory: string, depth: number): string[] {
  if (depth > maxDepth) return [];
  const { files, directories } = listDirectory(directory);
  return [...files.map((name) => join(directory, name)), ...directories.flatMap((name) => filesBelow(join(directory, name), depth + 1))];
}

function isWithin(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory + sep);
}
