// Finds the files of a resource directory, and applies the `!`, `+` and `-` entries of a resource list. Called by what loads skills, prompt
// templates and extensions. Invariant: order is by name, the same on every machine; what cannot be read is passed over, and a walk comes to its end.

import { readdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { RepositoryBoundary } from "./bounded-file.ts";
import { kindOfPath } from "./path-kind.ts";

export interface DirectoryListing {
  files: string[];
  directories: string[];
}

const maxDirectories = 2000;

/** The directories below one root. Where links lead, a root may be as large as the disk. */
export class DirectoryWalk {
  readonly #root: string;
  readonly #warnings: string[];
  readonly #boundary: RepositoryBoundary | undefined;
  #count = 0;

  constructor(root: string, warnings: string[], boundary?: RepositoryBoundary) {
    this.#root = root;
    this.#warnings = warnings;
    this.#boundary = boundary;
  }

  /** Empty for what is outside of the boundary, or behind so many others. */
  list(directory: string): DirectoryListing {
    if (++this.#count > maxDirectories) {
      if (this.#count === maxDirectories + 1)
        this.#warnings.push(`${this.#root} has more than ${maxDirectories} directories; the others are left out.`);
      return { files: [], directories: [] };
    }
    const leftOut = this.#boundary?.leftOut(directory);
    if (leftOut === undefined) return listDirectory(directory);
    this.#warnings.push(leftOut);
    return { files: [], directories: [] };
  }
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
    // A pipe or a device of such a name is not read, which is told when it is tried.
    else if (entry.name.endsWith(".md")) listing.files.push(entry.name);
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
