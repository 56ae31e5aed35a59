// What a command changes in a git work tree, found out by comparing the tree before and after. Called by the recorder, and by undo for commands
// that were killed. A copy of the index says what files were that git knew to be clean; of all others the state is kept before.
// Invariants: index, HEAD, stash and object database are only read; whatever the command does to them, files are compared with the copy.

import { copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { defined } from "../contracts/defined.ts";
import { plainLine } from "../contracts/text/terminal-text.ts";
import type { Env } from "../platform/paths.ts";
import { type ExecutedProgram, executeProgram } from "../platform/processes/exec-program.ts";
import { anyMode, type FileState, isSameState, lookAt, type StateStore, standingDirectory } from "./file-state.ts";
import { filesAbout } from "./files-about.ts";
import { indexOf, isLarge, namesPrograms } from "./git-directory.ts";
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
  /** Of files that were: modes other than the usual one. */
  modes: Record<string, number>;
  /** Of all of them. */
  hasModes: boolean;
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
    const seen = await look.uncleanIn(tree, index || join(directory, "none"), "clean");
    if ("reason" in seen) return seen;
    const { files, repositories, clean } = seen.value;
    const states: Record<string, FileState> = {};
    for (const name of files) states[name] = await deps.store.stateAt(join(tree, name));
    const modes: Record<string, number> = {};
    for (const name of clean ?? []) noteMode(tree, name, modes);
    trees.push({ root: tree, index, unclean: states, modes, hasModes: clean !== undefined });
    found.push(...(await look.submodulesOf(tree)), ...repositories.map((name) => join(tree, name)));
    if (found.length > maxTrees) return { reason: `there are more than ${maxTrees} repositories in it` };
  }
  saveBefore(directory, trees);
  return { value: true };
}

/**
 * What a command is likely to change is looked at once more right before it: of a large tree the look knows no modes, and it may have been begun a
 * while ago (`lookedAt`, Unix ms), so that somebody else may have saved a file since.
 */
export async function lookAgain(directory: string, at: { line: string; cwd: string; lookedAt?: number }, store: StateStore): Promise<void> {
  const trees = loadBefore(directory) ?? [];
  if (trees.every(({ hasModes }) => hasModes)) return;
  const { line, cwd, lookedAt = Number.POSITIVE_INFINITY } = at;
  const isYoung = (path: string): boolean => {
    const info = lookAt(path);
    return info === undefined ? lookedAt < Number.POSITIVE_INFINITY : info.ctimeMs >= lookedAt - tickMs;
  };
  for (const { root, unclean } of trees) {
    for (const name of Object.keys(unclean)) if (isYoung(join(root, name))) unclean[name] = await store.stateAt(join(root, name));
  }
  for (const path of filesAbout(line, cwd)) {
    const tree = trees.findLast(({ root }) => path.startsWith(`${root}/`) && !path.startsWith(`${root}/.git/`));
    if (tree === undefined) continue;
    const name = path.slice(tree.root.length + 1);
    if (tree.unclean[name] !== undefined) continue;
    if (isYoung(path)) tree.unclean[name] = await store.stateAt(path);
    else noteMode(tree.root, name, tree.modes);
  }
  saveBefore(directory, trees);
}

function saveBefore(directory: string, trees: readonly TreeBefore[]): void {
  writeFileSync(join(directory, "before.json"), JSON.stringify(trees), { mode: 0o600 });
}

/** Nothing where the command had not begun when everything ended. */
function loadBefore(directory: string): TreeBefore[] | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, "before.json"), "utf8")) as TreeBefore[];
  } catch {
    return undefined;
  }
}

/** Of most files. */
const usualMode = 0o644;

function noteMode(root: string, name: string, modes: Record<string, number>): void {
  const info = lookAt(join(root, name));
  const mode = info?.isFile() ? info.mode & 0o777 : usualMode;
  if (mode !== usualMode) modes[name] = mode;
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
  const trees = loadBefore(directory) ?? [];
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
      else
        seen.changes.push(
          ...(await changesIn({ root, index: "", unclean: {}, modes: {}, hasModes: false }, all.value.files, directory, look)),
        );
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
  const names = new Set([...now, ...Object.keys(tree.modes).filter((name) => hasOtherMode(tree, name))]);
  const clean = await cleanStates(
    tree,
    [...names].filter((name) => tree.unclean[name] === undefined),
    directory,
    look,
  );
  const changes: FileChange[] = [];
  for (const [name, before] of [...Object.entries(tree.unclean), ...clean]) {
    const path = join(tree.root, name);
    const after = await store.stateAt(path);
    if (isSameState(before, after)) continue;
    // Where it goes again a directory stays that the command has left empty.
    changes.push({ path, before, after, floor: after.kind === "absent" ? standingDirectory(path) : tree.root });
  }
  return changes;
}

/** What files were that git knew to be as the index has them; files that it did not know were not there. */
async function cleanStates(tree: TreeBefore, names: readonly string[], directory: string, look: Look): Promise<[string, FileState][]> {
  const out = join(directory, "out");
  // Of a look that was cut off.
  rmSync(out, { recursive: true, force: true });
  const known = names.length > 0 && tree.index !== "" ? await look.knownIn(tree.root, tree.index) : new Map<string, Known>();
  // Names that the index does not have are complained of, and are those of new files.
  const input = names
    .filter((name) => known.get(name)?.isSkipped === false)
    .map((name) => `${name}\0`)
    .join("");
  if (input !== "") {
    await look.git(tree.root, ["checkout-index", "-z", "--stdin", "-q", `--prefix=${out}/`], { index: tree.index, input });
  }
  const states: [string, FileState][] = [];
  for (const name of names) {
    const written = asKnown(await look.deps.store.stateAt(join(out, name)), known.get(name)?.size);
    states.push([name, withMode(tree, name, written)]);
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

function hasOtherMode({ root, modes }: TreeBefore, name: string): boolean {
  const now = lookAt(join(root, name));
  return now?.isFile() === true && (now.mode & 0o777) !== modes[name];
}

/** Git knows of a mode whether it may be run: where nobody has looked the rest is as it is, or as the umask has it where the file is gone. */
function withMode({ root, modes, hasModes }: TreeBefore, name: string, state: FileState): FileState {
  if (state.kind !== "file") return state;
  const known = modes[name];
  if (known !== undefined) return { ...state, mode: known };
  if (hasModes && state.mode !== anyMode) return { ...state, mode: usualMode };
  const now = lookAt(join(root, name));
  return now?.isFile() !== true || ((now.mode ^ state.mode) & 0o100) !== 0 ? state : { ...state, mode: now.mode & 0o777 };
}

/** Younger than the files that it knows, it would be believed of those that were changed in the same moment. */
function copyIndex(source: string, to: string): void {
  const { mtimeMs } = lstatSync(source);
  copyFileSync(source, to);
  const seconds = mtimeMs / 1000 - 0.01;
  utimesSync(to, seconds, seconds);
}

/** What an index says of a file. */
interface Known {
  /** When git last saw it. */
  size: number;
  /** It is not checked out: what has come in its place was not there. */
  isSkipped: boolean;
}

/** Of the flags of an entry, as git has them in memory. */
const skipWorktree = 1 << 30;

const listFiles = ["ls-files", "-z"];
const changedFiles = ["diff-files", "-z", "--name-only", "--ignore-submodules=all"];

interface Unclean {
  files: string[];
  /** Of their own. */
  repositories: string[];
  /** There are more, whose names cannot be kept. */
  isPartial: boolean;
  /** Files that are as the index has them; of a large tree they are not listed. */
  clean?: string[];
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

  /** Files that are not as the index has them, gone and new ones too; `clean`: and those that are, where they are not too many to be looked at. */
  async uncleanIn(root: string, index: string, and?: "clean"): Promise<Seen<Unclean>> {
    if (namesPrograms(root) && !this.deps.trusts(root))
      return { reason: `its own configuration has filters or includes, whose programs run only after pi trust ${plainLine(root)}` };
    // Of many files git looks at those that it knows by several threads only here, and at the directories meanwhile.
    if (isLarge(index)) {
      const seen = await this.#list(root, [changedFiles, [...listFiles, "--others", "--exclude-standard"]], index);
      // Touched files are among them, unchanged: the other way looks into them.
      if ("value" in seen || !seen.isTooMany) return seen;
    }
    const unclean = ["--modified", "--deleted", "--others", "--exclude-standard"];
    if (and === undefined || isLarge(index)) return this.#list(root, [[...listFiles, ...unclean]], index);
    const clean: string[] = [];
    const seen = await this.#list(root, [[...listFiles, "-v", "--cached", ...unclean]], index, (entries) => {
      clean.push(...entries.flatMap((entry) => (entry.startsWith("H ") ? [entry.slice(2)] : [])));
      // Those that git was told not to look at (a small letter, S) may be as they like.
      return entries.flatMap((entry) => (/^[CRSa-z?] /.test(entry) ? [entry.slice(2)] : []));
    });
    if ("reason" in seen) return seen;
    const isUnclean = new Set(seen.value.files);
    return { value: { ...seen.value, clean: clean.filter((name) => !isUnclean.has(name)) } };
  }

  /** All files that are not ignored. */
  allIn(root: string): Promise<Seen<Unclean>> {
    return this.#list(root, [[...listFiles, "--cached", "--others", "--exclude-standard"]]);
  }

  async #list(
    root: string,
    questions: readonly (readonly string[])[],
    index?: string,
    namesIn = (entries: readonly string[]): readonly string[] => entries,
  ): Promise<{ value: Unclean } | { reason: string; isTooMany?: boolean }> {
    const answers = await Promise.all(questions.map((words) => this.git(root, words, defined({ index }))));
    if (answers.some(({ killed }) => killed)) return { reason: `looking through it takes longer than ${maxLookMs / 1000} s` };
    const entries = answers.flatMap(({ stdout }) => stdout.split("\0")).filter((entry) => entry !== "");
    const all = [...new Set(namesIn(entries))];
    // A name that is no text cannot be kept.
    const names = all.filter((name) => !name.includes("\ufffd"));
    if (answers.some(({ truncated }) => truncated) || names.length > maxUncleanFiles) {
      const reason = `more than ${maxUncleanFiles} files in it are new or not as git knows them: commit or ignore them`;
      return { reason, isTooMany: true };
    }
    if (answers.some(({ code }) => code !== 0)) return { reason: "git cannot read it" };
    const files = names.filter((name) => !name.endsWith("/"));
    const repositories = names.filter((name) => name.endsWith("/")).map((name) => name.slice(0, -1));
    return {
      value: { files, repositories: repositories.filter((name) => isOwnTree(join(root, name))), isPartial: names.length < all.length },
    };
  }

  /** All files that an index knows. */
  async knownIn(root: string, index: string): Promise<Map<string, Known>> {
    // Without the setting those of a sparse checkout that are there all the same are none of it.
    const sparse = ["-c", "sparse.expectFilesOutsideOfPatterns=true"];
    const { stdout } = await this.git(root, [...sparse, "ls-files", "-z", "--cached", "--debug"], { index });
    const known = new Map<string, Known>();
    for (const [, name = "", size, flags = ""] of stdout.matchAll(
      /([^\0]+)\0 {2}ctime: [^\0]*?\n {2}size: (\d+)\tflags: ([\da-f]*)[^\n]*\n/g,
    ))
      known.set(name, { size: Number(size), isSkipped: (Number.parseInt(flags, 16) & skipWorktree) !== 0 });
    return known;
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
