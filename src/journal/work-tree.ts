// What a command changes in a git work tree, found out by comparing the tree before and after. Called by the recorder, and by undo for commands
// that were killed. A copy of the index says what files were that git knew to be clean; of all others the state is kept before.
// Invariants: index, HEAD, stash and object database are only read; whatever the command does to them, files are compared with the copy.

import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { executeProgram } from "../platform/exec-program.ts";
import type { Env } from "../platform/paths.ts";
import { type FileState, isSameState, type StateStore } from "./file-state.ts";
import type { FileChange, Journal } from "./journal.ts";

/** Beyond so many files that git does not know as they are, a comparison would hold up every command. */
const maxUncleanFiles = 5000;
const gitTimeoutMs = 30_000;

/** Variables by which the environment leads git elsewhere. */
const otherTrees = new Set(["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]);

interface TreeBefore {
  root: string;
  /** Empty where there is no index yet. */
  index: string;
  /** States of the files that were not as the index has them, by path from the root. */
  unclean: Record<string, FileState>;
}

export interface WorkTreeDeps {
  env: Env;
  store: StateStore;
}

/** Where what a command needs to be compared with is kept while it runs. */
export function pendingDirectory(journal: Journal, id: string): string {
  return join(journal.directory, `pending-${id}`);
}

/** The work tree that a directory lies in; found without starting anything. */
export function workTreeOf(directory: string): string | undefined {
  let at: string;
  try {
    at = realpathSync(directory);
  } catch {
    return undefined;
  }
  for (;;) {
    if (existsSync(join(at, ".git"))) return at;
    const parent = dirname(at);
    if (parent === at) return undefined;
    at = parent;
  }
}

/** Keeps in `directory` what is needed to say later what has changed. False where it cannot be said. */
export async function keepBefore(root: string, directory: string, deps: WorkTreeDeps): Promise<boolean> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const trees: TreeBefore[] = [];
  for (const [number, tree] of (await treesBelow(root, deps)).entries()) {
    const index = join(directory, `${number}.index`);
    const path = (await git(tree, ["rev-parse", "--git-path", "index"], deps)).stdout.replace(/\n$/, "");
    const source = path === "" ? undefined : isAbsolute(path) ? path : resolve(tree, path);
    if (source === undefined) return false;
    const hasIndex = existsSync(source);
    if (hasIndex) copyFileSync(source, index);
    const unclean = await uncleanIn(tree, hasIndex ? index : source, deps);
    if (unclean === undefined) return false;
    const states: Record<string, FileState> = {};
    for (const name of unclean) states[name] = await deps.store.stateAt(join(tree, name));
    trees.push({ root: tree, index: hasIndex ? index : "", unclean: states });
  }
  writeFileSync(join(directory, "before.json"), JSON.stringify(trees), { mode: 0o600 });
  return true;
}

/** What is otherwise now, and lets go of what was kept for it. */
export async function changesSince(directory: string, deps: WorkTreeDeps): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  try {
    const trees = JSON.parse(readFileSync(join(directory, "before.json"), "utf8")) as TreeBefore[];
    for (const tree of trees) changes.push(...(await changesIn(tree, directory, deps)));
  } catch {
    // Killed before the command began, or the tree is gone.
  }
  rmSync(directory, { recursive: true, force: true });
  return changes;
}

async function changesIn(tree: TreeBefore, directory: string, deps: WorkTreeDeps): Promise<FileChange[]> {
  const now = await uncleanIn(tree.root, tree.index === "" ? join(directory, "none") : tree.index, deps);
  const wasClean = (now ?? []).filter((name) => tree.unclean[name] === undefined);
  const clean = await cleanStates(tree, wasClean, directory, deps);
  const changes: FileChange[] = [];
  for (const [name, before] of [...Object.entries(tree.unclean), ...clean]) {
    const path = join(tree.root, name);
    const after = await deps.store.stateAt(path);
    if (!isSameState(before, after) && !(isLarge(before) && isLarge(after))) changes.push({ path, before, after, floor: tree.root });
  }
  return changes;
}

/** Two files that are too large to be kept cannot be told apart. */
function isLarge(state: FileState): boolean {
  return state.kind === "file" && state.hash === undefined;
}

/** What files were that git knew to be as the index has them; files that it did not know were not there. */
async function cleanStates(
  tree: TreeBefore,
  names: readonly string[],
  directory: string,
  deps: WorkTreeDeps,
): Promise<[string, FileState][]> {
  const out = join(directory, "out");
  if (names.length > 0 && tree.index !== "") {
    // Names that the index does not have are complained of, and are those of new files.
    const listed = await git(tree.root, ["ls-files", "-z", "--cached"], deps, { index: tree.index });
    const known = new Set(listed.stdout.split("\0"));
    const input = names
      .filter((name) => known.has(name))
      .map((name) => `${name}\0`)
      .join("");
    if (input !== "")
      await git(tree.root, ["checkout-index", "-z", "--stdin", "-q", `--prefix=${out}/`], deps, { index: tree.index, input });
  }
  const states: [string, FileState][] = [];
  for (const name of names) states.push([name, await deps.store.stateAt(join(out, name))]);
  rmSync(out, { recursive: true, force: true });
  return states;
}

/** Files that are not as the index has them, gone and new ones too; nothing where that cannot be said. */
async function uncleanIn(root: string, index: string, deps: WorkTreeDeps): Promise<string[] | undefined> {
  const args = ["ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard"];
  const { code, stdout } = await git(root, args, deps, { index });
  if (code !== 0) return undefined;
  // A directory among them is a repository of its own; a name that is no text cannot be kept.
  const names = [...new Set(stdout.split("\0"))].filter((name) => name !== "" && !name.endsWith("/") && !name.includes("\ufffd"));
  return names.length > maxUncleanFiles ? undefined : names;
}

/** The tree, and the submodules in it that are checked out. */
async function treesBelow(root: string, deps: WorkTreeDeps): Promise<string[]> {
  if (!existsSync(join(root, ".gitmodules"))) return [root];
  const { stdout } = await git(root, ["config", "-z", "-f", ".gitmodules", "--get-regexp", "^submodule\\..*\\.path$"], deps);
  const paths = stdout.split("\0").flatMap((entry) => entry.split("\n").slice(1).join("\n") || []);
  const inside = paths.map((path) => resolve(root, path)).filter((path) => path.startsWith(`${root}/`) && isOwnTree(path));
  const below: string[] = [];
  for (const path of inside) below.push(...(await treesBelow(path, deps)));
  return [root, ...below];
}

/** A link in its place leads somewhere else. */
function isOwnTree(path: string): boolean {
  try {
    return realpathSync(path) === path && existsSync(join(path, ".git"));
  } catch {
    return false;
  }
}

async function git(
  root: string,
  args: readonly string[],
  deps: WorkTreeDeps,
  { index, input }: { index?: string; input?: string } = {},
): Promise<{ code: number; stdout: string }> {
  const inherited = Object.fromEntries(Object.entries(deps.env).filter(([name]) => !otherTrees.has(name)));
  const env = {
    ...inherited,
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
  };
  const own = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false"];
  return executeProgram("git", [...own, ...args], {
    cwd: root,
    env,
    timeoutMs: gitTimeoutMs,
    ...(input === undefined ? {} : { input }),
  });
}
