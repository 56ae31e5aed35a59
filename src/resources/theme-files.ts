// Theme files: which there are in the places of a start, and the text of the one that has a name. Asked by the choice of a theme and by lists of them;
// what the text says is not known here. Invariant: of one name the first file counts, and to read it no other is opened.

import { basename, join } from "node:path";
import { type BoundedText, type RepositoryBoundary, readBoundedText } from "../platform/files/bounded-file.ts";
import { kindOfPath } from "../platform/files/path-kind.ts";
import { DirectoryWalk, resourceFilter } from "../platform/files/resource-files.ts";

export interface ThemePlace {
  /** A file, or a directory of them. */
  path: string;
  /** Of what lies in a project's directory. */
  boundary?: RepositoryBoundary;
  /** The `!`, `+` and `-` entries that hold here, and what their paths begin at. */
  filter?: { rules: readonly string[]; bases: readonly string[] };
}

export interface ThemeFile {
  /** The file's name without `.json`. */
  name: string;
  path: string;
}

/** Themes that need no file. */
export const builtInThemes: readonly string[] = ["system", "dark", "light"];

/** In order of place, then of name. */
export function listThemeFiles(places: readonly ThemePlace[]): ThemeFile[] {
  const files = places.flatMap((place) =>
    filesAt(place)
      .map((path) => ({ name: themeNameOf(path), path }))
      .filter((file) => accepts(place, file)),
  );
  return files.filter(({ name }, index) => files.findIndex((one) => one.name === name) === index);
}

/** `undefined` where no place has one of this name. */
export function readThemeFile(name: string, places: readonly ThemePlace[]): { path: string; found: BoundedText } | undefined {
  if (!/^[^/\\]+$/.test(name)) return undefined;
  for (const place of places) {
    const path = isThemeFile(place.path) ? place.path : join(place.path, `${name}.json`);
    if (themeNameOf(path) !== name || !accepts(place, { name, path })) continue;
    const { boundary } = place;
    const found = readBoundedText(path, { boundary });
    if (found !== undefined) return { path, found };
  }
  return undefined;
}

export function themeNameOf(path: string): string {
  return basename(path, ".json");
}

function filesAt({ path, boundary }: ThemePlace): string[] {
  if (isThemeFile(path)) return kindOfPath(path) === "file" ? [path] : [];
  return new DirectoryWalk(path, [], boundary)
    .list(path)
    .files.filter(isThemeFile)
    .map((name) => join(path, name));
}

function accepts({ filter }: ThemePlace, { name, path }: ThemeFile): boolean {
  return filter === undefined || filter.rules.length === 0 || resourceFilter(filter.rules, filter.bases).accepts(path, name);
}

function isThemeFile(path: string): boolean {
  return path.endsWith(".json");
}
