// Which project directory there is and whether it counts. Called by load-config; extensions, skills, prompts and themes ask its result; `pi trust` keeps
// what a user has decided.
// Invariant: without a decision for it, nothing in a project's `.pi` directory is opened.

import { existsSync, lstatSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { PiError } from "../contracts/error.ts";
import { RepositoryBoundary, readBoundedText, repositoryDirectories } from "../platform/files/bounded-file.ts";

export interface ProjectTrust {
  /** The nearest `.pi` directory that holds something to load; absent: there is none. */
  dir?: string;
  trusted: boolean;
  decision: "approved" | "saved" | "default" | "extension" | "none" | "refused" | "unsafe";
  /** One line on why what was approved does not count: it is somebody else's, or leads out of the repository. */
  problem?: string;
  /** Directories of skills beside it (`.agents/skills`) that count, the nearest first. */
  skillDirs: string[];
  /** The directory that a decision is for; absent: there is nothing to decide about. */
  root?: string;
  /** What lies there and was left alone. */
  skipped: string[];
}

const protectedNames = ["config.toml", "SYSTEM.md", "APPEND_SYSTEM.md", "extensions", "skills", "prompts", "themes"];

/** The nearest `.pi` directory from cwd up to the root of the repository (outside of one: cwd's own), and what it holds. */
export function findProject(
  cwd: string,
  directories: readonly string[] = repositoryDirectories(cwd),
): { dir: string; contents: string[] } | undefined {
  for (const directory of directories) {
    const dir = join(directory, ".pi");
    const contents = protectedContents(dir);
    if (contents.length > 0) return { dir, contents };
  }
  return undefined;
}

/** `.agents/skills` from cwd up to the root of the repository (outside of one: cwd's own), the nearest first. The user's own is none of a project's. */
export function findSkillDirectories(cwd: string, homeDir?: string, directories: readonly string[] = repositoryDirectories(cwd)): string[] {
  return directories
    .filter((directory) => directory !== homeDir)
    .map((directory) => join(directory, ".agents", "skills"))
    .filter(isThere);
}

/** Where a project's `.pi` directory is, or would be made: the nearest one there is, else in the root of the repository, else in cwd. */
export function findProjectDirectory(cwd: string): string {
  const directories = repositoryDirectories(cwd).map((directory) => join(directory, ".pi"));
  return directories.find((directory) => existsSync(directory)) ?? directories.at(-1) ?? join(cwd, ".pi");
}

/** What somebody says of a project that nothing was decided for. */
export interface TrustAnswer {
  trusted: boolean;
  /** For the next time, too. */
  remember: boolean;
}

export interface TrustInput {
  cwd: string;
  agentDir: string;
  homeDir?: string;
  /** `--approve`: true, `--no-approve`: false. */
  approve?: boolean;
  default: "ask" | "always" | "never";
  /** By directory, as `approve`: of somebody who was asked on the screen, for as long as the process lives. */
  approvals?: ReadonlyMap<string, boolean>;
  /** Of somebody who was asked. */
  answer?: TrustAnswer;
}

export function decideTrust(input: TrustInput, boundary = new RepositoryBoundary(input)): ProjectTrust {
  const { directories } = boundary;
  const project = findProject(input.cwd, directories);
  const skills = findSkillDirectories(input.cwd, input.homeDir, directories).map((directory) => {
    const root = dirname(dirname(directory));
    return { directory, root, ...decisionFor(root, input) };
  });
  const outermost = skills.at(-1);
  const root = project === undefined ? outermost?.root : dirname(project.dir);
  if (root === undefined) return { trusted: false, decision: "none", skillDirs: [], skipped: [] };
  const left = skills.filter(({ trusted }) => !trusted);
  const about = {
    root,
    skillDirs: skills.flatMap(({ directory, trusted }) => (trusted ? directory : [])),
    skipped: left.map(({ directory }) => (directory.startsWith(root + sep) ? directory.slice(root.length + 1) : directory)),
  };
  if (project === undefined) return { ...about, ...decisionFor((left[0] ?? skills[0])?.root ?? root, input) };
  const { trusted, decision } = decisionFor(root, input);
  const denied = { ...about, dir: project.dir, trusted: false, skipped: [...project.contents, ...about.skipped] };
  if (!trusted) return { ...denied, decision };
  const problem = boundary.leftOut(project.dir);
  return problem === undefined ? { ...about, dir: project.dir, trusted, decision } : { ...denied, decision: "unsafe", problem };
}

function decisionFor(directory: string, input: TrustInput): Pick<ProjectTrust, "trusted" | "decision"> {
  const decided = (trusted: boolean, why: ProjectTrust["decision"]): Pick<ProjectTrust, "trusted" | "decision"> => ({
    trusted,
    decision: trusted ? why : "refused",
  });
  const approve = input.approve ?? input.approvals?.get(directory);
  if (approve !== undefined) return decided(approve, "approved");
  const saved = savedDecision(directory, input.agentDir);
  if (saved !== undefined) return decided(saved, "saved");
  if (input.answer !== undefined) return decided(input.answer.trusted, "extension");
  if (input.default === "always") return decided(true, "default");
  return { trusted: false, decision: input.default === "never" ? "refused" : "none" };
}

/** Somebody has decided for this very directory, not only for one above it: what has come to lie there since is not meant. */
export function isTrustedItself(directory: string, agentDir: string): boolean {
  const decisions = loadDecisions(trustFile(agentDir));
  return decisions !== undefined && new Map(Object.entries(decisions)).get(canonical(directory)) === true;
}

/** `trust.json` maps canonical directories to true or false; the nearest one above counts. */
function savedDecision(directory: string, agentDir: string): boolean | undefined {
  const decisions = loadDecisions(trustFile(agentDir));
  return decisions === undefined ? undefined : nearestDecision(canonical(directory), new Map(Object.entries(decisions)));
}

/** Nobody has decided about what lies there; who can be asked should be. */
export function isUndecided({ decision, skipped }: Pick<ProjectTrust, "decision" | "skipped">): boolean {
  return decision === "none" && skipped.length > 0;
}

/** What is said of it where nobody is asked. */
export function undecidedText({ dir, root, skipped }: ProjectTrust): string {
  return `${dir ?? root} is not trusted: ${skipped.join(", ")} skipped.`;
}

function loadDecisions(file: string): Record<string, unknown> | undefined {
  const found = readBoundedText(file);
  if (found === undefined || "leftOut" in found) return undefined;
  try {
    const parsed: unknown = JSON.parse(found.text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    // Damaged: no decision, which is the safe reading, as where it is absent or unreadable.
    return undefined;
  }
}

/** What was decided, by directory. @throws PiError `config.trust_file` for a file that is damaged: what it said is not written over. */
export function savedDecisions(agentDir: string): Map<string, boolean> {
  const file = trustFile(agentDir);
  const found = readBoundedText(file);
  if (found === undefined) return new Map();
  const decisions = loadDecisions(file);
  if (decisions === undefined || Array.isArray(decisions)) {
    const why = "leftOut" in found ? found.why : "it is no JSON object";
    throw new PiError("config.trust_file", `${file} cannot be read: ${why}`, { hint: "Mend it, or move it away" });
  }
  return new Map(Object.entries(decisions).filter((entry): entry is [string, boolean] => typeof entry[1] === "boolean"));
}

/**
 * Takes effect for the directory and those below it that have no decision of their own. The real path it is kept for. `keepsRefusal`: also where
 * the directory would not be trusted without it, so that nobody is asked again.
 */
export async function saveDecision(directory: string, isTrusted: boolean, agentDir: string, keepsRefusal = false): Promise<string> {
  const path = canonical(directory);
  await changeDecisions(agentDir, (decisions) => {
    decisions.delete(path);
    // What is decided for a directory above would count again: it has to be said for this one.
    if (isTrusted || keepsRefusal || nearestDecision(path, decisions) === true) decisions.set(path, isTrusted);
  });
  return path;
}

/** Under the lock of the file: whoever else decides at the same time is not written over. */
export async function changeDecisions(agentDir: string, change: (decisions: Map<string, boolean>) => void): Promise<void> {
  const [{ makeDirectory }, { replaceFile }, { withSharedLock }] = await Promise.all([
    import("../platform/files/make-directory.ts"),
    import("../platform/files/replace-file.ts"),
    import("../platform/locks/shared-lock.ts"),
  ]);
  makeDirectory(agentDir, 0o700);
  const file = trustFile(agentDir);
  await withSharedLock(canonical(file), { area: "config" }, async (lock) => {
    const decisions = savedDecisions(agentDir);
    change(decisions);
    lock.requireHeld();
    await replaceFile(file, [`${JSON.stringify(Object.fromEntries(decisions), null, 2)}\n`]);
  });
}

function nearestDecision(directory: string, decisions: ReadonlyMap<string, unknown>): boolean | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const decision = decisions.get(at);
    if (typeof decision === "boolean") return decision;
    if (dirname(at) === at) return undefined;
  }
}

function trustFile(agentDir: string): string {
  return join(agentDir, "trust.json");
}

function canonical(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}

function protectedContents(directory: string): string[] {
  return isThere(directory) ? protectedNames.filter((name) => isThere(join(directory, name))) : [];
}

/** What was left alone, file by file, for who wants to see it: names are read, and nothing of a file. */
export function skippedNames({ dir, root, skipped }: ProjectTrust): string[] {
  return skipped.flatMap((name) => {
    const base = !name.startsWith(`.agents${sep}`) && dir !== undefined ? dir : (root ?? "");
    const names = namesIn(resolve(base, name));
    const shown = names.slice(0, maxNames).map((one) => join(name, one));
    return names.length === 0 ? [name] : names.length > maxNames ? [...shown, `${name} and ${names.length - maxNames} more in it`] : shown;
  });
}

const maxNames = 50;

function namesIn(directory: string): string[] {
  try {
    return lstatSync(directory).isDirectory() ? readdirSync(directory).sort() : [];
  } catch {
    return [];
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
