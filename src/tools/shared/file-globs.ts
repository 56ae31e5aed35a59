// Which files a search is to look into, as a glob says it. Called by grep. Invariant: a glob only narrows a search. Ripgrep's own `--glob` does not:
// what it fits is searched though a list says to ignore it, and so ripgrep is told names alone, as a type of file, and paths are judged here.

export interface FileGlobs {
  /** For ripgrep. */
  words: string[];
  /** Where all that fits must lie: the beginning of the glob that is a plain path, or empty. */
  directory: string;
  /** Of a path relative to the directory searched; absent where names say it all. */
  fits?: (path: string) => boolean;
}

/** Relative to the directory searched, however that is written. */
export async function fileGlobs(given: string, root: string): Promise<FileGlobs> {
  const [, negation = "", written = ""] = /^(!?)(.*)$/s.exec(given.trim()) ?? [];
  const relative = written.startsWith(`${root}/`) ? written.slice(root.length) : written.replace(/^(\.\/)+/, "");
  if (negation !== "") return { words: spelled(relative).map((one) => `--glob=!${one}`), directory: "" };
  const glob = relative.endsWith("/") ? `${relative}**` : relative;
  // A slash within braces divides nothing.
  const isDivisible = !/\{[^}]*\//.test(glob);
  const parts = isDivisible ? glob.split("/") : [glob];
  const names = spelled(parts.at(-1) ?? "");
  const words = names.some((name) => !isDivisible || name === "**" || name.startsWith("include:"))
    ? []
    : [...names.map((name) => `--type-add=wanted:${name}`), "--type=wanted"];
  const isOfNames = words.length > 0 && (parts.length === 1 || (parts.length === 2 && parts[0] === "**"));
  if (isOfNames) return { words, directory: "" };
  const { default: picomatch } = await import("picomatch");
  const bare = glob.replace(/^\//, "");
  const matchers = spelled(bare).map((one) => picomatch(one, { dot: true, nonegate: true, noextglob: true }));
  return { words, directory: plainDirectory(bare), fits: (path) => matchers.some((isMatch) => isMatch(path)) };
}

/** Brackets may be characters to choose from or part of a name: both fit. */
function spelled(glob: string): string[] {
  return [...new Set([glob, glob.replace(/[[\]]/g, "\\$&")])];
}

/** `src/lib` of `src/lib/*.ts`. */
function plainDirectory(glob: string): string {
  const parts = glob.split("/").slice(0, -1);
  const end = parts.findIndex((part) => /[*?[\]{}\\]/.test(part) || [".git", "..", "."].includes(part));
  return parts.slice(0, end < 0 ? parts.length : end).join("/");
}
