// What can be prompted as `/name`, and where it came from. Called by RPC mode, by session-extensions and by the library.

import type { SlashCommandInfo } from "../contracts/extension.ts";
import type { SourceInfo } from "../contracts/source-info.ts";
import type { ResourceSource } from "../resources/skills.ts";
import type { LaunchResources } from "./launch-resources.ts";

/** Prompt templates, then skills. */
export async function listSlashCommands(resources: LaunchResources): Promise<SlashCommandInfo[]> {
  const templates = await resources.templates();
  return [
    ...templates.map((one) => command(one.name, "prompt", one)),
    ...resources.skills.map((one) => command(`skill:${one.name}`, "skill", one)),
  ];
}

function command(
  name: string,
  source: SlashCommandInfo["source"],
  found: { description: string; path: string; source: ResourceSource; sourceInfo?: SourceInfo },
): SlashCommandInfo {
  return {
    name,
    ...(found.description === "" ? {} : { description: found.description }),
    source,
    sourceInfo: sourceInfoOf(found),
  };
}

/** What a program has said of its own, else what follows from the place. */
export function sourceInfoOf(found: { path: string; source: ResourceSource; sourceInfo?: SourceInfo }): SourceInfo {
  if (found.sourceInfo !== undefined) return found.sourceInfo;
  const scope = found.source === "command line" ? "temporary" : found.source === "project" ? "project" : "user";
  return { path: found.path, source: found.source === "command line" ? "cli" : "local", scope, origin: "top-level" };
}
