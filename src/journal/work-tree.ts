// What a command changes in a git work tree, found out by comparing the tree before and after. Called by the recorder, and by undo for commands
// that were killed. A copy of the index says what files were that git knew to be clean; of all others the state is kept before.
// Invariants: index, HEAD, stash and object database are only read; whatever the command does to them, files are compared with the copy.

import { copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { defined } from "../contracts/defined.ts";
import { plainLine } from "../contracts/text/terminal-text.ts";
import type { Env } from "../platform/paths.ts";
import { type ExecutedProgram, executeProgram } from "../platform/processes/exec-program.ts";
import { anyMode, type FileState, isSameState, lookAt, type StateStore } from "./file-state.ts";
import { indexOf, namesPrograms } from "./git-directory.ts";
import type { FileChange, Journal } from "./journal.ts";

/** Beyond so many files that git does not know as they are, a comparison would hold up every command. */
const maxUncleanFiles = 5000;
/** Nor may looking take longer, all in all. */
const maxLookMs = 5000;
/** Repositories in a repository, submodules among them. */
const maxTrees = 100;

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
  /** The user has decided for this very tree that programs which its own configuration names may run. */
  trusts(root: string): boolean;
}

/** Where what a command needs to be compared with is kept while it runs. */
export function pendingDirectory(journal: Journal, id: string): string {
  return join(journal.directory, `pending-${id}`);
}

/** What has been seen, or why it could not be: a reason for people. */
export type Seen<T> = { value: T } | { reason: string };

/** Keeps in `directory` what is needed to say later what has changed. */
export async function keepBefore(root: string, directory: string, deps: WorkTreeDeps, signal?: AbortSignal): Promise<Seen<true>> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const look = new Look(deps, signal);
  const trees: TreeBefore[] = [];
  const found = [root];
  for (const [number, tree] of found.entries()) {
    const source = indexOf(tree);
    const hasIndex = source !== undefined && existsSync(source);
    const index = hasIndex ? join(directory, `${number}.index`) : "";
    if (hasIndex) copyIndex(source, index);
    const seen = await look.uncleanIn(tree, index || join(directory, "none"));
    if ("reason" in seen) return seen;
    const { files, repositories } = seen.value;
    const states: Record<string, FileState> = {};
    for (const name of files) states[name] = await deps.store.stateAt(join(tree, name));
    trees.push({ root: tree, index, unclean: states });
    found.push(...(await look.submodulesOf(tree)), ...repositories.map((name) => join(tree, name)));
    if (found.length > maxTrees) return { reason: `there are more than ${maxTrees} repositories in it` };
  }
  writeFileSync(join(directory, "before.json"), JSON.stringify(trees), { mode: 0o600 });
  return { value: true };
}

export interface ChangesSeen {
  changes: FileChange[];
  /** Why these are not all, and others will not be. */
  reason?: string;
  /** Why these may not be all. */
  passedOver?: string;
}

/**
 * What is otherwise now. What was kept for it stays until `letGo`: it may have to be asked again. `since`: where the look had been before the command
 * began (Unix ms), what somebody else has changed between the two is left out.
 */
export async function changesSince(directory: string, deps: WorkTreeDeps, since?: number): Promise<ChangesSeen> {
  const seen: ChangesSeen = { changes: [] };
  let trees: TreeBefore[];
  try {
    trees = JSON.parse(readFileSync(join(directory, "before.json"), "utf8")) as TreeBefore[];
  } catch {
    // Killed before the command began.
    return seen;
  }
  const look = new Look(deps);
  const known = new Set(trees.map(({ root }) => root));
  for (const tree of trees) {
    if (!existsSync(tree.root)) continue;
    const now = await look.uncleanIn(tree.root, tree.index || join(directory, "none"));
    if ("reason" in now) seen.reason = now.reason;
    else if (now.value.isPartial) seen.passedOver = "files whose names are no text are not followed";
    const { files, repositories } = "value" in now ? now.value : { files: [], repositories: [] };
    seen.changes.push(...(await changesIn(tree, files, directory, look)));
    // A repository that has come has nothing in it that was there before.
    for (const name of repositories.filter((one) => !known.has(join(tree.root, one)))) {
      const root = join(tree.root, name);
      known.add(root);
      const all = await look.allIn(root);
      if ("reason" in all) seen.reason = all.reason;
      else seen.changes.push(...(await changesIn({ root, index: "", unclean: {} }, all.value.files, directory, look)));
    }
  }
  if (since !== undefined) seen.changes = seen.changes.filter(({ path, floor }) => !isOlder(path, floor, since));
  return seen;
}

export function letGo(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** The clock of a file system ticks more slowly than that of programs. */
const tickMs = 50;

/** Neither what is there nor a directory on the way to it has been changed since; of what is gone nobody can say. */
function isOlder(path: string, floor: string, since: number): boolean {
  for (let at = path; at.startsWith(floor); at = dirname(at)) {
    const info = lstatSync(at, { throwIfNoEntry: false });
    if (info === undefined || info.ctimeMs >= since - tickMs) return false;
    if (at === floor) return true;
  }
  return false;
}

async function changesIn(tree: TreeBefore, now: readonly string[], directory: string, look: Look): Promise<FileChange[]> {
  const { store } = look.deps;
  const clean = await cleanStates(
    tree,
    now.filter((name) => tree.unclean[name] === undefined),
    directory,
    look,
  );
  const changes: FileChange[] = [];
  for (const [name, before] of [...Object.entries(tree.unclean), ...clean]) {
    const path = join(tree.root, name);
    const after = await store.stateAt(path);
    if (!isSameState(before, after)) changes.push({ path, before, after, floor: tree.root });
  }
  return changes;
}

/** What files were that git knew to be as the index has them; files that it did not know were not there. */
async function cleanStates(tree: TreeBefore, names: readonly string[], directory: string, look: Look): Promise<[string, FileState][]> {
  const out = join(directory, "out");
  // Of a look that was cut off.
  rmSync(out, { recursive: true, force: true });
  const sizes = names.length > 0 && tree.index !== "" ? await look.sizesIn(tree.root, tree.index) : new Map<string, number>();
  // Names that the index does not have are complained of, and are those of new files.
  const input = names
    .filter((name) => sizes.has(name))
    .map((name) => `${name}\0`)
    .join("");
  if (input !== "") {
    await look.git(tree.root, ["checkout-index", "-z", "--stdin", "-q", `--prefix=${out}/`], { index: tree.index, input });
  }
  const states: [string, FileState][] = [];
  for (const name of names) {
    const written = asKnown(await look.deps.store.stateAt(join(out, name)), sizes.get(name));
    states.push([name, withModeOf(join(tree.root, name), written)]);
  }
  rmSync(out, { recursive: true, force: true });
  return states;
}

/**
 * What git has written out is what was there only where it is as long as what git had seen there (0: it was in doubt). The command may have
 * taken away what git has it from, or changed how it is written out.
 */
function asKnown(written: FileState, size = 0): FileState {
  const isDoubtful = written.kind === "absent" || (written.kind === "file" && written.size !== size);
  return size > 0 && isDoubtful ? { kind: "file", mode: anyMode, size } : written;
}

/** Git knows of a mode whether it may be run: the rest is as it is, or as the umask has it where the file is gone. */
function withModeOf(path: string, state: FileState): FileState {
  const now = state.kind === "file" ? lookAt(path) : undefined;
  if (state.kind !== "file" || now?.isFile() !== true || ((now.mode ^ state.mode) & 0o100) !== 0) return state;
  return { ...state, mode: now.mode & 0o777 };
}

/** Younger than the files that it knows, it would be believed of those that were changed in the same moment. */
function copyIndex(source: string, to: string): void {
  const { mtimeMs } = lstatSync(source);
  copyFileSync(source, to);
  const seconds = mtimeMs / 1000 - 0.01;
  utimesSync(to, seconds, seconds);
}

interface Unclean {
  files: string[];
  /** Of their own. */
  repositories: string[];
  /** There are more, whose names cannot be kept. */
  isPartial: boolean;
}

/** One look at the trees: what is asked of git, within a time for all of it. */
class Look {
  readonly deps: WorkTreeDeps;
  readonly #endsAt = performance.now() + maxLookMs;
  readonly #signal: AbortSignal | undefined;

  constructor(deps: WorkTreeDeps, signal?: AbortSignal) {
    this.deps = deps;
    this.#signal = signal;
  }

  /** Files that are not as the index has them, gone and new ones too. */
  async uncleanIn(root: string, index: string): Promise<Seen<Unclean>> {
    if (namesPrograms(root) && !this.deps.trusts(root))
      return { reason: `its own configuration has filters or includes, whose programs run only after pi trust ${plainLine(root)}` };
    return this.#list(root, ["--modified", "--deleted", "--others", "--exclude-standard"], index);
  }

  /** All files that are not ignored. */
  allIn(root: string): Promise<Seen<Unclean>> {
    return this.#list(root, ["--cached", "--others", "--exclude-standard"]);
  }

  async #list(root: string, which: readonly string[], index?: string): Promise<Seen<Unclean>> {
    const { code, stdout, killed, truncated } = await this.git(root, ["ls-files", "-z", ...which], index === undefined ? {} : { index });
    if (killed) return { reason: `looking through it takes longer than ${maxLookMs / 1000} s` };
    const all = [...new Set(stdout.split("\0"))].filter((name) => name !== "");
    // A name that is no text cannot be kept.
    const names = all.filter((name) => !name.includes("\ufffd"));
    if (truncated || names.length > maxUncleanFiles) {
      return { reason: `more than ${maxUncleanFiles} files in it are new or not as git knows them: commit or ignore them` };
    }
    if (code !== 0) return { reason: "git cannot read it" };
    const files = names.filter((name) => !name.endsWith("/"));
    const repositories = names.filter((name) => name.endsWith("/")).map((name) => name.slice(0, -1));
    return {
      value: { files, repositories: repositories.filter((name) => isOwnTree(join(root, name))), isPartial: names.length < all.length },
    };
  }

  /** Of all files that an index knows: how long they were when git last saw them. */
  async sizesIn(root: string, index: string): Promise<Map<string, number>> {
    const { stdout } = await this.git(root, ["ls-files", "-z", "--cached", "--debug"], { index });
    const sizes = new Map<string, number>();
    for (const [, name = "", size] of stdout.matchAll(/([^\0]+)\0 {2}ctime: [^\0]*?\n {2}size: (\d+)\tflags: [^\n]*\n/g))
      sizes.set(name, Number(size));
    return sizes;
  }

  /** Those that are checked out. */
  async submodulesOf(root: string): Promise<string[]> {
    if (!existsSync(join(root, ".gitmodules"))) return [];
    const { stdout } = await this.git(root, ["config", "-z", "-f", ".gitmodules", "--get-regexp", "^submodule\\..*\\.path$"]);
    const paths = stdout.split("\0").flatMap((entry) => entry.split("\n").slice(1).join("\n") || []);
    return paths.map((path) => resolve(root, path)).filter((path) => path.startsWith(`${root}/`) && isOwnTree(path));
  }

  async git(
    root: string,
    args: readonly string[],
    { index, input }: { index?: string; input?: string } = {},
  ): Promise<Pick<ExecutedProgram, "code" | "stdout" | "killed" | "truncated">> {
    const timeoutMs = Math.round(this.#endsAt - performance.now());
    if (timeoutMs <= 0) return { code: 1, stdout: "", killed: true, truncated: false };
    const inherited = Object.fromEntries(Object.entries(this.deps.env).filter(([name]) => !otherTrees.has(name)));
    const env = {
      ...inherited,
      GIT_OPTIONAL_LOCKS: "0",
      GIT_TERMINAL_PROMPT: "0",
      GIT_NO_LAZY_FETCH: "1",
      ...defined({ GIT_INDEX_FILE: index }),
    };
    const own = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false"];
    return executeProgram("git", [...own, ...args], { cwd: root, env, timeoutMs, ...defined({ input, signal: this.#signal }) });
  }
}

/** A link in its place leads somewhere else. */
function isOwnTree(path: string): boolean {
  try {
    return realpathSync(path) === path && existsSync(join(path, ".git"));
  } catch {
    return false;
  }
}
