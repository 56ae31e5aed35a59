// Skills, context files and heads of Markdown files, as functions under the npm agent's names. Imported by extensions.

import { defined } from "../../contracts/defined.ts";
import { loadContextFiles } from "../../resources/context-files.ts";
import { parseFrontmatter as parseHead } from "../../resources/frontmatter.ts";
import * as files from "../../resources/skills.ts";
import { surroundings } from "./places.ts";
import { internalSkill, publicSkill, type ResourceDiagnostic, type Skill } from "./resource-loader.ts";

interface LoadedSkills {
  skills: Skill[];
  diagnostics: ResourceDiagnostic[];
}

/** Of the usual places where `includeDefaults`, and of the paths named. */
export function loadSkills(options: {
  cwd: string;
  agentDir?: string;
  skillPaths?: readonly string[];
  includeDefaults?: boolean;
}): LoadedSkills {
  const { cwd, agentDir, skillPaths = [], includeDefaults = true } = options;
  const place = surroundings({ cwd, ...defined({ agentDir }) });
  const { skills, warnings } = files.loadSkills({ agentDir: place.agentDir, homeDir: place.homeDir, paths: skillPaths });
  const wanted = includeDefaults ? skills : skills.filter(({ source }) => source === "command line");
  return { skills: wanted.map(publicSkill), diagnostics: diagnosticsOf(warnings) };
}

export function loadSkillsFromDir({ dir, source }: { dir: string; source: string }): LoadedSkills {
  const { skills, diagnostics } = loadSkills({ cwd: dir, skillPaths: [dir], includeDefaults: false });
  return { skills: skills.map((skill) => ({ ...skill, sourceInfo: { ...skill.sourceInfo, source } })), diagnostics };
}

/** What a system prompt says of them; empty where there is none that a model may use. */
export function formatSkillsForPrompt(skills: readonly Skill[]): string {
  return files.skillsSection(skills.map(internalSkill));
}

/** `/skill:name` as it stands in a message. */
export function parseSkillBlock(text: string): { name: string; location: string; content: string; userMessage?: string } | null {
  const match = /^<skill name="([^"]+)" location="([^"]+)">\n([\s\S]*?)\n<\/skill>(?:\n\n([\s\S]+))?$/.exec(text);
  if (match === null) return null;
  const [, name = "", location = "", content = "", userMessage] = match;
  return { name, location, content, ...(userMessage === undefined ? {} : { userMessage: userMessage.trim() }) };
}

export function loadProjectContextFiles(options: { cwd?: string; agentDir?: string } = {}): { path: string; content: string }[] {
  return loadContextFiles(surroundings(options)).files;
}

export function parseFrontmatter(content: string): { frontmatter: Record<string, unknown>; body: string } {
  const { fields, body } = parseHead(content);
  const values = Object.entries(fields ?? {}).map(([key, text]) => [key, text === "true" ? true : text === "false" ? false : text]);
  return { frontmatter: Object.fromEntries(values), body };
}

export function stripFrontmatter(content: string): string {
  return parseHead(content).body;
}

function diagnosticsOf(warnings: readonly string[]): ResourceDiagnostic[] {
  return warnings.map((message) => ({ type: "warning", message }));
}
