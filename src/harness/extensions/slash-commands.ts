// What can be prompted as `/name`, and where it came from. Called by RPC mode, by session-extensions and by the library.

import { basename, dirname } from "node:path";
import type { SlashCommandInfo } from "../../contracts/extension.ts";
import type { SourceInfo } from "../../contracts/source-info.ts";
import type { ResourceSource } from "../../resources/skills.ts";
import type { LaunchResources } from "../launch/launch-resources.ts";

/** Prompt templates, then skills. */
export async function listSlashCommands(resources: LaunchResources): Promise<SlashCommandInfo[]> {
  const templates = await resources.templates();
  return [
    ...templates.map((one) => command(one.name, "prompt", one)),
    ...resources.skillCommands.map((one) => command(`skill:${one.name}`, "skill", one)),
  ];
}

function command(
  name: string,
  source: "prompt" | "skill",
  found: { description: string; path: string; source: ResourceSource; sourceInfo?: SourceInfo },
): SlashCommandInfo {
  return {
    name,
    ...(found.description === "" ? {} : { description: found.description }),
    source,
    sourceInfo: sourceInfoOf(found, source),
  };
}

/** What a program has said of its own, else what follows from the place. */
export function sourceInfoOf(
  found: { path: string; source: ResourceSource; sourceInfo?: SourceInfo },
  kind: "prompt" | "skill",
): SourceInfo {
  if (found.sourceInfo !== undefined) return found.sourceInfo;
  const isNamed = found.source === "command line" || found.source === "settings";
  return {
    path: found.path,
    source: isNamed ? "local" : "auto",
    scope: found.source === "command line" ? "temporary" : found.source === "project" ? "project" : "user",
    origin: "top-level",
    baseDir: isNamed ? dirname(found.path) : shelfOf(found.path, kind === "skill" ? "skills" : "prompts"),
  };
}

/** The directory that has the folder in which it was found: the agent's, the project's `.pi`, `~/.agents`. */
function shelfOf(path: string, folder: string): string {
  // A skill lies in a directory of its own, whatever that is called.
  let directory = basename(path) === "SKILL.md" ? dirname(dirname(path)) : dirname(path);
  while (basename(directory) !== folder && directory !== dirname(directory)) directory = dirname(directory);
  return dirname(directory);
}
