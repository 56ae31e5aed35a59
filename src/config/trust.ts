// Which project directory there is and whether it counts. Called by load-config; extensions, skills and prompts ask its result; `pi trust` keeps
// what a user has decided.
// Invariant: without a decision for it, nothing in a project's `.pi` directory is opened.

import { existsSync, lstatSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { PiError } from "../contracts/error.ts";
import { RepositoryBoundary, readBoundedText } from "../platform/bounded-file.ts";

export interface ProjectTrust {
  /** The nearest `.pi` directory that holds something to load; absent: there is none. */
  dir?: string;
  trusted: boolean;
  decision: "approved" | "saved" | "default" | "extension" | "none" | "refused" | "unsafe";
  /** One line on why what was approved does not count: it is somebody else's, or leads out of the repository. */
  problem?: string;
  /** What lies there and was left alone. */
  skipped: string[];
}

const protectedNames = ["config.toml", "SYSTEM.md", "APPEND_SYSTEM.md", "extensions", "skills", "prompts"];

/** The nearest `.pi` directory from cwd up to the root of the repository (outside of one: cwd's own), and what it holds. */
export function findProject(cwd: string): { dir: string; contents: string[] } | undefined {
  let nearest: { dir: string; contents: string[] } | undefined;
  for (let directory = cwd; ; directory = dirname(directory)) {
    if (nearest === undefined) {
      const contents = protectedContents(join(directory, ".pi"));
      if (contents.length > 0) nearest = { dir: join(directory, ".pi"), contents };
    }
    if (existsSync(join(directory, ".git"))) return nearest;
    if (dirname(directory) === directory) return nearest !== undefined && dirname(nearest.dir) === cwd ? nearest : undefined;
  }
}

/** Where a project's `.pi` directory is, or would be made: the nearest one there is, else in the root of the repository, else in cwd. */
export function findProjectDirectory(cwd: string): string {
  let nearest: string | undefined;
  for (let directory = cwd; ; directory = dirname(directory)) {
    if (nearest === undefined && existsSync(join(directory, ".pi"))) nearest = join(directory, ".pi");
    if (existsSync(join(directory, ".git"))) return nearest ?? join(directory, ".pi");
    if (dirname(directory) === directory) return join(cwd, ".pi");
  }
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
  /** `--approve`: true, `--no-approve`: false. */
  approve?: boolean;
  default: "ask" | "always" | "never";
  /** Of somebody who was asked. */
  answer?: TrustAnswer;
}

export function decideTrust(input: TrustInput): ProjectTrust {
  const project = findProject(input.cwd);
  if (project === undefined) return { trusted: false, decision: "none", skipped: [] };
  const allowed = (decision: ProjectTrust["decision"]): ProjectTrust => {
    const problem = new RepositoryBoundary(input).leftOut(project.dir);
    return problem === undefined ? { dir: project.dir, trusted: true, decision, skipped: [] } : { ...denied("unsafe"), problem };
  };
  const denied = (decision: ProjectTrust["decision"]): ProjectTrust => ({
    dir: project.dir,
    trusted: false,
    decision,
    skipped: project.contents,
  });
  if (input.approve !== undefined) return input.approve ? allowed("approved") : denied("refused");
  const saved = savedDecision(dirname(project.dir), input.agentDir);
  if (saved !== undefined) return saved ? allowed("saved") : denied("refused");
  if (input.answer !== undefined) return input.answer.trusted ? allowed("extension") : denied("refused");
  if (input.default === "always") return allowed("default");
  return denied(input.default === "never" ? "refused" : "none");
}

/** `trust.json` maps canonical directories to true or false; the nearest one above counts. */
function savedDecision(directory: string, agentDir: string): boolean | undefined {
  const decisions = loadDecisions(trustFile(agentDir));
  return decisions === undefined ? undefined : nearestDecision(canonical(directory), new Map(Object.entries(decisions)));
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
    import("../platform/make-directory.ts"),
    import("../platform/replace-file.ts"),
    import("../platform/shared-lock.ts"),
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

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
