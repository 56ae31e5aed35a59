// From a resource loader to what the harness gives a session. Called by create-agent-session.
// Invariant: each session has extensions of its own, also when two sessions have one loader.

import type { Config } from "../../config/load-config.ts";
import { defined } from "../../contracts/defined.ts";
import type { AnyExtensionTool, Extension, LoadExtensionsResult } from "../../contracts/extension.ts";
import { createSyntheticSourceInfo } from "../../contracts/source-info.ts";
import { forNextSession } from "../../extensions/load.ts";
import type { CustomParts, LoadedParts } from "../../harness/launch/launch.ts";
import { type LaunchResources, typedResources } from "../../harness/launch/launch-resources.ts";
import { skillsSection } from "../../resources/skills.ts";
import { internalSkill, internalTemplate, type ResourceLoader } from "./resource-loader.ts";

/** `tools`: given beside the loader, in the form of extensions'. */
export function partsFrom(loader: ResourceLoader, tools: readonly AnyExtensionTool[]): NonNullable<CustomParts["load"]> {
  return async ({ reload, config }): Promise<LoadedParts> => {
    if (reload) await loader.reload();
    return {
      resources: resourcesOf(loader, config),
      extensions: withTools(await forNextSession(loader.getExtensions()), tools),
      extend: async ({ skillPaths, promptPaths, themePaths }) => {
        const asPaths = (paths: readonly string[]): { path: string }[] => paths.map((path) => ({ path }));
        loader.extendResources({
          skillPaths: asPaths(skillPaths),
          promptPaths: asPaths(promptPaths),
          themePaths: asPaths(themePaths),
        });
        return resourcesOf(loader, config);
      },
    };
  };
}

function resourcesOf(loader: ResourceLoader, config: Config): LaunchResources {
  const skills = loader.getSkills().skills.map(internalSkill);
  const templates = loader.getPrompts().prompts.map(internalTemplate);
  const systemPrompt = loader.getSystemPrompt();
  return {
    contextFiles: loader.getAgentsFiles().agentsFiles,
    skillsSection: skillsSection(skills),
    ...defined({ systemPrompt }),
    appended: loader.getAppendSystemPrompt(),
    // There is no screen that would be drawn in one.
    themes: [],
    ...typedResources(skills, async () => templates, config),
  };
}

function withTools(loaded: LoadExtensionsResult, tools: readonly AnyExtensionTool[]): LoadExtensionsResult {
  if (tools.length === 0) return loaded;
  const path = "<sdk:tools>";
  const sourceInfo = createSyntheticSourceInfo(path, { source: "sdk" });
  const own: Extension = {
    path,
    resolvedPath: path,
    sourceInfo,
    hidden: true,
    handlers: new Map(),
    tools: new Map(tools.map((definition) => [definition.name, { definition, sourceInfo }])),
    commands: new Map(),
    flags: new Map(),
  };
  return { ...loaded, extensions: [own, ...loaded.extensions] };
}
