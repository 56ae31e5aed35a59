// Skills: directories with a SKILL.md that tells how to do one kind of work (https://agentskills.io/specification, checked 2026-11).
// Loaded by the harness for the system prompt and for `/skill:name`. Invariant: a skill in a project's `.pi` is looked at only when the
// caller says that the project is trusted; the first skill of a name counts.

import { basename, dirname, join } from "node:path";
import { PiError } from "../contracts/error.ts";
import type { SourceInfo } from "../contracts/source-info.ts";
import { type RepositoryBoundary, readBoundedText } from "../platform/files/bounded-file.ts";
import { kindOfPath } from "../platform/files/path-kind.ts";
import { DirectoryWalk, resourceFilter } from "../platform/files/resource-files.ts";
import { isYes, parseFrontmatter } from "./frontmatter.ts";

export interface Skill {
  name: string;
  description: string;
  /** Absolute path of its Markdown file. */
  path: string;
  source: ResourceSource;
  /** Where it does not follow from the place. */
  sourceInfo?: SourceInfo;
  /** Of a project's: what holds when it is read again. */
  boundary?: RepositoryBoundary;
  /** Only `/skill:name` uses it; the model is not told of it. */
  isHidden: boolean;
}

export type ResourceSource = "command line" | "settings" | "project" | "user";

/** Of two skills of one name the earlier source counts. */
const usualOrder: readonly ResourceSource[] = ["command line", "project", "settings", "user"];

export interface ResourcePlaces {
  agentDir: string;
  homeDir: string;
  /** The trusted project's `.pi` directory. */
  projectDir?: string;
  /** `.agents/skills` of a trusted project, the nearest first. */
  projectSkillDirs?: readonly string[];
  /** Of what lies in a project's directories. */
  boundary?: RepositoryBoundary;
  /** `--skill`, `--prompt-template`: absolute. */
  paths?: readonly string[];
  /** `resources.*` of the configuration: absolute, or `!`, `+`, `-` filters. */
  configured?: readonly string[];
  /** In place of the usual order of sources. */
  order?: readonly ResourceSource[];
}

export interface LoadedSkills {
  skills: Skill[];
  /** One line each. */
  warnings: string[];
}

const maxDepth = 6;
const maxNameLength = 64;
const maxDescriptionLength = 1024;

export function loadSkills(places: ResourcePlaces): LoadedSkills {
  const loaded: LoadedSkills = { skills: [], warnings: [] };
  const configured = places.configured ?? [];
  const filter = resourceFilter(configured, [places.agentDir, ...(places.projectDir === undefined ? [] : [places.projectDir])]);
  const pathsOf: Record<ResourceSource, readonly string[]> = {
    "command line": places.paths ?? [],
    project: [...(places.projectDir === undefined ? [] : [join(places.projectDir, "skills")]), ...(places.projectSkillDirs ?? [])],
    settings: configured.filter((entry) => !/^[!+-]/.test(entry)),
    user: [join(places.agentDir, "skills"), join(places.homeDir, ".agents", "skills")],
  };
  for (const source of places.order ?? usualOrder) {
    const paths = pathsOf[source];
    const isNamed = source === "command line" || source === "settings";
    const boundary = source === "project" ? places.boundary : undefined;
    for (const path of paths) {
      const files = skillFiles(path, new DirectoryWalk(path, loaded.warnings, boundary));
      if (isNamed && files.length === 0) loaded.warnings.push(`${path} holds no skill.`);
      for (const file of files) {
        const skill = readSkill(file, source, loaded.warnings, boundary);
        if (skill !== undefined) addSkill(skill, loaded, isNamed && files.length === 1 ? undefined : filter);
      }
    }
  }
  return loaded;
}

/**
 * A directory with a SKILL.md is one skill and nothing below it is another; else all below, and Markdown files directly in the root. Those in
 * `.agents/skills` are notes to whoever else reads there.
 */
function skillFiles(root: string, walk: DirectoryWalk): string[] {
  if (kindOfPath(root) === "file") return [root];
  const { files, directories } = walk.list(root);
  if (files.includes("SKILL.md")) return [join(root, "SKILL.md")];
  const isShared = basename(root) === "skills" && basename(dirname(root)) === ".agents";
  const single = files.filter((name) => !isShared && name.endsWith(".md")).map((name) => join(root, name));
  return [...directories.flatMap((name) => nestedSkills(join(root, name), walk)), ...single];
}

/** Links may lead in a circle: the depth ends it. */
function nestedSkills(directory: string, walk: DirectoryWalk, depth = 1): string[] {
  const { files, directories } = walk.list(directory);
  if (files.includes("SKILL.md")) return [join(directory, "SKILL.md")];
  return depth < maxDepth ? directories.flatMap((name) => nestedSkills(join(directory, name), walk, depth + 1)) : [];
}

function addSkill(skill: Skill, loaded: LoadedSkills, filter: ReturnType<typeof resourceFilter> | undefined): void {
  const file = skill.path;
  if (filter?.accepts(file, skill.name) === false) return;
  const other = loaded.skills.find((one) => one.name === skill.name);
  if (other === undefined) loaded.skills.push(skill);
  else if (other.path !== file) loaded.warnings.push(`${file}: there is a skill "${skill.name}" already (${other.path}); ignored.`);
}

function readSkill(file: string, source: ResourceSource, warnings: string[], boundary: RepositoryBoundary | undefined): Skill | undefined {
  const isDeclared = basename(file) === "SKILL.md";
  const found = readBoundedText(file, { boundary });
  if (found === undefined) return undefined;
  if ("leftOut" in found) {
    warnings.push(found.leftOut);
    return undefined;
  }
  const { fields, problem } = parseFrontmatter(found.text);
  // A Markdown file without a head that lies beside skills is a note, not a broken skill.
  if (fields === undefined && problem === undefined && !isDeclared) return undefined;
  const description = fields?.description?.trim() ?? "";
  if (problem !== undefined || description === "") {
    warnings.push(`${file}: ${problem ?? "a skill needs a description"}; ignored.`);
    return undefined;
  }
  const name = fields?.name?.trim() || (isDeclared ? basename(dirname(file)) : basename(file, ".md"));
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || name.length > maxNameLength) {
    warnings.push(`${file}: the name "${name}" should be at most ${maxNameLength} lowercase letters, digits and single hyphens.`);
  }
  if (description.length > maxDescriptionLength)
    warnings.push(`${file}: the description is longer than ${maxDescriptionLength} characters.`);
  const kept = boundary === undefined ? {} : { boundary };
  return { name, description, path: file, source, ...kept, isHidden: isYes(fields?.["disable-model-invocation"]) };
}

/** What the model is told of the skills it may load by itself; empty when there is none. */
export function skillsSection(skills: readonly Skill[]): string {
  const shown = skills.filter((skill) => !skill.isHidden);
  if (shown.length === 0) return "";
  const items = shown.map(
    ({ name, description, path }) =>
      `  <skill>\n    <name>${escapeXml(name)}</name>\n    <description>${escapeXml(description)}</description>\n    <location>${escapeXml(path)}</location>\n  </skill>`,
  );
  return [
    "Skills are instructions for one kind of task. When a task fits a description, read the file at its location before you begin.",
    "Paths in a skill are relative to the directory of its file.",
    `<available_skills>\n${items.join("\n")}\n</available_skills>`,
  ].join("\n");
}

/** The prompt that `/skill:name arguments` stands for; `undefined` when the text is none or names no known skill. */
export function expandSkillCommand(text: string, skills: readonly Skill[]): string | undefined {
  const match = /^\/skill:(\S+)(?:\s+([\s\S]*))?$/.exec(text);
  const skill = skills.find((one) => one.name === match?.[1]);
  if (match === null || skill === undefined) return undefined;
  const { body } = parseFrontmatter(readBody(skill));
  const head = `<skill name="${escapeXml(skill.name)}" location="${escapeXml(skill.path)}">\nReferences are relative to ${dirname(skill.path)}.\n\n`;
  const args = match[2]?.trim() ?? "";
  return `${head}${body.trim()}\n</skill>${args === "" ? "" : `\n\n${args}`}`;
}

/** A program may have named a file that is not there. */
function readBody({ name, path, boundary }: Skill): string {
  const found = readBoundedText(path, { boundary });
  if (found === undefined) throw new PiError("io.read", `The skill ${name} cannot be read: ${path} is not there any more`);
  if ("leftOut" in found) throw new PiError("io.read", `The skill ${name} cannot be read: ${found.leftOut}`);
  return found.text;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
