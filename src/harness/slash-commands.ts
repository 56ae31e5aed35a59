// What can be prompted as `/name`. Called by RPC mode.

import { basename, dirname } from "node:path";
import type { ResourceSource } from "../resources/skills.ts";
import type { LaunchResources } from "./launch-resources.ts";

export interface SlashCommand {
  /** Without the slash. */
  name: string;
  description?: string;
  source: "extension" | "prompt" | "skill";
  sourceInfo: { path: string; source: string; scope: "user" | "project" | "temporary"; origin: "top-level" | "package"; baseDir: string };
}

/** Prompt templates, then skills. */
export async function listSlashCommands(resources: LaunchResources): Promise<SlashCommand[]> {
  const templates = await resources.templates();
  return [
    ...templates.map((one) => command(one.name, "prompt", one)),
    ...resources.skills.map((one) => command(`skill:${one.name}`, "skill", one)),
  ];
}

function command(
  name: string,
  source: SlashCommand["source"],
  found: { description: string; path: string; source: ResourceSource },
): SlashCommand {
  const isNamed = found.source === "command line" || found.source === "settings";
  const scope = found.source === "command line" ? "temporary" : found.source === "project" ? "project" : "user";
  return {
    name,
    ...(found.description === "" ? {} : { description: found.description }),
    source,
    sourceInfo: {
      path: found.path,
      source: isNamed ? "local" : "auto",
      scope,
      origin: "top-level",
      baseDir: isNamed ? dirname(found.path) : shelfOf(found.path, source === "skill" ? "skills" : "prompts"),
    },
  };
}

/** The directory that has the folder in which it was found: the agent's, the project's `.pi`, `~/.agents`. */
function shelfOf(path: string, folder: string): string {
  // A skill lies in a directory of its own, whatever that is called.
  let directory = basename(path) === "SKILL.md" ? dirname(dirname(path)) : dirname(path);
  while (basename(directory) !== folder && directory !== dirname(directory)) directory = dirname(directory);
  return dirname(directory);
}
