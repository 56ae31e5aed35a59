// What the declared packages bring, the project's first. Called by a launch whose configuration declares some, by the launcher of extensions and
// by launch-resources. Invariant: nothing is fetched at a start; a package that is not there is one line with the command that brings it.

import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../../config/load-config.ts";
import type { PackageEntry } from "../../config/settings.ts";
import { defined } from "../../contracts/defined.ts";
import type { PackageExtensions } from "../../extensions/discover.ts";
import { type PackageKind, packageContents } from "../../extensions/packages/contents.ts";
import { type PackageSource, packageDirectory, parsePackageSource } from "../../extensions/packages/source.ts";
import { absolutePath } from "../../platform/paths.ts";

export interface DeclaredContents extends Record<Exclude<PackageKind, "extensions">, string[]> {
  extensions: PackageExtensions[];
}

/** A project's declaration takes the place of the user's for the same package, or (`autoload = false`) changes what is taken of it. */
export async function declaredContents(config: Config, agentDir: string, warn: (line: string) => void): Promise<DeclaredContents> {
  const all: DeclaredContents = { extensions: [], skills: [], prompts: [], themes: [] };
  const seen = new Set<string>();
  const changes = new Map<string, PackageEntry>();
  const ordered = [
    ...config.packages.filter(({ kind }) => kind === "project"),
    ...config.packages.filter(({ kind }) => kind !== "project"),
  ];
  for (const { kind, entry } of ordered) {
    const isProject = kind === "project";
    const root = isProject ? (config.project.dir ?? agentDir) : agentDir;
    let source: PackageSource;
    try {
      source = parsePackageSource(entry.source, (path) => absolutePath(path, root, dirname(root)));
    } catch (error) {
      warn(error instanceof Error ? error.message : String(error));
      continue;
    }
    if (seen.has(source.identity)) continue;
    if (isProject && entry.autoload === false) {
      changes.set(source.identity, entry);
      continue;
    }
    seen.add(source.identity);
    const directory = packageDirectory(source, root);
    if (!existsSync(directory)) {
      warn(`The package ${entry.source} is declared and not installed: pi install ${entry.source}${isProject ? " -l" : ""}`);
      continue;
    }
    const taken = { filter: entry, ...defined({ changes: changes.get(source.identity) }), mayBeOne: source.kind === "path" };
    const { extensions, skills, prompts, themes } = await packageContents(directory, taken);
    all.extensions.push({ source: entry.source, directory, scope: isProject ? "project" : "user", files: extensions });
    all.skills.push(...skills);
    all.prompts.push(...prompts);
    all.themes.push(...themes);
  }
  return all;
}
