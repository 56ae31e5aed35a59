// What can be prompted as `/name`. Called by RPC mode.

import { loadPromptTemplates } from "../resources/prompt-templates.ts";
import type { ResourceSource } from "../resources/skills.ts";
import { loadSkills } from "../resources/skills.ts";
import type { Workspace } from "./create-session.ts";

export interface SlashCommand {
  /** Without the slash. */
  name: string;
  description?: string;
  source: "extension" | "prompt" | "skill";
  sourceInfo: { path: string; source: string; scope: "user" | "project" | "temporary"; origin: "top-level" | "package" };
}

/** Prompt templates, then skills; read anew each time. */
export function listSlashCommands({ options, deps }: Workspace): SlashCommand[] {
  const { project, values } = deps.config;
  const places = {
    agentDir: options.agentDir,
    homeDir: deps.host.homeDir,
    ...(project.dir !== undefined && project.trusted ? { projectDir: project.dir } : {}),
  };
  const { templates } = loadPromptTemplates({ ...places, configured: values.resources.prompts });
  const { skills } = loadSkills({ ...places, configured: values.resources.skills });
  return [...templates.map((one) => command(one.name, "prompt", one)), ...skills.map((one) => command(`skill:${one.name}`, "skill", one))];
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
