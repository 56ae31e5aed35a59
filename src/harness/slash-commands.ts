// What can be prompted as `/name`. Called by RPC mode.

import type { ResourceSource } from "../resources/skills.ts";
import type { LaunchResources } from "./launch-resources.ts";

export interface SlashCommand {
  /** Without the slash. */
  name: string;
  description?: string;
  source: "extension" | "prompt" | "skill";
  sourceInfo: { path: string; source: string; scope: "user" | "project" | "temporary"; origin: "top-level" | "package" };
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
  const scope = found.source === "command line" ? "temporary" : found.source === "project" ? "project" : "user";
  const how = found.source === "command line" ? "cli" : "local";
  return {
    name,
    ...(found.description === "" ? {} : { description: found.description }),
    source,
    sourceInfo: { path: found.path, source: how, scope, origin: "top-level" },
  };
}
