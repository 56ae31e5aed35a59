// Prompt templates: Markdown files that `/name arguments` stands for. Loaded by the harness, expanded before a prompt enters the agent.
// Invariant: what an argument says is never expanded again.

import { basename, join } from "node:path";
import type { SourceInfo } from "../contracts/source-info.ts";
import { type RepositoryBoundary, readBoundedText } from "../platform/files/bounded-file.ts";
import { kindOfPath } from "../platform/files/path-kind.ts";
import { DirectoryWalk, resourceFilter } from "../platform/files/resource-files.ts";
import { parseFrontmatter } from "./frontmatter.ts";
import type { ResourcePlaces, ResourceSource } from "./skills.ts";

export interface PromptTemplate {
  /** The file's name without `.md`. */
  name: string;
  description: string;
  argumentHint?: string;
  content: string;
  path: string;
  source: ResourceSource;
  /** Where it does not follow from the place. */
  sourceInfo?: SourceInfo;
}

const maxDescriptionLength = 120;

export function loadPromptTemplates(places: ResourcePlaces): { templates: PromptTemplate[]; warnings: string[] } {
  const templates: PromptTemplate[] = [];
  const warnings: string[] = [];
  const configured = places.configured ?? [];
  const filter = resourceFilter(configured, [places.agentDir, ...(places.projectDir === undefined ? [] : [places.projectDir])]);
  const sources: [ResourceSource, string[]][] = [
    ["command line", [...(places.paths ?? [])]],
    ["project", places.projectDir === undefined ? [] : [join(places.projectDir, "prompts")]],
    ["settings", configured.filter((entry) => !/^[!+-]/.test(entry))],
    ["user", [join(places.agentDir, "prompts")]],
  ];
  for (const [source, paths] of sources) {
    const boundary = source === "project" ? places.boundary : undefined;
    for (const path of paths) {
      const files = templateFiles(path, new DirectoryWalk(path, warnings, boundary));
      if (files.length === 0 && (source === "command line" || source === "settings")) warnings.push(`${path} holds no prompt template.`);
      for (const file of files) {
        const template = readTemplate(file, source, warnings, boundary);
        if (template === undefined || (source !== "command line" && !filter.accepts(file, template.name))) continue;
        const other = templates.find((one) => one.name === template.name);
        if (other === undefined) templates.push(template);
        else if (other.path !== file)
          warnings.push(`${file}: there is a prompt template "${template.name}" already (${other.path}); ignored.`);
      }
    }
  }
  return { templates, warnings };
}

function templateFiles(path: string, walk: DirectoryWalk): string[] {
  if (kindOfPath(path) === "file") return path.endsWith(".md") ? [path] : [];
  return walk
    .list(path)
    .files.filter((name) => name.endsWith(".md"))
    .map((name) => join(path, name));
}

function readTemplate(
  file: string,
  source: ResourceSource,
  warnings: string[],
  boundary: RepositoryBoundary | undefined,
): PromptTemplate | undefined {
  const found = readBoundedText(file, { boundary });
  if (found === undefined) return undefined;
  if ("leftOut" in found) {
    warnings.push(found.leftOut);
    return undefined;
  }
  const { fields, body, problem } = parseFrontmatter(found.text);
  if (problem !== undefined) {
    warnings.push(`${file}: ${problem}; ignored.`);
    return undefined;
  }
  const firstLine = body.split("\n").find((line) => line.trim() !== "") ?? "";
  const hint = fields?.["argument-hint"];
  return {
    name: basename(file, ".md"),
    description: shorten(fields?.description?.trim() || firstLine.trim()),
    ...(hint ? { argumentHint: hint } : {}),
    content: body,
    path: file,
    source,
  };
}

/** The prompt that `/name arguments` stands for; `undefined` when the text is none or names no template. */
export function expandPromptTemplate(text: string, templates: readonly PromptTemplate[]): string | undefined {
  const match = /^\/(\S+)(?:\s+([\s\S]*))?$/.exec(text);
  const template = templates.find((one) => one.name === match?.[1]);
  return template === undefined ? undefined : substituteArguments(template.content, splitArguments(match?.[2] ?? ""));
}

/**
 * Splits at blanks. A quote counts only where an argument begins; one that is never closed is text, and inside of quotes a backslash
 * before the same quote keeps it as text.
 */
export function splitArguments(text: string): string[] {
  const args: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && /\s/.test(text[at] ?? "")) at++;
    if (at >= text.length) return args;
    let argument = "";
    const closing = closingQuote(text, at);
    if (closing !== undefined) {
      const quote = text[at] ?? "";
      argument = text.slice(at + 1, closing).replaceAll(`\\${quote}`, quote);
      at = closing + 1;
    }
    while (at < text.length && !/\s/.test(text[at] ?? "")) argument += text[at++];
    args.push(argument);
  }
}

function closingQuote(text: string, start: number): number | undefined {
  const quote = text[start];
  if (quote !== '"' && quote !== "'") return undefined;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\" && text[at + 1] === quote) at++;
    else if (text[at] === quote) return at;
  }
  return undefined;
}

/** `$1`, `$@`, `$ARGUMENTS`, `${1:-default}`, `${@:-default}`, `${@:N}`, `${@:N:L}`; what is not given is empty. */
export function substituteArguments(content: string, args: readonly string[]): string {
  const all = args.join(" ");
  return content.replace(
    /\$(?:ARGUMENTS\b|@|(\d+)|\{(\d+|@|ARGUMENTS):-([^}]*)\}|\{@:(\d+)(?::(\d+))?\})/g,
    (whole, position?: string, name?: string, fallback?: string, from?: string, length?: string) => {
      if (position !== undefined) return args[Number(position) - 1] ?? "";
      if (name !== undefined) return (/^\d/.test(name) ? args[Number(name) - 1] : all) || (fallback ?? "");
      if (from === undefined) return whole.startsWith("${") ? whole : all;
      const start = Math.max(Number(from) - 1, 0);
      return args.slice(start, length === undefined ? undefined : start + Number(length)).join(" ");
    },
  );
}

function shorten(text: string): string {
  return text.length > maxDescriptionLength ? `${text.slice(0, maxDescriptionLength - 1)}…` : text;
}
