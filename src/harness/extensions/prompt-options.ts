// What a system prompt is made of, as extensions see and change it. Called by extension-context and session-extensions. Pure.
// Invariant: options that nobody changed come to the prompt that is in force without them.

import { basename, dirname } from "node:path";
import { defined } from "../../contracts/defined.ts";
import type { SystemPromptOptions } from "../../contracts/extension-event.ts";
import type { Skill } from "../../resources/skills.ts";
import { type PromptParts, promptSections } from "../conversation/system-prompt.ts";

export function promptOptions(parts: PromptParts, skills: readonly Skill[]): SystemPromptOptions {
  const { systemPrompt, appended, tools, contextFiles, cwd } = parts;
  return {
    ...defined({ customPrompt: systemPrompt }),
    selectedTools: tools.map(({ name }) => name),
    toolSnippets: Object.fromEntries(tools.flatMap(({ name, promptLine }) => (promptLine === undefined ? [] : [[name, promptLine]]))),
    toolGuidelines: Object.fromEntries(
      tools.flatMap(({ name, guidelines }) => (guidelines === undefined ? [] : [[name, [...guidelines]]])),
    ),
    promptGuidelines: [],
    ...(appended.length === 0 ? {} : { appendSystemPrompt: appended.join("\n\n") }),
    sections: {},
    cwd,
    contextFiles: contextFiles.map((file) => ({ ...file })),
    skills: skills.map(({ name, description, path }) => ({ name: name || basename(dirname(path)), description, filePath: path })),
  };
}

function lineOf(promptLine: string | undefined): { promptLine?: string } {
  return promptLine === undefined ? {} : { promptLine };
}

/** The prompt that changed options come to; tools that are no longer selected say nothing in it. */
export function promptOf(parts: PromptParts, options: SystemPromptOptions): string {
  const { forceSystemPrompt, customPrompt, selectedTools, toolSnippets, toolGuidelines, promptGuidelines, appendSystemPrompt } = options;
  if (forceSystemPrompt !== undefined) return forceSystemPrompt;
  const { systemPrompt: _, ...rest } = parts;
  const tools = parts.tools.filter(({ name }) => selectedTools.includes(name));
  const sections = promptSections({
    ...rest,
    ...defined({ systemPrompt: customPrompt }),
    appended: appendSystemPrompt === undefined || appendSystemPrompt === "" ? [] : [appendSystemPrompt],
    contextFiles: options.contextFiles,
    tools: tools.map(({ promptLine, ...tool }, at) => ({
      ...tool,
      ...lineOf(toolSnippets[tool.name] ?? promptLine),
      guidelines: [...(toolGuidelines[tool.name] ?? []), ...(at === 0 ? promptGuidelines : [])],
    })),
  });
  const own = Object.entries(options.sections).map(([name, text]) => `<${name}>\n${text}\n</${name}>`);
  return [...sections.values(), ...own].join("\n\n");
}
