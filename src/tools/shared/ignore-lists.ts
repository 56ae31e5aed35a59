// The lists of what to ignore that ripgrep reads by itself, wherever it comes by: of names that a repository gives, it opens whatever bears them,
// and waits for a pipe, or reads a device, for ever. And what they say of single paths. Called by run-ripgrep, find and grep. Invariant: a list that is none is never opened, here neither.

import { basename, dirname, join, relative, sep } from "node:path";
import type { ToolContext } from "../../contracts/tool.ts";

const names: readonly string[] = [".gitignore", ".ignore", ".rgignore"];
const exclude = join(".git", "info", "exclude");
const ofUser: readonly string[] = [".gitconfig", ".config/git/config", ".config/git/ignore"];

const maxListBytes = 1024 * 1024;
const maxDirectories = 20_000;
/** Searches that are over by then cost no look around. */
const graceMs = 100;

/** Those that are none, and what the others say, relative to the directory searched. */
export interface FoundLists {
  unsound: string[];
  patterns: string[];
}

type Surroundings = Pick<ToolContext, "files" | "homeDir">;

/** In the directory searched and above it, and the user's own: the few that every search reads. What they say is read where it is needed. */
export async function listsAbove(root: string, { files, homeDir }: Surroundings, isNeeded = false): Promise<FoundLists> {
  const directories = [root];
  for (let at = root; dirname(at) !== at; at = dirname(at)) directories.unshift(dirname(at));
  const found: FoundLists = { unsound: [], patterns: [] };
  const paths = [
    ...ofUser.map((name) => join(homeDir, name)),
    ...directories.flatMap((one) => [...names, exclude].map((name) => join(one, name))),
  ];
  const sound = await Promise.all(paths.map((path) => isSound(path, files)));
  for (const [index, path] of paths.entries()) if (sound[index] === false) found.unsound.push(path);
  if (found.unsound.length === 0 && !isNeeded) return found;
  for (const [index, path] of paths.entries()) {
    const isList = sound[index] === true && !basename(path).includes("config");
    if (isList) found.patterns.push(...(await patternsOf(path, directoryOf(path), root, { files, homeDir })));
  }
  return found;
}

/** The same below it, until the signal fires; `isEnough` ends at the first that is none. */
export async function listsBelow(root: string, at: Surroundings, signal: AbortSignal, isEnough: boolean): Promise<FoundLists> {
  const { files } = at;
  const found: FoundLists = { unsound: [], patterns: [] };
  const start = await files.canonical(root);
  const waiting = [start];
  for (let next = 0; next < waiting.length && next < maxDirectories && !signal.aborted; next++) {
    const directory = waiting[next] ?? start;
    const entries = await files.list(directory).catch(() => []);
    for (const { name, kind } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(directory, name === ".git" ? exclude : name);
      if (names.includes(name) || (name === ".git" && kind === "directory")) {
        const sound = await isSound(path, files);
        if (sound === false) found.unsound.push(path);
        else if (sound && !isEnough && directory !== start) found.patterns.push(...(await patternsOf(path, directory, start, at)));
        if (sound === false && isEnough) return found;
      } else if (kind === "directory" && (await files.canonical(path)) === path) waiting.push(path);
    }
  }
  return found;
}

/** Those of the paths, relative to the root, that no list says to ignore. Directories end in a slash. */
export async function notIgnored(paths: readonly string[], root: string, at: Surroundings): Promise<string[]> {
  if (paths.length === 0) return [];
  const { default: ignore } = await import("ignore");
  const { patterns } = await listsAbove(root, at, true);
  const directories = new Set(paths.flatMap(directoriesOn));
  // Those of the outer directories first: the last one that fits counts.
  for (const directory of [...directories].sort().map((one) => join(root, one))) {
    for (const path of [...names, exclude].map((name) => join(directory, name))) {
      if (await isSound(path, at.files)) patterns.push(...(await patternsOf(path, directoryOf(path), root, at)));
    }
  }
  return ignore({ ignorecase: false }).add(patterns).filter(paths);
}

/** `a/b/c` lies in `a/` and `a/b/`. */
function directoriesOn(path: string): string[] {
  const found: string[] = [];
  for (let slash = path.indexOf("/"); slash >= 0 && slash < path.length - 1; slash = path.indexOf("/", slash + 1))
    found.push(path.slice(0, slash + 1));
  return found;
}

/** For as long as a search goes on: whether there is one below that could hold it. */
export async function hasUnsoundBelow(root: string, at: Surroundings, signal: AbortSignal): Promise<boolean> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, graceMs);
    const onAbort = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  return signal.aborted ? false : (await listsBelow(root, at, signal, true)).unsound.length > 0;
}

function directoryOf(path: string): string {
  return path.endsWith(sep + exclude) ? path.slice(0, -exclude.length - 1) : dirname(path);
}

/** Undefined where there is none. What the kernel makes up while one reads has no size that counts. */
async function isSound(path: string, files: ToolContext["files"]): Promise<boolean | undefined> {
  try {
    const { kind, size } = await files.stat(path);
    if (kind === "directory") return undefined;
    if (kind !== "file" || size > maxListBytes) return false;
    return size > 0 || !/^\/(dev|proc|sys)\//.test(await files.canonical(path));
  } catch {
    return undefined;
  }
}

async function patternsOf(path: string, directory: string, root: string, { files, homeDir }: Surroundings): Promise<string[]> {
  const text = new TextDecoder().decode(await files.read(path).catch(() => new Uint8Array(0)));
  const isOfUser = directory.startsWith(homeDir) && ofUser.some((name) => path === join(homeDir, name));
  const patterns = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return isOfUser ? patterns : patterns.flatMap((pattern) => atRoot(pattern, relative(directory, root), relative(root, directory)) ?? []);
}

/** `below`: the way from the list's directory down to the root, where it lies above; `above`: from the root down to the list. */
function atRoot(pattern: string, below: string, above: string): string | undefined {
  if (below === "" || above === "") return pattern;
  const [, sign = "", body = ""] = /^(!?)(.*)$/s.exec(pattern) ?? [];
  const isAnchored = body.replace(/\/$/, "").includes("/") && !body.startsWith("**/");
  const bare = body.replace(/^\//, "");
  if (below !== ".." && !below.startsWith(`..${sep}`)) {
    if (!isAnchored) return pattern;
    const way = `${below.split(sep).join("/")}/`;
    return bare.startsWith(way) ? `${sign}/${bare.slice(way.length)}` : undefined;
  }
  const place = above
    .split(sep)
    .join("/")
    .replace(/[\\*?[\]!#]/g, "\\$&");
  return `${sign}/${place}/${isAnchored || body.startsWith("**/") ? bare : `**/${bare}`}`;
}
