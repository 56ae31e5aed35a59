// Which project directory there is and whether it counts. Called by load-config; extensions, skills and prompts ask its result.
// Invariant: without a decision for it, nothing in a project's `.pi` directory is opened.

import { existsSync, lstatSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** For a directory and what lies below it. Rejects with what the disk says. */
export async function saveDecision(directory: string, agentDir: string, decision: boolean): Promise<void> {
  const file = join(agentDir, "trust.json");
  const decisions = { ...loadDecisions(file), [canonical(directory)]: decision };
  const { createFileOperations } = await import("../platform/files.ts");
  await createFileOperations().writeAtomic(file, `${JSON.stringify(decisions, null, 2)}\n`);
}

/** `trust.json` maps canonical directories to true or false; the nearest one above counts. */
function savedDecision(directory: string, agentDir: string): boolean | undefined {
  const decisions = loadDecisions(join(agentDir, "trust.json"));
  if (decisions === undefined) return undefined;
  for (let at = canonical(directory); ; at = dirname(at)) {
    const decision = decisions[at];
    if (typeof decision === "boolean") return decision;
    if (dirname(at) === at) return undefined;
  }
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
