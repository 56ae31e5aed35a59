// Finds the files of a resource directory, and applies the `!`, `+` and `-` entries of a resource list. Called by what loads skills, prompt
// templates and extensions. Invariant: order is by name, the same on every machine; what cannot be read is passed over.

import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

export type PathKind = "file" | "directory" | undefined;

export function kindOfPath(path: string): PathKind {
  try {
    const info = statSync(path);
    return info.isFile() ? "file" : info.isDirectory() ? "directory" : undefined;
  } catch {
    return undefined;
  }
}

export interface DirectoryListing {
  files: string[];
  directories: string[];
}

/** Names by kind, links followed; dot files and `node_modules` are left out. */
export function listDirectory(directory: string): DirectoryListing {
  const listing: DirectoryListing = { files: [], directories: [] };
  let entries: import("node:fs").Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return listing;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const kind = entry.isFile()
      ? "file"
      : entry.isDirectory()
        ? "directory"
        : entry.isSymbolicLink()
          ? kindOfPath(join(directory, entry.name))
          : undefined;
    if (kind === "file") listing.files.push(entry.name);
    else if (kind === "directory") listing.directories.push(entry.name);
  }
  return listing;
}

export interface ResourceFilter {
  accepts(path: string, name: string): boolean;
}

/**
 * `!glob` and `-path` leave out, `+path` takes in again; the last entry that matches counts. A path is compared absolute, relative to one
 * of `bases`, by its directory, and by the resource's name.
 */
export function resourceFilter(entries: readonly string[], bases: readonly string[]): ResourceFilter {
  const rules = entries.flatMap((entry) => {
    const isExclusion = entry.startsWith("!") || entry.startsWith("-");
    if (!isExclusion && !entry.startsWith("+")) return [];
    return [{ isExclusion, matches: matcher(entry.slice(1), entry.startsWith("!")) }];
  });
  return {
    accepts: (path, name) => {
      const places = [
        path,
        dirname(path),
        ...bases.flatMap((base) => [relative(base, path), relative(base, dirname(path))]),
        name,
        basename(path),
      ];
      const rule = rules.findLast((one) => places.some((place) => one.matches(place)));
      return rule === undefined || !rule.isExclusion;
    },
  };
}

function matcher(text: string, isGlob: boolean): (place: string) => boolean {
  const wanted = text.replace(/^\.\//, "").replace(/\/+$/, "");
  if (!isGlob || !/[*?]/.test(wanted)) return (place) => place === wanted;
  const source = wanted
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replace(/\*\*\/?|\*|\?/g, (wild) => (wild.startsWith("**") ? ".*" : wild === "*" ? "[^/]*" : "[^/]"));
  const pattern = new RegExp(`^${source}$`);
  return (place) => pattern.test(place);
}
